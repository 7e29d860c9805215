import { describe, expect, it } from 'vitest';
import { normalPair } from '../../src/random/normal.js';
import { fillBernoulli, fillNormal, fillUniform, fillWords, philox4x32 } from '../../src/random/philox.js';

const address = { seed: 7, stream: 3, counter: 11 };

/** Words as the published vectors print them. */
const hex = (words: Uint32Array) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ');

function words(length: number, at = address): Uint32Array {
  const out = new Uint32Array(length);
  fillWords(out, at);
  return out;
}

function moments(values: ArrayLike<number>): { mean: number; variance: number; kurtosis: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const central = (power: number) => list.reduce((sum, value) => sum + (value - mean) ** power, 0) / list.length;
  return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2 };
}

describe('Philox 4×32-10', () => {
  // Random123's kat_vectors, lines "philox4x32 10".
  it('gives the published words for a counter and key of zeros', () => {
    expect(hex(philox4x32([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  });

  it('gives the published words for a counter and key of ones', () => {
    const ones = 0xffffffff;
    expect(hex(philox4x32([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  });

  it('gives the published words for the digits of π', () => {
    const block = philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
    expect(hex(block)).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
  });

  it('lays an address out as documented: key (seed, stream), counter (block, 0, low, high)', () => {
    const filled = words(8, { seed: 5, stream: 6, counter: 3 * 2 ** 32 + 9 });
    expect(filled.subarray(0, 4)).toEqual(philox4x32([0, 0, 9, 3], [5, 6]));
    expect(filled.subarray(4, 8)).toEqual(philox4x32([1, 0, 9, 3], [5, 6]));
  });

  it('continues across the chunks in which a long fill is made', () => {
    const filled = words(2500);
    expect(filled.subarray(1024, 1028)).toEqual(philox4x32([256, 0, 11, 0], [7, 3]));
    expect(filled.subarray(2496, 2500)).toEqual(philox4x32([624, 0, 11, 0], [7, 3]));
  });

  it('shares no block between neighbouring seeds, streams and counters', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 4; seed++) {
      for (let stream = 0; stream < 4; stream++) {
        for (let counter = 0; counter < 4; counter++) {
          const filled = words(64, { seed, stream, counter });
          for (let i = 0; i < 64; i += 4) seen.add(hex(filled.subarray(i, i + 4)));
        }
      }
    }
    expect(seen.size).toBe(4 * 4 * 4 * 16);
  });

  it.each([
    { name: 'seed', value: -1 },
    { name: 'seed', value: 2 ** 32 },
    { name: 'stream', value: 0.5 },
    { name: 'counter', value: 2 ** 53 },
  ])('refuses $name $value, which would alias another address', ({ name, value }) => {
    expect(() => words(4, { ...address, [name]: value })).toThrow(`Expected ${name} to be an integer in [0, 2^`);
  });
});

describe('fills', () => {
  const n = 200_000;

  it.each([
    { name: 'uniform', fill: (out: Float32Array) => fillUniform(out, address, -1, 3) },
    { name: 'normal', fill: (out: Float32Array) => fillNormal(out, address) },
    { name: 'Bernoulli 0.5', fill: (out: Float32Array) => fillBernoulli(out, address, 0.5) },
    { name: 'Bernoulli 0.8', fill: (out: Float32Array) => fillBernoulli(out, address, 0.8) },
  ])('a short $name fill is a prefix of a long one, and a repeated one the same', ({ fill }) => {
    const long = new Float32Array(70_001);
    fill(long);
    for (const length of [1, 5, 31, 4097, 69_999]) {
      const short = new Float32Array(length);
      fill(short);
      expect(short.every((value, i) => value === long[i])).toBe(true);
    }
  });

  it('uniform values fill [low, high) evenly', () => {
    const out = new Float32Array(n);
    fillUniform(out, address, -1, 3);
    const { mean, variance } = moments(out);
    expect(mean).toBeCloseTo(1, 2); // standard error 0.0026
    expect(variance).toBeCloseTo(16 / 12, 2); // standard error 0.0027
    expect(Math.min(...out.subarray(0, 50_000))).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...out.subarray(0, 50_000))).toBeLessThanOrEqual(3);
  });

  it('normal values have mean 0, variance 1 and kurtosis 3', () => {
    const out = new Float32Array(n);
    fillNormal(out, address);
    const { mean, variance, kurtosis } = moments(out);
    expect(Math.abs(mean)).toBeLessThan(0.009); // 4 standard errors
    expect(Math.abs(variance - 1)).toBeLessThan(0.013);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.045);
  });

  it('the two normals of a pair, and neighbouring pairs, are uncorrelated', () => {
    const out = new Float32Array(n);
    fillNormal(out, address);
    for (const lag of [1, 2, 3, 4]) {
      let sum = 0;
      for (let i = lag; i < n; i++) sum += out[i]! * out[i - lag]!;
      expect(Math.abs(sum / n)).toBeLessThan(0.009); // 4 standard errors
    }
  });

  it.each([0.1, 0.5, 0.8])('a Bernoulli mask keeps a share of %f', (keep) => {
    const out = new Uint8Array(n);
    fillBernoulli(out, address, keep);
    const kept = out.reduce((sum, value) => sum + value, 0) / n;
    expect(Math.abs(kept - keep)).toBeLessThan(4 * Math.sqrt((keep * (1 - keep)) / n));
  });

  it('a Bernoulli mask keeps nothing at 0, everything at 1, and writes the value asked for', () => {
    const out = new Float32Array(1000);
    fillBernoulli(out, address, 1, 1.25);
    expect(new Set(out)).toEqual(new Set([1.25]));
    fillBernoulli(out, address, 0, 1.25);
    expect(new Set(out)).toEqual(new Set([0]));
    fillBernoulli(out, address, 0.5, 2);
    expect(new Set(out)).toEqual(new Set([0, 2]));
  });

  it('reads Bernoulli draws off the words as documented', () => {
    const raw = words(2);
    const bits = new Uint8Array(64);
    fillBernoulli(bits, address, 0.5);
    expect(bits[0]).toBe(raw[0]! & 1);
    expect(bits[63]).toBe(raw[1]! >>> 31);
    const halves = new Uint8Array(4);
    fillBernoulli(halves, address, 0.25);
    expect([...halves]).toEqual(
      [raw[0]! & 0xffff, raw[0]! >>> 16, raw[1]! & 0xffff, raw[1]! >>> 16].map((half) => (half < 16_384 ? 1 : 0)),
    );
  });

  it('refuses a share outside [0, 1]', () => {
    expect(() => fillBernoulli(new Uint8Array(1), address, 1.5)).toThrow('Expected keep in [0, 1] but received 1.5.');
    expect(() => fillBernoulli(new Uint8Array(1), address, Number.NaN)).toThrow(
      'Expected keep in [0, 1] but received NaN.',
    );
  });
});

describe('Box–Muller without the engine’s own logarithm and sines', () => {
  it('agrees with Math.log, Math.cos and Math.sin to 1e-14 at random words and at every edge of an octant', () => {
    const out = new Float64Array(2);
    const raw = words(20_000);
    const edges = Array.from({ length: 8 }, (_, i) => [i * 2 ** 29, (i + 1) * 2 ** 29 - 1]).flat();
    const radii = [0, 1, 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 3, 2 ** 32 - 2];
    const pairs = [
      ...edges.flatMap((angle) => radii.map((radius) => [radius, angle] as const)),
      ...Array.from({ length: 10_000 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!] as const),
    ];
    let worst = 0;
    for (const [radiusWord, angleWord] of pairs) {
      normalPair(radiusWord, angleWord, out);
      const radius = Math.sqrt(-2 * Math.log1p((radiusWord + 1 - 2 ** 32) / 2 ** 32));
      const angle = (angleWord / 2 ** 32) * 2 * Math.PI;
      worst = Math.max(
        worst,
        Math.abs(out[0]! - radius * Math.cos(angle)),
        Math.abs(out[1]! - radius * Math.sin(angle)),
      );
    }
    expect(worst).toBeLessThan(1e-14);
  });

  it('gives zeros, not NaN, for the largest radius word', () => {
    const out = new Float64Array(2);
    normalPair(0xffffffff, 123_456_789, out);
    expect(Math.abs(out[0]!)).toBe(0);
    expect(Math.abs(out[1]!)).toBe(0);
  });
});
