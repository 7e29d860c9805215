// What terminals can show: Unicode, or on old Windows consoles ASCII alone.

import isUnicodeSupported from 'is-unicode-supported';

export interface Glyphs {
  /** Of a bar. */
  readonly full: string;
  readonly empty: string;
  readonly ellipsis: string;
  /** Of a plot: the dots of one character, and the character in which some of them are set. */
  readonly dots: { readonly columns: number; readonly rows: number };
  /** `set`: row by row from the top, in each from the left. */
  readonly charOf: (set: readonly boolean[]) => string;
}

/** https://www.unicode.org/charts/PDF/U2800.pdf: the bit of each dot, row by row. */
const BRAILLE = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80] as const;

export const UNICODE: Glyphs = {
  full: '█',
  empty: '░',
  ellipsis: '…',
  dots: { columns: 2, rows: 4 },
  charOf: (set) => String.fromCodePoint(BRAILLE.reduce<number>((code, bit, i) => code + (set[i] ? bit : 0), 0x2800)),
};

export const ASCII: Glyphs = {
  full: '#',
  empty: '-',
  ellipsis: '~',
  dots: { columns: 1, rows: 2 },
  charOf: ([top, bottom]) => (top ? (bottom ? ':' : "'") : bottom ? '.' : ' '),
};

export function glyphsHere(): Glyphs {
  return isUnicodeSupported() ? UNICODE : ASCII;
}
