// Labelled characters of 28×28 pixels: our stroke font with random size, slant, turn, place, shape and width of stroke.
// Glyph i of a seed is the same whatever else is read, on every machine.
import { fillStream, streamOf } from '../random/noise.js';
import { BOX, drawStrokes, flatten, GLYPHS, type Point, STROKES } from './strokes.js';

export const GLYPH_SIDE = 28;

/** Glyph i is of class i mod 36, so every part of the data holds all classes equally often. */
export function glyphLabel(index: number): number {
  return index % GLYPHS.length;
}

/** Ranges of what varies, uniform within them. Lengths are pixels; the turn is the tangent of half the angle, ±8°. */
const VARY = {
  height: [16, 22],
  aspect: [0.8, 1.2],
  slant: [-0.25, 0.25],
  turn: [-0.07, 0.07],
  shift: [-2, 2],
  halfWidth: [0.7, 1.7],
  /** How far each control point moves, in units of the font's box. */
  wobble: [-0.45, 0.45],
} as const;

/** Control points of the most complicated glyph, and a few more. */
const MAX_POINTS = 32;

/** Writes 28 × 28 grey bytes. */
export function drawGlyph(seed: number, index: number, out: Uint8Array): void {
  const draws = new Float32Array(7 + 2 * MAX_POINTS);
  fillStream(draws, streamOf(seed, 'builtin/glyphs', index), { kind: 'uniform', low: 0, high: 1, shape: [] });
  const pick = ([low, high]: readonly [number, number], draw: number) => low + (high - low) * draws[draw]!;

  const scaleY = pick(VARY.height, 0) / BOX.height;
  const scaleX = scaleY * pick(VARY.aspect, 1);
  const slant = pick(VARY.slant, 2);
  const half = pick(VARY.turn, 3);
  // cos and sin from the half angle's tangent: JavaScript leaves the last bits of Math.cos to the engine.
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  const middle = { x: GLYPH_SIDE / 2 + pick(VARY.shift, 4), y: GLYPH_SIDE / 2 + pick(VARY.shift, 5) };

  const place = (point: Point, control: number): Point => {
    const wobbled = {
      x: point.x + pick(VARY.wobble, 7 + 2 * control),
      y: point.y + pick(VARY.wobble, 8 + 2 * control),
    };
    const y = (wobbled.y - BOX.height / 2) * scaleY;
    const x = (wobbled.x - BOX.width / 2) * scaleX - slant * y;
    return { x: middle.x + cos * x - sin * y, y: middle.y + sin * x + cos * y };
  };
  drawStrokes(flatten(STROKES[glyphLabel(index)]!, place), GLYPH_SIDE, pick(VARY.halfWidth, 6), out);
}
