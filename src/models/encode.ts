// Latents of examples, by the encoder that a version may hold.

import { float32 } from '../engine/tensor.js';
import { joinBatches, rowsOf } from './batch.js';
import { exampleOf } from './example.js';
import type { Latent } from './latent.js';
import type { Model, RunOptions } from './model.js';

/** One for each image [C, H, W] in `manifest.image.range`, or for each point. */
export async function encode(model: Model, examples: readonly Float32Array[], options: RunOptions): Promise<Latent[]> {
  const { tensor, shape } = exampleOf(model.manifest);
  const rows = examples.map((example) => ({ [tensor]: float32([1, ...shape], new Float32Array(example)) }));
  const { z } = await model.run('encode', joinBatches(rows, rows.length), options);
  return rowsOf(z!).map((row) => new Float32Array(row));
}
