import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep, eagerStep } from '../../src/engine/step.js';
import type { HostTensors, TensorData } from '../../src/engine/tensor.js';
import { allocate, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { fillStream, type NoiseSpec, streamOf } from '../../src/random/noise.js';
import { mlpConfig } from '../../src/recipes/network-configs.js';
import { type UpdatesConfig } from '../../src/recipes/update-configs.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import { type Game, trainingStep } from '../../src/training/step.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const BATCH = 6;
const RATE = 0.25;

function gameWith(updates: UpdatesConfig, overrides: Partial<Game> = {}): Game {
  const dense = (layers: unknown[]) => mlpConfig.parse({ kind: 'mlp', layers });
  const sgd = optimizer({ kind: 'momentum', learningRate: RATE, momentum: 0 });
  return {
    generator: mlp(
      dense([
        { units: 4, activation: 'tanh' },
        { units: 2, activation: 'linear' },
      ]),
      {
        name: 'generator',
        input: [3],
        output: [2],
      },
    ),
    discriminator: mlp(
      dense([
        { units: 3, activation: 'maxout', pieces: 2, keep: 0.8 },
        { units: 1, activation: 'linear', keep: 0.5 },
      ]),
      { name: 'discriminator', input: [2], output: [1] },
    ),
    prior: { kind: 'normal', shape: [3] },
    objective: OBJECTIVES['non-saturating'],
    optimizers: { generator: sgd, discriminator: sgd },
    updates,
    batch: BATCH,
    ...overrides,
  };
}

const SIMULTANEOUS: UpdatesConfig = {
  order: 'simultaneous',
  discriminatorSteps: 1,
  weights: { discriminator: 0.5, generator: 1 },
};
const alternating = (k: number): UpdatesConfig => ({ ...SIMULTANEOUS, order: 'alternating', discriminatorSteps: k });

function paramsOf(game: Game): HostTensors {
  return { ...game.generator.init(streamOf(3)), ...game.discriminator.init(streamOf(3)) };
}

/**
 * A value for every input of `count` steps: data and noise from streams, hyperparameters as the optimizers have them.
 */
function inputsOf(game: Game, first = 0, count = 1): Record<string, TensorData> {
  const feeds: Record<string, TensorData> = {};
  for (const [name, source] of Object.entries(trainingStep(game).inputs)) {
    const size = sizeOf(source.spec.shape);
    const data = allocate(source.spec.dtype, count * size);
    const noise: NoiseSpec = source.from === 'noise' ? source.noise : { kind: 'normal', shape: [] };
    for (let k = 0; k < count; k++) {
      if (source.from === 'hyper') data[k] = game.optimizers[source.player].hyperAt(first + k, 1)[source.name]!;
      else fillStream(data.subarray(k * size, (k + 1) * size) as Float32Array, streamOf(11, name, first + k), noise);
    }
    feeds[name] = data;
  }
  return feeds;
}

/** Layers, G, and rows of a phase's inputs, in double precision, one example at a time. */
function byHand(params: HostTensors, feeds: Record<string, TensorData>, phase: string) {
  const value = (name: string, at: number) => Number(params[name]!.data[at]);
  const row = (name: string, n: number, width: number) =>
    Array.from({ length: width }, (_, i) => Number(feeds[`${phase}/${name}`]![n * width + i]));
  const dense = (x: number[], layer: string, outputs: number) =>
    Array.from({ length: outputs }, (_, o) =>
      x.reduce((sum, xi, i) => sum + xi * value(`${layer}/weight`, i * outputs + o), value(`${layer}/bias`, o)),
    );
  const generate = (z: number[]) => dense(dense(z, 'generator/layer1', 4).map(Math.tanh), 'generator/layer2', 2);
  const mean = (f: (n: number) => number) =>
    Array.from({ length: BATCH }, (_, n) => f(n)).reduce((a, b) => a + b, 0) / BATCH;
  return { row, dense, generate, mean };
}

/** D and G from their definitions. */
function lossesByHand(params: HostTensors, feeds: Record<string, TensorData>, phase = 'd1') {
  const { row, dense, generate, mean } = byHand(params, feeds, phase);
  const judge = (x: number[], role: string, n: number) => {
    const masked = row(`${role}/discriminator/layer1/mask`, n, 2).map((m, i) => (x[i]! * m) / 0.8);
    const pieces = dense(masked, 'discriminator/layer1', 6);
    const units = row(`${role}/discriminator/layer2/mask`, n, 3).map(
      (m, u) => (Math.max(pieces[u]!, pieces[3 + u]!) * m) / 0.5,
    );
    return dense(units, 'discriminator/layer2', 1)[0]!;
  };
  const softplus = (v: number) => Math.log1p(Math.exp(-Math.abs(v))) + Math.max(v, 0);
  const real = (n: number) => judge(row('real', n, 2), 'real', n);
  const fake = (n: number) => judge(generate(row('z', n, 3)), 'fake', n);
  return {
    lossD: mean((n) => softplus(-real(n))) + mean((n) => softplus(fake(n))),
    lossG: mean((n) => softplus(-fake(n))),
    dReal: mean((n) => 1 / (1 + Math.exp(-real(n)))),
    dFake: mean((n) => 1 / (1 + Math.exp(-fake(n)))),
  };
}

function nudged(params: HostTensors, name: string, at: number, by: number): HostTensors {
  const data = Float64Array.from(params[name]!.data as Float32Array);
  data[at]! += by;
  return { ...params, [name]: { ...params[name]!, data: data as unknown as Float32Array<ArrayBuffer> } };
}

describe('a simultaneous step', () => {
  it('reports the losses and moves every weight by minus rate × weight × finite difference of its own loss', async () => {
    const game = gameWith(SIMULTANEOUS);
    const plan = trainingStep(game);
    const params = paramsOf(game);
    const feeds = inputsOf(game);
    const step = await eagerStep(plan.step, { state: plan.state(params), inputs: plan.specs });

    const outputs = await step.run(feeds);
    const after = step.state();

    const byHand = lossesByHand(params, feeds);
    for (const [name, value] of Object.entries(byHand)) expect(Number(outputs[name]!.data[0])).toBeCloseTo(value, 5);
    for (const name of Object.keys(params)) {
      const loss = (p: HostTensors) =>
        name.startsWith('generator/') ? lossesByHand(p, feeds).lossG : 0.5 * lossesByHand(p, feeds).lossD;
      for (let i = 0; i < params[name]!.data.length; i++) {
        const h = 1e-5;
        const slope = (loss(nudged(params, name, i, h)) - loss(nudged(params, name, i, -h))) / (2 * h);
        const moved = Number(after[name]!.data[i]) - Number(params[name]!.data[i]);
        expect(moved, `${name}[${i}]`).toBeCloseTo(-RATE * slope, 5);
      }
    }
  });
});

describe('likeness', () => {
  it('adds to the loss of G what is made of an example, of the example, and of another that G makes in its place', async () => {
    const game = gameWith(SIMULTANEOUS, {
      likeness: (made, real, again) => tf.mean(tf.sum(tf.mul(tf.sub(made, again), real), 1)),
    });
    const [params, feeds] = [paramsOf(game), inputsOf(game)];
    expect(feeds['d1/again']).not.toEqual(feeds['d1/z']);
    const plan = trainingStep(game);
    const step = await eagerStep(plan.step, { state: plan.state(params), inputs: plan.specs });
    const outputs = await step.run(feeds);
    const { lossG } = lossesByHand(params, feeds);
    const { row, generate, mean } = byHand(params, feeds, 'd1');
    const variety = mean((n) => {
      const [made, again] = [generate(row('z', n, 3)), generate(row('again', n, 3))];
      return made.reduce((sum, value, i) => sum + (value - again[i]!) * row('real', n, 2)[i]!, 0);
    });
    expect(outputs['lossG']!.data[0]).toBeCloseTo(lossG + variety, 5);
    expect(Math.abs(variety)).toBeGreaterThan(0.01);
  });
});

describe('an alternating step', () => {
  it('makes k updates of D, each with its own batch, before G moves against the newest D (Algorithm 1)', async () => {
    const game = gameWith(alternating(2));
    const plan = trainingStep(game);
    const params = paramsOf(game);
    const feeds = inputsOf(game);
    const step = await eagerStep(plan.step, { state: plan.state(params), inputs: plan.specs });
    await step.run(feeds);
    const after = step.state();

    // The same by hand with simultaneous steps of one player at a time: two of D on its two batches, then one of G.
    const single = trainingStep(gameWith(SIMULTANEOUS));
    const phase = (name: string) =>
      Object.fromEntries(
        Object.keys(single.inputs).map((key) => [
          key,
          feeds[key.replace(/^d1\//, `${name}/`)] ?? feeds[key.replace(/^d1\//, 'd2/')]!,
        ]),
      );
    const one = await eagerStep(single.step, { state: single.state(params), inputs: single.specs });
    const only = async (inputs: Record<string, TensorData>, player: string) => {
      const before = one.state();
      await one.run(inputs);
      one.setState(
        Object.fromEntries(
          Object.entries(one.state()).map(([name, t]) => [name, name.startsWith(player) ? t : before[name]!]),
        ),
      );
    };
    await only(phase('d1'), 'discriminator/');
    await only(phase('d2'), 'discriminator/');
    await only(phase('g'), 'generator/');
    const expected = one.state();

    for (const name of Object.keys(params)) {
      Array.from(after[name]!.data as Float32Array).forEach((value, i) => {
        expect(value, `${name}[${i}]`).toBeCloseTo(Number(expected[name]!.data[i]), 6);
      });
    }
    expect(after['generator/layer1/weight']).not.toEqual(params['generator/layer1/weight']);
  });

  it('is what more than one discriminator step needs', () => {
    expect(() => trainingStep(gameWith({ ...SIMULTANEOUS, discriminatorSteps: 2 }))).toThrow(
      'Expected 1 discriminator step for simultaneous updates but received 2.',
    );
  });
});

describe('the compiled step', () => {
  const COMPARED = [
    ['momentum', 'simultaneous', 1],
    ['momentum', 'simultaneous', 4],
    ['adam', 'alternating', 1],
    ['adam', 'alternating', 4],
  ] as const;

  it.each(COMPARED)(
    'with %s, %s updates and %i steps a run equals TensorFlow.js op by op',
    async (kind, order, stepsPerRun) => {
      const rule =
        kind === 'adam'
          ? optimizer({ kind, learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-4 })
          : optimizer({ kind, learningRate: RATE, momentum: 0.5 });
      const game = gameWith(order === 'simultaneous' ? SIMULTANEOUS : alternating(2), {
        optimizers: { generator: rule, discriminator: rule },
      });
      const plan = trainingStep(game);
      const options = { state: plan.state(paramsOf(game)), inputs: plan.specs, stepsPerRun };
      const compiled = await compileStep(plan.step, options);
      const eager = await eagerStep(plan.step, options);
      for (let run = 0; run < 3; run++) {
        const feeds = inputsOf(game, run * stepsPerRun, stepsPerRun);
        const [a, b] = [await compiled.run(feeds), await eager.run(feeds)];
        for (const name of Object.keys(b)) {
          expect(a[name]!.shape).toEqual(b[name]!.shape);
          b[name]!.data.forEach((value, k) => {
            expect(Number(a[name]!.data[k])).toBeCloseTo(Number(value), 4);
          });
        }
      }
      const [a, b] = [compiled.state(), eager.state()];
      for (const name of Object.keys(b)) {
        Array.from(a[name]!.data as Float32Array).forEach((value, i) => {
          expect(value, `${name}[${i}]`).toBeCloseTo(Number(b[name]!.data[i]), 4);
        });
      }
      await compiled.dispose();
    },
  );
});
