// A function over a rectangle as colours: orange below its middle, white there, blue above, in steps, so that the eye
// finds lines of equal value. The two colours differ for people who confuse red and green, too.

import type { Pixels } from './pixels.js';

export interface Heat {
  /** Values at the middles of `columns` × `rows` equal cells, rows from the top. */
  readonly values: ArrayLike<number>;
  readonly columns: number;
  readonly rows: number;
  readonly scale: Scale;
}

/** What is darkest orange, white, and darkest blue. */
export interface Scale {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

type Colour = readonly [red: number, green: number, blue: number];

const LOW: Colour = [240, 163, 61];
const MIDDLE: Colour = [255, 255, 255];
const HIGH: Colour = [77, 156, 214];
/** Shades on each side of white. */
const SHADES = 10;

/** In between the middles of cells values are interpolated. */
export function heatMap(heat: Heat, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(heatColour(valueAt(heat, (x + 0.5) / width, (y + 0.5) / height), heat.scale), (y * width + x) * 3);
    }
  }
  return { width, height, channels: 3, data };
}

export function heatColour(value: number, { low, middle, high }: Scale): Colour {
  const share = value < middle ? (middle - value) / (middle - low) : (value - middle) / (high - middle);
  const shade = Math.round(Math.min(1, Math.max(0, share)) * SHADES) / SHADES;
  const end = value < middle ? LOW : HIGH;
  const mixed = (channel: 0 | 1 | 2) => Math.round(MIDDLE[channel] + shade * (end[channel] - MIDDLE[channel]));
  return [mixed(0), mixed(1), mixed(2)];
}

/** At a place of the rectangle, both coordinates in [0, 1], y from the top. */
function valueAt({ values, columns, rows }: Heat, across: number, down: number): number {
  const [left, x] = between(across * columns - 0.5, columns);
  const [top, y] = between(down * rows - 0.5, rows);
  const at = (row: number, column: number) =>
    values[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)]!;
  const upper = at(top, left) * (1 - x) + at(top, left + 1) * x;
  const lower = at(top + 1, left) * (1 - x) + at(top + 1, left + 1) * x;
  return upper * (1 - y) + lower * y;
}

/** The cell before a place, and how far the place is on the way to the next. */
function between(place: number, count: number): [cell: number, share: number] {
  const inside = Math.min(Math.max(place, 0), count - 1);
  const cell = Math.floor(inside);
  return [cell, inside - cell];
}
