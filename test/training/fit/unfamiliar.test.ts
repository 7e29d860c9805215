import { describe, expect, it } from 'vitest';
import { streamOf } from '../../../src/random/noise.js';
import { Draws, damage, estrange, UNFAMILIAR_IMAGES } from '../../../src/training/fit/unfamiliar.js';

const SIDE = 16;
const draws = (counter: number) => new Draws(streamOf(3, 'test', counter));

/** A ring and a bar in it, which no flip or quarter turn maps onto itself. */
function drawing(channels: number): Float32Array {
  return Float32Array.from({ length: channels * SIDE * SIDE }, (_, at) => {
    const [y, x] = [Math.floor(at / SIDE) % SIDE, at % SIDE];
    const radius = Math.hypot(y - 7.5, x - 6.5);
    return (radius > 3.5 && radius < 5.5) || (y === 4 && x > 8) ? 1 : 0;
  });
}

const damaged = (kind: string, channels: number, counter: number) => {
  const canvas = (data: Float32Array) => ({ channels, height: SIDE, width: SIDE, data });
  const image = canvas(drawing(channels));
  UNFAMILIAR_IMAGES[kind]!(image, draws(counter), () => canvas(drawing(channels).reverse()));
  return image.data;
};

describe.each(Object.keys(UNFAMILIAR_IMAGES))('%s', (kind) => {
  it.each([1, 3])('is no longer the image, of %d channels, and is another each time', (channels) => {
    const before = drawing(channels);
    const all = Array.from({ length: 20 }, (_, counter) => damaged(kind, channels, counter));
    for (const image of all) {
      expect(image).toHaveLength(before.length);
      expect(image.every(Number.isFinite)).toBe(true);
      expect(image.some((value, at) => Math.abs(value - before[at]!) > 0.02)).toBe(true);
    }
    expect(new Set(all.map((image) => image.join())).size).toBeGreaterThan(1);
    expect(damaged(kind, channels, 5)).toEqual(all[5]);
  });
});

it('an unfamiliar image keeps to the units of the data', () => {
  for (let counter = 0; counter < 100; counter++) {
    const image = drawing(1).map((value) => 2 * value - 1);
    damage(image, image.slice().reverse(), { shape: [1, SIDE, SIDE], range: [-1, 1] }, draws(counter));
    for (const value of image) expect(value >= -1 && value <= 1).toBe(true);
  }
});

it('flats are black, white and of any grey, with and without grain', () => {
  const flats = Array.from({ length: 60 }, (_, counter) => damaged('flat', 1, counter));
  const plain = flats.filter((image) => image.every((value) => value === image[0])).map((image) => image[0]!);
  expect(plain.length).toBeGreaterThan(10);
  expect(plain.length).toBeLessThan(50);
  for (const grey of [0, 1]) expect(plain).toContain(grey);
  expect(plain.some((grey) => grey > 0.2 && grey < 0.8)).toBe(true);
});

it('a shifted image is moved by a seventh of its side or more, or by four pixels', () => {
  // One bright pixel in the middle, on black: where it is afterwards says how far it went.
  for (let counter = 0; counter < 60; counter++) {
    const image = new Float32Array(SIDE * SIDE);
    image[8 * SIDE + 8] = 0.6;
    const canvas = { channels: 1, height: SIDE, width: SIDE, data: image };
    UNFAMILIAR_IMAGES['shifted']!(canvas, draws(counter), () => canvas);
    const at = image.findIndex((value) => Math.abs(value - 0.6) < 1e-6);
    if (at < 0) continue; // beyond the edge
    expect(Math.max(Math.abs(Math.floor(at / SIDE) - 8), Math.abs((at % SIDE) - 8))).toBeGreaterThanOrEqual(2);
  }
});

it('a point goes anywhere about the data, or as far as a thousand deviations', () => {
  const moved = Array.from({ length: 300 }, (_, counter) => {
    const point = Float32Array.of(10, -3);
    estrange(point, { centre: [10, -3], spread: [2, 0.5] }, draws(counter));
    return [(point[0]! - 10) / 2, (point[1]! + 3) / 0.5] as const;
  });
  const distances = moved.map(([x, y]) => Math.hypot(x, y)).sort((a, b) => a - b);
  expect(distances[0]).toBeGreaterThan(0);
  expect(distances[150]).toBeGreaterThan(1);
  expect(distances[150]).toBeLessThan(20);
  expect(distances.at(-1)).toBeGreaterThan(300);
});
