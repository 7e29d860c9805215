import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportGraph } from '../../src/engine/export.js';
import * as tf from '../../src/engine/tf.js';
import { FeatureNet, type FeatureNetManifest } from '../../src/evaluation/features.js';
import { adaptImages } from '../../src/evaluation/net-input.js';
import { temporaryFolder } from '../training/helpers.js';
import { rowsOf } from './rows.js';

const INPUT = { name: 'image', channels: 1, height: 2, width: 2, range: [-1, 1], layout: 'NCHW' } as const;
const input = (changes: Partial<FeatureNetManifest['input']> = {}): FeatureNetManifest['input'] => ({
  ...INPUT,
  range: [-1, 1],
  ...changes,
});

/** features = (sum of pixels, 2 × sum); logits = (sum, 0). */
async function writeNet(changes: Record<string, unknown> = {}): Promise<string> {
  const bytes = exportGraph(
    (_, { image }) => {
      const sum = tf.sum(tf.reshape(image!, [-1, 4]), 1, true);
      return { features: tf.concat([sum, tf.mul(sum, 2)], 1), logits: tf.concat([sum, tf.mul(sum, 0)], 1) };
    },
    { params: {}, inputs: { image: { dtype: 'float32', shape: [-1, 1, 2, 2] } }, name: 'sums' },
  );
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'sums.onnx'), bytes);
  const manifest = {
    format: 1,
    name: 'sums',
    description: 'adds pixels up',
    license: 'CC0-1.0',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    input: INPUT,
    outputs: { features: 'features', logits: 'logits' },
    labels: ['positive', 'not'],
    ...changes,
  };
  await writeFile(join(folder, 'sums.json'), JSON.stringify(manifest));
  return join(folder, 'sums.onnx');
}

describe('a feature net', () => {
  it('sees images in its own range, more of them than a batch, and names classes by the largest logit', async () => {
    const net = await FeatureNet.open(await writeNet(), 1);
    try {
      const images = rowsOf(...Array.from({ length: 303 }, (_, i) => (i % 2 === 0 ? [1, 1, 1, 0.5] : [0, 0, 0.5, 0])));
      const { features, classes } = await net.see(images, { channels: 1, height: 2, width: 2 });
      expect(features.size).toBe(2);
      expect(Array.from(features.data.subarray(0, 4))).toEqual([3, 6, -3, -6]); // pixels 2v − 1
      expect(Array.from(features.data.subarray(-2))).toEqual([3, 6]);
      expect(Array.from(classes!.subarray(-3))).toEqual([0, 1, 0]);
    } finally {
      await net.close();
    }
  });

  it.each([
    { what: 'another file than its JSON describes', changes: { sha256: '0'.repeat(64) }, says: 'to have SHA-256 000' },
    {
      what: 'an input that the graph lacks',
      changes: { input: { ...INPUT, name: 'x' } },
      says: 'to have "x" but it has image',
    },
    { what: 'an output that the graph lacks', changes: { outputs: { features: 'f' } }, says: 'to have "f" but it has' },
    { what: 'a misspelt setting', changes: { lables: [] }, says: 'lables' },
  ])('is refused for $what', async ({ changes, says }) => {
    const file = await writeNet(changes);
    await expect(FeatureNet.open(file, 1)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(says),
    });
  });

  it('is refused without its JSON, naming the file that is missing', async () => {
    const file = join(await temporaryFolder(), 'net.onnx');
    await expect(FeatureNet.open(file, 1)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('net.json to say what net.onnx takes and gives'),
    });
  });
});

describe('images as a feature net wants them', () => {
  const grey = { channels: 1, height: 2, width: 2 } as const;

  it('have its range, mean and deviation', () => {
    const images = rowsOf([0, 0.25, 0.5, 1]);
    expect(Array.from(adaptImages(images, grey, input()))).toEqual([-1, -0.5, 0, 1]);
    const standard = input({ range: [0, 1], mean: [0.5], deviation: [0.25] });
    expect(Array.from(adaptImages(images, grey, standard))).toEqual([-2, -1, 0, 2]);
  });

  it('repeat grey for a net of colours, in either layout', () => {
    const images = rowsOf([0, 0.25, 0.5, 1], [1, 1, 1, 1]);
    const planes = adaptImages(images, grey, input({ channels: 3, range: [0, 1] }));
    expect(Array.from(planes.subarray(0, 12))).toEqual([0, 0.25, 0.5, 1, 0, 0.25, 0.5, 1, 0, 0.25, 0.5, 1]);
    const pixels = adaptImages(images, grey, input({ channels: 3, range: [0, 1], layout: 'NHWC' }));
    expect(Array.from(pixels.subarray(0, 12))).toEqual([0, 0, 0, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 1, 1, 1]);
    expect(() => adaptImages(rowsOf(new Array(12).fill(0)), { ...grey, channels: 3 }, input())).toThrow(
      'Expected grey images for this feature net',
    );
  });

  it('grow bilinearly with half-pixel centres', () => {
    // Along an axis of 2 made 4 the centres fall at −¼, ¼, ¾, 1¼ of the source: 0, ¼, ¾, 1 after clamping.
    const images = rowsOf([0, 1, 0, 1]);
    const out = adaptImages(images, grey, input({ height: 1, width: 4, range: [0, 1] }));
    expect(Array.from(out)).toEqual([0, 0.25, 0.75, 1]);
  });
});
