// What we use of opentype.js, which comes without types. Those of others bring the types of a browser with them.

declare module 'opentype.js' {
  export interface Font {
    readonly unitsPerEm: number;
    charToGlyph(letter: string): Glyph;
  }

  interface Glyph {
    /** In units of the font. */
    readonly advanceWidth: number;
    getPath(x: number, y: number, size: number): { toPathData(decimals: number): string };
  }

  const opentype: { parse(bytes: ArrayBuffer): Font };
  export default opentype;
}
