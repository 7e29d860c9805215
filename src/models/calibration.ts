// What a version's scores are worth as probabilities: a line through its log density ratios, which the protocol
// `calibration` fits and measures on data that the model was not trained on (evaluation/calibration.ts), and its result
// as it is read back from the version's evaluations.

import { z } from 'zod';
import { MAX_LOG_RATIO, sigmoid } from './density.js';
import type { Evaluation } from './evaluations.js';
import { type Found, newestOf, qualitySchema, type ScorerResult, without } from './scorer-results.js';
import type { Scorer } from './scoring.js';

/** Name of the protocol. */
export const CALIBRATION = 'calibration';

/** Calibrated ln p/q = slope · ln p/q + offset (Platt 1999). */
export interface Line {
  readonly slope: number;
  readonly offset: number;
}

const number = z.number();
const count = z.int().min(0);

/** Figures of the protocol, besides which scorer they are of. */
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
export type CalibrationFigures = z.output<typeof calibrationFigures>;

export type Calibration = ScorerResult<CalibrationFigures>;

/** Results of a version, which has one scorer, are one list until something is measured on it. */
const known = new WeakMap<readonly Evaluation[], Found<Calibration>>();

/** The newest among what was measured on a version, if it is of the scorer that answers. */
export function calibrationIn(evaluations: readonly Evaluation[], scorer: Scorer): Found<Calibration> {
  if (scorer.densityRatio === 'none') return without('The objective of its critic determines no density ratio.');
  const found = known.get(evaluations) ?? newestOf(evaluations, CALIBRATION, scorer, calibrationFigures);
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
