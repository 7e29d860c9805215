// Files of data sent in pieces, by tus 1.0.0: raw HTTP as the protocol has it, and tus-js-client, which was written by
// others. The program as it is started.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tus from 'tus-js-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Served, startServer } from '../examples/serving.js';
import { zipOf } from '../fixtures/datasets/archives.js';
import { picture } from '../fixtures/datasets/pictures.js';
import { freePort } from '../free-port.js';

let folder: string;
let port: number;
let served: Served;

const settings = () => ({
  ...{ CHECKPOINTS: join(folder, 'checkpoints'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' },
  PORT: `${port}`,
  ...{ DATA_UPLOAD_MIB: '32', DATA_UPLOADS_MIB: '64', REQUEST_SECONDS: '3' },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-uploads-'));
  await cp('checkpoints/mnist', join(folder, 'checkpoints', 'mnist'), { recursive: true });
  port = await freePort();
  served = await startServer(settings());
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const id of kept()) await send('DELETE', `/uploads/${id}`);
});

function kept(): string[] {
  const path = join(folder, 'data', 'uploads');
  return existsSync(path) ? readdirSync(path) : [];
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Headers of null are left out. */
function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | null>> = {},
  body?: Uint8Array,
): Promise<Answer> {
  const all = Object.entries({ 'tus-resumable': '1.0.0', ...headers }).filter((one) => one[1] !== null);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${served.url}${path}`,
      { method, headers: Object.fromEntries(all) as Record<string, string> },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        reply.on('end', () => resolve({ status: reply.statusCode!, headers: reply.headers, text }));
      },
    );
    sent.on('error', reject).end(body);
  });
}

function codeOf({ text }: Answer): string {
  return JSON.parse(text).errors[0].extensions.code;
}

const PIECE = { 'content-type': 'application/offset+octet-stream' };

async function begin(length: number, filename = 'data.zip'): Promise<string> {
  const metadata = `filename ${Buffer.from(filename).toString('base64')}`;
  const { status, headers } = await send('POST', '/uploads', {
    ...{ 'upload-length': `${length}`, 'upload-metadata': metadata },
  });
  expect(status).toBe(201);
  expect(headers.location).toMatch(/^http:\/\/[^/]+\/uploads\/[0-9a-f]{32}$/);
  return new URL(headers.location!).pathname;
}

function piece(path: string, offset: number, bytes: Uint8Array): Promise<Answer> {
  return send('PATCH', path, { ...PIECE, 'upload-offset': `${offset}` }, bytes);
}

interface Reply {
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared, whatever was selected
  readonly data: Readonly<Record<string, any>> | null;
  readonly errors?: readonly { message: string; extensions: { code: string; details: Record<string, unknown> } }[];
}

async function ask(query: string): Promise<Reply> {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()) as Reply;
}

function create(name: string, paths: readonly string[], more = ''): Promise<Reply> {
  const ids = JSON.stringify(paths.map((path) => path.split('/').at(-1)));
  return ask(`mutation { createDataset(name: "${name}", source: { upload: ${ids} }${more}) {
    source examples width classes { name count } rejectedCount bytes
  } }`);
}

async function photos(): Promise<Buffer> {
  const look = { width: 28, height: 28, grey: true };
  const [dark, light] = [await picture([9, 9, 9], look), await picture([200, 200, 200], look)];
  return zipOf([
    { name: 'dark/1.png', data: dark },
    { name: 'light/1.png', data: light },
    { name: 'light/2.png', data: light },
  ]);
}

describe('the protocol', () => {
  test('is told of by OPTIONS', async () => {
    const { status, headers } = await send('OPTIONS', '/uploads', { 'tus-resumable': null });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'tus-version': '1.0.0',
      'tus-resumable': '1.0.0',
      'tus-max-size': `${32 * 2 ** 20}`,
      'tus-extension': 'creation,creation-with-upload,termination,expiration',
    });
  });

  test('brings a file in pieces, and says at every moment where it stands', async () => {
    const bytes = randomBytes(100_000);
    const path = await begin(bytes.length);
    const head = await send('HEAD', path);
    expect(head).toMatchObject({ status: 200, headers: { 'upload-offset': '0', 'upload-length': '100000' } });
    expect(head.headers['cache-control']).toBe('no-store');
    expect(head.headers['upload-metadata']).toBe(`filename ${Buffer.from('data.zip').toString('base64')}`);
    const first = await piece(path, 0, bytes.subarray(0, 40_000));
    expect(first).toMatchObject({ status: 204, headers: { 'upload-offset': '40000', 'tus-resumable': '1.0.0' } });
    expect(Date.parse(first.headers['upload-expires'] as string)).toBeGreaterThan(Date.now());
    expect((await send('HEAD', path)).headers['upload-offset']).toBe('40000');
    expect(await piece(path, 40_000, bytes.subarray(40_000))).toMatchObject({
      status: 204,
      headers: { 'upload-offset': '100000' },
    });
    expect(await send('DELETE', path)).toMatchObject({ status: 204 });
    expect(await send('HEAD', path)).toMatchObject({ status: 404 });
    expect(kept()).toEqual([]);
  });

  test('takes a file with the request that creates it', async () => {
    const headers = { ...PIECE, 'upload-length': '5' };
    const reply = await send('POST', '/uploads', headers, Buffer.from('12345'));
    expect(reply).toMatchObject({ status: 201, headers: { 'upload-offset': '5' } });
  });

  test('takes a piece of any length, for nothing of it is held', async () => {
    const bytes = Buffer.alloc(20 * 2 ** 20, 7);
    const path = await begin(bytes.length);
    expect(await piece(path, 0, bytes)).toMatchObject({ status: 204, headers: { 'upload-offset': `${bytes.length}` } });
  });

  const absent = `/uploads/${'0'.repeat(32)}`;
  test.each([
    ['no Tus-Resumable', 'POST', '/uploads', { 'tus-resumable': null, 'upload-length': '5' }, 412, 'BAD_USER_INPUT'],
    ['another version', 'POST', '/uploads', { 'tus-resumable': '0.2.2', 'upload-length': '5' }, 412, 'BAD_USER_INPUT'],
    ['no length', 'POST', '/uploads', {}, 400, 'BAD_USER_INPUT'],
    ['a length below 0', 'POST', '/uploads', { 'upload-length': '-1' }, 400, 'BAD_USER_INPUT'],
    ['a length that is no number', 'POST', '/uploads', { 'upload-length': '1e3' }, 400, 'BAD_USER_INPUT'],
    ['a length to be told later', 'POST', '/uploads', { 'upload-defer-length': '1' }, 400, 'BAD_USER_INPUT'],
    ['more than the limit', 'POST', '/uploads', { 'upload-length': `${2 ** 30}` }, 413, 'PAYLOAD_TOO_LARGE'],
    [
      'metadata that is not base64',
      'POST',
      '/uploads',
      { 'upload-length': '5', 'upload-metadata': 'a ü' },
      400,
      'BAD_USER_INPUT',
    ],
    ['an id that there is not', 'HEAD', absent, {}, 404, ''],
    ['a piece of it', 'PATCH', absent, { ...PIECE, 'upload-offset': '0' }, 404, 'UPLOAD_NOT_FOUND'],
    ['its removal', 'DELETE', absent, {}, 404, 'UPLOAD_NOT_FOUND'],
    ['a path as an id', 'DELETE', '/uploads/..%2f..%2fganymede.db', {}, 404, 'UPLOAD_NOT_FOUND'],
    ['a look at the files', 'GET', '/uploads', {}, 404, 'NOT_FOUND'],
  ])('refuses %s', async (_, method, path, headers, status, code) => {
    const reply = await send(method, path, headers as Record<string, string>);
    expect(reply.status).toBe(status);
    if (code) expect(codeOf(reply)).toBe(code);
    if (status === 412) expect(reply.headers['tus-version']).toBe('1.0.0');
    expect(kept()).toEqual([]);
  });

  test('refuses a piece for another place, without an offset, of another type, and beyond the end', async () => {
    const path = await begin(10);
    const wrong = await piece(path, 5, Buffer.from('12345'));
    expect([wrong.status, codeOf(wrong)]).toEqual([409, 'UPLOAD_CONFLICT']);
    expect((await send('PATCH', path, PIECE, Buffer.from('1'))).status).toBe(403);
    const other = { 'content-type': 'text/plain', 'upload-offset': '0' };
    expect((await send('PATCH', path, other, Buffer.from('1'))).status).toBe(415);
    const longer = await piece(path, 0, Buffer.from('12345678901'));
    expect([longer.status, codeOf(longer)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect((await send('HEAD', path)).headers['upload-offset']).toBe('0');
  });

  test('of a large piece that is refused the connection goes on', async () => {
    const path = await begin(2 ** 20);
    expect((await piece(path, 7, Buffer.alloc(2 ** 20 - 7))).status).toBe(409);
    expect((await piece(path, 0, Buffer.alloc(2 ** 20))).status).toBe(204);
  });

  test('is for admins alone', async () => {
    const evil = { origin: 'https://evil.example' };
    const path = await begin(5);
    for (const [method, url] of [
      ['POST', '/uploads'],
      ['PATCH', path],
      ['DELETE', path],
    ] as const) {
      const reply = await send(method, url, { ...evil, ...PIECE, 'upload-length': '5', 'upload-offset': '0' });
      expect([reply.status, codeOf(reply)]).toEqual([403, 'FORBIDDEN']);
    }
    expect((await send('HEAD', path, evil)).status).toBe(403);
    expect((await send('HEAD', path)).headers['upload-offset']).toBe('0');
  });

  test('two pieces at once: one is written, and the other is told where the file stands', async () => {
    const bytes = randomBytes(4 * 2 ** 20);
    const path = await begin(bytes.length);
    const replies = await Promise.all([piece(path, 0, bytes), piece(path, 0, bytes)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect((await send('HEAD', path)).headers['upload-offset']).toBe(`${bytes.length}`);
  });

  test('a connection that hangs gives way to the next request of its file', async () => {
    const bytes = randomBytes(200_000);
    const path = await begin(bytes.length);
    const hanging = request(`${served.url}${path}`, {
      method: 'PATCH',
      headers: { ...PIECE, 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-length': `${bytes.length}` },
    });
    hanging.on('error', () => {}); // it is cut off
    hanging.write(bytes.subarray(0, 150_000));
    await vi.waitFor(() => expect(statSync(join(folder, 'data', path, 'data')).size).toBe(150_000), {
      timeout: 20_000,
    });
    const { headers } = await send('HEAD', path);
    expect(headers['upload-offset']).toBe('150000');
    expect((await piece(path, 150_000, bytes.subarray(150_000))).status).toBe(204);
    hanging.destroy();
  });

  test('a piece that takes longer than a request may is cut without a word, and what came stays', async () => {
    const path = await begin(200_000);
    const slow = request(`${served.url}${path}`, {
      method: 'PATCH',
      headers: { ...PIECE, 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-length': '200000' },
    });
    slow.write(Buffer.alloc(100_000));
    const [error] = (await once(slow, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('ECONNRESET');
    expect((await send('HEAD', path)).headers['upload-offset']).toBe('100000');
  });

  test('is bounded in all', async () => {
    await begin(30 * 2 ** 20);
    await begin(30 * 2 ** 20);
    const third = await send('POST', '/uploads', { 'upload-length': `${30 * 2 ** 20}` });
    expect([third.status, codeOf(third)]).toEqual([507, 'INSUFFICIENT_STORAGE']);
  });

  test('is bounded in number', async () => {
    for (let i = 0; i < 64; i++) await begin(10);
    const next = await send('POST', '/uploads', { 'upload-length': '10' });
    expect([next.status, codeOf(next)]).toEqual([507, 'INSUFFICIENT_STORAGE']);
  });
});

describe('what was sent becomes a data set', () => {
  test('by its id, with labels, and its file has its place then', async () => {
    const bytes = await photos();
    const path = await begin(bytes.length, 'photos.zip');
    await piece(path, 0, bytes);
    expect((await create('photos', [path])).data?.['createDataset']).toEqual({
      ...{ source: 'photos.zip', examples: 3, width: 28, rejectedCount: 0, bytes: bytes.length },
      classes: [
        { name: 'dark', count: 1 },
        { name: 'light', count: 2 },
      ],
    });
    expect(kept()).toEqual([]);
    expect(readdirSync(join(folder, 'data', 'catalog', 'photos')).sort()).toEqual([
      ...['data', 'dataset.json', 'preview.png'],
    ]);
    expect((await create('again', [path])).errors?.[0]?.extensions.code).toBe('UPLOAD_NOT_FOUND');
    await ask('mutation { deleteDataset(name: "photos") }');
    expect(readdirSync(join(folder, 'data', 'catalog'))).toEqual([]);
  });

  test('once all of it has come', async () => {
    const bytes = await photos();
    const path = await begin(bytes.length);
    await piece(path, 0, bytes.subarray(0, 100));
    const { errors } = await create('half', [path]);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'UPLOAD_INCOMPLETE',
      details: { offset: 100, length: bytes.length },
    });
    expect(readdirSync(join(folder, 'data', 'catalog'))).toEqual([]);
  });

  test('of several files that belong together', async () => {
    const images = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4]), Buffer.alloc(32, 90)]);
    const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 1, 0]);
    const paths = [];
    for (const [name, bytes] of [
      ['train-images-idx3-ubyte', images],
      ['train-labels-idx1-ubyte', labels],
    ] as const) {
      const path = await begin(bytes.length, name);
      await piece(path, 0, bytes);
      paths.push(path);
    }
    expect((await create('idx', paths)).data?.['createDataset']).toMatchObject({
      source: 'train-images-idx3-ubyte, train-labels-idx1-ubyte',
      examples: 2,
      classes: [
        { name: '0', count: 1 },
        { name: '1', count: 1 },
      ],
    });
    await ask('mutation { deleteDataset(name: "idx") }');
  });

  test('refused, it stays, so that other settings can be tried', async () => {
    const bytes = zipOf([
      { name: '1.png', data: await picture([1, 1, 1]) },
      { name: '2.png', data: await picture([1, 1, 1], { width: 9 }) },
    ]);
    const path = await begin(bytes.length);
    await piece(path, 0, bytes);
    expect((await create('mixed', [path])).errors?.[0]?.message).toMatch(/Add resize=\d+x\d+/);
    const { data } = await create('mixed', [path], ', settings: "resize=8x8"');
    expect(data?.['createDataset']).toMatchObject({ examples: 2, width: 8 });
    await ask('mutation { deleteDataset(name: "mixed") }');
  });

  test.each([
    ['../../../etc/evil.zip', 'evil.zip'],
    ['C:\\evil\\x.zip', 'x.zip'],
    ['.hidden.zip', 'hidden.zip'],
    ['bilder, größe=3.zip', 'bilder__gr__e_3.zip'],
    ['a\0b\n.zip', 'a_b_.zip'],
    ['', 'data'],
    [`${'x'.repeat(500)}.zip`, `${'x'.repeat(96)}.zip`],
  ])('whatever its sender calls it: %j', async (said, name) => {
    const bytes = await photos();
    const path = await begin(bytes.length, said);
    await piece(path, 0, bytes);
    expect((await create('named', [path])).data?.['createDataset']).toMatchObject({ source: name, examples: 3 });
    expect(readdirSync(join(folder, 'data', 'catalog', 'named', 'data'))).toEqual([name]);
    await ask('mutation { deleteDataset(name: "named") }');
  });
});

describe('tus-js-client', () => {
  function upload(bytes: Buffer, options: Partial<tus.UploadOptions>): Promise<tus.Upload> {
    return new Promise((resolve, reject) => {
      const one: tus.Upload = new tus.Upload(bytes, {
        endpoint: `${served.url}/uploads`,
        metadata: { filename: 'photos.zip' },
        retryDelays: [0, 100, 200, 400],
        onError: reject,
        onSuccess: () => resolve(one),
        ...options,
      });
      one.start();
    });
  }

  test('sends a file', async () => {
    const bytes = await photos();
    const { url } = await upload(bytes, {});
    expect((await create('sent', [url!])).data?.['createDataset']).toMatchObject({ examples: 3 });
    await ask('mutation { deleteDataset(name: "sent") }');
  });

  test('goes on where it was, after it was stopped half-way and the server was started again', async () => {
    const bytes = await photos();
    const half = new tus.Upload(bytes, {
      endpoint: `${served.url}/uploads`,
      chunkSize: Math.ceil(bytes.length / 2),
      metadata: { filename: 'photos.zip' },
    });
    await new Promise<void>((resolve, reject) => {
      half.options.onError = reject;
      half.options.onChunkComplete = () => resolve();
      half.start();
    });
    await half.abort();
    const path = new URL(half.url!).pathname;
    await served.stop();
    served = await startServer(settings());
    const progress: number[] = [];
    await upload(bytes, { uploadUrl: `${served.url}${path}`, onProgress: (sent) => progress.push(sent) });
    expect(progress[0]).toBeGreaterThanOrEqual(Math.ceil(bytes.length / 2));
    expect((await create('resumed', [path])).data?.['createDataset']).toMatchObject({ examples: 3 });
    await ask('mutation { deleteDataset(name: "resumed") }');
  });

  test('goes on by itself when the server is killed in the middle and comes back', async () => {
    const bytes = randomBytes(12 * 2 ** 20);
    let back: Promise<void> | undefined;
    const { url } = await upload(bytes, {
      chunkSize: 2 ** 20,
      retryDelays: Array.from({ length: 60 }, () => 500),
      onChunkComplete: () => {
        back ??= served.kill().then(async () => {
          served = await startServer(settings());
        });
      },
    });
    await back;
    const path = new URL(url!).pathname;
    expect(readFileSync(join(folder, 'data', path, 'data')).equals(bytes)).toBe(true);
  });
});
