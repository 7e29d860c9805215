// A stroke font of our own, ten digits and 26 capitals, and how a stroke becomes grey pixels. Paths use SVG's M, L and
// Q with absolute coordinates in a box 10 wide and 14 high, y downwards.

/** Class names in the order of labels. */
export const GLYPHS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'] as const;

export const BOX = { width: 10, height: 14 } as const;

/** The zero is narrow and has a slash, unlike the O; the one has a flag and a foot, unlike the I. */
const PATHS: Record<(typeof GLYPHS)[number], string> = {
  0: 'M5 0 Q9 0 9 7 Q9 14 5 14 Q1 14 1 7 Q1 0 5 0 M3.2 10 L6.8 4',
  1: 'M2 3.5 L5.5 0 L5.5 14 M2.5 14 L8.5 14',
  2: 'M1 3.5 Q1.5 0 5 0 Q9 0 9 3.8 Q9 6.5 5.5 9.5 L1 14 L9.5 14',
  3: 'M1 1.5 Q3 0 5 0 Q9 0 9 3.4 Q9 6.6 4.5 6.6 Q9.5 6.6 9.5 10.2 Q9.5 14 5 14 Q2 14 0.5 12',
  4: 'M7.5 14 L7.5 0 L0.5 9.5 L10 9.5',
  5: 'M9 0 L2 0 L1.5 6.2 Q3 5.2 5 5.2 Q9.5 5.2 9.5 9.6 Q9.5 14 5 14 Q2 14 0.5 12',
  6: 'M8.5 1 Q7 0 5.5 0 Q1 0 1 8 Q1 14 5 14 Q9 14 9 10 Q9 6.2 5 6.2 Q1.5 6.2 1 9.5',
  7: 'M1 0 L9 0 L4 14',
  8: 'M5 6.5 Q1.5 6.5 1.5 3.25 Q1.5 0 5 0 Q8.5 0 8.5 3.25 Q8.5 6.5 5 6.5 Q0.5 6.5 0.5 10.25 Q0.5 14 5 14 Q9.5 14 9.5 10.25 Q9.5 6.5 5 6.5',
  9: 'M1.5 13 Q3 14 4.5 14 Q9 14 9 6 Q9 0 5 0 Q1 0 1 4 Q1 7.8 5 7.8 Q8.5 7.8 9 4.5',
  A: 'M0 14 L5 0 L10 14 M1.8 9 L8.2 9',
  B: 'M1 14 L1 0 L5 0 Q8.5 0 8.5 3.25 Q8.5 6.5 5 6.5 L1 6.5 M5 6.5 Q9.5 6.5 9.5 10.25 Q9.5 14 5 14 L1 14',
  C: 'M9.5 3 Q8.5 0 5.2 0 Q0.5 0 0.5 7 Q0.5 14 5.2 14 Q8.5 14 9.5 11',
  D: 'M1 0 L1 14 L4 14 Q9.8 14 9.8 7 Q9.8 0 4 0 L1 0',
  E: 'M9 0 L1 0 L1 14 L9 14 M1 6.8 L7.5 6.8',
  F: 'M9 0 L1 0 L1 14 M1 6.8 L7.5 6.8',
  G: 'M9.3 3 Q8.3 0 5.2 0 Q0.5 0 0.5 7 Q0.5 14 5.2 14 Q9.5 14 9.5 9.5 L9.5 8 L5.8 8',
  H: 'M1 0 L1 14 M9 0 L9 14 M1 7 L9 7',
  I: 'M5 0 L5 14 M2 0 L8 0 M2 14 L8 14',
  J: 'M4.5 0 L8.5 0 L8.5 9.5 Q8.5 14 4.8 14 Q1.2 14 1 10.5',
  K: 'M1 0 L1 14 M9 0 L1 8.5 M4.2 5.2 L9.5 14',
  L: 'M1 0 L1 14 L9 14',
  M: 'M0.5 14 L0.5 0 L5 8 L9.5 0 L9.5 14',
  N: 'M1 14 L1 0 L9 14 L9 0',
  O: 'M5 0 Q10 0 10 7 Q10 14 5 14 Q0 14 0 7 Q0 0 5 0',
  P: 'M1 14 L1 0 L5 0 Q9.5 0 9.5 3.75 Q9.5 7.5 5 7.5 L1 7.5',
  Q: 'M5 0 Q10 0 10 7 Q10 14 5 14 Q0 14 0 7 Q0 0 5 0 M6 9.5 L10 14.5',
  R: 'M1 14 L1 0 L5 0 Q9.5 0 9.5 3.75 Q9.5 7.5 5 7.5 L1 7.5 M5 7.5 L9.5 14',
  S: 'M9 2.5 Q8 0 5 0 Q1 0 1 3.5 Q1 6 5 6.9 Q9.3 7.8 9.3 10.5 Q9.3 14 5 14 Q1.5 14 0.5 11.5',
  T: 'M0 0 L10 0 M5 0 L5 14',
  U: 'M1 0 L1 9 Q1 14 5 14 Q9 14 9 9 L9 0',
  V: 'M0 0 L5 14 L10 0',
  W: 'M0 0 L2.5 14 L5 4 L7.5 14 L10 0',
  X: 'M0.5 0 L9.5 14 M9.5 0 L0.5 14',
  Y: 'M0.5 0 L5 7 L9.5 0 M5 7 L5 14',
  Z: 'M1 0 L9 0 L1 14 L9.5 14',
};

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A run of straight pieces. */
export type Polyline = readonly Point[];

/** Control points of one glyph: M and L have one, Q has its control and its end. */
export type Command =
  | { readonly kind: 'M' | 'L'; readonly to: Point }
  | { readonly kind: 'Q'; readonly via: Point; readonly to: Point };

export const STROKES: readonly (readonly Command[])[] = GLYPHS.map((glyph) => parsePath(PATHS[glyph]!));

function parsePath(path: string): Command[] {
  return Array.from(path.matchAll(/([MLQ])([^MLQ]*)/g), ([, kind, text]) => {
    const numbers = text!.trim().split(/\s+/).map(Number);
    const point = (at: number): Point => ({ x: numbers[at]!, y: numbers[at + 1]! });
    return kind === 'Q' ? { kind, via: point(0), to: point(2) } : { kind: kind as 'M' | 'L', to: point(0) };
  });
}

/** Straight pieces that a curve becomes; at 28 pixels the error is below a tenth of one. */
const PIECES = 8;

/** Straight pieces of a glyph once `place` has moved every control point. */
export function flatten(commands: readonly Command[], place: (point: Point, index: number) => Point): Polyline[] {
  const lines: Point[][] = [];
  let index = 0;
  let at: Point = { x: 0, y: 0 };
  for (const command of commands) {
    if (command.kind === 'Q') {
      const via = place(command.via, index++);
      const to = place(command.to, index++);
      for (let piece = 1; piece <= PIECES; piece++) lines.at(-1)!.push(quadratic(at, via, to, piece / PIECES));
      at = to;
      continue;
    }
    at = place(command.to, index++);
    if (command.kind === 'M') lines.push([at]);
    else lines.at(-1)!.push(at);
  }
  return lines;
}

function quadratic(from: Point, via: Point, to: Point, t: number): Point {
  const s = 1 - t;
  return {
    x: s * s * from.x + 2 * s * t * via.x + t * t * to.x,
    y: s * s * from.y + 2 * s * t * via.y + t * t * to.y,
  };
}

/**
 * White strokes with round ends on black. A pixel's grey is how far its centre lies inside the stroke's edge, from half
 * a pixel outside to half a pixel inside: the usual approximation of the covered area. Uses only sums, products and
 * square roots, so the bytes are the same everywhere.
 */
export function drawStrokes(lines: readonly Polyline[], side: number, halfWidth: number, out: Uint8Array): void {
  // Squared distance of each pixel to the middle of the stroke.
  const nearest = new Float64Array(side * side).fill(Number.POSITIVE_INFINITY);
  const reach = halfWidth + 0.5;
  for (const line of lines) {
    for (let i = 1; i < line.length; i++) measure(line[i - 1]!, line[i]!, side, reach, nearest);
  }
  for (let i = 0; i < nearest.length; i++) {
    out[i] = nearest[i]! < reach * reach ? Math.round(255 * Math.min(1, reach - Math.sqrt(nearest[i]!))) : 0;
  }
}

function measure(a: Point, b: Point, side: number, reach: number, nearest: Float64Array): void {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length2 = dx * dx + dy * dy;
  const clip = (value: number) => Math.max(0, Math.min(side - 1, value));
  const [left, right] = [clip(Math.floor(Math.min(a.x, b.x) - reach)), clip(Math.ceil(Math.max(a.x, b.x) + reach))];
  const [top, bottom] = [clip(Math.floor(Math.min(a.y, b.y) - reach)), clip(Math.ceil(Math.max(a.y, b.y) + reach))];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const [px, py] = [x + 0.5 - a.x, y + 0.5 - a.y];
      const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / length2));
      const [ex, ey] = [px - t * dx, py - t * dy];
      const distance2 = ex * ex + ey * ey;
      if (distance2 < nearest[y * side + x]!) nearest[y * side + x] = distance2;
    }
  }
}
