// A scorer's exported graph put to use on many examples: for its scale, and for the figures of the version that has it,
// which are those of the protocol `scorer` that need no other classifier.

import { Session } from '../../engine/session.js';
import { areaUnderCurve, fitPlatt, pairedLosses, qualityOf } from '../../evaluation/platt.js';
import { countOf, placeOfMost, type Rows, rowAt, sliceRows, standardErrorOf } from '../../evaluation/rows.js';
import { labelFiguresOf } from '../../evaluation/scorer.js';
import { strangersOf } from '../../evaluation/strangers.js';
import type { Line } from '../../models/calibration.js';
import type { ScorerFigures } from '../../models/scorer-figures.js';
import type { Fixed } from './fixed-model.js';
import { allThrough } from './rows-through.js';
import type { Lines, Pair } from './scorer.js';

/** Real examples that meet strangers: of 1,000 an AUC of 0.97 has a standard error of 0.004. */
const MET = 5000;

/** What the graph says of rows in its own units: each output of it, a row an example. */
export type Scores = Readonly<Record<string, Rows>>;

function scoresOf(graph: Session, { tensor, shape }: Fixed, rows: Rows): Promise<Scores> {
  return allThrough({ graph, input: tensor, shape }, rows);
}

/** Temperature and offset of either ratio, on examples that it did not learn from. */
export async function linesOf(
  onnx: Uint8Array,
  fixed: Fixed,
  { real, samples, labels }: Pair,
  threads: number,
): Promise<Lines> {
  return withGraph(onnx, threads, async (graph) => {
    const [ofReal, ofSamples] = [await scoresOf(graph, fixed, real), await scoresOf(graph, fixed, samples)];
    const logit = lineOf(ratiosOf(ofReal), ratiosOf(ofSamples));
    return { logit, given: labels ? lineOf(ratiosOf(ofReal, labels), ratiosOf(ofSamples, labels)) : logit };
  });
}

/** Never one that turns a ratio round: who cannot tell says nothing. */
function lineOf(real: ArrayLike<number>, samples: ArrayLike<number>): Line {
  const { slope, offset } = fitPlatt(real, samples);
  return slope > 0 ? { slope, offset } : { slope: 0, offset: 0 };
}

export type MeasuredScores = Pick<
  ScorerFigures,
  'logLoss' | 'auc' | 'ece' | 'reliability' | 'histogram' | 'standardError' | 'label' | 'familiarity'
>;

/** `data`: the name of what the model was trained on. */
export async function measureScores(
  onnx: Uint8Array,
  fixed: Fixed,
  { real, samples, labels }: Pair,
  { data, seed, threads }: { readonly data: string; readonly seed: number; readonly threads: number },
): Promise<MeasuredScores> {
  return withGraph(onnx, threads, async (graph) => {
    const [ofReal, ofSamples] = [await scoresOf(graph, fixed, real), await scoresOf(graph, fixed, samples)];
    const [ratios, made] = [ratiosOf(ofReal, labels), ratiosOf(ofSamples, labels)];
    const some = sliceRows(unitRows(fixed, real), 0, Math.min(MET, countOf(real)));
    const known = ofReal['familiarity']!.data.slice(0, MET);
    const familiarity: { negatives: string; auc: number }[] = [];
    for (const [negatives, rows] of Object.entries(await strangersOf(some, fixed.shape, seed, data))) {
      const met = await scoresOf(graph, fixed, nativeRows(fixed, rows));
      familiarity.push({ negatives, auc: areaUnderCurve(known, met['familiarity']!.data) });
    }
    return {
      ...qualityOf(ratios, made),
      standardError: standardErrorOf(pairedLosses(ratios, made)),
      label: labels && ofReal['classes'] ? labelFigures(ofReal['classes'], labels) : null,
      familiarity,
    };
  });
}

/** ln p/q of each example: given its class, where there are classes. */
function ratiosOf({ logit, given }: Scores, labels?: readonly number[]): ArrayLike<number> {
  return labels && given ? labels.map((label, i) => rowAt(given, i)[label]!) : logit!.data;
}

/** How many are most likely of their own class, and what the most frequent class gets. */
function labelFigures(classes: Rows, labels: readonly number[]): ReturnType<typeof labelFiguresOf> {
  return labelFiguresOf(
    labels.map((_, i) => placeOfMost(rowAt(classes, i))),
    labels,
    classes.size,
  );
}

/** From [0, 1], in which evaluations see images, to the units of the networks. */
export function nativeRows({ tensor, recipe }: Fixed, { data, size }: Rows): Rows {
  const [low, high] = recipe.data.range;
  return tensor === 'point' ? { data, size } : { size, data: data.map((value) => low + (high - low) * value) };
}

function unitRows({ tensor, recipe }: Fixed, { data, size }: Rows): Rows {
  const [low, high] = recipe.data.range;
  return tensor === 'point' ? { data, size } : { size, data: data.map((value) => (value - low) / (high - low)) };
}

async function withGraph<T>(onnx: Uint8Array, threads: number, work: (graph: Session) => Promise<T>): Promise<T> {
  const graph = await Session.load(onnx, { threads });
  try {
    return await work(graph);
  } finally {
    await graph.release();
  }
}
