// The picture of a game in the plane: each mark is where it belongs. Its left panel spans pixels 44 to 384 across, its
// right one 482 to 822, both 64 to 404 down.
import { describe, expect, test } from 'vitest';
import { heatColour } from '../../src/images/heat.js';
import { contoursOf, type PlaneScene, planePicture } from '../../src/training/plane-picture.js';
import { colourAt, having, isNear, isReddish, pixelsOf } from './pictures.js';

const window = { x: { low: -1, high: 1 }, y: { low: -1, high: 1 } };
const scale = { low: 0, middle: 0.5, high: 1 };
const GREEN = [0, 115, 90] as const;
const LEFT = [44, 64, 384, 404] as const;
const RIGHT = [482, 64, 822, 404] as const;

const across = (x: number, left = 44) => left + ((x + 1) / 2) * 340;
const down = (y: number) => 404 - ((y + 1) / 2) * 340;

function draw(scene: Partial<PlaneScene>) {
  return planePicture({
    title: 'A test',
    subtitle: 'step 0',
    window,
    contours: '',
    samples: [],
    pulls: [],
    verdict: { values: [0.5], columns: 1, rows: 1, scale },
    verdictName: 'D(x)',
    ...scene,
  }).then(pixelsOf);
}

describe('the picture of a game in the plane', () => {
  test('is coloured by D where D says so', async () => {
    // D = σ(4x): the colours of places are those of the formula, whatever y is.
    const D = (x: number) => 1 / (1 + Math.exp(-4 * x));
    const values = Array.from({ length: 64 * 64 }, (_, i) => D(-1 + ((i % 64) + 0.5) / 32));
    const pixels = await draw({ verdict: { values, columns: 64, rows: 64, scale } });
    for (const x of [-0.9, -0.33, 0.02, 0.3, 0.9]) {
      for (const y of [-0.8, 0.4]) {
        const colour = colourAt(pixels, across(x), down(y));
        // A shade more or less at the edge of a step.
        expect(isNear(colour, heatColour(D(x), scale)), `${x}, ${y}: ${colour}`).toBe(true);
      }
    }
  });

  test('shows D from above to below as it is in the plane', async () => {
    const pixels = await draw({ verdict: { values: [1, 0], columns: 1, rows: 2, scale } });
    expect(isNear(colourAt(pixels, across(0), down(0.9)), [77, 156, 214])).toBe(true);
    expect(isNear(colourAt(pixels, across(0), down(-0.9)), [240, 163, 61])).toBe(true);
  });

  test('has a dot at each sample, and none elsewhere', async () => {
    const pixels = await draw({
      samples: [
        [0.5, -0.25],
        [-0.7, 0.7],
        [3, 3],
      ],
    });
    const dark = (x: number, y: number) => Math.max(...colourAt(pixels, x, y)) < 170;
    expect(dark(across(0.5), down(-0.25))).toBe(true);
    expect(dark(across(-0.7), down(0.7))).toBe(true);
    expect(dark(across(-0.5), down(0.25))).toBe(false);
    expect(isNear(colourAt(pixels, across(0.97), down(0.97)), [255, 255, 255])).toBe(true);
  });

  test('has arrows from the samples, upwards where y grows, the longest of 34 pixels', async () => {
    const pixels = await draw({
      samples: [
        [-0.5, 0],
        [0.5, 0],
      ],
      pulls: [
        [0, 2],
        [-1, 0],
      ],
    });
    const marks = having(pixels, isReddish, RIGHT);
    const up = marks.filter(([x]) => x < across(0, 482));
    const left = marks.filter(([x]) => x > across(0, 482));
    const [x, y] = [across(-0.5, 482), down(0)];
    expect(Math.abs(Math.max(...up.map(([, b]) => b)) - y)).toBeLessThan(2);
    expect(Math.min(...up.map(([, b]) => b))).toBeGreaterThan(y - 36);
    expect(Math.min(...up.map(([, b]) => b))).toBeLessThan(y - 31);
    for (const [a] of up) expect(Math.abs(a - x)).toBeLessThan(4);
    // Half as long, to the left.
    expect(Math.min(...left.map(([a]) => a))).toBeGreaterThan(across(0.5, 482) - 19);
    expect(Math.max(...left.map(([a]) => a))).toBeLessThanOrEqual(across(0.5, 482) + 1);
    expect(having(pixels, isReddish, LEFT)).toEqual([]);
  });

  test('has contours round the data and nowhere else', async () => {
    const data = Array.from({ length: 500 }, (_, i) => [0.5 + 0.01 * Math.cos(i), 0.5 + 0.01 * Math.sin(i)] as const);
    const pixels = await draw({ contours: contoursOf(data, window) });
    const lines = having(pixels, GREEN, LEFT);
    expect(lines.length).toBeGreaterThan(30);
    const centre = [0, 1].map((axis) => lines.reduce((sum, point) => sum + point[axis]!, 0) / lines.length);
    expect(Math.abs(centre[0]! - across(0.5))).toBeLessThan(2);
    expect(Math.abs(centre[1]! - down(0.5))).toBeLessThan(2);
    for (const [x, y] of lines) expect(Math.hypot(x - across(0.5), y - down(0.5))).toBeLessThan(20);
  });

  test('is drawn where nothing pulls and no sample is finite in the window', async () => {
    const pixels = await draw({ samples: [[9, 9]], pulls: [[0, 0]] });
    expect([pixels.width, pixels.height]).toEqual([836, 456]);
  });
});
