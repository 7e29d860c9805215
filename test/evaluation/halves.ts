// A feature net whose features and classes a test can work out: the means of the two halves of an image.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportGraph } from '../../src/engine/export.js';
import * as tf from '../../src/engine/tf.js';

/** Features: the means of the upper and of the lower half; logits: 10 × those. The path of its ONNX file. */
export async function writeHalves(folder: string, side: number): Promise<string> {
  const bytes = exportGraph(
    (_, { image }) => {
      const features = tf.mean(tf.reshape(image!, [-1, 2, (side * side) / 2]), 2);
      return { features, logits: tf.mul(features, 10) };
    },
    { params: {}, inputs: { image: { dtype: 'float32', shape: [-1, 1, side, side] } }, name: 'halves' },
  );
  await writeFile(join(folder, 'halves.onnx'), bytes);
  const manifest = {
    format: 1,
    name: 'halves',
    description: 'means of halves',
    license: 'CC0-1.0',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    input: { name: 'image', channels: 1, height: side, width: side, range: [0, 1] },
    outputs: { features: 'features', logits: 'logits' },
    labels: ['up', 'down'],
  };
  await writeFile(join(folder, 'halves.json'), JSON.stringify(manifest));
  return join(folder, 'halves.onnx');
}
