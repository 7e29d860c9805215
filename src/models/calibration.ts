// What a version's scores are worth as probabilities: a line through its log density ratios, which the protocol
// `calibration` fits and measures on data that the model was not trained on (evaluation/calibration.ts), and its result
// as it is read back from the version's evaluations.

import { z } from 'zod';
import { type DensityRatio, MAX_LOG_RATIO, sigmoid } from './density.js';
import type { Evaluation } from './evaluations.js';

/** Name of the protocol. */
export const CALIBRATION = 'calibration';

/** Calibrated ln p/q = slope · ln p/q + offset (Platt 1999). */
export interface Line {
  readonly slope: number;
  readonly offset: number;
}

/** Bins of a reliability curve that is shown. */
export const MAX_BINS = 20;

const number = z.number();
const count = z.int().min(0);

/**
 * Of scores between two tenths of a probability: how many, what they said on average, and how many of them were real.
 */
const binSchema = z.object({ low: number, high: number, count, predicted: number, observed: number });

export const qualitySchema = z.object({
  /** Mean of −ln of the probability of what was the case, in nats. ln 2 for who knows nothing. */
  logLoss: number,
  /** Probability that a real example scores above a sample, ties half. 0.5 for who knows nothing. */
  auc: number,
  /** Expected calibration error: |predicted − observed|, averaged over the bins by their counts. */
  ece: number,
  /** Bins that hold something. */
  reliability: z.array(binSchema).max(MAX_BINS),
});

/** Figures of the protocol. */
export const calibrationFigures = z.object({
  slope: number,
  /** Of the slope. */
  standardError: number,
  offset: number,
  /** 1 / slope, by which to divide ln p/q; null where the slope is not surely above 0: the scorer knows nothing. */
  temperature: number.nullable(),
  before: qualitySchema,
  after: qualitySchema,
  /** Real examples that it was fitted to, and as many samples; and of those on which it was measured. */
  fitted: count,
  measured: count,
});

/** Longest text of a record that is shown. */
export const MAX_TEXT = 500;
export const text = z.string().max(MAX_TEXT);

/** On what it was measured. */
export const calibrationData = z.object({ name: text, sha256: text, note: text });

export type Quality = z.output<typeof qualitySchema>;
export type CalibrationFigures = z.output<typeof calibrationFigures>;

export interface Calibration extends CalibrationFigures {
  readonly seed: number;
  readonly data: z.output<typeof calibrationData>;
}

/** A calibration, or why there is none. */
export type Calibrating =
  | { readonly calibration: Calibration; readonly reason: null }
  | { readonly calibration: null; readonly reason: string };

/** Results of a version are one list until something is measured on it. */
const known = new WeakMap<readonly Evaluation[], Calibrating>();

/** The newest among what was measured on a version. */
export function calibrationIn(evaluations: readonly Evaluation[], densityRatio: DensityRatio): Calibrating {
  if (densityRatio === 'none') return without('The objective of its critic determines no density ratio.');
  const found = known.get(evaluations) ?? read(evaluations.findLast(({ protocol }) => protocol === CALIBRATION));
  known.set(evaluations, found);
  return found;
}

/** Finite, whatever the line does to a finite ratio. */
export function calibrated(
  logDensityRatio: number,
  { slope, offset }: Line,
): { readonly probability: number; readonly logDensityRatio: number } {
  const value = slope * logDensityRatio + offset;
  const bounded = Number.isFinite(value) ? value : Math.sign(slope) * Math.sign(logDensityRatio) * MAX_LOG_RATIO;
  return { probability: sigmoid(bounded), logDensityRatio: bounded };
}

function read(evaluation: Evaluation | undefined): Calibrating {
  if (!evaluation) return without(`Nobody measured it: npx ganymede evaluate --protocol ${CALIBRATION}.`);
  const figures = calibrationFigures.safeParse(evaluation.figures);
  const data = calibrationData.safeParse(evaluation.dataset);
  if (figures.success && data.success) {
    return { calibration: { ...figures.data, data: data.data, seed: evaluation.seed }, reason: null };
  }
  return without(
    `That of ${evaluation.date} is not in a form that can be read: npx ganymede evaluate --protocol ${CALIBRATION} measures it again.`,
  );
}

function without(reason: string): Calibrating {
  return { calibration: null, reason };
}
