// ln p/q where it is known: p is the density that the data was drawn from, in closed form, and q that of the generator
// as it is served, by the change of variables (carried-density.ts) or, of a generator whose latents are more or fewer
// than its coordinates, from millions of samples (density-estimate.ts). How a scorer's ratios agree with it, and how
// well it is known itself.

import type { Mixture } from '../datasets/dataset.js';
import type { ScorerFigures } from '../models/scorer-figures.js';
import type { LogDensities } from './density-estimate.js';
import { HIGH_QUALITY } from './modes.js';
import { countOf, mean, type Rows, rowAt, squaredDistance } from './rows.js';

/** Of which q is estimated where it has to be. */
export const DENSITY_SAMPLES = 4_000_000;
/** Places at which ratios are compared. */
const PLACES = 2000;

export interface TrueRatio {
  readonly places: Rows;
  /** ln p/q at each. */
  readonly values: Float64Array;
  /** With which ln q is known: root mean square of what half the resolution would change. */
  readonly noise: number;
}

/** The first points of the data that lie within 3σ of a mode; of data without modes the first points. */
export function placesInModes(points: Rows, mixture?: Mixture): Rows {
  const reach = mixture ? (HIGH_QUALITY * mixture.sigma) ** 2 : 0;
  const isInside = (point: Float32Array) =>
    mixture?.centers.some((center) => squaredDistance(point, center) <= reach) ?? true;
  const inside = Array.from({ length: countOf(points) }, (_, i) => rowAt(points, i))
    .filter(isInside)
    .slice(0, PLACES);
  const data = new Float32Array(inside.length * points.size);
  for (const [i, point] of inside.entries()) data.set(point, i * points.size);
  return { data, size: points.size };
}

type LogDensity = (point: ArrayLike<number>) => number;

/** At the places that the generator reaches, for elsewhere the ratio is infinite. `made`: ln q at all of them. */
export function trueRatio(places: Rows, logDensity: LogDensity, { values: made, coarser }: LogDensities): TrueRatio {
  const reached = Array.from(made.keys()).filter((i) => Number.isFinite(made[i]!) && Number.isFinite(coarser[i]!));
  const at = new Float32Array(reached.length * places.size);
  for (const [i, place] of reached.entries()) at.set(rowAt(places, place), i * places.size);
  const values = Float64Array.from(reached, (i) => logDensity(rowAt(places, i)) - made[i]!);
  return {
    places: { data: at, size: places.size },
    values,
    noise: Math.sqrt(mean(reached.map((i) => (made[i]! - coarser[i]!) ** 2))),
  };
}

/** How ratios follow the true ones: their correlation, and the slope of the line of ratios over true ones. */
export function agreementWith({ values, noise }: TrueRatio, ratios: Float64Array): NonNullable<ScorerFigures['ratio']> {
  const [trueMean, ownMean] = [mean(values), mean(ratios)];
  const variance = mean(values.map((value) => (value - trueMean) ** 2));
  const ownVariance = mean(ratios.map((ratio) => (ratio - ownMean) ** 2));
  const covariance = mean(values.map((value, i) => (value - trueMean) * (ratios[i]! - ownMean)));
  return {
    // A scorer that says the same of everything follows nothing.
    correlation: ownVariance === 0 || variance === 0 ? 0 : covariance / Math.sqrt(variance * ownVariance),
    slope: variance === 0 ? 0 : covariance / variance,
    spread: Math.sqrt(variance),
    noise,
    points: values.length,
  };
}
