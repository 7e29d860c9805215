// A scorer's exported graph put to use on many examples: for its scale, and for the figures of the version that has it.

import { Session } from '../../engine/session.js';
import { float32, sizeOf } from '../../engine/tensor.js';
import { fitPlatt } from '../../evaluation/platt.js';
import { blocksOf, countOf, type Rows } from '../../evaluation/rows.js';
import { ratiosOf, type Scores } from '../../evaluation/scores.js';
import type { Line } from '../../models/calibration.js';
import { streamOf } from '../../random/noise.js';
import type { Fixed } from './fixed-model.js';
import type { Lines, Pair } from './scorer.js';
import { Draws } from './unfamiliar.js';

const BATCH = 500;

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
  return {
    logit: found['logit']!,
    familiarity: found['familiarity']!,
    ...(given && { given }),
    ...(classes && { classes }),
  };
}

/** Temperature and offset of either ratio, on examples that it did not learn from. */
export async function linesOf(
  onnx: Uint8Array,
  fixed: Fixed,
  { real, samples, labels }: Pair,
  threads: number,
): Promise<Lines> {
  const graph = await Session.load(onnx, { threads });
  try {
    const [ofReal, ofSamples] = [await scoresOf(graph, fixed, real), await scoresOf(graph, fixed, samples)];
    const logit = lineOf(ofReal.logit, ofSamples.logit);
    return { logit, given: labels ? lineOf(ratiosOf(ofReal, labels), ratiosOf(ofSamples, labels)) : logit };
  } finally {
    await graph.release();
  }
}

/** Never one that turns a ratio round: who cannot tell says nothing. */
function lineOf(real: ArrayLike<number>, samples: ArrayLike<number>): Line {
  const { slope, offset } = fitPlatt(real, samples);
  return slope > 0 ? { slope, offset } : { slope: 0, offset: 0 };
}

/** Kinds of what is neither data nor sample, of as many rows; made of the real ones where they are made of something. */
export function negativesOf(fixed: Fixed, real: Rows, seed: number): Record<string, Rows> {
  const [low, high] = fixed.recipe.data.range;
  const draws = new Draws(streamOf(seed, 'scorer/negatives'));
  const map = (of: (value: number, at: number) => number): Rows => ({ size: real.size, data: real.data.map(of) });
  if (fixed.tensor === 'point') return { 'far away': map((value) => value + 10 * (high - low) * draws.normal()) };
  const flats = Float32Array.from({ length: countOf(real) }, () => draws.between(low, high));
  return {
    noise: map(() => draws.between(low, high)),
    inverted: map((value) => low + high - value),
    'shifted 4 px': shifted(real, fixed.shape, low),
    black: map(() => low),
    flat: map((_, at) => flats[Math.floor(at / real.size)]!),
  };
}

const SHIFT = 4;

/** To the right, with black from the left. */
function shifted(rows: Rows, shape: readonly number[], low: number): Rows {
  const width = shape[2]!;
  const data = rows.data.map((_, at) => (at % width < SHIFT ? low : rows.data[at - SHIFT]!));
  return { data, size: sizeOf(shape) };
}
