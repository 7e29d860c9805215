// Where in latent space an example lies: what the encoder says, or the nearest of a few samples where there is none,
// and from there on by gradient as many steps as are asked for.

import { amongErrors } from './batch.js';
import type { Capability } from './capabilities.js';
import { encodeEach } from './inference.js';
import type { Latent } from './latent.js';
import type { Model, RunOptions } from './model.js';
import { nearestSeeds, refineEach } from './refinement.js';

export interface EncodingOptions extends RunOptions {
  /** Steps of refinement; 0 for none, which takes an encoder. */
  readonly steps: number;
}

export interface Encoded {
  readonly z: Latent;
  /** Mean squared errors, black at 0 and full intensity at 1. Null where there was no refinement. */
  readonly refined: { readonly steps: number; readonly before: number; readonly after: number } | null;
}

/** Without an encoder descent begins at the nearest of the samples of seeds 0 to 31. */
export const START_SEEDS = 32;

/**
 * z of each example, a pure function of the version, the example, its label and the steps. `labels` go to those graphs
 * that are told of classes. What is wrong with one example is an error in its place.
 */
export async function invertEach(
  model: Model,
  examples: readonly (Float32Array | Error)[],
  { steps, labels, ...options }: EncodingOptions,
): Promise<(Encoded | Error)[]> {
  const told = async (graph: Capability) => ((await model.takesLabel(graph)) ? labels : undefined);
  if (steps === 0) {
    const found = await encodeEach(model, examples, { ...options, labels: await told('encode') });
    return found.map((z) => (z instanceof Error ? z : { z: Float32Array.from(z), refined: null }));
  }
  return amongErrors(examples, async (sound, places) => {
    const among = (list: typeof labels) => list && places.map((place) => list[place]!);
    const generatorLabels = among(await told('generate'));
    const starts = model.has('encode')
      ? await encodeEach(model, sound, { ...options, labels: among(await told('encode')) })
      : await nearestSeeds(model, sound, START_SEEDS, { ...options, labels: generatorLabels });
    const refined = await refineEach(model, sound, starts, { ...options, steps, labels: generatorLabels });
    return refined.map((one) => {
      if (one instanceof Error) return one;
      const { z, before, after } = one;
      return { z, refined: { steps, before, after } };
    });
  });
}
