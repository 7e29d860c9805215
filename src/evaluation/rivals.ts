// What a scorer is measured against: other classifiers, trained to tell the same real examples from the same samples.
// How they are trained is not known here, because it takes TensorFlow.js and networks: they come with the options of an
// evaluation (training/rivals/). Here they are given the data, put on the scale of ln p/q, and asked.

import { calibrated } from '../models/calibration.js';
import { fitPlatt } from './platt.js';
import type { Effort, Rows } from './rows.js';

/** Examples of one kind; of a conditional model each with its class. */
export interface Kind {
  readonly rows: Rows;
  readonly labels: readonly number[] | null;
}

/** Real examples and samples of the same shares of classes. */
export interface Sides {
  readonly real: Kind;
  readonly samples: Kind;
}

export interface Contest {
  /** One example: [C, H, W] in [0, 1], or a point. */
  readonly shape: readonly number[];
  /** 0 where nobody is told of any. */
  readonly classes: number;
  /** What it learns from. */
  readonly learn: Sides;
  /** What says when it has learnt enough. */
  readonly check: Sides;
  readonly seed: number;
  /** What an effort is given whose phase has that name. */
  readonly effort: (phase: string) => Effort;
}

/** ln p/q of examples, on a scale of its own. */
export type Verdicts = (kind: Kind) => Promise<Float64Array>;

export interface Rival {
  readonly name: string;
  /** Null where it cannot judge such examples. */
  train(contest: Contest): Promise<Verdicts | null>;
}

/**
 * ln p/q of the examples to be measured, by a rival that was trained: what it checked itself with also sets its
 * temperature and offset.
 */
export async function verdictsOf(rival: Rival, contest: Contest, { real, samples }: Sides): Promise<Scores | null> {
  const ask = await rival.train(contest);
  if (!ask) return null;
  const line = fitPlatt(await ask(contest.check.real), await ask(contest.check.samples));
  const scaled = async (kind: Kind) => (await ask(kind)).map((value) => calibrated(value, line).logDensityRatio);
  return { real: await scaled(real), samples: await scaled(samples) };
}

/** ln p/q of each side. */
export interface Scores {
  readonly real: Float64Array;
  readonly samples: Float64Array;
}
