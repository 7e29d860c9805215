// The training images nearest to images that a model made or a client sent.

import { amongErrors } from './batch.js';
import { featuresEach } from './inference.js';
import type { Model, RunOptions } from './model.js';
import type { Neighbour, Neighbours } from './neighbours.js';

/** The nearest training images of each image [C, H, W] in the model's range. */
export function nearestExamples(
  model: Model,
  examples: readonly (Float32Array | Error)[],
  count: number,
  options: RunOptions = {},
): Promise<(Neighbour[] | Error)[]> {
  return model.withNeighbours((neighbours) => nearestAmong(neighbours, model, examples, count, options));
}

/** As above, in an index that is open. */
export async function nearestAmong(
  neighbours: Neighbours,
  model: Model,
  examples: readonly (Float32Array | Error)[],
  count: number,
  options: RunOptions = {},
): Promise<(Neighbour[] | Error)[]> {
  const queries = neighbours.index.features
    ? await featuresEach(model, examples, options)
    : examples.map((example) => (example instanceof Error ? example : levelsOf(example, model)));
  return amongErrors(queries, (sound) => neighbours.nearest(sound, count, options));
}

/** From the model's range to 0 … 255, not rounded. */
function levelsOf(example: Float32Array, { manifest }: Model): Float32Array {
  const [low, high] = manifest.image!.range;
  return example.map((value) => ((value - low) / (high - low)) * 255);
}
