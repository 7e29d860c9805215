// A scorer's exported graph put to use on many examples: for its scale, and for the figures of the version that has it,
// which are those of the protocol `scorer` that need no other classifier.

import { Session } from '../../engine/session.js';
import { float32 } from '../../engine/tensor.js';
import { areaUnderCurve, fitPlatt, pairedLosses, qualityOf } from '../../evaluation/platt.js';
import { blocksOf, countOf, type Rows, rowAt, sliceRows, standardErrorOf } from '../../evaluation/rows.js';
import { strangersOf } from '../../evaluation/strangers.js';
import type { Line } from '../../models/calibration.js';
import type { ScorerFigures } from '../../models/scorer-figures.js';
import type { Fixed } from './fixed-model.js';
import type { Lines, Pair } from './scorer.js';

const BATCH = 500;
/** Real examples that meet strangers. */
const MET = 1000;

/** Of N examples. `given` and `classes`, N rows of a number a class, where the generator is told of classes. */
export interface Scores {
  readonly logit: readonly number[];
  readonly familiarity: readonly number[];
  readonly given?: Rows;
  readonly classes?: Rows;
}

/** What the graph says of rows in its own units. */
export async function scoresOf(graph: Session, { tensor, shape }: Fixed, rows: Rows): Promise<Scores> {
  const found: Record<string, number[]> = {};
  for (const { data, rows: here } of blocksOf(rows, BATCH)) {
    const outputs = await graph.run({ [tensor]: float32([here, ...shape], data.slice(0, here * rows.size)) });
    for (const [name, { data: values }] of Object.entries(outputs)) {
      found[name] ??= [];
      for (let i = 0; i < values.length; i++) found[name].push(Number(values[i]));
    }
  }
  const count = countOf(rows);
  const table = (name: string) => {
    const values = found[name];
    return values && { data: Float32Array.from(values), size: values.length / count };
  };
  const [given, classes] = [table('given'), table('classes')];
  const { logit = [], familiarity = [] } = found;
  return { logit, familiarity, ...(given && { given }), ...(classes && { classes }) };
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
    const logit = lineOf(ofReal.logit, ofSamples.logit);
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
  'logLoss' | 'auc' | 'ece' | 'reliability' | 'standardError' | 'label' | 'familiarity'
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
    const familiarity: { negatives: string; auc: number }[] = [];
    for (const [negatives, rows] of Object.entries(await strangersOf(some, fixed.shape, seed, data))) {
      const { familiarity: found } = await scoresOf(graph, fixed, nativeRows(fixed, rows));
      familiarity.push({ negatives, auc: areaUnderCurve(ofReal.familiarity.slice(0, MET), found) });
    }
    return {
      ...qualityOf(ratios, made),
      standardError: standardErrorOf(pairedLosses(ratios, made)),
      label: labels && ofReal.classes ? labelFigures(ofReal.classes, labels) : null,
      familiarity,
    };
  });
}

/** ln p/q of each example: given its class, where there are classes. */
function ratiosOf({ logit, given }: Scores, labels?: readonly number[]): readonly number[] {
  return labels && given ? labels.map((label, i) => rowAt(given, i)[label]!) : logit;
}

/** How many are most likely of their own class, and what the most frequent class gets. */
function labelFigures(classes: Rows, labels: readonly number[]): NonNullable<ScorerFigures['label']> {
  const isRight = (label: number, i: number) => rowAt(classes, i).every((value) => value <= rowAt(classes, i)[label]!);
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return {
    right: labels.filter(isRight).length / labels.length,
    chance: Math.max(...counts.values()) / labels.length,
  };
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
