import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { useServer } from '../server/harness.js';
import { HEIGHT, tinyClasses, tinyFeatures, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['whole', 'ring'] });
beforeEach(() => server.current.engine.forget());

const LABELS = ['alpha', 'beta', 'gamma'];

async function noise(seed: number): Promise<{ readonly source: string; readonly values: Float32Array }> {
  const bytes = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, p) => (p * 37 + seed * 101) % 256);
  const png = sharp(bytes, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).png();
  return { source: (await png.toBuffer()).toString('base64'), values: Float32Array.from(bytes, (byte) => byte / 255) };
}

const CLASSIFY = `query ($model: String! = "whole", $images: [ImageSource!]!, $top: Int) {
  classify(model: $model, images: $images, top: $top) {
    ... on Classification { label classes { label probability } } ... on ImageError { index code } } }`;

describe('classify', () => {
  test('gives the classes of each image, the likeliest first, with probabilities that are softmax of the logits', async () => {
    const images = [await noise(1), await noise(2)];
    const { data, errors } = await server.current.query(CLASSIFY, { images: images.map(({ source }) => source) });
    expect(errors).toBeUndefined();
    for (const [i, { values }] of images.entries()) {
      const powers = [...tinyClasses(values)].map(Math.exp);
      const sum = powers.reduce((total, power) => total + power, 0);
      const expected = powers.map((power, label) => ({ label: LABELS[label], probability: power / sum }));
      expected.sort((a, b) => b.probability - a.probability);
      const { label, classes } = data.classify[i]!;
      expect(label).toBe(expected[0]!.label);
      expect(classes).toEqual(
        expected.map((one) => ({ label: one.label, probability: expect.closeTo(one.probability, 5) })),
      );
    }
  });

  test('lists as many classes as are asked for, and no more than there are', async () => {
    const images = [(await noise(1)).source];
    for (const [top, length] of [
      [1, 1],
      [2, 2],
      [1000, 3],
    ]) {
      const { data } = await server.current.query(CLASSIFY, { images, top });
      expect(data.classify[0].classes).toHaveLength(length!);
    }
  });

  test('answers what cannot be read as an error of its own entry', async () => {
    const { data } = await server.current.query(CLASSIFY, { images: ['?', (await noise(1)).source] });
    expect(data.classify[0]).toEqual({ index: 0, code: 'INVALID_IMAGE' });
    expect(data.classify[1].classes).toHaveLength(3);
    expect(server.current.engine.runs).toEqual([{ graph: 'classify', rows: 1 }]);
  });

  test('refuses a model that lacks the graph, a top outside its range and an empty list', async () => {
    const images = [(await noise(1)).source];
    expect((await server.current.refusal(CLASSIFY, { model: 'tiny', images })).extensions).toMatchObject({
      code: 'CAPABILITY_MISSING',
      details: { capability: 'classify' },
    });
    for (const top of [0, 1001]) {
      const { message } = await server.current.refusal(CLASSIFY, { images, top });
      expect(message).toMatch(/top to be an integer in \[1, 1000\]/);
    }
    expect((await server.current.refusal(CLASSIFY, { images: [] })).message).toMatch(/1 to 1000 images/);
  });
});

describe('features', () => {
  const FEATURES = `query ($model: String! = "whole", $images: [ImageSource!]!) { features(model: $model, images: $images) {
    ... on Features { size values valuesBase64 } ... on ImageError { index code } } }`;

  test('are the numbers of the graph, also as base64 of little-endian float32', async () => {
    const { source, values } = await noise(3);
    const { data } = await server.current.query(FEATURES, { images: [source, 'x'] });
    const [features, error] = data.features;
    const expected = [...tinyFeatures(values)];
    expect(features.size).toBe(3);
    expect(features.values).toEqual(expected.map((value) => expect.closeTo(value, 4)));
    const bytes = Buffer.from(features.valuesBase64, 'base64');
    expect([0, 4, 8].map((at) => bytes.readFloatLE(at))).toEqual(features.values.map(Math.fround));
    expect(error).toEqual({ index: 1, code: 'INVALID_IMAGE' });
  });

  test('are refused of a model without the graph', async () => {
    const { extensions } = await server.current.refusal(FEATURES, { model: 'tiny', images: [(await noise(3)).source] });
    expect(extensions).toMatchObject({ code: 'CAPABILITY_MISSING', details: { capability: 'features' } });
  });
});
