// How log density ratios of real examples and of samples are spread, over the same bins: what one score is held
// against by eye.

import type { Histogram } from '../models/scorer-results.js';

/** Of equal width. */
const BINS = 40;

/** Share of all ratios, at either end, that no bin is widened for: one wild ratio would leave all others in one bin. */
const BEYOND = 0.005;

/** The first and the last bin hold what lies beyond them, too. */
export function histogramOf(data: ArrayLike<number>, samples: ArrayLike<number>): Histogram {
  const sorted = Float64Array.from([...Array.from(data), ...Array.from(samples)]).sort();
  const beyond = Math.floor(BEYOND * sorted.length);
  const [least, most] = [sorted[beyond]!, sorted[sorted.length - 1 - beyond]!];
  const [low, high] = least < most ? [least, most] : [least - 0.5, most + 0.5];
  const counts = (ratios: ArrayLike<number>) => {
    const bins = new Array<number>(BINS).fill(0);
    for (let i = 0; i < ratios.length; i++) bins[binOf(ratios[i]!, low, high)]!++;
    return bins;
  };
  return { low, high, data: counts(data), samples: counts(samples) };
}

function binOf(ratio: number, low: number, high: number): number {
  const place = Math.floor((BINS * (ratio - low)) / (high - low));
  return Math.min(BINS - 1, Math.max(0, place));
}
