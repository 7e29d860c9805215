import { totalmem } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.js';
import { GanymedeError } from '../src/errors.js';

/** README has the same. */
const CONNECTIONS = { requestSeconds: 30, responseSeconds: 60, maxConnections: 4000, maxHeldBytes: 256 * 2 ** 20 };

const RATES = { anonymous: 6000, viewer: 12_000, scorer: 24_000 };

describe('readConfig', () => {
  test('listens on 127.0.0.1:4000 with the shipped checkpoints when nothing is set', () => {
    const { checkpoints, uploads, jobLimits, ...rest } = readConfig({});
    expect(rest).toEqual({
      ...CONNECTIONS,
      host: '127.0.0.1',
      port: 4000,
      corsOrigins: [],
      persistedOnly: false,
      loopbackOrigins: true,
      rates: RATES,
      data: 'ganymede-data',
      dataIsNamed: false,
      smallJobs: 4,
      dataRoots: [],
      dataUploads: { mostBytes: 4096 * 2 ** 20, mostOfAll: 16_384 * 2 ** 20 },
      device: 'cpu',
      cluster: 1,
      logLevel: 'warn',
      introspection: true,
      metrics: { where: 'local' },
    });
    expect(uploads).toMatch(/ganymede-uploads-\w+$/);
    expect(jobLimits).toEqual({
      memoryMiB: expect.any(Number),
      minutes: Number.POSITIVE_INFINITY,
      diskMiB: 10_240,
      reserveMiB: 256,
    });
    expect(jobLimits.memoryMiB).toBeLessThanOrEqual((0.75 * totalmem()) / 2 ** 20);
    expect(checkpoints).toEqual([expect.stringMatching(/\/checkpoints$/)]);
  });

  test('reads every variable, and takes an empty one as not set', () => {
    expect(
      readConfig({
        HOST: '::1',
        PORT: '0',
        PUBLIC_URL: 'https://gan.example/api/',
        PERSISTED_DOCUMENTS: '/documents.json',
        PERSISTED_ONLY: 'true',
        INTROSPECTION: 'on',
        UPLOADS: '/uploads',
        CORS_ORIGIN: 'https://a.example, http://B.example:80/,https://b.example:8443',
        CHECKPOINTS: '/models',
        DATA: '/jobs',
        DATA_UPLOAD_MIB: '2',
        DATA_UPLOADS_MIB: '',
        DATA_ROOTS: ['/photos', '/scans'].join(delimiter),
        REDIS_URL: 'rediss://user:word@redis.example:6380/2',
        LEASE_SECONDS: '10',
        JOB_MEMORY_MIB: '512',
        JOB_MINUTES: '90',
        JOB_DISK_MIB: '100',
        SMALL_JOBS: '0',
        DISK_RESERVE_MIB: '0',
        DEVICE: 'webgpu',
        CLUSTER: '2',
        WORKERS: '3',
        THREADS: '',
        REQUEST_SECONDS: '5',
        RESPONSE_SECONDS: '6',
        MAX_CONNECTIONS: '7',
        MAX_HELD_MIB: '16',
        AUTH: 'view',
        JWKS: 'https://id.example/keys',
        JWT_ISSUER: 'https://id.example',
        JWT_AUDIENCE: 'gan',
        JWT_ALGORITHMS: 'ES256,EdDSA',
        JWT_ROLE_CLAIM: 'realm.roles',
        JWT_ROLES: 'staff=scorer,a=b=admin',
        RATE_LIMIT: 'anonymous=60,viewer=none',
        LOG_LEVEL: 'debug',
      }),
    ).toEqual({
      host: '::1',
      port: 0,
      publicUrl: 'https://gan.example/api',
      persistedDocuments: '/documents.json',
      persistedOnly: true,
      uploads: '/uploads',
      corsOrigins: ['https://a.example', 'http://b.example', 'https://b.example:8443'],
      loopbackOrigins: false,
      auth: 'view',
      tokens: {
        ...{ jwks: 'https://id.example/keys', issuer: 'https://id.example', audience: 'gan' },
        ...{ algorithms: ['ES256', 'EdDSA'], claim: 'realm.roles', roles: { staff: 'scorer', 'a=b': 'admin' } },
      },
      rates: { anonymous: 60, scorer: 24_000 },
      checkpoints: ['/models'],
      data: '/jobs',
      dataIsNamed: true,
      smallJobs: 0,
      dataRoots: ['/photos', '/scans'],
      redis: { url: 'rediss://user:word@redis.example:6380/2', leaseMs: 10_000 },
      jobLimits: { memoryMiB: 512, minutes: 90, diskMiB: 100, reserveMiB: 0 },
      dataUploads: { mostBytes: 2 * 2 ** 20, mostOfAll: 16_384 * 2 ** 20 },
      device: 'webgpu',
      cluster: 2,
      workers: 3,
      requestSeconds: 5,
      responseSeconds: 6,
      maxConnections: 7,
      maxHeldBytes: 16 * 2 ** 20,
      logLevel: 'debug',
      introspection: true,
      metrics: { where: 'nowhere' },
    });
  });

  test.each([
    [{ JWKS: 'http://id.example/keys', JWT_ISSUER: 'x', JWT_AUDIENCE: 'y' }, /an https address/],
    [{ JWKS: '/keys.json' }, /together/],
    [{ JWT_ISSUER: 'x' }, /together/],
    [{ JWT_ALGORITHMS: 'HS256' }, /JWT_ALGORITHMS to be some of RS256/],
    [{ JWT_ALGORITHMS: 'none' }, /JWT_ALGORITHMS/],
    [{ JWT_ROLES: 'staff=root' }, /JWT_ROLES/],
    [{ AUTH: 'off' }, /AUTH to be one of keys, view, none/],
    [{ RATE_LIMIT: '0' }, /RATE_LIMIT/],
    [{ RATE_LIMIT: 'root=7' }, /RATE_LIMIT/],
  ])('refuses %o', (settings, message) => {
    expect(() => readConfig(settings)).toThrow(message);
  });

  test('counts no points by RATE_LIMIT=none, and by one number the same for all but admins', () => {
    expect(readConfig({ RATE_LIMIT: 'none' }).rates).toEqual({});
    expect(readConfig({ RATE_LIMIT: '500' }).rates).toEqual({ anonymous: 500, viewer: 500, scorer: 500 });
  });

  test('takes several folders of models, each once, in the order in which they are named', () => {
    const text = ['/mine', '', '/shipped', '/mine'].join(delimiter);
    expect(readConfig({ CHECKPOINTS: text }).checkpoints).toEqual(['/mine', '/shipped']);
  });

  test('makes paths absolute where other machines read them', () => {
    const { data, checkpoints } = readConfig({ REDIS_URL: 'redis://x', DATA: 'data', CHECKPOINTS: 'models' });
    expect([data, ...checkpoints]).toEqual([resolve('data'), resolve('models')]);
  });

  test.each([
    [{ NODE_ENV: 'production' }, false],
    [{ NODE_ENV: 'production', INTROSPECTION: 'true' }, true],
    [{ NODE_ENV: 'production', INTROSPECTION: 'on' }, true],
    [{ PERSISTED_ONLY: 'on', PERSISTED_DOCUMENTS: '/documents.json' }, false],
    [{ INTROSPECTION: 'false' }, false],
    [{ INTROSPECTION: 'off' }, false],
    [{ INTROSPECTION: 'on' }, true],
  ])('with %j introspection is %s', (environment, introspection) => {
    expect(readConfig(environment).introspection).toBe(introspection);
  });

  test('refuses to run persisted documents only if there are none', () => {
    expect(() => readConfig({ PERSISTED_ONLY: 'true' })).toThrow('Expected PERSISTED_DOCUMENTS beside PERSISTED_ONLY');
  });

  test.each([
    '*',
    'null',
    'a.example',
    'https://*.example',
    'https://a.example/path',
    'https://user@a.example',
    'https://a.example?x',
    'https://a.example,',
    'https://',
    'file:///x',
    'https://a.example:99999',
    'https://a b.example',
  ])('refuses %j among the origins whose pages may read answers', (origins) => {
    expect(() => readConfig({ CORS_ORIGIN: origins })).toThrow(
      'Expected CORS_ORIGIN to be exact origins such as https://www.example.com, with commas between them but received',
    );
  });

  test.each([
    [{}, true],
    [{ HOST: 'localhost' }, true],
    [{ HOST: '0.0.0.0' }, false],
    [{ PUBLIC_URL: 'https://gan.example' }, false], // pages of the visitor's machine are not of this one
  ])('with %j that pages of loopback may read answers is %s', (environment, loopbackOrigins) => {
    expect(readConfig(environment).loopbackOrigins).toBe(loopbackOrigins);
  });

  const key = '0123456789abcdef';
  test.each([
    [{}, { where: 'local' }],
    [{ HOST: 'localhost' }, { where: 'local' }],
    [{ HOST: '127.0.0.2' }, { where: 'local' }],
    [{ HOST: '::1' }, { where: 'local' }],
    [{ HOST: '0.0.0.0' }, { where: 'nowhere' }],
    [{ HOST: '127.evil.example' }, { where: 'nowhere' }],
    [{ PUBLIC_URL: 'https://gan.example' }, { where: 'nowhere' }], // a proxy on this machine brings everybody
    [{ METRICS_KEY: key }, { where: 'key', key }],
    [
      { HOST: '0.0.0.0', METRICS_KEY: key },
      { where: 'key', key },
    ],
    [
      { HOST: '0.0.0.0', METRICS_PORT: '9464' },
      { where: 'port', port: 9464 },
    ],
    [
      { METRICS_PORT: '9464', METRICS_KEY: key },
      { where: 'port', port: 9464, key },
    ],
  ])('with %j /metrics is %j', (environment, metrics) => {
    expect(readConfig(environment).metrics).toEqual(metrics);
  });

  test('no refusal repeats a key, in its message or its details', () => {
    try {
      readConfig({ METRICS_KEY: 'hush hush hush hush' });
    } catch (error) {
      const { message, details } = error as GanymedeError;
      expect(message + JSON.stringify(details)).not.toMatch('hush');
      return;
    }
    expect.unreachable('the settings were accepted');
  });

  test.each([
    ['kserve://triton:8000', 'http://triton:8000'],
    ['kserve+https://gan.example.com/models/', 'https://gan.example.com/models/'],
    ['kserve://[::1]:8000', 'http://[::1]:8000'],
  ])('lets %s run the graphs, and asks it at %s', (address, url) => {
    expect(readConfig({ ENGINE: address }).remote).toEqual({ address, url, seconds: 30 });
    const said = { ENGINE: address, ENGINE_KEY: 'k', ENGINE_SECONDS: '5' };
    expect(readConfig(said).remote).toEqual({ address, url, seconds: 5, key: 'k' });
    expect(readConfig({}).remote).toBeUndefined();
  });

  test.each([
    [{ PORT: '65536' }, 'Expected PORT to be a whole number from 0 to 65535 but received "65536".'],
    [{ PORT: '80a' }, 'Expected PORT to be a whole number from 0 to 65535 but received "80a".'],
    [{ WORKERS: '0' }, 'Expected WORKERS to be a whole number from 1 to 256 but received "0".'],
    [{ REQUEST_SECONDS: '0' }, 'Expected REQUEST_SECONDS to be a whole number from 1 to 3600 but received "0".'],
    [{ MAX_HELD_MIB: '15' }, 'Expected MAX_HELD_MIB to be a whole number from 16 to 1048576 but received "15".'],
    [{ DEVICE: 'gpu' }, 'Expected DEVICE to be one of cpu, webgpu, cuda but received "gpu".'],
    [{ INTROSPECTION: 'no' }, 'Expected INTROSPECTION to be one of on, off, true, false but received "no".'],
    [{ PUBLIC_URL: 'ftp://x' }, 'Expected PUBLIC_URL to be an http or https URL but received "ftp://x".'],
    [{ LOG_LEVEL: 'loud', PORT: '-1' }, /PORT.*LOG_LEVEL/],
    [{ METRICS_PORT: '0' }, 'Expected METRICS_PORT to be a whole number from 1 to 65535 but received "0".'],
    [{ ENGINE: 'http://triton:8000' }, /^Expected ENGINE to be the address of a server of the Open Inference Protocol/],
    [{ ENGINE: 'kserve://user:word@triton' }, /^Expected ENGINE to be .* but received "\(not shown\)"\.$/],
    [{ ENGINE: 'kserve://' }, /^Expected ENGINE to be/],
    [{ ENGINE: 'kserve://x:99999' }, /^Expected ENGINE to be/],
    [{ ENGINE_KEY: 'two words' }, /^Expected ENGINE_KEY to be printable ASCII .* "\(not shown\)"\.$/],
    [{ ENGINE_SECONDS: '0' }, 'Expected ENGINE_SECONDS to be a whole number from 1 to 3600 but received "0".'],
    [{ REDIS_URL: 'http://user:word@x' }, /^Expected REDIS_URL to be a URL of Redis.* received "\(not shown\)"\.$/],
    [{ LEASE_SECONDS: '1' }, /^Expected LEASE_SECONDS to be a whole number from 3 to 3600/],
    [{ METRICS_KEY: 'short-secret' }, /^Expected METRICS_KEY to be at least 16 .* but received "\(not shown\)"\.$/],
    [{ METRICS_KEY: 'a secret with spaces' }, /^Expected METRICS_KEY to be at least 16 .* "\(not shown\)"\.$/],
  ])('refuses %j, naming the variable, what was expected and what came', (environment, message) => {
    try {
      readConfig(environment);
    } catch (error) {
      expect(error).toBeInstanceOf(GanymedeError);
      expect((error as GanymedeError).code).toBe('CONFIG_INVALID');
      expect((error as GanymedeError).message).toMatch(message);
      return;
    }
    expect.unreachable('the settings were accepted');
  });
});
