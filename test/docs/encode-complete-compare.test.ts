// What docs/encode-complete-compare.md shows: its command writes an index, and its queries are answered by the shipped
// models on the real engine.

import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { indexNeighbours } from '../../src/evaluation/index-neighbours.js';
import { ModelRepository } from '../../src/models/repository.js';
import { Metrics } from '../../src/server/metrics.js';
import { buildServer } from '../../src/server/server.js';
import { Traffic } from '../../src/server/traffic.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/encode-complete-compare.md'), 'utf8');
const queries = new Map(
  [...page.matchAll(/^```graphql\n(query (\w+)[\s\S]*?)^```$/gm)].map(([, text, name]) => [name!, text!] as const),
);

let checkpoints = '';
let engine: Engine;
let repository: ModelRepository;
let app: FastifyInstance;
beforeAll(async () => {
  checkpoints = await mkdtemp(join(tmpdir(), 'ganymede-docs-'));
  for (const model of ['mnist-conditional', 'glyphs']) {
    await cp(join(root, 'checkpoints', model), join(checkpoints, model), { recursive: true });
  }
  const [, version, max] =
    /npx ganymede index --checkpoint checkpoints\/(glyphs\/\d+) --data builtin:glyphs --max (\d+)/.exec(page)!;
  const checkpoint = join(checkpoints, version!);
  await indexNeighbours({ checkpoint, data: 'builtin:glyphs', max: Number(max) });
  engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  repository = await ModelRepository.open(checkpoints, engine);
  const logger = pino({ level: 'silent' });
  const traffic = new Traffic(logger);
  const metrics = new Metrics({ repository, engine, traffic });
  const config = { introspection: true, checkpoints: [checkpoints] };
  app = await buildServer({ repository, engine, config, logger, traffic, metrics });
}, 60_000);
afterAll(async () => {
  await app?.close();
  await repository?.close();
  await engine?.close();
  await rm(checkpoints, { recursive: true, force: true });
});

async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
  const reply = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
  const { data, errors } = reply.json<{ data: Data; errors?: unknown }>();
  expect(errors).toBeUndefined();
  return data;
}

/** Digits that the model drew itself, as a client has them: 8 bits a pixel. */
async function digits(labels: readonly string[]): Promise<string[]> {
  const image = (label: string) =>
    ask<{ sample: [{ image: { dataUri: string } }] }>(
      'query ($label: String) { sample(model: "mnist-conditional", seed: 5, label: $label) { image { dataUri } } }',
      { label },
    );
  return (await Promise.all(labels.map(image))).map(({ sample: [{ image }] }) => image.dataUri);
}

test('has the four queries', () => {
  expect([...queries.keys()]).toEqual(['Encode', 'Complete', 'Look', 'Near']);
});

test('encodes images, comes nearer by refinement, and leaves a bad one out', async () => {
  const labels = ['3', '8', '1'];
  const images = [...(await digits(labels.slice(0, 2))), 'no image'];
  interface Encoding {
    readonly error: number;
    readonly index?: number;
    readonly refined: { before: number; after: number };
    readonly reconstruction: { image: { url: string } };
  }
  const { encode } = await ask<{ encode: Encoding[] }>(queries.get('Encode')!, { images, labels });
  for (const { error, refined, reconstruction } of encode.slice(0, 2)) {
    expect(refined.after).toBeLessThan(refined.before / 2);
    expect(error / refined.after).toBeCloseTo(1, 2);
    const { pathname, search } = new URL(reconstruction.image.url);
    const reply = await app.inject({ url: pathname + search });
    expect(reply.headers['content-type']).toBe('image/png');
  }
  expect(encode[2]!.index).toBe(2);
}, 60_000);

test('completes an image in six ways', async () => {
  const [image] = await digits(['7']);
  const { inpaint } = await ask<{ inpaint: { seed: number; image: { dataUri: string } }[] }>(queries.get('Complete')!, {
    image,
  });
  expect(inpaint.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(inpaint.map((each) => each.image.dataUri)).size).toBe(6);
});

test('tells classes and features', async () => {
  const images = await digits(['0', '1']);
  interface Looked {
    readonly classify: { label: string; classes: { label: string; probability: number }[] }[];
    readonly features: { size: number; valuesBase64: string }[];
  }
  const { classify, features } = await ask<Looked>(queries.get('Look')!, { images });
  expect(classify.map(({ label }) => label)).toEqual(['0', '1']);
  expect(classify.map(({ classes }) => classes.length)).toEqual([3, 3]);
  for (const { size, valuesBase64 } of features) expect(Buffer.from(valuesBase64, 'base64')).toHaveLength(4 * size);
});

test('shows the training images nearest to a sample', async () => {
  interface Near {
    readonly neighbours: {
      space: string;
      examples: number;
      nearest: { distance: number; label: string; image: { dataUri: string } }[];
    };
  }
  const { neighbours } = await ask<Near>(queries.get('Near')!);
  const { space, examples, nearest } = neighbours;
  expect([space, examples, nearest.length]).toEqual(['PIXELS', 5000, 5]);
  expect(nearest.map(({ distance }) => distance)).toEqual(
    nearest.map(({ distance }) => distance).sort((a, b) => a - b),
  );
  // An image of the data is nearest to itself.
  const own = await ask<Near>(
    'query ($image: ImageSource) { neighbours(model: "glyphs", image: $image, count: 1) { nearest { distance image { dataUri } } } }',
    { image: nearest[0]!.image.dataUri },
  );
  expect(own.neighbours.nearest).toEqual([{ distance: expect.closeTo(0, 6), image: nearest[0]!.image }]);
});
