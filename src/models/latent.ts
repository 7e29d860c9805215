// Latent vectors: drawn from a seed, checked, and interpolated. All pure: a latent depends on its seed, the prior and
// the truncation, never on which others were asked for with it.

import { expected, GanymedeError } from '../errors.js';
import { type Address, fillNormal, fillUniform, STREAMS } from '../random/philox.js';

/** The distribution the generator was trained on, independent in each dimension. */
export type Prior =
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal' };

export type Latent = Float32Array<ArrayBuffer>;

/** How latents between two waypoints are found: `lerp`, `slerp` or `catmullRom`, below. */
export const INTERPOLATION_METHODS = ['linear', 'slerp', 'cubic'] as const;

export type InterpolationMethod = (typeof INTERPOLATION_METHODS)[number];

/** Seeds are integers in [0, 2^32). */
export const MAX_SEED = 2 ** 32 - 1;

/** Most latents of one request; a guard of memory, above any limit that an API sets. */
export const MAX_COUNT = 65_536;

/** `seed`, `seed + 1`, …: sample i of a request is what the single request for its own seed gives. */
export function seedsFrom(seed: number, count: number): number[] {
  checkSeed(seed);
  if (!(Number.isInteger(count) && count >= 1 && count <= MAX_COUNT)) {
    throw expected(`count to be an integer in [1, ${MAX_COUNT}]`, count);
  }
  if (seed + count - 1 > MAX_SEED) {
    throw expected(`seed + count − 1 to be at most ${MAX_SEED}`, seed + count - 1);
  }
  return Array.from({ length: count }, (_, i) => seed + i);
}

/**
 * z for a seed. `truncation` ψ in [0, 1] draws z toward the prior's mean: z ← mean + ψ (z − mean), so 1 is the full
 * prior and 0 the mean itself. Values are those of the fill at stream `STREAMS.latent`, counter 0.
 */
export function latent(seed: number, size: number, prior: Prior, truncation = 1): Latent {
  checkSeed(seed);
  if (!(truncation >= 0 && truncation <= 1)) throw expected('truncation in [0, 1]', truncation);
  const z = new Float32Array(size);
  fillFromPrior(z, { seed, stream: STREAMS.latent, counter: 0 }, prior);
  if (truncation === 1) return z;
  const mean = prior.kind === 'uniform' ? (prior.low + prior.high) / 2 : 0;
  for (let i = 0; i < size; i++) z[i] = mean + truncation * (z[i]! - mean);
  return z;
}

/** Any number of latents at once, as training needs them: `out` is [N, size], row-major. */
export function fillFromPrior(out: Float32Array, address: Address, prior: Prior): void {
  switch (prior.kind) {
    case 'uniform':
      fillUniform(out, address, prior.low, prior.high);
      return;
    case 'normal':
      fillNormal(out, address);
      return;
    default:
      prior satisfies never;
  }
}

/** Returns z as float32, or refuses a wrong length and any value that is not finite *as float32* (1e39 is not). */
export function validateLatent(z: Latent | readonly number[], size: number): Latent {
  checkLatent(z, size);
  return z instanceof Float32Array ? z : Float32Array.from(z);
}

/**
 * The check of `validateLatent` without a copy: INVALID_LATENT names the lengths, or the first bad value and its index.
 */
export function checkLatent(z: ArrayLike<number>, size: number): void {
  if (z.length !== size) throw expected(`a latent of ${size} values`, `${z.length} values`, 'INVALID_LATENT');
  for (let i = 0; i < size; i++) {
    if (Number.isFinite(Math.fround(z[i]!))) continue;
    throw new GanymedeError(
      'INVALID_LATENT',
      `Expected every value of a latent to be finite in float32 but received ${z[i]} at index ${i}.`,
      { details: { index: i, value: String(z[i]) } },
    );
  }
}

/** (1 − t) a + t b. */
export function lerp(a: Latent, b: Latent, t: number): Latent {
  checkSameLength(a, b);
  return combine(a, 1 - t, b, t);
}

/**
 * Spherical interpolation about the origin (Shoemake 1985; for latents: White 2016, arXiv:1609.04468): sin((1−t)ω)/sin
 * ω · a + sin(tω)/sin ω · b, with ω the angle between a and b. Between vectors of equal length the length stays
 * constant, so frames stay where a high-dimensional prior has its mass; between unequal ones it changes smoothly. Falls
 * back to `lerp` where no single great circle exists: a zero vector, or a and b (anti)parallel (sin ω < 1e-6).
 */
export function slerp(a: Latent, b: Latent, t: number): Latent {
  checkSameLength(a, b);
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  if (lengths === 0) return lerp(a, b, t);
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / lengths)));
  const sine = Math.sin(angle);
  if (sine < 1e-6) return lerp(a, b, t);
  return combine(a, Math.sin((1 - t) * angle) / sine, b, Math.sin(t * angle) / sine);
}

export interface Move {
  /** Of length 1. */
  readonly direction: Latent;
  /** In standard deviations of the prior. */
  readonly strength: number;
}

/**
 * z moved along directions. The bounds of a uniform prior are kept, for beyond them a generator was never trained: what
 * would leave them stays at the bound. What lies outside already, as an explicit latent may, is not moved further out.
 */
export function moved(z: Latent, moves: readonly Move[], prior: Prior): Latent {
  const deviation = prior.kind === 'uniform' ? (prior.high - prior.low) / Math.sqrt(12) : 1;
  return z.map((value, i) => {
    const by = moves.reduce((sum, { direction, strength }) => sum + strength * direction[i]!, 0);
    const to = value + deviation * by;
    if (prior.kind === 'normal') return to;
    return Math.min(Math.max(to, Math.min(prior.low, value)), Math.max(prior.high, value));
  });
}

/**
 * From `a` to `b` on the Catmull–Rom spline (Catmull and Rom 1974) of which `before` and `after` are the neighbouring
 * waypoints: a cubic whose slope at each waypoint is half the way from the one before it to the one after it, so that
 * the path turns smoothly (C¹) where straight lines have corners. Of the splines it is the one in which a waypoint
 * moves only the two segments on either side of it; a natural spline (C²) would move the whole path.
 */
export function catmullRom([before, a, b, after]: readonly [Latent, Latent, Latent, Latent], t: number): Latent {
  for (const other of [before, b, after]) checkSameLength(a, other);
  const [t2, t3] = [t * t, t * t * t];
  const [weightBefore, weightA] = [(-t + 2 * t2 - t3) / 2, (2 - 5 * t2 + 3 * t3) / 2];
  const [weightB, weightAfter] = [(t + 4 * t2 - 3 * t3) / 2, (t3 - t2) / 2];
  return a.map((value, i) => weightBefore * before[i]! + weightA * value + weightB * b[i]! + weightAfter * after[i]!);
}

/** Where a frame lies: at waypoint `segment` for t = 0, at the one after it for t = 1. */
export interface Place {
  readonly segment: number;
  readonly t: number;
}

/**
 * The places of `steps` frames, spread evenly over a path through so many waypoints. Open: from the first to the last.
 * Looped: round and back to the first, whose frame is not repeated.
 */
export function placesAlong(waypoints: number, steps: number, loop: boolean): Place[] {
  const segments = loop ? waypoints : waypoints - 1;
  const intervals = loop ? steps : steps - 1;
  return Array.from({ length: steps }, (_, frame) => {
    const position = (frame * segments) / intervals;
    const segment = Math.min(Math.floor(position), segments - 1);
    return { segment, t: position - segment };
  });
}

/**
 * A path through all waypoints in order, as `steps` latents in total, spread evenly over the path.
 * Open: the first is the first waypoint and the last is the last one. Looped: the path returns to the first waypoint,
 * and the frame that would repeat the first is left out, so that the frames play seamlessly in a circle.
 * Every waypoint is itself a frame when `steps − 1` (looped: `steps`) is a multiple of the number of segments.
 */
export function interpolation(
  waypoints: readonly Latent[],
  steps: number,
  method: InterpolationMethod,
  loop = false,
): Latent[] {
  if (waypoints.length < 2) throw expected('at least 2 waypoints', waypoints.length);
  if (!(Number.isInteger(steps) && steps >= 2 && steps <= MAX_COUNT)) {
    throw expected(`steps (frames in total) to be an integer in [2, ${MAX_COUNT}]`, steps);
  }
  const at = (index: number) => waypoints[(index + waypoints.length) % waypoints.length]!;
  return placesAlong(waypoints.length, steps, loop).map(({ segment, t }) => {
    const [from, to] = [at(segment), at(segment + 1)];
    // At a waypoint the waypoint itself, exactly: rounding would change its bits, and so its image.
    if (t === 0) return from.slice();
    if (t === 1) return to.slice();
    switch (method) {
      case 'linear':
        return lerp(from, to, t);
      case 'slerp':
        return slerp(from, to, t);
      case 'cubic': {
        // An open path goes on beyond its ends as it does before them, mirrored.
        const before = loop || segment > 0 ? at(segment - 1) : lerp(to, from, 2);
        const after = loop || segment < waypoints.length - 2 ? at(segment + 2) : lerp(from, to, 2);
        return catmullRom([before, from, to, after], t);
      }
      default:
        return method satisfies never;
    }
  });
}

function checkSeed(seed: number): void {
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED)) {
    throw expected(`seed to be an integer in [0, ${MAX_SEED}]`, seed);
  }
}

function checkSameLength(a: Latent, b: Latent): void {
  if (a.length !== b.length) {
    throw expected('latents of one length', `${a.length} and ${b.length} values`, 'INVALID_LATENT');
  }
}

function dot(a: Latent, b: Latent): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function combine(a: Latent, weightA: number, b: Latent, weightB: number): Latent {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = weightA * a[i]! + weightB * b[i]!;
  return out;
}
