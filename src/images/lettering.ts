// Text as outlines of one typeface that comes with the package, so that a picture reads the same on every machine,
// those without fonts among them. Inter, https://rsms.me/inter/ (SIL Open Font License 1.1).

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype, { type Font } from 'opentype.js';

export type Weight = 400 | 600;
export type Anchor = 'start' | 'middle' | 'end';

const fonts = new Map<Weight, Font>();

/** Path data of SVG. (x, y): where the baseline begins, has its middle or ends. `size`: pixels of an em. */
export function outlines(
  text: string,
  x: number,
  y: number,
  size: number,
  { anchor = 'start', weight = 400 }: { readonly anchor?: Anchor; readonly weight?: Weight } = {},
): string {
  const font = fontOf(weight);
  const shift = { start: 0, middle: 0.5, end: 1 }[anchor] * widthOf(text, size, weight);
  let at = x - shift;
  const parts: string[] = [];
  // Letter by letter: ligatures are not needed, and opentype.js cannot read all of the rules for them.
  for (const letter of text) {
    const glyph = font.charToGlyph(letter);
    parts.push(glyph.getPath(at, y, size).toPathData(2));
    at += advance(glyph.advanceWidth, font, size);
  }
  return parts.join('');
}

/** Pixels that the text takes. */
export function widthOf(text: string, size: number, weight: Weight = 400): number {
  const font = fontOf(weight);
  return [...text].reduce((sum, letter) => sum + advance(font.charToGlyph(letter).advanceWidth, font, size), 0);
}

function advance(width: number, { unitsPerEm }: Font, size: number): number {
  return (width / unitsPerEm) * size;
}

function fontOf(weight: Weight): Font {
  const known = fonts.get(weight);
  if (known) return known;
  const path = createRequire(import.meta.url).resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff`);
  const font = opentype.parse(Uint8Array.from(readFileSync(path)).buffer);
  fonts.set(weight, font);
  return font;
}
