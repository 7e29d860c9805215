// Indexes of neighbours and devices as an admin asks for them: the program as it is started, over HTTP.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { probeDevices } from '../../src/engine/devices.js';
import { type Served, startServer } from '../examples/serving.js';
import { shippedVersion } from '../shipped.js';

let folder: string;
let served: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-index-'));
  const models = join(folder, 'models');
  await cp('checkpoints/mnist-conditional', join(models, 'mnist-conditional'), { recursive: true });
  served = await startServer({ CHECKPOINTS: models, DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' });
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});

interface Reply {
  readonly data: {
    readonly job: { readonly id: string; readonly state: string; readonly made: null };
    readonly neighbours: object;
    readonly devices: readonly { readonly name: string; readonly available: boolean; readonly why: string | null }[];
    readonly jobs: { readonly totalCount: number };
  };
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function ask(query: string): Promise<Reply> {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${served.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await reply.json()) as Reply;
}

async function indexed(more: string): Promise<Reply['data']['job']> {
  const order = `model: "mnist-conditional", dataset: "builtin:glyphs"${more}`;
  const { data, errors } = await ask(`mutation { job: indexNeighbours(${order}) { id } }`);
  expect(errors).toBeUndefined();
  return vi.waitFor(
    async () => {
      const { job } = (await ask(`{ job(id: "${data.job.id}") { kind state made version } }`)).data;
      expect(job.state).toBe('SUCCEEDED');
      return job;
    },
    { timeout: 120_000, interval: 100 },
  );
}

const NEAREST =
  '{ neighbours(model: "mnist-conditional", seed: 3, count: 32) { space examples nearest { distance } } }';

test('an index that a job wrote answers at once, and so does the one that takes its place', async () => {
  const { errors } = await ask(NEAREST);
  expect(errors).toMatchObject([{ extensions: { code: 'CAPABILITY_MISSING' } }]);
  expect(await indexed(', max: 500')).toEqual({
    ...{ kind: 'INDEX', state: 'SUCCEEDED', made: null },
    version: shippedVersion('mnist-conditional'),
  });
  expect((await ask(NEAREST)).data.neighbours).toMatchObject({ space: 'PIXELS', examples: 500 });
  await indexed(', max: 20');
  expect((await ask(NEAREST)).data.neighbours).toMatchObject({ examples: 20, nearest: { length: 20 } });
}, 240_000);

test('an index of data that does not fit, or with what it does not take, is refused before it is a job', async () => {
  const before = (await ask('{ jobs { totalCount } }')).data.jobs.totalCount;
  const refused = async (order: string, code: string, message: RegExp) => {
    const reply = await ask(`mutation { job: indexNeighbours(model: "mnist-conditional", ${order}) { id } }`);
    expect(reply.errors).toMatchObject([{ extensions: { code }, message: expect.stringMatching(message) }]);
  };
  await refused('dataset: "builtin:ring8"', 'DATASET_INVALID', /shape/);
  await refused('dataset: "builtin:glyphs", max: 0', 'BAD_USER_INPUT', /max to be an integer in \[1, 10000000\]/);
  await refused('dataset: "builtin:glyphs", steps: 5', 'BAD_USER_INPUT', /neither steps nor a seed/);
  await refused('dataset: "builtin:glyphs", device: CUDA', 'BAD_USER_INPUT', /no device, or cpu, for index/);
  expect((await ask('{ jobs { totalCount } }')).data.jobs.totalCount).toBe(before);
}, 120_000);

test('devices are those that the command finds; one that is absent is refused before there is a job', async () => {
  const { devices } = (await ask('{ devices { name available why } }')).data;
  const known = await probeDevices();
  expect(devices.map(({ name, available }) => [name.toLowerCase().replaceAll('_', '-'), available])).toEqual(
    known.map(({ name, usable }) => [name, usable]),
  );
  for (const { available, why } of devices) expect(why === null).toBe(available);
  const absent = devices.find(({ available }) => !available);
  if (!absent) return; // a machine that has them all
  const before = (await ask('{ jobs { totalCount } }')).data.jobs.totalCount;
  const order = `model: "ring8", recipe: "ring8", dataset: "builtin:ring8", device: ${absent.name}`;
  const { errors } = await ask(`mutation { job: train(${order}) { id } }`);
  expect(errors).toMatchObject([
    { extensions: { code: 'DEVICE_UNAVAILABLE', details: { available: expect.anything() } } },
  ]);
  expect((await ask('{ jobs { totalCount } }')).data.jobs.totalCount).toBe(before);
}, 120_000);
