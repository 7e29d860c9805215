// Random masks of what is known of an image: a box is hidden, or all around it, or a half, or single pixels. One model
// that has seen them all completes any.

export const MASK_KINDS = ['box', 'surroundings', 'half', 'pixels'] as const;
export type MaskKind = (typeof MASK_KINDS)[number];

/**
 * Fills rows of `shape` [1, H, W] with 1 (known) and 0 (hidden), each of a kind drawn evenly, from as many numbers in
 * [0, 1) as it asks for.
 */
export function fillMasks(out: Float32Array, shape: readonly number[], draw: (numbers: Float32Array) => void): void {
  const pixels = pixelsOf(shape);
  const each = 1 + numbersOfMask(shape); // the first is for the kind
  const numbers = new Float32Array((out.length / pixels) * each);
  draw(numbers);
  for (let row = 0; row * pixels < out.length; row++) {
    const own = numbers.subarray(row * each, (row + 1) * each);
    const kind = MASK_KINDS[Math.floor(own[0]! * MASK_KINDS.length)]!;
    fillMask(out.subarray(row * pixels, (row + 1) * pixels), kind, shape, own.subarray(1));
  }
}

/** One mask of a kind from numbers in [0, 1): a few, then one a pixel. */
export function fillMask(out: Float32Array, kind: MaskKind, shape: readonly number[], numbers: Float32Array): void {
  const [, height, width] = shape as [number, number, number];
  const [first, second, third, fourth] = numbers as unknown as [number, number, number, number];
  switch (kind) {
    case 'box':
    case 'surroundings': {
      const inside = kind === 'box' ? 0 : 1;
      // Sides of a quarter to three quarters of the image's, anywhere within it.
      const rows = span(height, first, third);
      const columns = span(width, second, fourth);
      out.fill(1 - inside);
      for (let y = rows.from; y < rows.to; y++) out.fill(inside, y * width + columns.from, y * width + columns.to);
      return;
    }
    case 'half': {
      const vertical = first < 0.5;
      const known = second < 0.5;
      const low = (y: number, x: number) => (vertical ? 2 * x < width : 2 * y < height);
      for (let i = 0; i < out.length; i++) out[i] = low(Math.floor(i / width), i % width) === known ? 1 : 0;
      return;
    }
    case 'pixels':
      // Each is known with the same probability, itself anything from none to all.
      for (let i = 0; i < out.length; i++) out[i] = numbers[OF_A_BOX + i]! < first ? 1 : 0;
      return;
    default:
      kind satisfies never;
  }
}

const OF_A_BOX = 4;

/** How many numbers `fillMask` may read. */
export function numbersOfMask(shape: readonly number[]): number {
  return OF_A_BOX + pixelsOf(shape);
}

function span(side: number, length: number, place: number): { from: number; to: number } {
  const taken = Math.round(side * (0.25 + 0.5 * length));
  const from = Math.floor(place * (side - taken + 1));
  return { from, to: from + taken };
}

function pixelsOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
