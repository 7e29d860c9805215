// What the graphs of a model beside generate and score say of examples: their classes, features and latents, and
// completions of images. Each row by itself: what is wrong with one is an error in its place, and an error among the
// examples stays where it is.

import { stackRows } from './batch.js';
import { exampleOf, faultOf } from './example.js';
import { checkLatent } from './latent.js';
import type { Model, RunOptions } from './model.js';

/** One class that an example may be of. */
export interface ClassProbability {
  /** Index into the manifest's labels. */
  readonly label: number;
  readonly probability: number;
}

/** All classes of each example, the likeliest first; of equal ones the first of the manifest. */
export async function classifyEach(
  model: Model,
  examples: readonly (Float32Array | Error)[],
  options: RunOptions = {},
): Promise<(ClassProbability[] | Error)[]> {
  const logits = await model.readEach('classify', 'logits', examples, options);
  return logits.map((row) => (row instanceof Error ? row : ranked(softmax(row))));
}

/** The last hidden layer that the version's graph `features` gives, flat. */
export function featuresEach(
  model: Model,
  examples: readonly (Float32Array | Error)[],
  options: RunOptions = {},
): Promise<(Float32Array | Error)[]> {
  return model.readEach('features', 'features', examples, options);
}

/** The z that the encoder finds for each example. */
export function encodeEach(
  model: Model,
  examples: readonly (Float32Array | Error)[],
  options: RunOptions = {},
): Promise<(Float32Array | Error)[]> {
  return model.readEach('encode', 'z', examples, options);
}

/**
 * One completion of an image [C, H, W] for each latent. `known` [H, W] is 1 where a pixel is given and 0 where it is
 * hidden; what is given comes back as it was, whatever the graph makes of it.
 */
export async function completeEach(
  model: Model,
  image: Float32Array,
  known: Float32Array,
  latents: readonly Float32Array[],
  options: RunOptions = {},
): Promise<(Float32Array | Error)[]> {
  const { manifest } = model;
  const { shape } = exampleOf(manifest);
  const [, height, width] = shape as [number, number, number];
  const fault = faultOf(image, manifest, 0);
  if (fault) throw fault;
  for (const z of latents) checkLatent(z, manifest.latent.size);
  const each = <T>(value: T) => latents.map(() => value);
  const rows = {
    image: stackRows(each(image), shape),
    mask: stackRows(each(known), [1, height, width]),
    z: stackRows(latents, [manifest.latent.size]),
  };
  const completed = await model.runEach('inpaint', rows, 'completed', options);
  return completed.map((made) => (made instanceof Error ? made : composed(image, known, made)));
}

/** eˣ over its sum, in double precision; the largest logit is taken off first, so nothing overflows. */
export function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(logits, (value) => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((power) => power / sum);
}

function ranked(probabilities: Float64Array): ClassProbability[] {
  const classes = Array.from(probabilities, (probability, label) => ({ label, probability }));
  return classes.sort((a, b) => b.probability - a.probability || a.label - b.label);
}

/** The image where it is known and what was made elsewhere, in every channel. */
function composed(image: Float32Array, known: Float32Array, made: Float32Array): Float32Array {
  return made.map((value, i) => (known[i % known.length] === 1 ? image[i]! : value));
}
