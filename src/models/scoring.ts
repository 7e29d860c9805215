// Which scorer of a version answers, and what it says of an example. A version whose graph `scorer` was fitted to its
// generator answers with that, in one pass for every class; any other with the discriminator that its training left.

import { type DensityRatio, type RatioScore, sigmoid, toScore } from './density.js';
import type { Manifest } from './manifest.js';

/** FITTED: the graph `scorer`, fitted to the generator as it is served. GAME: the discriminator that training left. */
export const SCORERS = ['GAME', 'FITTED'] as const;
export type ScorerKind = (typeof SCORERS)[number];

export interface Scorer {
  readonly kind: ScorerKind;
  readonly graph: 'score' | 'scorer';
  readonly densityRatio: DensityRatio;
  /** SHA-256 of the graph's file: what was measured belongs to this one and no other. */
  readonly sha256: string;
}

/** What a scorer that knows classes says of the one that an example was taken for. */
export interface LabelScore {
  /** Index into the manifest's labels. */
  readonly label: number;
  /** p(c|x): that of this class among all, if x is of the data. */
  readonly probability: number;
  /** The likeliest of all classes: this one, unless another is likelier. */
  readonly likeliest: number;
  /** ln p(c|x)/p(c): how much likelier x makes the class than it is among the data. Null where p(c) is not known. */
  readonly logRatio: number | null;
}

export interface Score extends RatioScore {
  /** Null where no one class was asked for, and of a scorer that knows none. */
  readonly label: LabelScore | null;
  /** Probability that x is of what the scorer was fitted on, rather than of what it was shown to be neither. */
  readonly familiarity: number | null;
}

/** Whether an example that is scored may, or must, come with its class. */
export type LabelNeed = 'none' | 'optional' | 'required';

/** Undefined of a version that cannot score. */
export function scorerOf({ graphs: { scorer, score }, files }: Manifest): Scorer | undefined {
  if (scorer) return { kind: 'FITTED', graph: 'scorer', densityRatio: 'logit', sha256: files[scorer.file]!.sha256 };
  if (!score) return undefined;
  return { kind: 'GAME', graph: 'score', densityRatio: score.densityRatio, sha256: files[score.file]!.sha256 };
}

export function gameScore(logit: number, densityRatio: DensityRatio): Score {
  return { ...toScore(logit, densityRatio), label: null, familiarity: null };
}

/** One row of the graph `scorer`: capabilities.ts. */
export type FittedRow = Readonly<Record<string, Float32Array>>;

/**
 * `label`: the class that x is taken for, if any. `shares`: p(c) of each class, where the manifest says. Of a class the
 * ratio is that of the example among those of its class, ln p(x|c)/q(x|c).
 */
export function fittedScore(row: FittedRow, label: number | undefined, shares: readonly number[] | undefined): Score {
  const logit = label === undefined ? row['logit']![0]! : row['given']![label]!;
  return {
    ...toScore(logit, 'logit'),
    label: label === undefined ? null : labelScore(row['classes']!, label, shares?.[label]),
    familiarity: sigmoid(row['familiarity']![0]!),
  };
}

/** `logs`: ln p(c|x) of each class. */
function labelScore(logs: Float32Array, label: number, share: number | undefined): LabelScore {
  const log = logs[label]!;
  const likeliest = logs.reduce((best, other, index) => (other > logs[best]! ? index : best), label);
  return {
    label,
    probability: Math.exp(Math.min(0, log)), // rounding may leave it a little above 0
    likeliest,
    logRatio: share ? log - Math.log(share) : null,
  };
}
