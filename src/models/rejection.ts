// Discriminator rejection sampling (Azadi et al. 2019, arXiv:1810.06758): keeps a sample with a probability that grows
// with what the discriminator says of it, so that what is kept is nearer to the data. Pure: logits and uniform numbers
// in, choices out. "Logits" are ln p/q, which density.ts gives for every objective that determines it.

import { expected } from '../errors.js';

export interface RejectionSettings {
  /** ln of the bound on p/q: the highest logit seen so far. It grows while sampling. */
  readonly max: number;
  /** γ of the paper: what is taken off every F. Higher keeps fewer samples, and better ones. */
  readonly gamma: number;
}

/** ε of the paper, which keeps F finite at the highest logit. */
const EPSILON = 1e-6;

/** F before γ: Δ − ln(1 − e^(Δ−ε)) with Δ = logit − max ≤ 0. Its sigmoid would accept with probability e^Δ. */
function unshifted(logit: number, max: number): number {
  const delta = logit - max;
  return delta - Math.log(-Math.expm1(delta - EPSILON));
}

/**
 * Settings from samples set aside for it: max is their highest logit, γ the `percentile`-th of their F (95 in the
 * paper's code).
 */
export function rejectionSettings(logits: ArrayLike<number>, percentile = 95): RejectionSettings {
  if (logits.length === 0) throw expected('at least 1 logit to set up rejection sampling', 0);
  if (!(percentile >= 0 && percentile <= 100)) throw expected('percentile in [0, 100]', percentile);
  const max = highest(logits);
  const sorted = Float64Array.from(logits, (logit) => unshifted(logit, max)).sort();
  // Between two values as numpy.percentile does it.
  const place = (percentile / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return { max, gamma: low + (place - below) * (high - low) };
}

/** The probability σ(F) with which a sample of this logit is kept. */
export function acceptance(logit: number, { max, gamma }: RejectionSettings): number {
  return 1 / (1 + Math.exp(gamma - unshifted(logit, max)));
}

/**
 * Indices of the samples kept, in order. Sample i is kept when `uniforms[i]`, drawn from [0, 1), is below its
 * acceptance. A logit above `max` raises it first, for itself and all that follow; `settings` returns what to go on
 * with.
 */
export function rejectionSample(
  logits: ArrayLike<number>,
  uniforms: ArrayLike<number>,
  settings: RejectionSettings,
): { kept: number[]; settings: RejectionSettings } {
  if (uniforms.length < logits.length) throw expected(`${logits.length} uniform numbers, one a logit`, uniforms.length);
  const kept: number[] = [];
  let { max } = settings;
  for (let i = 0; i < logits.length; i++) {
    max = Math.max(max, logits[i]!);
    if (uniforms[i]! < acceptance(logits[i]!, { max, gamma: settings.gamma })) kept.push(i);
  }
  return { kept, settings: { max, gamma: settings.gamma } };
}

function highest(values: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
}
