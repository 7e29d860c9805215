// What previews and views of a game on the line or in the plane have in common: what of it is shown, where D is asked,
// which latents become samples, and how a game with classes is asked.

import type { Dataset } from '../datasets/dataset.js';
import { float32, type HostTensor } from '../engine/tensor.js';
import type { Interval, Point } from '../images/plot.js';
import { oneHot } from '../models/labels.js';
import { latent } from '../models/latent.js';
import type { Recipe } from '../recipes/recipe.js';
import { OBJECTIVES } from './objectives.js';
import type { Game } from './step.js';

/** Whether the examples of a game are shown as points of the line or the plane. */
export function areDrawnAsGame({ shape }: Pick<Dataset, 'shape'>): boolean {
  return shape.length === 1 && shape[0]! <= 2;
}

/** Examples of the data that stand for all of it. */
export const EXAMPLES = 10_000;

/** What of a game is asked for, for field.ts. */
export interface Questions {
  /** z of samples, [N, size of z]. */
  readonly latents: Float32Array<ArrayBuffer>;
  /** Where D is asked, [N, size of a point]. */
  readonly places: Float32Array<ArrayBuffer>;
}

/**
 * `real`: examples, those that some objectives look at. Of a game with classes D is asked everywhere for each of them.
 */
export function feedsOf(
  { game, data }: { readonly game: Game; readonly data: Dataset },
  { latents, places }: Questions,
  real: Float32Array<ArrayBuffer>,
): Record<string, HostTensor> {
  const { classes } = game;
  const size = data.shape[0]!;
  const rows = (values: Float32Array<ArrayBuffer>, width: number) => float32([values.length / width, width], values);
  const told = (labels: readonly number[]) => float32([labels.length, classes!], oneHot(labels, classes!));
  const z = rows(latents, game.prior.shape[0]!);
  const examples = real.length / size;
  if (classes === undefined) return { z, place: rows(places, size), real: rows(real, size) };
  const [samples, asked] = [z.shape[0]!, places.length / size];
  const ofEach = Array.from({ length: classes }, () => [...places]).flat();
  return {
    ...{ z, place: rows(Float32Array.from(ofEach), size), real: rows(real, size) },
    label: told(Array.from({ length: samples }, (_, i) => i % classes)),
    placeLabel: told(Array.from({ length: asked * classes }, (_, i) => Math.floor(i / asked))),
    realLabel: told([...data.labels!.subarray(0, examples)]),
  };
}

/** Of a game with classes D was asked at each place for each class. */
export function meanOfClasses(verdict: Float32Array, places: number): Float32Array<ArrayBuffer> {
  const classes = verdict.length / places;
  const mean = new Float32Array(places);
  for (let i = 0; i < verdict.length; i++) mean[i % places]! += verdict[i]! / classes;
  return mean;
}

/** Those of seeds 0, 1, …, as `sample` draws them. */
export function latentsOf({ latent: { size, prior } }: Recipe, count: number): Float32Array<ArrayBuffer> {
  const z = new Float32Array(count * size);
  for (let seed = 0; seed < count; seed++) z.set(latent(seed, size, prior), seed * size);
  return z;
}

/** Whether what D says is a probability; else it is its raw output. */
export function isProbability({ objective }: Recipe): boolean {
  return OBJECTIVES[objective].densityRatio !== 'none';
}

export function pointsOf(rows: Float32Array): Point[] {
  return Array.from({ length: rows.length / 2 }, (_, i) => [rows[2 * i]!, rows[2 * i + 1]!] as const);
}

/** A square, so that both axes have one scale. */
export function squareAround(points: readonly Point[]): { readonly x: Interval; readonly y: Interval } {
  const [x, y] = [0, 1].map((axis) => intervalAround(Float32Array.from(points, (point) => point[axis]!))) as [
    Interval,
    Interval,
  ];
  const half = Math.max(x.high - x.low, y.high - y.low) / 2;
  const around = ({ low, high }: Interval) => ({ low: (low + high) / 2 - half, high: (low + high) / 2 + half });
  return { x: around(x), y: around(y) };
}

/** Nearly all values, with room on both sides; where they are all one, two units of it. */
export function intervalAround(values: Float32Array): Interval {
  const sorted = values.toSorted();
  const rank = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [rank(0.005), rank(0.995)];
  const room = 0.15 * (high - low) || 2;
  return { low: low - room, high: high + room };
}

/** The middles of as many equal parts. */
export function evenlyIn({ low, high }: Interval, count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((i + 0.5) / count) * (high - low));
}
