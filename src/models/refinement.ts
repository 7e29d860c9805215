// Refinement of z: Adam on the distance between G(z) and an example, by the gradient that the graph `descent` gives.
// The steps are taken here, on numbers as few as a latent has; the gradients come through the batcher, so that requests
// share runs, others go between two steps, and one that left takes no more. The same as training/fit/refine.ts.

import { setImmediate as turn } from 'node:timers/promises';
import type { HostTensors } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { amongErrors, rowsOf, stackRows } from './batch.js';
import { exampleOf } from './example.js';
import type { ClassLabel } from './labels.js';
import type { Latent } from './latent.js';
import type { Model, RunOptions } from './model.js';

export interface RefineOptions extends RunOptions {
  readonly steps: number;
}

export interface Refined {
  /** Of all on the way, start included, that with the least error: Adam may overshoot. */
  readonly z: Latent;
  /** Mean squared error of the example at the first z and at this, black at 0 and full intensity at 1. */
  readonly before: number;
  readonly after: number;
}

/** As training/fit/refine.ts has them; the rate goes from whole to nothing by half a cosine. */
const LEARNING_RATE = 0.05;
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** All steps of one request together. */
const DEADLINE_MS = 120_000;

/**
 * Exactly `steps` steps for each example from its own start. z stays within the bounds of the prior, where it has any.
 * A row whose error or gradient is not finite is an error in its place, and so is an error among the starts.
 */
export function refineEach(
  model: Model,
  examples: readonly Float32Array[],
  starts: readonly (Float32Array | Error)[],
  { steps, labels, ...options }: RefineOptions,
): Promise<(Refined | Error)[]> {
  return amongErrors(starts, async (sound, places) => {
    const descents = sound.map((z) => new Descent(z, model));
    const { tensor, shape } = exampleOf(model.manifest);
    const example = stackRows(
      places.map((place) => examples[place]!),
      shape,
    );
    const own = labels && places.map((place) => labels[place]!);
    await descend(model, descents, { [tensor]: example }, { ...options, steps, labels: own });
    return descents.map((each, row) => each.result ?? notFinite(model, places[row]!));
  });
}

async function descend(
  model: Model,
  descents: readonly Descent[],
  example: HostTensors,
  { steps, ...options }: RefineOptions,
): Promise<void> {
  const expiresAt = performance.now() + DEADLINE_MS;
  // The error that comes with a gradient is that of the z before the step: once more, without a step, for the last.
  for (let step = 0; step <= steps; step++) {
    if (performance.now() > expiresAt) throw late(step, steps);
    const z = stackRows(
      descents.map((each) => each.z),
      [model.manifest.latent.size],
    );
    const { error, gradient } = await model.descend({ z, ...example }, options);
    const gradients = rowsOf(gradient!);
    const rate = step < steps ? rateAt(step, steps) : 0;
    descents.forEach((each, row) => {
      each.hear(Number(error!.data[row]), gradients[row]!, rate, step);
    });
  }
}

/** Distances are taken between squares of this many values, then others have a turn. */
const VALUES_A_TURN = 2 ** 20;

/** Where descent may begin without an encoder: of `count` samples, by seeds from 0, the one nearest to each example. */
export async function nearestSeeds(
  model: Model,
  examples: readonly Float32Array[],
  count: number,
  options: RunOptions = {},
): Promise<Latent[]> {
  const latents = model.latents({ seed: 0, count });
  const made = new Map<ClassLabel | undefined, readonly (Float32Array | GanymedeError)[]>();
  for (const label of new Set(options.labels ?? [undefined])) {
    const labels = label === undefined ? undefined : latents.map(() => label);
    made.set(label, await model.generateEach(latents, { ...options, labels }));
  }
  const nearest: Latent[] = [];
  let values = 0;
  for (const [i, example] of examples.entries()) {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (const [seed, sample] of made.get(options.labels?.[i])!.entries()) {
      const error = sample instanceof GanymedeError ? Number.POSITIVE_INFINITY : squaredDistance(sample, example);
      if (error < least) [best, least] = [seed, error];
      values += example.length;
      if (values > VALUES_A_TURN) {
        values = 0;
        await turn();
      }
    }
    nearest.push(latents[best]!);
  }
  return nearest;
}

/** Mean of squares, those of images with black at 0 and full intensity at 1. */
export function meanSquaredError(made: Float32Array, example: Float32Array, model: Model): number {
  return squaredDistance(made, example) / example.length / unitOf(model);
}

/** One z on its way, and the best that it was. */
class Descent {
  readonly z: Latent;
  #best: Refined | undefined;
  readonly #model: Model;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  #broken = false;

  constructor(start: Float32Array, model: Model) {
    this.z = Float32Array.from(start);
    this.#model = model;
    this.#first = new Float32Array(start.length);
    this.#second = new Float32Array(start.length);
  }

  /** Undefined where a number was not finite. */
  get result(): Refined | undefined {
    return this.#broken ? undefined : this.#best;
  }

  /** The error of z and its gradient; then a step of Adam (Kingma & Ba 2015), of a rate that may be 0. */
  hear(error: number, gradient: Float32Array, rate: number, step: number): void {
    this.#broken ||= !Number.isFinite(error) || !gradient.every(Number.isFinite);
    if (this.#broken) return;
    const after = error / unitOf(this.#model);
    const before = this.#best?.before ?? after;
    if (!this.#best || after < this.#best.after) this.#best = { z: this.z.slice(), before, after };
    if (rate === 0) return;
    const [unbias1, unbias2] = [1 - BETA1 ** (step + 1), 1 - BETA2 ** (step + 1)];
    for (const [i, g] of gradient.entries()) {
      const first = BETA1 * this.#first[i]! + (1 - BETA1) * g;
      const second = BETA2 * this.#second[i]! + (1 - BETA2) * g * g;
      [this.#first[i], this.#second[i]] = [first, second];
      this.z[i] = this.#bounded(this.z[i]! - (rate * (first / unbias1)) / (Math.sqrt(second / unbias2) + EPSILON));
    }
  }

  #bounded(value: number): number {
    const { prior } = this.#model.manifest.latent;
    return prior.kind === 'uniform' ? Math.min(prior.high, Math.max(prior.low, value)) : value;
  }
}

function rateAt(step: number, steps: number): number {
  return (LEARNING_RATE * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}

/** Squares of the networks' units in a square of [0, 1]; points have units of their own. */
function unitOf({ manifest: { image } }: Model): number {
  return image ? (image.range[1] - image.range[0]) ** 2 : 1;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

function late(step: number, steps: number): GanymedeError {
  return new GanymedeError(
    'DEADLINE_EXCEEDED',
    `Expected ${steps} steps of refinement within ${DEADLINE_MS} ms but had taken ${step}. Ask for fewer steps, or when there is less load.`,
    { details: { deadlineMs: DEADLINE_MS, steps, taken: step } },
  );
}

function notFinite({ name, version }: Model, row: number): GanymedeError {
  return expected(
    `a finite error and gradient of z from the generator of ${name} version ${version}`,
    `others on the way from the z of image ${row}`,
    'NOT_FINITE',
  );
}
