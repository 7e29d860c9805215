// A model whose generator gives no number for half of all latents: an error wherever such a sample is asked for, of
// that entry alone, and nothing of it may be cached.

import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { encodeModel, type OnnxNode } from '../../src/engine/onnx.js';
import { float32, type HostTensor } from '../../src/engine/tensor.js';
import type { Manifest } from '../../src/models/manifest.js';
import { ModelRepository } from '../../src/models/repository.js';
import { buildServer } from '../../src/server/server.js';
import { float, temporaryFolder, writeCheckpoint } from '../models/checkpoints.js';
import type { Reply } from './replies.js';

const node = (op: string, inputs: string[], output: string): OnnxNode => ({
  op,
  inputs,
  outputs: [output],
  attributes: {},
});
const int64 = (...values: number[]): HostTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

/** Every value is √(−z₀): not a number where z₀ > 0. */
function generator(name: 'image' | 'point', ...row: number[]): Uint8Array {
  const size = row.reduce((a, b) => a * b, 1);
  const weights = Float32Array.from({ length: 3 * size }, (_, i) => (i < size ? -1 : 0));
  return encodeModel({
    name: 'generate',
    inputs: [{ name: 'z', ...float(-1, 3) }],
    outputs: [{ name, ...float(-1, ...row) }],
    initializers: new Map([
      ['w', float32([3, size], weights)],
      ['shape', int64(-1, ...row)],
    ]),
    nodes: [node('MatMul', ['z', 'w'], 'sum'), node('Sqrt', ['sum'], 'root'), node('Reshape', ['root', 'shape'], name)],
  });
}

/** logit = the sum of the pixels. */
const discriminator = encodeModel({
  name: 'score',
  inputs: [{ name: 'image', ...float(-1, 1, 2, 2) }],
  outputs: [{ name: 'logit', ...float(-1) }],
  initializers: new Map([['axes', int64(1, 2, 3)]]),
  nodes: [{ ...node('ReduceSum', ['image', 'axes'], 'logit'), attributes: { keepdims: 0 } }],
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let engine: Engine;
let repository: ModelRepository;
let app: FastifyInstance;
let good: number[];
let bad: number[];

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeCheckpoint(folder.path, 'half', 1, {
    graphs: { generate: generator('image', 1, 2, 2), score: discriminator },
  });
  const toPoints = (manifest: Manifest) => {
    Reflect.deleteProperty(manifest, 'image');
    Object.assign(manifest, { point: { size: 2 } });
  };
  await writeCheckpoint(folder.path, 'points', 1, { graphs: { generate: generator('point', 2) }, edit: toPoints });
  engine = await Engine.start();
  repository = await ModelRepository.open(folder.path, engine);
  const logger = pino({ level: 'silent' });
  app = await buildServer({ repository, engine, config: { introspection: true }, logger });
  const first = repository
    .get('half')
    .latents({ seed: 0, count: 16 })
    .map(([z0]) => z0!);
  const seeds = (where: (z0: number) => boolean) => first.flatMap((z0, seed) => (where(z0) ? [seed] : []));
  [good, bad] = [seeds((z0) => z0 <= 0), seeds((z0) => z0 > 0)];
});

afterAll(async () => {
  await app.close();
  await repository.close();
  await engine.close();
  await folder.remove();
});

/** `fine` is what one test calls its `sample`. */
type Aliased = Reply & { readonly fine: Reply['sample'] };

async function query(text: string) {
  const reply = await app.inject({ method: 'POST', url: '/graphql', payload: { query: text } });
  return reply.json() as { data: Aliased; errors?: { path: unknown[]; extensions: { code: string } }[] };
}

it('a batch of samples has an error for each that is not finite, in image and score, and the others whole', async () => {
  expect([good.length > 0, bad.length > 0]).toEqual([true, true]);
  const { data, errors } = await query(
    '{ sample(model: "half", seed: 0, count: 16) { seed image { dataUri } score { logit } } }',
  );
  const made = data.sample.flatMap(({ seed, image, score }) => (image?.dataUri && score ? [seed] : []));
  expect(made).toEqual(good);
  expect(new Set(errors!.map(({ extensions }) => extensions.code))).toEqual(new Set(['NOT_FINITE']));
  expect(new Set(errors!.map(({ path }) => path[1]))).toEqual(new Set(bad));
});

it('points and the frames of a path likewise', async () => {
  const points = await query('{ sample(model: "points", seed: 0, count: 16) { seed point } }');
  expect(points.data.sample.flatMap(({ seed, point }) => (point ? [seed] : []))).toEqual(good);
  const path = `{ interpolate(model: "half", waypoints: [{ seed: ${good[0]} }, { seed: ${bad[0]} }], steps: 2) { frames { image { dataUri } } } }`;
  const { data, errors } = await query(path);
  expect(data.interpolate.frames[0]!.image.dataUri).toMatch(/^data:image\/png/);
  expect(errors).toMatchObject([
    { extensions: { code: 'NOT_FINITE' }, path: ['interpolate', 'frames', 1, 'image', 'dataUri'] },
  ]);
});

it('a grid and an animation that hold such a frame are refused, and the fields beside them answered', async () => {
  const { data, errors } = await query(`{
    grid: sampleGrid(model: "half", seed: 0, rows: 4, columns: 4) { dataUri }
    morph: interpolate(model: "half", waypoints: [{ seed: ${good[0]} }, { seed: ${bad[0]} }], steps: 2) { animation { dataUri } }
    fine: sample(model: "half", seed: ${good[0]}) { image { dataUri } }
  }`);
  expect(errors!.map(({ extensions }) => extensions.code)).toEqual(['NOT_FINITE', 'NOT_FINITE']);
  expect(data.fine[0].image.dataUri).toMatch(/^data:image\/png/);
});

it('its address answers 500 and may not be cached; that of a sound one may', async () => {
  const addressOf = async (seed: number) => {
    const { data } = await query(`{ sample(model: "half", seed: ${seed}) { image { url } } }`);
    const { pathname, search } = new URL(data.sample[0].image.url);
    return pathname + search;
  };
  const refused = await app.inject(await addressOf(bad[0]!));
  expect(refused.statusCode).toBe(500);
  expect(refused.headers['cache-control']).toBe('no-store');
  expect(refused.json().errors[0].extensions.code).toBe('NOT_FINITE');
  expect((await app.inject(await addressOf(good[0]!))).headers['cache-control']).toContain('immutable');
});
