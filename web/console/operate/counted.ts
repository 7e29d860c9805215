// What was counted, by name and label.

import type { JsonObject } from '../api/json';

export interface Spread {
  readonly count: number;
  readonly mean: number | null;
  readonly median: number | null;
  readonly most: number | null;
  readonly nearlyAll: number | null;
}

export interface Series {
  readonly labels: JsonObject;
  readonly value: number | null;
  readonly spread: Spread | null;
}

export interface Counted {
  readonly name: string;
  readonly series: readonly Series[];
}

/** Of a name without `ganymede_`, or one of the process. */
export function seriesOf(metrics: readonly Counted[], name: string): readonly Series[] {
  return metrics.find((metric) => metric.name === name || metric.name === `ganymede_${name}`)?.series ?? [];
}

/** Of a metric without labels, or the sum of all. */
export function totalOf(metrics: readonly Counted[], name: string): number {
  return seriesOf(metrics, name).reduce((sum, { value }) => sum + (value ?? 0), 0);
}

/** The one with these labels. */
export function having(series: readonly Series[], labels: JsonObject): Series | undefined {
  return series.find((one) => Object.entries(labels).every(([name, value]) => `${one.labels[name]}` === `${value}`));
}

export function seconds(value: number | null | undefined): string {
  if (value == null) return '–';
  if (value < 0.001) return `${Number((1e6 * value).toPrecision(2))} µs`;
  return value < 1 ? `${Number((1000 * value).toPrecision(3))} ms` : `${Number(value.toPrecision(3))} s`;
}
