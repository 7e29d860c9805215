import { describe, expect, test } from 'vitest';
import { Batcher } from '../../src/models/batcher.js';
import { Model } from '../../src/models/model.js';
import { labelChoice, labelName, labelOf } from '../../src/pictures/label-choice.js';
import { manifestOf } from '../models/checkpoints.js';
import { FakeGraph } from '../models/fakes.js';

/** A conditional model of so many classes, "c0", "c1", …; its graph is never run. */
function modelOf(classes: number): Model {
  const float = (...shape: number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const graph = new FakeGraph(
    'generate',
    { z: float(3), label: float(classes) },
    { image: float(1, 2, 2) },
    (feeds) => feeds,
  );
  const manifest = manifestOf('many', 1, { 'generate.onnx': '' });
  manifest.labels = Array.from({ length: classes }, (_, i) => `c${i}`);
  return new Model(manifest, async () => new Map([['generate', { graph, batcher: new Batcher(graph) }]]));
}

describe('a model of 65,536 classes', () => {
  const model = modelOf(65_536);

  test('knows each by name and by index', async () => {
    expect(await labelChoice('c65535', model)).toBe(65_535);
    expect(await labelChoice(65_535, model)).toBe(65_535);
    expect(labelName(65_535, model)).toBe('c65535');
  });

  test('names only the first 50 of them in a refusal', async () => {
    const refusal = expect.objectContaining({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/ c49 and 65486 more\.$/),
      details: { labels: Array.from({ length: 50 }, (_, i) => `c${i}`), count: 65_536 },
    });
    await expect(labelChoice('c65536', model)).rejects.toEqual(refusal);
  });
});

test('a class is drawn from a seed only where none was asked for', async () => {
  const model = modelOf(10);
  expect(labelOf(await labelChoice(undefined, model), 42, model)).toBe(5);
  expect(labelOf(await labelChoice('c3', model), 42, model)).toBe(3);
  expect(labelOf(await labelChoice('c3', model), undefined, model)).toBe(3);
});

test('a failure to load the model is what the client hears of', async () => {
  const manifest = modelOf(2).manifest;
  const model = new Model(manifest, () => Promise.reject(new RangeError('no memory')));
  await expect(labelChoice('c0', model)).rejects.toThrow('no memory');
});
