// Data sets as an admin asks for them: the program as it is started, over HTTP.

import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Served, startServer } from '../examples/serving.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';

let folder: string;
let served: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-datasets-'));
  for (const model of ['ring8', 'glyphs', 'mnist-conditional', 'faces']) {
    await cp(`checkpoints/${model}`, join(folder, 'checkpoints', model), { recursive: true });
  }
  await mkdir(join(folder, 'data', 'datasets'), { recursive: true });
  served = await startServer({
    ...{ CHECKPOINTS: join(folder, 'checkpoints'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' },
  });
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});

interface Reply {
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared, whatever was selected
  readonly data: Readonly<Record<string, any>> | null;
  readonly errors?: readonly { message: string; extensions: { code: string; details: Record<string, unknown> } }[];
}

async function ask(query: string, headers: Record<string, string> = {}): Promise<Reply> {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()) as Reply;
}

async function refusal(query: string) {
  const { errors } = await ask(query);
  expect(errors).toHaveLength(1);
  const { message, extensions } = errors![0]!;
  return { message, ...extensions };
}

async function jobs(): Promise<number> {
  return (await ask('{ jobs { totalCount } }')).data?.['jobs'].totalCount;
}

describe('an admin', () => {
  test('creates a data set, looks at it, trains on it by name, and deletes it once nobody needs it', async () => {
    const created = await ask(`mutation { createDataset(
      name: "rings", source: { builtin: "ring8" }, settings: "count=2000"
    ) { name source digest examples shape width channels classCount classes(first: 2) { name count } bytes by } }`);
    expect(created.data?.['createDataset']).toMatchObject({
      ...{ name: 'rings', source: 'builtin:ring8,count=2000', examples: 2000, shape: [2], width: null, channels: null },
      ...{ classCount: 8, classes: [{ name: '0' }, { name: '1' }], bytes: 0, by: 'local' },
    });
    const { digest } = created.data!['createDataset'];

    const job = await ask(
      'mutation { train(model: "mine", recipe: "ring8", dataset: "rings", steps: 1000000) { id dataset datasetDigest } }',
    );
    const { id } = job.data!['train'];
    expect(job.data?.['train']).toEqual({ id, dataset: 'rings', datasetDigest: digest });
    expect((await ask('{ dataset(name: "rings") { jobs { id } } }')).data).toEqual({ dataset: { jobs: [{ id }] } });
    expect((await ask('{ jobs(filter: { dataset: "rings" }) { nodes { id } } }')).data?.['jobs'].nodes).toHaveLength(1);

    const inUse = await refusal('mutation { deleteDataset(name: "rings") }');
    expect(inUse).toMatchObject({ code: 'DATASET_IN_USE', details: { jobs: [id] } });
    await ask(`mutation { cancelJob(id: "${id}") { state } }`);
    await vi.waitFor(
      async () => expect((await ask(`{ job(id: "${id}") { state } }`)).data?.['job'].state).toBe('CANCELLED'),
      { timeout: 60_000, interval: 100 },
    );
    expect((await ask('mutation { deleteDataset(name: "rings") }')).data).toEqual({ deleteDataset: true });
    expect((await refusal('{ dataset(name: "rings") { name } }')).code).toBe('DATASET_NOT_FOUND');
    expect(readdirSync(join(folder, 'data', 'catalog'))).toEqual([]);
  });

  test('sees a sheet of it, which somebody else does not', async () => {
    await writeFiles(join(folder, 'data', 'datasets'), {
      'photos/red/1.png': await picture([255, 0, 0], { width: 300, height: 200 }),
      'photos/blue/1.png': await picture([0, 0, 255], { width: 300, height: 200 }),
    });
    const { data } = await ask(
      'mutation { createDataset(name: "photos", source: { path: "photos" }) { preview width height channels classes { name count } rejectedCount } }',
    );
    const made = data!['createDataset'];
    expect(made).toMatchObject({ width: 300, height: 200, channels: 3, rejectedCount: 0 });
    const reply = await fetch(made.preview);
    expect(reply.headers.get('content-type')).toBe('image/png');
    // Two columns, blue and red: images of 300×200 are shown with 96 pixels at the longest side.
    const { data: pixels, info } = await sharp(await reply.arrayBuffer())
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([96 * 2 + 2, 64]);
    expect([...pixels.subarray(0, 3)]).toEqual([0, 0, 255]);
    expect([...pixels.subarray(-3)]).toEqual([255, 0, 0]);

    expect((await fetch(made.preview, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await fetch(made.preview.replace(/[0-9a-f]{16}/, '0000000000000000'))).status).toBe(404);
    await ask('mutation { deleteDataset(name: "photos") }');
    expect((await fetch(made.preview)).status).toBe(404);
  });

  test('pages through the list by name', async () => {
    for (const name of ['c', 'a', 'b']) {
      await ask(`mutation { createDataset(name: "${name}", source: { builtin: "ring8" }) { name } }`);
    }
    const first = await ask('{ datasets(first: 2) { nodes { name } pageInfo { endCursor hasNextPage } totalCount } }');
    const { nodes, pageInfo, totalCount } = first.data!['datasets'];
    expect([nodes, pageInfo.hasNextPage, totalCount]).toEqual([[{ name: 'a' }, { name: 'b' }], true, 3]);
    const next = await ask(`{ datasets(after: "${pageInfo.endCursor}") { nodes { name } } }`);
    expect(next.data?.['datasets'].nodes).toEqual([{ name: 'c' }]);
  });

  test('is refused data that has changed since it was looked through', async () => {
    const write = (value: number) =>
      writeFiles(join(folder, 'data', 'datasets'), { 'changing.npy': npyOf(new Float32Array(4000).fill(value)) });
    await write(0.25);
    await ask('mutation { createDataset(name: "changing", source: { path: "changing.npy" }) { name } }');
    await write(0.5);
    const { code, message } = await refusal(
      'mutation { train(model: "x", recipe: "ring8", dataset: "changing") { id } }',
    );
    expect([code, message]).toEqual(['DATASET_INVALID', expect.stringMatching(/changed since/)]);
  });

  test.each([
    [
      'a source of two kinds',
      'createDataset(name: "x", source: { path: "a", builtin: "b" }) { name }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['no source', 'createDataset(name: "x", source: {}) { name }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a path outside', 'createDataset(name: "x", source: { path: "/etc" }) { name }', 'DATASET_INVALID'],
    [
      'a key with a space',
      'createDataset(name: "x", source: { builtin: "ring8" }, idempotencyKey: "a b") { name }',
      'BAD_USER_INPUT',
    ],
    ['a name that there is not', 'deleteDataset(name: "nothing")', 'DATASET_NOT_FOUND'],
  ])('is refused %s', async (_, mutation, code) => {
    const refused = await refusal(`mutation { ${mutation} }`);
    expect(refused.code).toBe(code);
    expect(refused.message).not.toMatch(folder);
  });

  test('may do none of it from a page of another site', async () => {
    for (const query of [
      'mutation { createDataset(name: "x", source: { builtin: "ring8" }) { name } }',
      'mutation { deleteDataset(name: "a") }',
      '{ datasets { totalCount } }',
      '{ dataset(name: "a") { name } }',
    ]) {
      const { errors } = await ask(query, { origin: 'https://evil.example' });
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});

describe('data that does not fit is refused before there is a job, with what would fit', () => {
  beforeAll(async () => {
    const small = { width: 20, height: 20 };
    await writeFiles(join(folder, 'data', 'datasets'), {
      'grey20/1.png': await picture([9, 9, 9], { ...small, grey: true }),
      'small/a/1.png': await picture([9, 9, 9], { width: 22, height: 20, grey: true }),
      'small/b/1.png': await picture([9, 9, 9], { width: 22, height: 20, grey: true }),
      'colour28/a/1.png': await picture([9, 9, 200], { width: 28, height: 28 }),
      'colour28/b/1.png': await picture([9, 200, 9], { width: 28, height: 28 }),
      'letters/x/1.png': await picture([9, 9, 9], { width: 28, height: 28, grey: true }),
      'letters/y/1.png': await picture([9, 9, 9], { width: 28, height: 28, grey: true }),
    });
    for (const name of ['grey20', 'small', 'colour28', 'letters']) {
      await ask(`mutation { createDataset(name: "${name}", source: { path: "${name}" }) { name } }`);
    }
    await ask(
      'mutation { createDataset(name: "circle", source: { builtin: "ring8" }, settings: "count=500") { name } }',
    );
  });

  test.each([
    ['points for a model of images', 'fineTune(model: "glyphs", dataset: "circle")', /points of 2/, /28/],
    ['images for a model of points', 'fineTune(model: "ring8", dataset: "builtin:glyphs")', /28×28×1/, /points of 2/],
    ['fewer examples than a batch', 'fineTune(model: "faces", dataset: "colour28")', /batch.* 2 examples/, /32/],
    ['colour for a model of grey', 'fineTune(model: "glyphs", dataset: "colour28")', /3/, /channels=1|grey|1/],
    ['other classes', 'fineTune(model: "mnist-conditional", dataset: "letters")', /class/, /"0", "1", "2"/],
    ['no classes', 'train(model: "new", recipe: "mnist-conditional", dataset: "grey20")', /class/, /label|conditional/],
    ['points for a recipe of convolutions', 'train(model: "new", recipe: "glyphs", dataset: "circle")', /mlp/, /\[2\]/],
    [
      'a size that convolutions do not pass',
      'train(model: "new", recipe: "cifar10", dataset: "small")',
      /20/,
      /resize/,
    ],
    [
      'fewer examples than are held out',
      'train(model: "new", recipe: "glyphs", dataset: "letters")',
      /validation|batch/,
      /2/,
    ],
    ['a fit on data of another size', 'fitEncoder(model: "glyphs", dataset: "grey20")', /20/, /28/],
    ['an evaluation on data of another size', 'evaluate(model: "glyphs", dataset: "grey20")', /20/, /28/],
    [
      'an evaluation by a part that was not held out',
      'evaluate(model: "ring8", dataset: "builtin:ring8", split: VALIDATION)',
      /"validation"/,
      /train or test/,
    ],
  ])('%s', async (_, order, received, fitting) => {
    const before = await jobs();
    const { code, message } = await refusal(`mutation { ${order} { id } }`);
    expect(['DATASET_INVALID', 'CONFIG_INVALID', 'MODEL_MISMATCH', 'CHECKPOINT_INVALID']).toContain(code);
    expect(message).toMatch(received);
    expect(message).toMatch(fitting);
    expect(await jobs()).toBe(before);
  });
});

/** Points of the plane (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
function npyOf(values: Float32Array): Buffer {
  const shape = `(${values.length / 2}, 2)`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117).concat('\n');
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  return Buffer.concat([start, Buffer.from(header), Buffer.from(values.buffer)]);
}
