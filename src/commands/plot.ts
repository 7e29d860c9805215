// A series of numbers as a small plot of text: a line of what it is and in what range, and under it the curve.

import type { Glyphs } from './glyphs.js';

export interface PlotSize {
  /** In characters. */
  readonly columns: number;
  readonly rows: number;
}

/** "lossD  0.69  between 0.42 and 1.39", and rows of dots. Without a number there is nothing to show. */
export function plot(name: string, values: readonly number[], { columns, rows }: PlotSize, glyphs: Glyphs): string[] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const title = `${name}  ${short(finite.at(-1)!)}  between ${short(low)} and ${short(high)}`;
  const width = columns * glyphs.dots.columns;
  const height = rows * glyphs.dots.rows;
  const heightOf = (value: number) => Math.round(((height - 1) * (value - low)) / (high - low || 1));
  const spans = spansOf(stretched(finite, width), width).map((span) => span.map(heightOf));
  const isSet = (x: number, y: number) => spans[x]![0]! <= y && y <= spans[x]![1]!;
  return [title.slice(0, columns), ...charsOf(isSet, { columns, rows }, glyphs)];
}

/** At least `width` values: straight lines between fewer. */
function stretched(values: readonly number[], width: number): readonly number[] {
  if (values.length >= width) return values;
  return Array.from({ length: width }, (_, x) => {
    const at = (x * (values.length - 1)) / Math.max(1, width - 1);
    const [left, right] = [values[Math.floor(at)]!, values[Math.ceil(at)]!];
    return left + (right - left) * (at - Math.floor(at));
  });
}

/**
 * The lowest and highest value of each column, so that no peak is lost, together with where the column before it ended,
 * so that the curve has no gaps.
 */
function spansOf(values: readonly number[], width: number): [number, number][] {
  let end = values[0]!;
  return Array.from({ length: width }, (_, x) => {
    const from = Math.floor((x * values.length) / width);
    const here = values.slice(from, Math.max(from + 1, Math.floor(((x + 1) * values.length) / width)));
    const span: [number, number] = [Math.min(end, ...here), Math.max(end, ...here)];
    end = here.at(-1)!;
    return span;
  });
}

/** `isSet`: of a dot by its place from the left and from the bottom. */
function charsOf(
  isSet: (x: number, y: number) => boolean,
  { columns, rows }: PlotSize,
  { dots, charOf }: Glyphs,
): string[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      charOf(
        Array.from({ length: dots.columns * dots.rows }, (_, dot) => {
          const x = column * dots.columns + (dot % dots.columns);
          const fromTop = row * dots.rows + Math.floor(dot / dots.columns);
          return isSet(x, rows * dots.rows - 1 - fromTop);
        }),
      ),
    ).join(''),
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
