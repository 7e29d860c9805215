// The picture of a game on the line: its curves and arrows are where they belong. The panel spans pixels 48 to 660
// across and 64 to 300 down; x lies at 368 and z at 436 down.
import { describe, expect, test } from 'vitest';
import { type LineScene, linePicture } from '../../src/training/line-picture.js';
import { having, isReddish, pixelsOf } from './pictures.js';

const BLUE = [0, 114, 178] as const;
const GREEN = [0, 115, 90] as const;
const places = Array.from({ length: 101 }, (_, i) => -2 + i / 25);
const across = (x: number) => 48 + ((x + 2) / 4) * 612;

function draw(scene: Partial<LineScene>) {
  return linePicture({
    title: 'A test',
    subtitle: 'step 0',
    window: { low: -2, high: 2 },
    places,
    data: places.map(() => 0.25),
    samples: places.map(() => 0),
    verdict: places.map(() => 0),
    scale: { low: 0, middle: 0.5, high: 1 },
    verdictName: 'D(x)',
    map: [],
    latents: { low: 0, high: 1 },
    ...scene,
  }).then(pixelsOf);
}

describe('the picture of a game on the line', () => {
  test('draws D(x) at its height', async () => {
    // From 0.25 on the left to 0.75 on the right: the middle of the panel at x = 0.
    const pixels = await draw({ verdict: places.map((x) => 0.5 + x / 8) });
    const marks = having(pixels, BLUE, [49, 66, 659, 299]);
    expect(marks.length).toBeGreaterThan(200);
    for (const [x, y] of marks) {
      const value = 0.5 + ((x - 48) / 612 - 0.5) / 2;
      expect(Math.abs(y - (300 - value * 236))).toBeLessThan(2.5);
    }
  });

  test('draws the density of samples beside that of the data, which fills six tenths', async () => {
    const pixels = await draw({ samples: places.map((x) => (x < 0 ? 0.125 : 0)) });
    const heights = having(pixels, GREEN, [60, 66, 330, 297]).map(([, y]) => y);
    const height = (0.125 / (0.25 / 0.6)) * 236;
    expect(Math.abs(heights.reduce((sum, y) => sum + y, 0) / heights.length - (300 - height))).toBeLessThan(1.5);
  });

  test('draws an arrow from each z to its x, and the pull on that x from there', async () => {
    const pixels = await draw({
      map: [
        { z: 0.25, x: 1, pull: -1 },
        { z: 0.75, x: -1, pull: 0.5 },
      ],
    });
    const grey = having(pixels, [138, 138, 138], [60, 380, 648, 430]);
    // The two cross half-way between the lines; each pixel lies on one of them.
    const ways = [
      [201, across(1)],
      [507, across(-1)],
    ] as const;
    for (const [x, y] of grey) {
      const share = (436 - y) / (436 - 370);
      expect(Math.min(...ways.map(([from, to]) => Math.abs(x - (from + share * (to - from)))))).toBeLessThan(5);
    }
    expect(grey.length).toBeGreaterThan(60);
    const pulls = having(pixels, isReddish, [60, 350, 648, 366]).map(([x]) => x);
    const [left, right] = [pulls.filter((x) => x < 354), pulls.filter((x) => x > 354)];
    expect(Math.abs(Math.min(...right) - (across(1) - 30))).toBeLessThan(2);
    expect(Math.abs(Math.max(...right) - across(1))).toBeLessThan(2);
    expect(Math.max(...left) - Math.min(...left)).toBeLessThan(18); // half as long, to the right
    expect(Math.min(...left)).toBeGreaterThan(across(-1) - 2);
  });

  test('of latents of several numbers draws no line of z', async () => {
    const pixels = await draw({ map: [{ z: null, x: 0, pull: 0 }] });
    expect(having(pixels, [34, 34, 34], [60, 430, 648, 442])).toEqual([]);
  });
});
