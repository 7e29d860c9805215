// How well a version's scorer does, as the protocol `scorer` measures it (evaluation/scorer.ts), and its newest result
// as it is read back from the version's evaluations.

import { z } from 'zod';
import type { Evaluation } from './evaluations.js';
import { type Found, measuredScorer, newestOf, qualitySchema, type ScorerResult, text } from './scorer-results.js';
import type { Scorer } from './scoring.js';

export { measuredScorer } from './scorer-results.js';

/** Name of the protocol. */
export const SCORER = 'scorer';

const number = z.number();

/** Classifiers, and kinds of examples, that a result may name. */
export const MAX_RIVALS = 10;
export const MAX_NEGATIVES = 20;

/**
 * Figures of the protocol: of real examples that the scorer was not fitted to and as many samples, each asked about as
 * one of its own class where there are classes.
 */
export const scorerFigures = measuredScorer.extend({
  ...qualitySchema.shape,
  /** Of who knows nothing: ln 2 and 0.5. */
  baseline: z.object({ logLoss: number, auc: number }),
  /** Of the log loss: that of the mean over examples and samples. */
  standardError: number.optional(),
  /** Stronger classifiers, fitted to tell the same two apart, on the same examples. The least log loss is the goal. */
  rivals: z.array(z.object({ name: text, logLoss: number, auc: number })).max(MAX_RIVALS),
  /** Log loss above that of the best rival, pair by pair. Null where no rival was fitted. */
  above: z.object({ logLoss: number, standardError: number }).nullable().default(null),
  /** Real examples whose likeliest class is their own, and what guessing gets. Null without classes. */
  label: z.object({ right: number, chance: number }).nullable(),
  /**
   * AUC, by familiarity, of real examples over each kind of what is neither data nor sample. Null without familiarity.
   */
  familiarity: z
    .array(z.object({ negatives: text, auc: number }))
    .max(MAX_NEGATIVES)
    .nullable(),
  /** The same AUC by the probability, which promises nothing there. */
  byProbability: z
    .array(z.object({ negatives: text, auc: number }))
    .max(MAX_NEGATIVES)
    .optional(),
  /** ln p/q against the true one, inside the modes of a mixture. Null where nobody knows the true one. */
  ratio: z
    .object({
      correlation: number,
      slope: number,
      /** Standard deviation of the true one over the points, and of the error with which q is known. */
      spread: number.optional(),
      noise: number.optional(),
      points: z.int().min(0).optional(),
    })
    .nullable(),
  /**
   * Real examples, and as many samples, on which it was measured. Its record of the data is that of `calibrationData`.
   */
  measured: z.int().min(0),
});
export type ScorerFigures = z.output<typeof scorerFigures>;

export type ScorerMeasured = ScorerResult<ScorerFigures>;

/** The newest among what was measured on a version, if it is of the scorer that answers. */
export function scorerFiguresIn(evaluations: readonly Evaluation[], scorer: Scorer): Found<ScorerMeasured> {
  return newestOf(evaluations, SCORER, scorer, scorerFigures);
}
