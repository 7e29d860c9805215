import { describe, expect, test } from 'vitest';
import { Batcher } from '../../src/models/batcher.js';
import { Model } from '../../src/models/model.js';
import { askedLabel, labelChoice, labelName, labelOf, namedShares } from '../../src/pictures/label-choice.js';
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
    model.manifest.labels![60] = 'cafe\u0301';
    expect(await labelChoice('caf\u00e9', model)).toBe(60);
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

describe('a mixture of classes', () => {
  const model = modelOf(10);
  const half = [
    { label: 'c7', weight: 2 },
    { label: 'c3', weight: 2 },
  ];

  test('is asked for by names, and has no name of its own', async () => {
    const choice = await labelChoice(half, model);
    const label = labelOf(choice, 42, model);
    expect(labelName(label, model)).toBeNull();
    expect(namedShares(label, model)).toEqual([
      { label: 'c3', weight: 0.5 },
      { label: 'c7', weight: 0.5 },
    ]);
  });

  test('of one class is that class', async () => {
    expect(await labelChoice([{ label: 'c7', weight: 0.2 }], model)).toBe(7);
    expect(namedShares(7, model)).toEqual([{ label: 'c7', weight: 1 }]);
    expect(namedShares(null, model)).toBeNull();
  });

  test.each([
    ['no classes', [], '1 to 64 labels but received 0'],
    ['a negative weight', [{ label: 'c0', weight: -1 }], 'labels[0].weight to be a finite number of at least 0'],
    ['a weight that is not a number', [{ label: 'c0', weight: Number.NaN }], 'labels[0].weight to be a finite number'],
    ['an infinite weight', [{ label: 'c0', weight: Infinity }], 'labels[0].weight to be a finite number'],
    ['weights of 0 alone', [{ label: 'c0', weight: 0 }], 'labels of which one weighs more than 0'],
    ['a class twice', [...half, { label: 'c3', weight: 0 }], 'different labels but received "c3 twice"'],
    ['a class that is none', [{ label: 'c10', weight: 1 }], 'a class of many as label but received "c10"'],
  ])('refuses %s', async (_, labels, message) => {
    await expect(labelChoice(labels, model)).rejects.toThrow(message);
  });

  test('is refused beside a label', () => {
    expect(() => askedLabel({ label: 'c0', labels: half })).toThrow('either label or labels but received "both"');
    expect(askedLabel({ label: null, labels: half })).toBe(half);
    expect(askedLabel({})).toBeUndefined();
  });
});
