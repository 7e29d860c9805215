import { describe, expect, it } from 'vitest';
import { type Carrier, carriedLogDensities } from '../../src/evaluation/carried-density.js';
import { logDensities } from '../../src/evaluation/density-estimate.js';
import type { Rows } from '../../src/evaluation/rows.js';
import { agreementWith, trueRatio } from '../../src/evaluation/true-ratio.js';
import { fillStream, streamOf } from '../../src/random/noise.js';

function normals(name: string, count: number, size: number): Rows {
  const data = new Float32Array(count * size);
  fillStream(data, streamOf(7, name), { kind: 'normal', shape: [] });
  return { data, size };
}

/** Of normal latents, or uniform ones in [−1, 1], each by itself. */
function carrierOf(map: (z: number, axis: number) => number, kind: 'normal' | 'uniform' = 'normal'): Carrier {
  return {
    prior: kind === 'normal' ? { kind } : { kind, low: -1, high: 1 },
    carry: async ({ data, size }) => ({ data: data.map((z, i) => map(z, i % size)), size }),
  };
}

const logNormal = (x: number) => -(x ** 2) / 2 - Math.log(2 * Math.PI) / 2;

describe('the density of what a generator makes of as many latents as coordinates', () => {
  it('is, of a line that is folded once, twice that of its half, and none where nothing is carried', async () => {
    const places = { data: Float32Array.of(0.3, 1, 2.5, -0.2), size: 1 };
    const { values } = await carriedLogDensities(carrierOf(Math.abs), places);
    for (const [i, x] of [0.3, 1, 2.5].entries()) expect(values[i]).toBeCloseTo(Math.LN2 + logNormal(x), 4);
    expect(values[3]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is, of uniform latents, the inverse of how much they are stretched', async () => {
    const places = { data: Float32Array.of(-0.5, 0.25, 1.9), size: 1 };
    const { values } = await carriedLogDensities(
      carrierOf((z) => (z < 0 ? z : 2 * z), 'uniform'),
      places,
    );
    for (const [i, q] of [1 / 2, 1 / 4, 1 / 4].entries()) expect(values[i]).toBeCloseTo(Math.log(q), 3);
  });

  it('is that of a Gaussian, for one that is a little narrower and off, as a mode of a good generator is', async () => {
    // p = N(0, σ²), q = N(0.07σ, (0.95σ)²) along each axis: ln p/q varies by a tenth only.
    const sigma = 0.01;
    const places = { data: normals('mode', 300, 2).data.map((z) => sigma * z), size: 2 };
    const logOf = (centre: number, deviation: number) => (point: ArrayLike<number>) =>
      [0, 1].reduce((sum, axis) => sum + logNormal((point[axis]! - centre) / deviation) - Math.log(deviation), 0);
    const [p, q] = [logOf(0, sigma), logOf(0.07 * sigma, 0.95 * sigma)];
    const carrier = carrierOf((z) => sigma * (0.07 + 0.95 * z));
    const truth = trueRatio(places, p, await carriedLogDensities(carrier, places));
    const exact = Float64Array.from({ length: 300 }, (_, i) => {
      const point = places.data.subarray(2 * i, 2 * i + 2);
      return p(point) - q(point);
    });
    const { correlation, slope } = agreementWith(truth, exact);
    expect(correlation).toBeGreaterThan(0.99);
    expect(Math.abs(slope - 1)).toBeLessThan(0.05);
  });

  it('sees strands that are too fine for samples', async () => {
    // x = z + ¾ sin(40z)/40 along the first axis: q(x) = φ(z) / (1 + ¾ cos 40z), in strands 0.16 apart.
    const ripple = (z: number) => z + (0.75 * Math.sin(40 * z)) / 40;
    const carrier = carrierOf((z, axis) => (axis === 0 ? ripple(z) : z));
    const latents = normals('places', 300, 2);
    const places = await carrier.carry(latents);
    const exact = Float64Array.from({ length: 300 }, (_, i) => {
      const [z0, z1] = latents.data.subarray(2 * i, 2 * i + 2);
      return logNormal(z0!) + logNormal(z1!) - Math.log(1 + 0.75 * Math.cos(40 * z0!));
    });
    const { values, coarser } = await carriedLogDensities(carrier, places);
    const found = { places, values, noise: 0 };
    expect(agreementWith(found, exact).correlation).toBeGreaterThan(0.999);
    expect(Math.abs(agreementWith(found, exact).slope - 1)).toBeLessThan(0.01);
    // It tells how far it is known: the error is less than what halving the cells once more still changed.
    expect(rms(values, exact)).toBeLessThan(rms(values, coarser));
    const samples = await carrier.carry(normals('samples', 100_000, 2));
    expect(rms(logDensities(samples, places).values, exact)).toBeGreaterThan(10 * rms(values, exact));
  });
});

function rms(one: Float64Array, other: Float64Array): number {
  return Math.sqrt(one.reduce((sum, value, i) => sum + (value - other[i]!) ** 2, 0) / one.length);
}
