import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { probeDevices } from '../../../src/engine/devices.js';
import { Session } from '../../../src/engine/session.js';
import { float32 } from '../../../src/engine/tensor.js';
import { buildNetwork } from '../../../src/networks/build.js';
import { adamOf, coolingInputs } from '../../../src/training/fit/descent.js';
import { encodeGraph, trainEncoder, varianceOf } from '../../../src/training/fit/encoder.js';
import type { Fixed } from '../../../src/training/fit/fixed-model.js';
import { refine } from '../../../src/training/fit/refine.js';
import { barsRecipe } from '../bars.js';
import { lcg } from '../helpers.js';

/** G(z) = W z + b from 2 numbers to 3, with every number known. Its pseudo-inverse: below. */
const W = [
  [1, 0, 1],
  [0, 2, 1],
] as const;
const B = [0.5, -1, 0.25] as const;
/** (W Wᵀ)⁻¹ W of the 2 × 3 matrix W: z = pinv · (x − b). W Wᵀ = [[2, 1], [1, 5]], determinant 9. */
const PINV = [
  [5 / 9, -2 / 9, 4 / 9],
  [-1 / 9, 4 / 9, 1 / 9],
] as const;

function linear(prior: Fixed['prior']): Fixed {
  const layers = [{ units: 3, activation: 'linear', keep: 1 }] as const;
  const generator = { kind: 'mlp', layers: [...layers] } as const;
  const judge = { kind: 'mlp', layers: [{ units: 1, activation: 'linear', keep: 1 }] } as const;
  const { shape: _, ...latentPrior } = prior;
  const recipe = barsRecipe({
    latent: { size: 2, prior: latentPrior as ReturnType<typeof barsRecipe>['latent']['prior'] },
    generator: { network: { ...generator, layers: [...layers] }, outputBias: 'zero' },
    discriminator: { network: { ...judge, layers: [...judge.layers] }, freeze: 0 },
  });
  return {
    manifest: { title: 'A line' } as Fixed['manifest'],
    recipe,
    generator: buildNetwork(recipe.generator.network, { name: 'generator', input: [2], output: [3] }),
    discriminator: buildNetwork(recipe.discriminator.network, { name: 'discriminator', input: [3], output: [1] }),
    weights: { 'generator/layer1/weight': float32([2, 3], W.flat()), 'generator/layer1/bias': float32([3], [...B]) },
    tensor: 'point',
    shape: [3],
    prior,
    float16: false,
  };
}

const normal = { kind: 'normal', shape: [2] } as const;

function points(make: (n: number) => readonly number[], count: number): Dataset {
  const rows = Array.from({ length: count }, (_, n) => make(n));
  return {
    name: 'points',
    count,
    shape: [3],
    range: [0, 1],
    sha256: '',
    read: async (indices, out) => {
      for (let i = 0; i < indices.length; i++) out.set(rows[indices[i]!]!, 3 * i);
    },
  };
}

async function encoded(fixed: Fixed, params: Awaited<ReturnType<typeof trainEncoder>>, rows: readonly number[][]) {
  const session = await Session.load(encodeGraph(fixed, params));
  const { z } = await session.run({ point: float32([rows.length, 3], rows.flat()) });
  await session.release();
  return Array.from({ length: rows.length }, (_, n) => [...(z!.data as Float32Array).slice(2 * n, 2 * n + 2)]);
}

describe('the encoder', () => {
  it('of a linear generator becomes its pseudo-inverse', async () => {
    const fixed = linear(normal);
    const random = lcg(3);
    // Data off the plane of samples: in x the best z is the pseudo-inverse there, too.
    const data = points(() => [0, 1, 2].map((j) => B[j]! + 2 * random() - 1), 200);
    const options = { fixed, data, seed: 1, steps: 1500, threads: 1, batch: 50, learningRate: 0.02 };
    const params = await trainEncoder(options);
    const { 'encoder/layer1/weight': weight, 'encoder/layer1/bias': bias } = params;
    for (const z of [0, 1]) {
      for (const x of [0, 1, 2]) expect(weight!.data[2 * x + z]).toBeCloseTo(PINV[z]![x]!, 2);
      const shift = -[0, 1, 2].reduce((sum, x) => sum + PINV[z]![x]! * B[x]!, 0);
      expect(bias!.data[z]).toBeCloseTo(shift, 2);
    }
    expect(await encoded(fixed, params, [[0.5 + 1, -1 + 4, 0.25 + 3]])).toEqual([
      [expect.closeTo(1, 1), expect.closeTo(2, 1)],
    ]);
  });

  it('follows from the seed', async () => {
    const fixed = linear(normal);
    const data = points((n) => [n, 2 * n, -n], 60);
    const fitted = (seed: number) => trainEncoder({ fixed, data, seed, steps: 20, threads: 1, batch: 20 });
    const [first, again, other] = [await fitted(1), await fitted(1), await fitted(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('is the same on a GPU, where there is one, and nowhere else where there is none', async () => {
    const fixed = linear(normal);
    const data = points((n) => [n / 60, 1 - n / 30, -n / 60], 60);
    const fitted = (device: 'cpu' | 'webgpu' | 'cuda') =>
      trainEncoder({ fixed, data, seed: 1, steps: 40, threads: 1, batch: 20, device });
    const here = await fitted('cpu');
    for (const { name, usable } of await probeDevices()) {
      if (name !== 'webgpu' && name !== 'cuda') continue;
      if (!usable) await expect(fitted(name)).rejects.toMatchObject({ code: 'DEVICE_UNAVAILABLE' });
      else
        for (const [tensor, { data: values }] of Object.entries(await fitted(name)))
          for (const [i, value] of values.entries()) expect(value).toBeCloseTo(Number(here[tensor]!.data[i]), 4);
    }
  }, 60_000);

  it('stays within the bounds of a prior that has some', async () => {
    const fixed = linear({ kind: 'uniform', low: -1, high: 3, shape: [2] });
    const data = points((n) => [n / 60, 1, 0], 60);
    const params = await trainEncoder({ fixed, data, seed: 1, steps: 20, threads: 1, batch: 20 });
    const far = await encoded(fixed, params, [
      [1e4, 1e4, 1e4],
      [-1e4, -1e4, -1e4],
      [1e4, -1e4, 0],
    ]);
    for (const value of far.flat()) expect(value >= -1 && value <= 3).toBe(true);
    expect(far.flat().some((value) => value < -0.99 || value > 2.99)).toBe(true);
  });

  it('reports the error in z over the variance of the prior, as worked out for a linear map', async () => {
    const fixed = linear(normal);
    const data = points(() => [...B], 4000);
    const seen: { z: number; x: number }[] = [];
    // At such a rate the weights stay where they start.
    const options = { fixed, data, seed: 1, steps: 20, threads: 1, batch: 4000, learningRate: 1e-12 };
    const params = await trainEncoder({
      ...options,
      weights: { real: 0 },
      onLosses: ({ z, x }) => seen.push({ z, x }),
    });
    const weight = params['encoder/layer1/weight']!.data as Float32Array;
    // z error of a linear map A: E|A(Wz + b) − z|² / 2 over a standard normal z.
    const a = (z: number, x: number) => weight[2 * x + z]!;
    let expected = 0;
    for (const i of [0, 1]) {
      for (const j of [0, 1]) {
        const entry = [0, 1, 2].reduce((sum, x) => sum + a(i, x) * W[j]![x]!, 0) - (i === j ? 1 : 0);
        expected += entry ** 2 / 2;
      }
      expected += [0, 1, 2].reduce((sum, x) => sum + a(i, x) * B[x]!, 0) ** 2 / 2;
    }
    expect(seen.at(-1)!.z / expected).toBeGreaterThan(0.93); // 4,000 draws of z
    expect(seen.at(-1)!.z / expected).toBeLessThan(1.07);
  });

  it('knows the variance of each prior and a decay from 1 to 0', () => {
    expect(varianceOf(normal)).toBe(1);
    expect(varianceOf({ kind: 'uniform', low: -Math.sqrt(3), high: Math.sqrt(3), shape: [2] })).toBeCloseTo(1, 12);
    const cooling = coolingInputs(adamOf(0.5), 100, 1)['stepSize']!;
    const whole = adamOf(0.5);
    const shares = [0, 50, 100, 120].map((step) =>
      cooling.from === 'schedule' ? cooling.at(step) / whole.hyperAt(step, 1)['stepSize']! : Number.NaN,
    );
    expect(shares).toEqual([1, expect.closeTo(0.5, 12), 0, 0]);
  });
});

describe('refinement of z', () => {
  const examples = { size: 3, data: Float32Array.of(1.5, 3, 3.25, 1.5, 1, 0.25, 0, 0, 5) };
  const start = { size: 2, data: Float32Array.of(0, 0, 0, 0, 0, 0) };

  it('goes to the least squares solution, and says the errors before and after', async () => {
    const fixed = linear(normal);
    const { z, before, after } = await refine({ fixed, examples, z: start, steps: 400, learningRate: 0.1, threads: 1 });
    for (const row of [0, 1, 2]) {
      const off = [0, 1, 2].map((x) => examples.data[3 * row + x]! - B[x]!);
      const best = PINV.map((line) => line.reduce((sum, value, x) => sum + value * off[x]!, 0));
      for (const i of [0, 1]) expect(z.data[2 * row + i]).toBeCloseTo(best[i]!, 2);
      const left = off.map((value, x) => value - best[0]! * W[0][x]! - best[1]! * W[1][x]!);
      const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0) / 3;
      expect(before[row]).toBeCloseTo(square(off), 4);
      expect(after[row]).toBeCloseTo(square(left), 3);
    }
    expect([...z.data.slice(0, 2)]).toEqual([expect.closeTo(1, 2), expect.closeTo(2, 2)]); // a sample: exactly its z
  });

  it('refines each example as if it were alone, makes the steps asked for, and begins at z', async () => {
    const fixed = linear(normal);
    const alone = await refine({
      fixed,
      examples: { size: 3, data: examples.data.slice(3, 6) },
      z: { size: 2, data: Float32Array.of(0, 0) },
      steps: 7,
      threads: 1,
    });
    const together = await refine({ fixed, examples, z: start, steps: 7, threads: 1 });
    expect([...together.z.data.slice(2, 4)]).toEqual([...alone.z.data]);
    const none = await refine({ fixed, examples, z: start, steps: 0, threads: 1 });
    expect([...none.z.data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(none.after).toEqual(none.before);
    // Adam's first step moves each value by the rate, whatever the gradient's size.
    const one = await refine({ fixed, examples, z: start, steps: 1, learningRate: 0.125, threads: 1 });
    expect(Math.abs(one.z.data[0]!)).toBeCloseTo(0.125, 5);
  });

  it('keeps z where the prior can be', async () => {
    const fixed = linear({ kind: 'uniform', low: -1, high: 1.5, shape: [2] });
    const { z } = await refine({ fixed, examples, z: start, steps: 200, learningRate: 0.1, threads: 1 });
    expect(z.data[1]).toBeCloseTo(1.5, 4); // 2 without bounds
  });
});
