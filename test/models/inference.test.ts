// Classes, features, latents and completions, against the formulas of the tiny graphs.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classifyEach, completeEach, encodeEach, featuresEach, softmax } from '../../src/models/inference.js';
import type { Model } from '../../src/models/model.js';
import { ModelRepository } from '../../src/models/repository.js';
import { FakeEngine } from '../server/fake-engine.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { HEIGHT, LATENT, tinyClasses, tinyFeatures, tinyImage, tinyLatent, WIDTH } from '../server/tiny-graphs.js';

const PIXELS = WIDTH * HEIGHT;
const images = [0, 1].map((row) => Float32Array.from({ length: PIXELS }, (_, p) => ((p * 7 + row) % 11) / 10));

let root = '';
let repository: ModelRepository;
let model: Model;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-inference-'));
  await writeTinyGan(root, { model: 'whole' });
  repository = await ModelRepository.open(root, new FakeEngine());
  model = repository.get('whole');
});
afterAll(async () => {
  await repository.close();
  await rm(root, { recursive: true, force: true });
});

test('probabilities are eˣ over its sum, also where eˣ alone would overflow', () => {
  expect([...softmax(Float32Array.of(Math.log(1), Math.log(3), Math.log(4)))]).toEqual([
    expect.closeTo(1 / 8, 7),
    expect.closeTo(3 / 8, 7),
    expect.closeTo(4 / 8, 7),
  ]);
  expect([...softmax(Float32Array.of(5000, 5000, -5000))]).toEqual([0.5, 0.5, 0]);
});

test('classes come the likeliest first', async () => {
  for (const [i, classes] of (await classifyEach(model, images)).entries()) {
    if (classes instanceof Error) throw classes;
    const logits = [...tinyClasses(images[i]!)];
    const order = [0, 1, 2].sort((a, b) => logits[b]! - logits[a]!);
    expect(classes.map(({ label }) => label)).toEqual(order);
    expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  }
});

test('features and latents are those of the graphs, row by row', async () => {
  expect(await featuresEach(model, images)).toEqual(images.map((image) => tinyFeatures(image)));
  const labels = [2, 0];
  expect(await encodeEach(model, images, { labels })).toEqual(images.map((image, i) => tinyLatent(image, labels[i])));
});

test('a completion has the known pixels as they were, and others from each latent', async () => {
  const known = Float32Array.from({ length: PIXELS }, (_, p) => Number(p % 3 === 0));
  const latents = [0, 1].map((row) => Float32Array.from({ length: LATENT }, (_, k) => Math.sin(row + 3 * k)));
  const completed = await completeEach(model, images[0]!, known, latents, { labels: [1, 1] });
  for (const [i, made] of completed.entries()) {
    const drawn = tinyImage(latents[i]!, 1);
    expect([...(made as Float32Array)]).toEqual(
      Array.from(images[0]!, (value, p) => (known[p] ? value : expect.closeTo(drawn[p]!, 6))),
    );
  }
});

test('an example of another size or with a value that is no number is an error in its place; others have theirs', async () => {
  const bad = images[0]!.with(3, Number.NaN);
  const results = await classifyEach(model, [new Float32Array(5), images[1]!, bad, new Error('unreadable')]);
  expect(results.map((result) => result instanceof Error && result.message)).toEqual([
    expect.stringMatching(/image 0 .*1 × 6 × 8 = 48 values/),
    false,
    expect.stringMatching(/image 2 to have finite values but received "NaN at index 3"/),
    'unreadable',
  ]);
});
