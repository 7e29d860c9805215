// ln p/q where it is known: p is the density that the data was drawn from, in closed form, and q that of the generator
// as it is served, by the change of variables (carried-density.ts) or, of a generator whose latents are more or fewer
// than its coordinates, from a million samples (density-estimate.ts). How a scorer's ratios agree with it, and how well
// it is known itself.

import type { Mixture } from '../datasets/dataset.js';
import type { ScorerFigures } from '../models/scorer-figures.js';
import { type Carrier, carriedLogDensities } from './carried-density.js';
import { logDensities } from './density-estimate.js';
import { HIGH_QUALITY } from './modes.js';
import { countOf, mean, type Rows, rowAt, sliceRows, squaredDistance } from './rows.js';

/** Of which either half estimates q, so that their difference tells how far the estimate is off. */
export const DENSITY_SAMPLES = 1_000_000;
/** Places at which ratios are compared. */
const PLACES = 2000;

export interface TrueRatio {
  readonly places: Rows;
  /** ln p/q at each. */
  readonly values: Float64Array;
  /** Standard deviation of the error with which ln q is known. */
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

/** At the places that the generator reaches, for elsewhere the ratio is infinite. */
export async function ratioByCarrying(places: Rows, logDensity: LogDensity, carrier: Carrier): Promise<TrueRatio> {
  const { values: made, coarser } = await carriedLogDensities(carrier, places);
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

/** Blind to whatever is finer than the distance to the 500th of the samples. */
export function ratioFromSamples(places: Rows, logDensity: LogDensity, samples: Rows): TrueRatio {
  const half = Math.floor(countOf(samples) / 2);
  const [one, other] = [
    logDensities(sliceRows(samples, 0, half), places),
    logDensities(sliceRows(samples, half, 2 * half), places),
  ];
  // Half the difference of two independent estimates varies as their mean does.
  const errors = one.map((value, i) => (value - other[i]!) / 2);
  const values = one.map((value, i) => logDensity(rowAt(places, i)) - (value + other[i]!) / 2);
  return { places, values, noise: Math.sqrt(mean(errors.map((error) => error ** 2))) };
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
