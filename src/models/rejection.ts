// Discriminator rejection sampling (Azadi et al. 2019, arXiv:1810.06758): keeps a sample with a probability that grows
// with what the discriminator says of it, so that what is kept is nearer to the data. Pure: logits and uniform numbers
// in, choices out. "Logits" are ln p/q, which density.ts gives for every objective that determines it.

import { expected } from '../errors.js';
import { fillUniform, STREAMS } from '../random/philox.js';

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

/** How D picks: by rejection, at the ends of chains, or the best. */
export type Method = 'drs' | 'mh' | 'top';

/** Used where nothing else is asked for. */
export const DEFAULTS = { percentile: 80, drawsPerSample: 16, chain: 16, temperature: 1 } as const;

/** How many samples are drawn for `count`; `most` bounds only what nobody asked for. */
export function drawnOf(
  method: Method,
  count: number,
  draws: number | null | undefined,
  chain: number | null | undefined,
  most: number,
): number {
  if (method === 'mh') return count * (chain ?? DEFAULTS.chain);
  return draws ?? Math.min(count * DEFAULTS.drawsPerSample, most);
}

/** A number in [0, 1) that belongs to the seed alone. */
export function luckOf(seed: number): number {
  const out = new Float32Array(1);
  fillUniform(out, { seed, stream: STREAMS.rejection, counter: 0 }, 0, 1);
  return out[0]!;
}

/** What is left of draws, and how many of those that were judged were accepted. */
export interface Chosen {
  /** Indices of the draws. */
  readonly kept: readonly number[];
  readonly accepted: number;
  readonly judged: number;
}

/** Discriminator rejection sampling among the draws themselves: they set the bound and γ, then each is judged. */
export function chooseByRejection(logRatios: Float64Array, uniforms: Float32Array, percentile: number): Chosen {
  const sound = soundOnes(logRatios);
  if (sound.length === 0) return { kept: [], accepted: 0, judged: logRatios.length };
  const ratios = sound.map((i) => logRatios[i]!);
  const chances = sound.map((i) => uniforms[i]!);
  const kept = rejectionSample(ratios, chances, rejectionSettings(ratios, percentile)).kept.map((k) => sound[k]!);
  return { kept, accepted: kept.length, judged: logRatios.length };
}

/**
 * Metropolis–Hastings GAN (Turner et al. 2019, arXiv:1811.11357): every `length` draws are an independent chain, which
 * begins at its first and moves to the next with probability min(1, r(next) / r(current)), r = p/q. Kept is where each
 * chain ends. The paper begins at a real example; without one, the beginning is forgotten only as the chain goes on.
 */
export function chooseByChains(logRatios: Float64Array, uniforms: Float32Array, length: number): Chosen {
  const kept: number[] = [];
  let accepted = 0;
  let judged = 0;
  for (let from = 0; from + length <= logRatios.length; from += length) {
    let current: number | undefined;
    for (let next = from; next < from + length; next++) {
      if (current === undefined) {
        if (!Number.isNaN(logRatios[next])) current = next;
        continue;
      }
      judged++;
      if (uniforms[next]! < Math.exp(logRatios[next]! - logRatios[current]!)) {
        current = next;
        accepted++;
      }
    }
    if (current !== undefined) kept.push(current);
  }
  return { kept, accepted, judged };
}

/** The `count` of the highest values, the highest first; of equal ones the first drawn. */
export function chooseTop(values: Float64Array, count: number): Chosen {
  const kept = soundOnes(values)
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, count);
  return { kept, accepted: kept.length, judged: values.length };
}

/** Indices of the numbers: a draw of which nothing finite came is NaN, and never kept. */
function soundOnes(values: Float64Array): number[] {
  return Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]));
}

function highest(values: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
}
