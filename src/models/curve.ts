// How a training went, as numbers over its steps: a file that travels with a version, and the few points of it that a
// reader can see.

import { z } from 'zod';

export const CURVE_FILE = 'training-curve.json';

/** Reports that the file holds; of more, so many spread evenly. */
export const MOST_REPORTS = 512;

export const curveSchema = z
  .strictObject({
    steps: z.array(z.int().nonnegative()),
    /** One value a step; null where a report did not have it. */
    series: z.record(z.string(), z.array(z.number().nullable())),
  })
  .refine(({ steps, series }) => Object.values(series).every((values) => values.length === steps.length), {
    error: 'one value for each step',
    path: ['series'],
  });
export type TrainingCurve = z.output<typeof curveSchema>;

/** One series, without the steps at which it has no value. */
export interface Line {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** `reports`: in the order of their steps. Series that have no value at all are left out. */
export function curveOf<R extends { readonly step: number }>(
  reports: readonly R[],
  names: readonly (keyof R & string)[],
): TrainingCurve {
  const chosen = evenly(reports, MOST_REPORTS);
  const valuesOf = (name: keyof R) => chosen.map((report) => finiteOrNull(report[name]));
  const series = names.map((name) => [name, valuesOf(name)] as const);
  return {
    steps: chosen.map(({ step }) => step),
    series: Object.fromEntries(series.filter(([, values]) => values.some((value) => value !== null))),
  };
}

/** Items spread evenly, the first and the last among them. */
export function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  if (most === 1) return items.slice(-1);
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);
}

export function lineOf({ steps, series }: TrainingCurve, name: string): Line {
  const values = series[name] ?? [];
  const known = [...values.keys()].filter((i) => values[i] !== null);
  return { name, steps: known.map((i) => steps[i]!), values: known.map((i) => values[i]!) };
}

/**
 * At most so many points, 2 or more, which keep the look of the line: of each bucket the one that spans the largest
 * triangle with the point kept before it and the mean of the next bucket (Steinarsson 2013, "Downsampling Time Series
 * for Visual Representation", LTTB). They are points of the line; the first and the last stay.
 */
export function thinned(line: Line, points: number): Line {
  const count = line.values.length;
  if (count <= points) return line;
  const kept = [0];
  const width = (count - 2) / (points - 2);
  const bucket = (i: number) => [Math.floor(i * width) + 1, Math.min(Math.floor((i + 1) * width) + 1, count)] as const;
  for (let i = 0; i < points - 2; i++) {
    const [from, to] = bucket(i);
    kept.push(furthest(line, kept.at(-1)!, from, to, meanOf(line, ...bucket(i + 1))));
  }
  kept.push(count - 1);
  return { ...line, steps: kept.map((i) => line.steps[i]!), values: kept.map((i) => line.values[i]!) };
}

/** Of points [from, to) the one whose triangle with the point `before` and with `mean` is the largest. */
function furthest({ steps, values }: Line, before: number, from: number, to: number, mean: Point): number {
  const [x, y] = [steps[before]!, values[before]!];
  let best = from;
  let largest = -1;
  for (let i = from; i < to; i++) {
    const twiceItsArea = Math.abs((x - mean.step) * (values[i]! - y) - (x - steps[i]!) * (mean.value - y));
    if (twiceItsArea <= largest) continue;
    largest = twiceItsArea;
    best = i;
  }
  return best;
}

interface Point {
  readonly step: number;
  readonly value: number;
}

function meanOf({ steps, values }: Line, from: number, to: number): Point {
  const mean = (all: readonly number[]) => all.slice(from, to).reduce((sum, each) => sum + each, 0) / (to - from);
  return { step: mean(steps), value: mean(values) };
}

function finiteOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
