// What a benchmark reports and how it is printed: names, values, targets, and the machine it ran on.

import { availableParallelism, cpus } from 'node:os';
import { runtimeVersion } from 'ganymede/engine/session.js';

export interface Row {
  readonly name: string;
  readonly value: number;
  /** '×' for ratios of two things measured side by side in this run. */
  readonly unit: string;
  /** The least that we want; null for figures that only inform. */
  readonly target: number | null;
}

export function row(name: string, value: number, unit: string, target: number | null = null): Row {
  return { name, value: Number(value.toPrecision(4)), unit, target };
}

export function printMachine() {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  console.log(
    `${availableParallelism()} cores of ${processor}, Node ${process.version}, ONNX Runtime ${runtimeVersion}\n`,
  );
}

export function printRows(rows: readonly Row[]) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, target } of rows) {
    const verdict = target === null ? '' : `  target ≥ ${target}  ${value >= target ? 'reached' : 'missed'}`;
    console.log(`${name.padEnd(width)}  ${String(value).padStart(9)} ${unit}${verdict}`);
  }
}
