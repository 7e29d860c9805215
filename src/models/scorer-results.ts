// What was measured on a scorer, as it is read back from a version's evaluations: which results belong to the scorer
// that answers, and what they have in common. A version that was given another scorer inherits all that was measured
// on the one before, and none of that is true of it.

import { z } from 'zod';
import type { Evaluation } from './evaluations.js';
import { SCORERS, type Scorer, type ScorerKind } from './scoring.js';

/** Bins of a reliability curve that is shown. */
export const MAX_BINS = 20;
/** Of a histogram that is shown. */
export const MAX_HISTOGRAM_BINS = 100;
/** Longest text of a record that is shown. */
export const MAX_TEXT = 500;

const number = z.number();
const count = z.int().min(0);
export const text = z.string().max(MAX_TEXT);

/**
 * Of scores between two tenths of a probability: how many, what they said on average, and how many of them were real.
 */
const binSchema = z.object({ low: number, high: number, count, predicted: number, observed: number });

const counts = z.array(count).min(1).max(MAX_HISTOGRAM_BINS);

/** How many ln p/q fell into each of so many bins of equal width; the outermost hold what lies beyond, too. */
const histogramSchema = z
  .object({ low: number, high: number, data: counts, samples: counts })
  .refine(({ low, high, data, samples }) => low < high && data.length === samples.length);
export type Histogram = z.output<typeof histogramSchema>;

/** How good probabilities are: of real examples and as many samples. */
export const qualitySchema = z.object({
  /** Mean of −ln of the probability of what was the case, in nats. ln 2 for who knows nothing. */
  logLoss: number,
  /** Probability that a real example scores above a sample, ties half. 0.5 for who knows nothing. */
  auc: number,
  /** Expected calibration error: |predicted − observed|, averaged over the bins by their counts. */
  ece: number,
  /** Bins that hold something. */
  reliability: z.array(binSchema).max(MAX_BINS),
  /** Results from before it was kept have none. */
  histogram: histogramSchema.optional(),
});
export type Quality = z.output<typeof qualitySchema>;

/** On what it was measured. */
const dataSchema = z.object({ name: text, sha256: text, note: text });
export type MeasuredData = z.output<typeof dataSchema>;

/** Part of the figures of each. Results from before there were fitted scorers do not say, and are of the game's. */
export const measuredScorer = z.object({
  scorer: z.enum(SCORERS).default('GAME'),
  /** SHA-256 of the graph's file. */
  graph: text.optional(),
});

/** What a measurement writes of the scorer that it measured. */
export function recordOf({ kind, sha256 }: Scorer): { readonly scorer: ScorerKind; readonly graph: string } {
  return { scorer: kind, graph: sha256 };
}

export type ScorerResult<Figures> = Figures & {
  readonly seed: number;
  readonly date: string;
  readonly data: MeasuredData;
};

/** A result, or why there is none. */
export type Found<Result> =
  | { readonly result: Result; readonly reason: null }
  | { readonly result: null; readonly reason: string };

/** The newest result of a protocol that is of this scorer. */
export function newestOf<Figures>(
  evaluations: readonly Evaluation[],
  protocol: string,
  scorer: Scorer,
  schema: z.ZodType<Figures>,
): Found<ScorerResult<Figures>> {
  const all = evaluations.filter((one) => one.protocol === protocol);
  const own = all.findLast((one) => isOf(one, scorer));
  const command = `npx ganymede evaluate --protocol ${protocol}`;
  if (!own) {
    const other = all.at(-1);
    return without(
      other
        ? `That of ${other.date} is of another scorer: ${command} measures this one.`
        : `Nobody measured it: ${command}.`,
    );
  }
  const [figures, data] = [schema.safeParse(own.figures), dataSchema.safeParse(own.dataset)];
  if (!figures.success || !data.success) {
    return without(`That of ${own.date} is not in a form that can be read: ${command} measures it again.`);
  }
  return { result: { ...figures.data, seed: own.seed, date: own.date, data: data.data }, reason: null };
}

export function without(reason: string): Found<never> {
  return { result: null, reason };
}

function isOf({ figures }: Evaluation, { kind, sha256 }: Scorer): boolean {
  const said = measuredScorer.safeParse(figures);
  return said.success && said.data.scorer === kind && (said.data.graph ?? sha256) === sha256;
}
