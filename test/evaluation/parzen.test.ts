import { describe, expect, it } from 'vitest';
import { logLikelihoods, parzen, SIGMAS, summaryOf } from '../../src/evaluation/parzen.js';
import { lcg } from '../training/helpers.js';

const SIZE = 12;

function points(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = lcg(seed);
  return Float32Array.from({ length: count * SIZE }, random);
}

/** ln of the mean over samples of N(x; s, σ²I), as the definition has it, in double precision. */
function naive(samples: Float32Array, x: Float32Array, sigma: number): number {
  const terms: number[] = [];
  for (let s = 0; s < samples.length; s += SIZE) {
    let squared = 0;
    for (let i = 0; i < SIZE; i++) squared += (x[i]! - samples[s + i]!) ** 2;
    terms.push(-squared / (2 * sigma ** 2) - SIZE * Math.log(sigma * Math.sqrt(2 * Math.PI)));
  }
  const most = Math.max(...terms);
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0) / terms.length);
}

describe('the Parzen estimate', () => {
  const samples = points(70, 1);

  it('equals the definition in double precision within 1e-3 nats, for every width that is tried', async () => {
    const test = points(501, 2); // one more than a block
    const values = await logLikelihoods(samples, test, SIZE, SIGMAS);
    SIGMAS.forEach((sigma, i) => {
      for (const row of [0, 1, 250, 499, 500]) {
        const x = test.subarray(row * SIZE, (row + 1) * SIZE);
        expect(Math.abs(values[i]![row]! - naive(samples, x, sigma))).toBeLessThan(1e-3);
      }
    });
  });

  it('does not underflow far from every sample, and is exact on a sample itself', async () => {
    const far = new Float32Array(SIZE).fill(30);
    const [values] = await logLikelihoods(samples, Float32Array.of(...far, ...samples.subarray(0, SIZE)), SIZE, [0.1]);
    expect(values![0]! / naive(samples, far, 0.1)).toBeCloseTo(1, 5);
    expect(values![1]).toBeCloseTo(naive(samples, samples.subarray(0, SIZE), 0.1), 3);
  });

  it('chooses the width on validation points and reports mean and standard error over the test points', async () => {
    const validation = points(40, 3);
    const test = points(30, 4);
    const rows = (all: Float32Array) =>
      Array.from({ length: all.length / SIZE }, (_, i) => all.subarray(i * SIZE, (i + 1) * SIZE));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const scores = SIGMAS.map((sigma) => mean(rows(validation).map((x) => naive(samples, x, sigma))));
    const sigma = SIGMAS[scores.indexOf(Math.max(...scores))]!;
    const values = rows(test).map((x) => naive(samples, x, sigma));
    const variance = mean(values.map((value) => (value - mean(values)) ** 2));

    const result = await parzen(samples, validation, test, SIZE);

    expect(result.sigma).toBe(sigma);
    expect(result.mean).toBeCloseTo(mean(values), 3);
    expect(result.standardError).toBeCloseTo(Math.sqrt(variance / 30), 3);
  });

  it("tries the widths of the paper's script, numpy.logspace(-1, 0, 10)", () => {
    expect(SIGMAS).toHaveLength(10);
    expect(SIGMAS[0]).toBeCloseTo(0.1, 12);
    expect(SIGMAS[3]).toBeCloseTo(0.21544346900318834, 12);
    expect(SIGMAS[9]).toBe(1);
  });

  it('of several streams has an error in which the draw of latents counts beside that of the images', () => {
    const stream = (...values: number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { sigma: 0.2, mean, standardError: 0, values: Float64Array.from(values) };
    };
    // Means 2, 4, 6, 8: mean 5, deviation √(20/3). Images on average 4 and 6: population deviation 1, so 1/√2.
    const found = summaryOf([stream(1, 3), stream(3, 5), stream(5, 7), stream(7, 9)]);
    expect(found).toMatchObject({ logLikelihood: 5, range: [2, 8], sigma: 0.2 });
    expect(found.errorByImages).toBeCloseTo(1 / Math.SQRT2, 12);
    expect(found.deviationByLatents).toBeCloseTo(Math.sqrt(20 / 3), 12);
    expect(found.standardError).toBeCloseTo(Math.sqrt(1 / 2 + 20 / 12), 12);
    // Streams that agree add nothing.
    const same = summaryOf([stream(1, 3), stream(1, 3)]);
    expect(same.standardError).toBeCloseTo(same.errorByImages, 12);
  });
});
