// A step on WebGPU, whose state stays on the GPU, against the same step on the processor.

import { describe, expect, it } from 'vitest';
import { probeDevices } from '../../src/engine/devices.js';
import { type CompiledStep, compileStep, type StepFunction } from '../../src/engine/step.js';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';

const isHere = (await probeDevices()).some(({ name, usable }) => name === 'webgpu' && usable);

/** Fits w to y = x·w, counts its steps in whole numbers, and leaves one tensor alone. */
const step: StepFunction = ({ w, count, alone }, { x, y }) => {
  const loss = (weights: tf.Tensor) =>
    tf.mean(tf.square(tf.sub(tf.matMul(x as tf.Tensor2D, weights), y!))) as tf.Scalar;
  const { value, grad } = tf.valueAndGrad(loss)(w!);
  const next = tf.sub(w!, tf.mul(grad, 0.1));
  return {
    state: { w: next, count: tf.add(count!, tf.scalar(1, 'int32')) },
    outputs: { loss: value, at: tf.mul(count!, 2), sum: tf.add(tf.sum(next), tf.sum(alone!)), next },
  };
};
const state: HostTensors = {
  w: float32([3, 2], [0.1, -0.2, 0.3, 0.4, -0.5, 0.6]),
  count: { dtype: 'int32', shape: [], data: Int32Array.of(5) },
  alone: float32([2], [7, 9]),
};
const inputs = { x: { dtype: 'float32', shape: [4, 3] }, y: { dtype: 'float32', shape: [4, 2] } } as const;
const blockOf = (steps: number, seed: number) => ({
  x: Float32Array.from({ length: 12 * steps }, (_, i) => Math.sin(seed + i)),
  y: Float32Array.from({ length: 8 * steps }, (_, i) => Math.cos(seed * i)),
});

async function both(stepsPerRun: number): Promise<[there: CompiledStep, here: CompiledStep]> {
  const on = (device: 'webgpu' | 'cpu') => compileStep(step, { state, inputs, stepsPerRun, device });
  return [await on('webgpu'), await on('cpu')];
}

function same(there: HostTensors, here: HostTensors): void {
  expect(Object.keys(there).sort()).toEqual(Object.keys(here).sort());
  for (const [name, { dtype, shape, data }] of Object.entries(here)) {
    expect(there[name], name).toMatchObject({ dtype, shape });
    for (const [i, value] of data.entries()) expect(Number(there[name]!.data[i]), name).toBeCloseTo(Number(value), 5);
  }
}

describe.runIf(isHere)('a step whose state stays on the GPU (skipped: this machine has no webgpu)', () => {
  it.each([1, 4])('gives outputs and state as on the processor, %i steps a run', async (stepsPerRun) => {
    const [there, here] = await both(stepsPerRun);
    for (const seed of [1, 2, 3]) {
      const block = blockOf(stepsPerRun, seed);
      same(await there.run(block), await here.run(block));
      same(there.state(), here.state());
    }
    await Promise.all([there.dispose(), here.dispose()]);
  });

  it('makes the first steps of a run alone where it is asked to, and goes on from there', async () => {
    const [there, here] = await both(4);
    for (const steps of [2, 4, 1]) same(await there.run(blockOf(4, 3), steps), await here.run(blockOf(4, 3), steps));
    same(there.state(), here.state());
    await Promise.all([there.dispose(), here.dispose()]);
  });

  it('goes on from the state that it is set to, of all tensors', async () => {
    const [there, here] = await both(4);
    await there.run(blockOf(4, 1));
    there.setState(state);
    same(there.state(), state);
    same(await there.run(blockOf(4, 2)), await here.run(blockOf(4, 2)));
    same(there.state(['w']), { w: here.state()['w']! });
    await Promise.all([there.dispose(), here.dispose()]);
  });

  it('keeps its state where an input is refused', async () => {
    const [there, here] = await both(1);
    same(await there.run(blockOf(1, 1)), await here.run(blockOf(1, 1)));
    await expect(there.run({ x: new Float32Array(2) })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    same(await there.run(blockOf(1, 2)), await here.run(blockOf(1, 2)));
    await Promise.all([there.dispose(), here.dispose()]);
  });
});
