import { describe, expect, it } from 'vitest';
import { GanymedeError } from '../../src/errors.js';
import {
  interpolation,
  type Latent,
  latent,
  lerp,
  MAX_SEED,
  type Prior,
  seedsFrom,
  slerp,
  validateLatent,
} from '../../src/models/latent.js';

const uniform: Prior = { kind: 'uniform', low: 2, high: 4 };
const normal: Prior = { kind: 'normal' };
const vector = (...values: number[]): Latent => Float32Array.from(values);

function refusal(act: () => unknown): GanymedeError {
  try {
    act();
  } catch (error) {
    if (error instanceof GanymedeError) return error;
    throw error;
  }
  throw new Error('Expected a refusal but received none.');
}

describe('latent', () => {
  it('keeps its values for good: a seed is a public address of an image', () => {
    // Pinned from the first release. A change here changes every image that was ever shared by seed.
    expect([...latent(42, 4, { kind: 'uniform', low: 0, high: 1 })]).toEqual([
      0.6129598617553711, 0.4685865044593811, 0.07323169708251953, 0.3408614993095398,
    ]);
    expect([...latent(42, 4, normal)]).toEqual([
      -0.9701898097991943, 0.19401895999908447, -1.2356207370758057, 1.9239267110824585,
    ]);
  });

  it('differs between seeds and is the same each time', () => {
    expect(latent(1, 100, normal)).toEqual(latent(1, 100, normal));
    expect(latent(1, 100, normal)).not.toEqual(latent(2, 100, normal));
  });

  it('scales toward the mean of the prior by the truncation', () => {
    const full = latent(5, 50, uniform);
    const half = latent(5, 50, uniform, 0.5);
    full.forEach((value, i) => {
      expect(half[i]).toBeCloseTo(3 + (value - 3) / 2, 6);
    });
    expect(new Set(latent(5, 50, uniform, 0))).toEqual(new Set([3]));
    expect(Math.max(...latent(5, 50, normal, 0).map(Math.abs))).toBe(0);
  });

  it.each([-0.1, 1.7, Number.NaN])('refuses truncation %f', (truncation) => {
    const error = refusal(() => latent(1, 4, normal, truncation));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toBe(`Expected truncation in [0, 1] but received ${truncation}.`);
  });

  it.each([-1, 1.5, 2 ** 32, Number.NaN])('refuses seed %f', (seed) => {
    expect(refusal(() => latent(seed, 4, normal)).message).toBe(
      `Expected seed to be an integer in [0, 4294967295] but received ${seed}.`,
    );
  });
});

describe('seedsFrom', () => {
  it('counts up from the seed', () => {
    expect(seedsFrom(42, 4)).toEqual([42, 43, 44, 45]);
    expect(seedsFrom(MAX_SEED, 1)).toEqual([MAX_SEED]);
  });

  it.each([0, -1, 1e9, 2.5])('refuses count %f', (count) => {
    expect(refusal(() => seedsFrom(0, count)).code).toBe('BAD_USER_INPUT');
  });

  it('refuses seeds that would run past the last one', () => {
    expect(refusal(() => seedsFrom(MAX_SEED, 2)).message).toContain('seed + count − 1 to be at most 4294967295');
  });
});

describe('validateLatent', () => {
  it('returns the values as float32', () => {
    expect(validateLatent([0.1, 2], 2)).toEqual(vector(0.1, 2));
  });

  it('names both lengths', () => {
    const error = refusal(() => validateLatent([1, 2, 3], 100));
    expect(error.code).toBe('INVALID_LATENT');
    expect(error.message).toBe('Expected a latent of 100 values but received "3 values".');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e39])('names the index of the first value that is %f', (bad) => {
    const error = refusal(() => validateLatent([0, 1, bad, Number.NaN], 4));
    expect(error.code).toBe('INVALID_LATENT');
    expect(error.message).toContain(`received ${bad} at index 2`);
    expect(error.details).toEqual({ index: 2, value: String(bad) });
  });
});

describe('lerp and slerp', () => {
  it('lerp is the weighted mean', () => {
    expect(lerp(vector(0, 4), vector(2, 0), 0.25)).toEqual(vector(0.5, 3));
  });

  it('slerp of orthogonal unit vectors is (cos, sin) of the part of the right angle', () => {
    const third = slerp(vector(1, 0), vector(0, 1), 1 / 3);
    expect(third[0]).toBeCloseTo(Math.cos(Math.PI / 6), 6);
    expect(third[1]).toBeCloseTo(Math.sin(Math.PI / 6), 6);
    const half = slerp(vector(3, 0), vector(0, 5), 0.5);
    expect(half[0]).toBeCloseTo(3 * Math.SQRT1_2, 6);
    expect(half[1]).toBeCloseTo(5 * Math.SQRT1_2, 6);
  });

  it('slerp keeps the length between vectors of equal length, where lerp cuts the corner', () => {
    const [a, b] = [vector(3, 4, 0), vector(0, 4, -3)];
    for (const t of [0.1, 0.37, 0.5, 0.9]) {
      expect(Math.hypot(...slerp(a, b, t))).toBeCloseTo(5, 5);
      expect(Math.hypot(...lerp(a, b, t))).toBeLessThan(4.99);
    }
  });

  it.each([
    { name: 'parallel', a: vector(1, 2), b: vector(2, 4) },
    { name: 'opposite', a: vector(1, 2), b: vector(-1, -2) },
    { name: 'zero', a: vector(0, 0), b: vector(1, 2) },
  ])('slerp falls back to lerp for $name vectors', ({ a, b }) => {
    expect(slerp(a, b, 0.3)).toEqual(lerp(a, b, 0.3));
  });

  it('refuses vectors of different lengths', () => {
    expect(refusal(() => slerp(vector(1), vector(1, 2), 0.5)).code).toBe('INVALID_LATENT');
  });
});

describe('interpolation', () => {
  const [a, b, c] = [vector(0, 0), vector(1, 0), vector(1, 1)];
  const linear = (waypoints: Latent[], steps: number, loop = false) =>
    interpolation(waypoints, steps, 'linear', loop).map((z) => [...z]);

  it('spreads `steps` frames evenly from the first waypoint to the last, both included', () => {
    expect(linear([a, b], 5)).toEqual([
      [0, 0],
      [0.25, 0],
      [0.5, 0],
      [0.75, 0],
      [1, 0],
    ]);
    expect(linear([a, b, c], 5)).toEqual([
      [0, 0],
      [0.5, 0],
      [1, 0],
      [1, 0.5],
      [1, 1],
    ]);
    expect(linear([a, b, c], 2)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('a loop comes back to the first waypoint without repeating its frame', () => {
    expect(linear([a, b], 4, true)).toEqual([
      [0, 0],
      [0.5, 0],
      [1, 0],
      [0.5, 0],
    ]);
    expect(linear([a, b, c], 3, true)).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
  });

  it('passes through every waypoint exactly, by slerp too, whenever the steps divide evenly', () => {
    const waypoints = [1, 2, 3, 4].map((seed) => latent(seed, 100, normal));
    const frames = interpolation(waypoints, 31, 'slerp');
    [0, 10, 20, 30].forEach((frame, i) => {
      expect(frames[frame]).toEqual(waypoints[i]);
    });
  });

  it('returns copies, so that a frame may be changed or transferred', () => {
    const frames = interpolation([a, b], 2, 'slerp');
    expect(frames[0]).not.toBe(a);
    expect(frames[1]).not.toBe(b);
  });

  it('refuses one waypoint, and fewer than two steps', () => {
    expect(refusal(() => interpolation([a], 4, 'linear')).message).toBe(
      'Expected at least 2 waypoints but received 1.',
    );
    expect(refusal(() => interpolation([a, b], 1, 'linear')).code).toBe('BAD_USER_INPUT');
    expect(refusal(() => interpolation([a, b], 1e9, 'linear')).code).toBe('BAD_USER_INPUT');
  });
});

describe('a cubic path', () => {
  const size = 3;
  const points = [0, 1, 2, 3, 4].map((i) => latent(i, size, normal));
  const at = (frames: readonly Latent[], place: number, component: number) => frames[place]![component]!;

  it('passes every waypoint, to the bit', () => {
    for (const loop of [false, true]) {
      const frames = interpolation(points, loop ? 40 : 41, 'cubic', loop);
      for (const [i, point] of points.entries()) {
        if (loop || i < points.length) expect(frames[loop ? 8 * i : 10 * i]).toEqual(point);
      }
    }
  });

  it('is the Hermite cubic whose slopes are half the way between the neighbours, worked out by hand', () => {
    // p = 0, 1, 3, 2: slopes (3−0)/2 and (2−1)/2 at 1 and 3; at t = ½: (1+3)/2 + (1.5 − 0.5)/8 = 2.125.
    const [middle] = interpolation(
      [0, 1, 3, 2].map((x) => vector(x)),
      7,
      'cubic',
    ).slice(3);
    expect(middle![0]).toBeCloseTo(2.125, 6);
  });

  it('follows a straight line at an even pace where its waypoints do, ends included', () => {
    const frames = interpolation(
      [0, 1, 2].map((x) => vector(x)),
      9,
      'cubic',
    );
    expect(frames.map(([x]) => x)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]);
  });

  it('between two waypoints is the straight line', () => {
    const ends = points.slice(0, 2);
    const straight = interpolation(ends, 9, 'linear');
    for (const [i, frame] of interpolation(ends, 9, 'cubic').entries()) {
      for (let k = 0; k < size; k++) expect(frame[k]).toBeCloseTo(straight[i]![k]!, 5);
    }
  });

  it.each([false, true])('has no corner at a waypoint, where a straight path has one (looped: %s)', (loop) => {
    const perSegment = 1000;
    const segments = loop ? points.length : points.length - 1;
    const steps = segments * perSegment + (loop ? 0 : 1);
    /** By how much the slope jumps at each inner waypoint, in units of a segment. */
    const jumps = (method: 'linear' | 'cubic') => {
      const frames = interpolation(points, steps, method, loop);
      const around = (i: number) => (i + steps) % steps;
      const inner = Array.from({ length: loop ? segments : segments - 1 }, (_, i) => (loop ? i : i + 1) * perSegment);
      return inner.map((frame) =>
        Math.max(
          ...[0, 1, 2].map((k) => {
            const here = at(frames, frame, k);
            const [left, right] = [at(frames, around(frame - 1), k), at(frames, around(frame + 1), k)];
            return Math.abs(right - here - (here - left)) * perSegment;
          }),
        ),
      );
    };
    expect(Math.max(...jumps('cubic'))).toBeLessThan(0.02); // second order in the step
    expect(Math.min(...jumps('linear'))).toBeGreaterThan(0.3);
  });
});
