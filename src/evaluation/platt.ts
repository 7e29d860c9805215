// Platt scaling of log density ratios, and what probabilities are worth: log loss, AUC, expected calibration error and
// a reliability curve. Pure: ratios of real examples and of as many samples in, figures out.
// Sources: Platt 1999; Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs"; Guo et al. 2017 (ECE).

import { expected } from '../errors.js';
import type { Line } from '../models/calibration.js';
import { sigmoid } from '../models/density.js';
import type { Quality } from '../models/scorer-results.js';
import { histogramOf } from './histogram.js';
import { mean } from './rows.js';

type Ratios = ArrayLike<number>;

export interface Fitted extends Line {
  /** Standard error of the slope: √ of its place in the inverse Hessian. */
  readonly standardError: number;
}

/** Of equal width over [0, 1], as Guo et al. have them. */
const BINS = 10;

/**
 * slope and offset that make σ(slope · x + offset) likeliest, x being ln p/q: Newton's method with step halving, in
 * standardised x. Targets are Platt's, (n + 1)/(n + 2) and 1/(n + 2), so a perfect separation has a finite answer;
 * where all x are equal, nothing can be told from them, and both are 0. As many of either, so a posterior's logit is ln
 * p/q.
 */
export function fitPlatt(real: Ratios, samples: Ratios): Fitted {
  check(real, samples);
  const all = Float64Array.from([...Array.from(real), ...Array.from(samples)]);
  const centre = mean(all);
  const spread = Math.sqrt(mean(all.map((x) => (x - centre) ** 2)));
  if (spread === 0) return { slope: 0, offset: 0, standardError: 0 };
  const high = (real.length + 1) / (real.length + 2);
  const standard = all.map((x) => (x - centre) / spread);
  const target = (i: number) => (i < real.length ? high : 1 - high);
  const line = newton(standard, target);
  const slope = line.slope / spread;
  const standardError = Math.sqrt(derivatives(standard, target, line).variance) / spread;
  return { slope, offset: line.offset - slope * centre, standardError };
}

/** How good the probabilities σ(x) are. */
export function qualityOf(real: Ratios, samples: Ratios): Quality {
  check(real, samples);
  const reliability = reliabilityOf(real, samples);
  const count = real.length + samples.length;
  return {
    logLoss: (sumOf(real, (x) => softplus(-x)) + sumOf(samples, softplus)) / count,
    auc: areaUnderCurve(real, samples),
    ece: reliability.reduce((sum, bin) => sum + (bin.count / count) * Math.abs(bin.predicted - bin.observed), 0),
    reliability,
    histogram: histogramOf(real, samples),
  };
}

/** Log loss of example i and sample i, for what compares them one by one. */
export function pairedLosses(real: Ratios, samples: Ratios): Float64Array {
  check(real, samples);
  return Float64Array.from({ length: real.length }, (_, i) => (softplus(-real[i]!) + softplus(samples[i]!)) / 2);
}

/** Probability that a real one is above a sample, ties half: by ranks (Mann and Whitney 1947). */
export function areaUnderCurve(real: Ratios, samples: Ratios): number {
  const sorted = [
    ...Array.from(real, (x) => ({ x, isReal: true })),
    ...Array.from(samples, (x) => ({ x, isReal: false })),
  ].sort((a, b) => a.x - b.x);
  let [below, wins] = [0, 0];
  for (let from = 0; from < sorted.length; ) {
    let [reals, others, to] = [0, 0, from];
    for (; to < sorted.length && sorted[to]!.x === sorted[from]!.x; to++) sorted[to]!.isReal ? reals++ : others++;
    wins += reals * (below + others / 2);
    below += others;
    from = to;
  }
  return wins / (real.length * samples.length);
}

function reliabilityOf(real: Ratios, samples: Ratios): Quality['reliability'] {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, predicted: 0, observed: 0 }));
  const put = (x: number, isReal: boolean) => {
    const probability = sigmoid(x);
    const bin = bins[Math.min(BINS - 1, Math.floor(probability * BINS))]!;
    bin.count++;
    bin.predicted += probability;
    if (isReal) bin.observed++;
  };
  for (let i = 0; i < real.length; i++) put(real[i]!, true);
  for (let i = 0; i < samples.length; i++) put(samples[i]!, false);
  return bins.flatMap(({ count, predicted, observed }, i) =>
    count === 0
      ? []
      : [{ low: i / BINS, high: (i + 1) / BINS, count, predicted: predicted / count, observed: observed / count }],
  );
}

/** In standardised x some ten steps do; a step that no halving makes good is the end. */
const MOST_STEPS = 100;
const MOST_HALVINGS = 40;
/** Of the gradient, a row. */
const ENOUGH = 1e-12;
/** Keeps the Hessian invertible where all probabilities are 0 or 1. */
const RIDGE = 1e-12;

function newton(x: Float64Array, target: (i: number) => number): Line {
  const loss = (line: Line) => lossOf(x, target, line);
  let line: Line = { slope: 0, offset: 0 };
  let least = loss(line);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { gradient, direction } = derivatives(x, target, line);
    if (Math.hypot(...gradient) <= ENOUGH * x.length) break;
    const next = halved(line, direction, (candidate) => loss(candidate) < least);
    if (!next) break;
    line = next;
    least = loss(line);
  }
  return line;
}

function halved(from: Line, [ds, dO]: readonly [number, number], isBetter: (line: Line) => boolean): Line | undefined {
  for (let halving = 0, share = 1; halving < MOST_HALVINGS; halving++, share /= 2) {
    const line = { slope: from.slope - share * ds, offset: from.offset - share * dO };
    if (isBetter(line)) return line;
  }
  return undefined;
}

function lossOf(x: Float64Array, target: (i: number) => number, { slope, offset }: Line): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const logit = slope * x[i]! + offset;
    sum += softplus(logit) - target(i) * logit;
  }
  return sum;
}

/** Gradient by (slope, offset), H⁻¹ times it, and the place of the slope in H⁻¹. */
function derivatives(x: Float64Array, target: (i: number) => number, { slope, offset }: Line) {
  let [gs, go, ss, so, oo] = [0, 0, RIDGE, 0, RIDGE];
  for (let i = 0; i < x.length; i++) {
    const probability = sigmoid(slope * x[i]! + offset);
    const error = probability - target(i);
    const weight = probability * (1 - probability);
    gs += error * x[i]!;
    go += error;
    ss += weight * x[i]! ** 2;
    so += weight * x[i]!;
    oo += weight;
  }
  const determinant = ss * oo - so * so;
  const direction = [(oo * gs - so * go) / determinant, (ss * go - so * gs) / determinant] as const;
  return { gradient: [gs, go] as const, direction, variance: oo / determinant };
}

/** ln(1 + eˣ), for any finite x. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sumOf(values: Ratios, of: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += of(values[i]!);
  return sum;
}

function check(real: Ratios, samples: Ratios): void {
  if (real.length === 0 || real.length !== samples.length)
    throw expected('as many real examples as samples, and at least 1', `${real.length} and ${samples.length}`);
  for (const values of [real, samples])
    for (let i = 0; i < values.length; i++)
      if (!Number.isFinite(values[i])) throw expected('finite log density ratios', values[i], 'NOT_FINITE');
}
