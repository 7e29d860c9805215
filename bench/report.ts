// What a benchmark reports and how it is printed: names, values, targets, and the machine it ran on.

import { availableParallelism, cpus, loadavg } from 'node:os';
import { runtimeVersion } from 'ganymede/engine/session.js';
import { median, quartiles } from './measure.js';

export interface Row {
  readonly name: string;
  readonly value: number;
  /** '×' for ratios of two things measured side by side in this run. */
  readonly unit: string;
  /** The least that we want, or the most; null for figures that only inform. */
  readonly target: number | null;
  readonly wanted?: Wanted;
  /** The middle half of the rounds, where there were rounds of this very figure. */
  readonly spread?: readonly [low: number, high: number];
}

export type Wanted = 'least' | 'most';

export function row(
  name: string,
  value: number,
  unit: string,
  target: number | null = null,
  wanted: Wanted = 'least',
): Row {
  return { name, value: rounded(value), unit, target, wanted };
}

/** The median of a figure that was measured in several rounds, with the middle half of them. */
export function spreadRow(
  name: string,
  values: readonly number[],
  unit: string,
  target: number | null = null,
  wanted: Wanted = 'least',
): Row {
  const [low, high] = quartiles(values);
  return { ...row(name, median(values), unit, target, wanted), spread: [rounded(low), rounded(high)] };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/**
 * The machine, and how busy others kept it: a ratio that was measured in turns holds on a busy one, a time does not.
 */
export function machineLine(): string {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const load = loadavg()[0]!.toFixed(1);
  return `${availableParallelism()} cores of ${processor}, load ${load}, Node ${process.version}, ONNX Runtime ${runtimeVersion}`;
}

export function tableOf(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, value, unit, target, wanted, spread }) => {
    const within = spread ? `  (${spread[0]}–${spread[1]})` : '';
    const reached = target !== null && (wanted === 'most' ? value <= target : value >= target);
    const sign = wanted === 'most' ? '≤' : '≥';
    const verdict = target === null ? '' : `  target ${sign} ${target}  ${reached ? 'reached' : 'missed'}`;
    return `${name.padEnd(width)}  ${String(value).padStart(9)} ${unit}${within}${verdict}`;
  });
  return lines.join('\n');
}
