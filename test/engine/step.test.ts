// One training step, compiled, against the same step run eagerly: outputs and state agree step by step, in a loop as
// one by one, for a perceptron and for an adversarial pair of convolutional networks with Adam.

import '@tensorflow/tfjs-backend-cpu';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Session } from '../../src/engine/session.js';
import {
  type CompiledStep,
  compileStep,
  eagerStep,
  type StepFunction,
  type StepOptions,
} from '../../src/engine/step.js';
import { allocate, float32, type HostTensors, sizeOf, type TensorSpecs } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { Tensors } from '../../src/engine/tracer.js';
import { drawn, expectClose, mulberry32 } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const open: CompiledStep[] = [];
afterEach(async () => {
  for (const step of open.splice(0)) await step.dispose();
});

async function compiled(step: StepFunction, options: StepOptions): Promise<CompiledStep> {
  const made = await compileStep(step, options);
  open.push(made);
  return made;
}

interface Program {
  readonly step: StepFunction;
  readonly state: HostTensors;
  readonly inputs: TensorSpecs;
  readonly steps: number;
  /** Float32 sums run in another order; Adam divides by small numbers, which magnifies that. */
  readonly tolerance: number;
}

const scalar = { dtype: 'float32', shape: [] } as const;

/** y = tanh(x·W₁)·W₂ fitted by gradient descent with momentum. */
const perceptron: Program = {
  state: parameters({ one: [3, 8], two: [8, 1], 'velocity/one': [3, 8], 'velocity/two': [8, 1] }),
  inputs: { x: { dtype: 'float32', shape: [5, 3] }, y: { dtype: 'float32', shape: [5, 1] }, rate: scalar },
  steps: 6,
  tolerance: 1e-5,
  step: (state, { x, y, rate }) => {
    const { value, grads } = tf.valueAndGrads((one, two) => {
      const guess = tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, one as tf.Tensor2D)), two as tf.Tensor2D);
      return tf.mean(tf.squaredDifference(guess, y!)) as tf.Scalar;
    })([state['one']!, state['two']!]);
    const next: Tensors = {};
    for (const [i, name] of ['one', 'two'].entries()) {
      const velocity = tf.add(tf.mul(state[`velocity/${name}`]!, 0.9), grads[i]!);
      next[`velocity/${name}`] = velocity;
      next[name] = tf.sub(state[name]!, tf.mul(rate!, velocity));
    }
    return { state: next, outputs: { loss: value } };
  },
};

const generatorShapes = { 'g/dense': [4, 32], 'g/up': [4, 4, 6, 8], 'g/out': [3, 3, 6, 4] };
const criticShapes = { 'd/one': [4, 4, 1, 6], 'd/dense': [96, 1] };
const trained = { ...generatorShapes, ...criticShapes };
const slots = (prefix: string) =>
  Object.fromEntries(Object.entries(trained).map(([name, shape]) => [`${prefix}/${name}`, shape]));

/** A small convolutional GAN on 8×8 images: one step of the critic with R1, one of the generator, both with Adam. */
const adversaries: Program = {
  state: { ...parameters(trained), ...zeros(slots('m')), ...zeros(slots('v')), count: float32([], [0]) },
  inputs: {
    real: { dtype: 'float32', shape: [3, 8, 8, 1] },
    z: { dtype: 'float32', shape: [3, 4] },
    rate: scalar,
  },
  steps: 4,
  tolerance: 2e-4,
  step: (state, { real, z, rate }) => {
    const count = tf.add(state['count']!, 1);
    const next: Tensors = { count };
    const adam = (names: string[], gradients: tf.Tensor[]) => {
      for (const [i, name] of names.entries()) {
        const m = tf.add(tf.mul(state[`m/${name}`]!, 0.5), tf.mul(gradients[i]!, 0.5));
        const v = tf.add(tf.mul(state[`v/${name}`]!, 0.99), tf.mul(tf.square(gradients[i]!), 0.01));
        const hat = (value: tf.Tensor, beta: number) => tf.div(value, tf.sub(1, tf.pow(beta, count)));
        const move = tf.div(hat(m, 0.5), tf.add(tf.sqrt(hat(v, 0.99)), 1e-3));
        next[`m/${name}`] = m;
        next[`v/${name}`] = v;
        next[name] = tf.sub(state[name]!, tf.mul(rate!, move));
      }
    };
    const generate = ([dense, up, out]: tf.Tensor[]) => {
      const start = tf.reshape(tf.relu(tf.matMul(z as tf.Tensor2D, dense as tf.Tensor2D)), [3, 2, 2, 8]) as tf.Tensor4D;
      const grown = tf.relu(tf.conv2dTranspose(start, up as tf.Tensor4D, [3, 4, 4, 6], 2, 'same')) as tf.Tensor4D;
      // Pixel shuffle, since the cpu backend has the gradient of resizing wrong for more than one image.
      return tf.tanh(tf.depthToSpace(tf.conv2d(grown, out as tf.Tensor4D, 1, 'same'), 2));
    };
    const judge = (image: tf.Tensor, [one, dense]: tf.Tensor[]) => {
      const features = tf.leakyRelu(tf.conv2d(image as tf.Tensor4D, one as tf.Tensor4D, 2, 'same'), 0.2);
      return tf.matMul(tf.reshape(features, [3, 96]) as tf.Tensor2D, dense as tf.Tensor2D);
    };
    const generator = Object.keys(generatorShapes);
    const critic = Object.keys(criticShapes);
    const weights = (names: string[]) => names.map((name) => state[name]!);

    const fake = generate(weights(generator));
    const d = tf.valueAndGrads((...w) => {
      const penalty = tf.mean(tf.square(tf.grad((image) => tf.sum(tf.tanh(judge(image, w))))(real!)));
      const losses = tf.add(tf.softplus(judge(fake, w)), tf.softplus(tf.neg(judge(real!, w))));
      return tf.add(tf.mean(losses), tf.mul(10, penalty)) as tf.Scalar;
    })(weights(critic));
    adam(critic, d.grads);
    const g = tf.valueAndGrads(
      (...w) => tf.mean(tf.softplus(tf.neg(judge(generate(w), weights(critic))))) as tf.Scalar,
    )(weights(generator));
    adam(generator, g.grads);
    return { state: next, outputs: { critic: d.value, generator: g.value, fake } };
  },
};

const programs: Record<string, Program> = { 'a perceptron': perceptron, 'convolutional adversaries': adversaries };

describe.each(Object.keys(programs))('%s', (name) => {
  const program = programs[name]!;
  const { step, steps, tolerance } = program;
  const blocks = Array.from({ length: steps }, (_, i) => inputsOf(program, i));

  test('compiled and eager agree on outputs and state, step by step', async () => {
    const fast = await compiled(step, program);
    const slow = await eagerStep(step, program);
    for (const [i, inputs] of blocks.entries()) {
      same(await fast.run(inputs), await slow.run(inputs), tolerance, `step ${i}`);
    }
    same(fast.state(), slow.state(), tolerance, 'state');
    await slow.dispose();
  });

  test('many steps in one run give what single runs give', async () => {
    const single = await compiled(step, program);
    const many = await compiled(step, { ...program, stepsPerRun: steps });
    const results = await many.run(stacked(blocks));
    for (const [i, inputs] of blocks.entries()) {
      const wanted = await single.run(inputs);
      const row = Object.fromEntries(
        Object.entries(results).map(([id, { dtype, shape, data }]) => {
          const size = sizeOf(shape.slice(1));
          expect(shape[0]).toBe(steps);
          return [id, { dtype, shape: shape.slice(1), data: data.slice(i * size, (i + 1) * size) }];
        }),
      ) as HostTensors;
      same(row, wanted, 1e-5, `step ${i}`);
    }
    same(many.state(), single.state(), 1e-5, 'state');
  });

  test('state survives a round trip, and a step resumed from it goes on exactly', async () => {
    const first = await compiled(step, program);
    expect(first.state()).toEqual(program.state);
    await first.run(blocks[0]!);
    const saved = first.state();
    const wanted = await first.run(blocks[1]!);
    const resumed = await compiled(step, program);
    resumed.setState(saved);
    expect(resumed.state()).toEqual(saved);
    expect(await resumed.run(blocks[1]!)).toEqual(wanted);
    expect(resumed.state()).toEqual(first.state());
  });

  test('the state it hands out is a copy', async () => {
    const made = await compiled(step, program);
    const copy = made.state();
    for (const { data } of Object.values(copy)) data.fill(0 as never);
    expect(made.state()).toEqual(program.state);
  });
});

describe('what a step refuses', () => {
  const { step } = perceptron;
  const inputs = inputsOf(perceptron, 0);

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a missing input',
      { x: inputs['x'], y: inputs['y'] },
      'Expected input "rate" as Float32Array of 1 values ([]) but received nothing',
    ],
    [
      'a wrong length',
      { ...inputs, y: new Float32Array(4) },
      'Expected input "y" as Float32Array of 5 values ([5,1]) but received Float32Array of 4',
    ],
    [
      'a wrong type',
      { ...inputs, y: new Int32Array(5) },
      'Expected input "y" as Float32Array of 5 values ([5,1]) but received Int32Array of 5',
    ],
  ])('%s', async (_, given, message) => {
    const made = await compiled(step, perceptron);
    await expect(made.run(given as HostTensors)).rejects.toThrow(message);
    // It goes on as if nothing had happened.
    expect(Object.keys(await made.run(inputs))).toEqual(['loss']);
  });

  test('state of another shape, or none', async () => {
    const made = await compiled(step, perceptron);
    const other = { ...perceptron.state, one: float32([8, 3], new Float32Array(24)) };
    expect(() => made.setState(other)).toThrow('Expected state "one" of shape [3,8] but received [8,3].');
    const { one: _, ...rest } = perceptron.state;
    expect(() => made.setState(rest)).toThrow('Expected state "one" of shape [3,8] but received none.');
  });

  test('a step that returns state it was not given, or of another shape', async () => {
    const returning =
      (state: Tensors): StepFunction =>
      () => ({ state, outputs: { zero: tf.scalar(0) } });
    await expect(compiled(() => returning({ three: tf.scalar(1) })({}, {}), perceptron)).rejects.toThrow(
      'a new name, "three"',
    );
    await expect(compiled(() => returning({ one: tf.zeros([2]) })({}, {}), perceptron)).rejects.toThrow(
      'Expected state "one" to stay float32 [3,8] but the step returned float32 [2].',
    );
  });
});

test('a run of fewer steps than it is compiled for is the first of them, compiled and op by op alike', async () => {
  const options: StepOptions = {
    state: { sum: float32([], [10]) },
    inputs: { by: { dtype: 'float32', shape: [] } },
    stepsPerRun: 4,
  };
  const step: StepFunction = (state, { by }) => {
    const sum = tf.add(state['sum']!, by!);
    return { state: { sum }, outputs: { sum: tf.add(sum, 0) } };
  };
  const made = await compiled(step, options);
  for (const each of [made, await eagerStep(step, options)]) {
    const by = Float32Array.of(1, 2, 3, 4);
    const { sum } = await each.run({ by }, 3);
    expect([sum!.shape, ...(sum!.data as Float32Array)]).toEqual([[3], 11, 13, 16]);
    expect([...(each.state()['sum']!.data as Float32Array)]).toEqual([16]);
    expect([...((await each.run({ by }))['sum']!.data as Float32Array)]).toEqual([17, 19, 22, 26]);
  }
  for (const steps of [0, 1.5, 5]) {
    await expect(made.run({ by: new Float32Array(4) }, steps)).rejects.toThrow('Expected from 1 to 4 steps in a run');
  }
});

test('state that a step leaves out stays, in single runs and in loops', async () => {
  const options: StepOptions = {
    state: { moving: float32([2], [0, 0]), fixed: float32([2], [3, 4]) },
    inputs: { by: { dtype: 'float32', shape: [2] } },
  };
  const step: StepFunction = (state, { by }) => ({
    state: { moving: tf.add(state['moving']!, tf.mul(by!, state['fixed']!)) },
    outputs: { fixed: state['fixed']! },
  });
  for (const stepsPerRun of [1, 3]) {
    const made = await compiled(step, { ...options, stepsPerRun });
    const by = new Float32Array(2 * stepsPerRun).fill(1);
    const { fixed } = await made.run({ by });
    expect([...(fixed!.data as Float32Array)]).toEqual(Array.from({ length: stepsPerRun }, () => [3, 4]).flat());
    expect(made.state()).toEqual({
      moving: float32([2], [3 * stepsPerRun, 4 * stepsPerRun]),
      fixed: options.state['fixed'],
    });
  }
});

test('inputs of every dtype arrive: uint8 pixels, int64 and int32 indices, booleans', async () => {
  const step: StepFunction = (state, { pixels, wide, narrow, flags }) => ({
    state: {},
    outputs: {
      pixels: tf.mul(tf.cast(pixels!, 'float32'), 0.5),
      sum: tf.add(pixels!, narrow!),
      rows: tf.gather(state['table']!, wide as tf.Tensor1D),
      chosen: tf.where(flags!, tf.cast(narrow!, 'float32'), tf.neg(tf.cast(wide!, 'float32'))),
    },
  });
  const made = await compiled(step, {
    state: { table: float32([3, 1], [10, 20, 30]) },
    inputs: {
      pixels: { dtype: 'uint8', shape: [2] },
      wide: { dtype: 'int64', shape: [2] },
      narrow: { dtype: 'int32', shape: [2] },
      flags: { dtype: 'bool', shape: [2] },
    },
  });
  const outputs = await made.run({
    pixels: Uint8Array.of(3, 255),
    wide: BigInt64Array.of(2n, 0n),
    narrow: Int32Array.of(-7, 8),
    flags: Uint8Array.of(1, 0),
  });
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  );
  expect(values).toEqual({ pixels: [1.5, 127.5], sum: [-4, 263], rows: [30, 10], chosen: [-7, -0] });
});

test('the same step and shapes compile once', async () => {
  const loads = vi.spyOn(Session, 'load');
  const first = await compiled(adversaries.step, adversaries);
  const again = await compiled(adversaries.step, adversaries);
  const times = [again.compileMs];
  for (let i = 0; i < 4; i++) times.push((await compiled(adversaries.step, adversaries)).compileMs);
  expect(loads).toHaveBeenCalledTimes(1);
  loads.mockRestore();
  expect(first.compileMs).toBeGreaterThan(5);
  expect(Math.min(...times)).toBeLessThan(first.compileMs / 3); // whatever else the machine does may hold one up
  // Each has a state of its own.
  await first.run(inputsOf(adversaries, 0));
  expect(again.state()).toEqual(adversaries.state);
  // Releasing one leaves the other running.
  await open.splice(open.indexOf(first), 1)[0]!.dispose();
  expect(Object.keys(await again.run(inputsOf(adversaries, 0)))).toContain('generator');
});

test('memory stays flat: under 20 MB more after 10,000 steps', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const made = await compiled(perceptron.step, perceptron);
  const inputs = inputsOf(perceptron, 0);
  const run = async (steps: number) => {
    for (let i = 0; i < steps; i++) await made.run(inputs);
    collect();
    return process.memoryUsage().rss;
  };
  const warm = await run(2_000);
  const after = await run(10_000);
  expect((after - warm) / 2 ** 20).toBeLessThan(20);
});

function parameters(shapes: Record<string, readonly number[]>): HostTensors {
  const random = mulberry32(3);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, drawn(random, shape, { low: -0.5, high: 0.5 })]),
  );
}

function zeros(shapes: Record<string, readonly number[]>): HostTensors {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, float32(shape, new Float32Array(sizeOf(shape)))]),
  );
}

function inputsOf({ inputs }: Program, seed: number): HostTensors {
  const random = mulberry32(50 + seed);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [
      name,
      name === 'rate' ? float32([], [0.05]) : drawn(random, shape, { low: -1, high: 1 }),
    ]),
  );
}

function stacked(blocks: readonly HostTensors[]): HostTensors {
  return Object.fromEntries(
    Object.entries(blocks[0]!).map(([name, { dtype, shape }]) => {
      const size = sizeOf(shape);
      const data = allocate(dtype, blocks.length * size) as Float32Array<ArrayBuffer>;
      for (const [i, block] of blocks.entries()) data.set(block[name]!.data as Float32Array, i * size);
      return [name, { dtype, shape: [blocks.length, ...shape], data }];
    }),
  );
}

function same(actual: HostTensors, wanted: HostTensors, tolerance: number, label: string) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, tensor] of Object.entries(wanted)) {
    expectClose(actual[name]!, tensor, tolerance, `${label}, ${name}`);
  }
}
