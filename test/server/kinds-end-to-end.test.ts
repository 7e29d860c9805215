// Models of classes and of points on the real engine, in worker threads, over a real socket.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { labelFromSeed } from '../../src/models/labels.js';
import { latent } from '../../src/models/latent.js';
import { ModelRepository } from '../../src/models/repository.js';
import { buildServer } from '../../src/server/server.js';
import type { Reply } from './replies.js';
import { TINY_LABELS, writeTinyGan } from './tiny-gan.js';
import { LATENT, tinyImage, tinyLogit, tinyPoint } from './tiny-graphs.js';

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
let root: string;
let engine: Engine;
let repository: ModelRepository;
let app: FastifyInstance;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-kinds-'));
  for (const model of ['letters', 'halfway', 'named', 'ring']) await writeTinyGan(root, { model });
  engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  repository = await ModelRepository.open(root, engine);
  app = await buildServer({ repository, engine, config: { introspection: true }, logger: pino({ level: 'silent' }) });
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app.close();
  await repository.close();
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

async function ask<Data = Reply>(query: string): Promise<Data> {
  const { body } = await request(app.server).post('/graphql').send({ query });
  expect(body.errors).toBeUndefined();
  return body.data;
}

test('samples of 64 seeds are each of the class of their seed, and scored as one of it', async () => {
  const { sample } = await ask('{ sample(model: "letters", count: 64, seed: 0) { seed label score { logit } } }');
  for (const { seed, label, score } of sample) {
    const index = labelFromSeed(seed, 3);
    expect(label).toBe(TINY_LABELS[index]);
    expect(score.logit).toBeCloseTo(tinyLogit(tinyImage(latent(seed, LATENT, PRIOR), index), index), 4);
  }
});

test('each class asked for at once gets its own images, with the same bytes at their addresses', async () => {
  const fields = TINY_LABELS.map(
    (label) =>
      `${label}: sample(model: "letters", seed: 7, label: "${label}") { label score { logit } image { url dataUri } }`,
  );
  const data = await ask<Record<string, Reply['sample']>>(`{ ${fields.join('\n')} }`);
  for (const [index, label] of TINY_LABELS.entries()) {
    const [{ score, image, ...rest }] = data[label]!;
    expect(rest).toEqual({ label });
    expect(score.logit).toBeCloseTo(tinyLogit(tinyImage(latent(7, LATENT, PRIOR), index), index), 4);
    const reply = await fetch(image.url);
    expect(reply.status).toBe(200);
    expect(`data:image/png;base64,${Buffer.from(await reply.arrayBuffer()).toString('base64')}`).toBe(image.dataUri);
  }
  expect(new Set(TINY_LABELS.map((label) => data[label]![0].image.dataUri)).size).toBe(3);
});

test('an image sent back with its class scores as its sample, but for its 8 bits', async () => {
  const { sample } = await ask(
    '{ sample(model: "letters", seed: 3, label: "beta") { image { dataUri } score { logit } } }',
  );
  const [{ image, score }] = sample;
  const again = await ask(
    `{ score(model: "letters", images: ["${image.dataUri}"], labels: ["beta"]) { ... on Score { logit } } }`,
  );
  // Rounding to 8 bits moves the mean by at most 1/510, and the logit by 8 times that.
  expect(Math.abs(again.score[0].logit - score.logit)).toBeLessThan(8 / 510);
});

test('a graph that is told of no class gets none, whatever the manifest names', async () => {
  const data = await ask<Record<'halfway' | 'named', Reply['sample']>>(
    '{ halfway: sample(model: "halfway", seed: 5, label: "gamma") { score { logit } } named: sample(model: "named", seed: 5) { label score { logit } } }',
  );
  const z = latent(5, LATENT, PRIOR);
  expect(data.halfway[0].score.logit).toBeCloseTo(tinyLogit(tinyImage(z, 2)), 4);
  expect(data.named[0].label).toBeNull();
  expect(data.named[0].score.logit).toBeCloseTo(tinyLogit(tinyImage(z)), 4);
});

test('points are those of the networks, and a wrong one is an error of its own', async () => {
  const { sample, score } = await ask(`{
    sample(model: "ring", count: 50, seed: 9) { seed point score { logit } }
    score(model: "ring", points: [[1, 2], [1e999, 0], [2, 5]]) { ... on Score { logit } ... on ImageError { index code } }
  }`);
  expect(score).toEqual([{ logit: 3 }, { index: 1, code: 'BAD_USER_INPUT' }, { logit: 7 }]);
  for (const each of sample) {
    const [x, y] = tinyPoint(latent(each.seed, LATENT, PRIOR));
    expect(each.point[0]).toBeCloseTo(x, 4);
    expect(each.point[1]).toBeCloseTo(y, 4);
    expect(each.score.logit).toBeCloseTo(x + y, 4);
  }
});
