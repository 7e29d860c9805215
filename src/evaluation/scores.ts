// What a fitted scorer says of many examples, and how good it is: the figures of the protocol `scorer` that need no
// other classifier. One definition for the fit that makes a scorer and for the protocol that measures it.

import type { ScorerFigures } from '../models/scorer-figures.js';
import { areaUnderCurve, qualityOf } from './platt.js';
import { countOf, type Rows, rowAt } from './rows.js';

/** Of N examples. `given` and `classes`, N rows of a number a class, where the generator is told of classes. */
export interface Scores {
  readonly logit: ArrayLike<number>;
  readonly familiarity: ArrayLike<number>;
  readonly given?: Rows;
  readonly classes?: Rows;
}

export interface Judged {
  readonly real: Scores;
  /** Of as many samples, of the same classes. */
  readonly samples: Scores;
  readonly labels?: readonly number[];
  /** Of what is neither, by name. */
  readonly negatives: Readonly<Record<string, Scores>>;
}

export type ScoreFigures = Pick<ScorerFigures, 'logLoss' | 'auc' | 'ece' | 'reliability' | 'label' | 'familiarity'>;

/** Ratios are those given each example's class, where there are classes. */
export function figuresOfScores({ real, samples, labels, negatives }: Judged): ScoreFigures {
  return {
    ...qualityOf(ratiosOf(real, labels), ratiosOf(samples, labels)),
    label: labels && real.classes ? labelFigures(real.classes, labels) : null,
    familiarity: Object.entries(negatives).map(([name, scores]) => ({
      negatives: name,
      auc: areaUnderCurve(real.familiarity, scores.familiarity),
    })),
  };
}

/** ln p/q of each example: given its class, where there are classes. */
export function ratiosOf({ logit, given }: Scores, labels?: readonly number[]): ArrayLike<number> {
  return labels && given ? labels.map((label, i) => rowAt(given, i)[label]!) : logit;
}

/** How many are most likely of their own class, and what the most frequent class gets. */
function labelFigures(classes: Rows, labels: readonly number[]): { right: number; chance: number } {
  const count = countOf(classes);
  const right = labels.filter((label, i) => likeliest(rowAt(classes, i)) === label).length / count;
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { right, chance: Math.max(...counts.values()) / count };
}

function likeliest(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}
