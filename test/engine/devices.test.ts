// What a machine can run graphs on, and that asking for what it lacks is an error and never a silent fallback.

import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { probeDevices } from '../../src/engine/devices.js';
import { openStep, type StepDevice } from '../../src/engine/native.js';
import { eagerStep } from '../../src/engine/step.js';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';

const reports = await probeDevices();
const usable = (name: string) => reports.find((report) => report.name === name)?.usable ?? false;
const step = (s: { w?: tf.Tensor }, i: { x?: tf.Tensor }) => {
  const loss = (w: tf.Tensor) =>
    tf.mean(tf.square(tf.tanh(tf.matMul(i.x as tf.Tensor2D, w as tf.Tensor2D)))) as tf.Scalar;
  const { value, grad } = tf.valueAndGrad(loss)(s.w!);
  return { state: { w: tf.sub(s.w!, tf.mul(grad, 0.5)) }, outputs: { loss: value } };
};
const options = {
  state: { w: float32([3, 2], [0.1, -0.2, 0.3, 0.4, -0.5, 0.6]) },
  inputs: { x: { dtype: 'float32', shape: [4, 3] } },
} as const;
const x = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1));

/** Weights after three steps. */
async function trained(device: StepDevice): Promise<number[]> {
  const opened = await openStep(step, { ...options, device });
  for (let i = 0; i < 3; i++) await opened.run({ x });
  const { w } = opened.state();
  await opened.dispose();
  return [...(w!.data as Float32Array)];
}

describe('devices', () => {
  it('can always use the cpu, and says for every other device how to get it', () => {
    expect(reports[0]).toMatchObject({ name: 'cpu', usable: true });
    for (const { usable, detail } of reports) if (!usable) expect(detail).toMatch(/to use it, /);
  });

  for (const device of ['webgpu', 'cuda', 'tfjs-node', 'tfjs-node-gpu'] as const) {
    const here = usable(device);
    it.skipIf(here)(`refuses ${device} by name where the machine lacks it (skipped: it has ${device})`, async () => {
      await expect(openStep(step, { ...options, device })).rejects.toMatchObject({
        code: 'DEVICE_UNAVAILABLE',
        message: expect.stringContaining(device),
      });
    });

    it.runIf(here)(
      `trains on ${device} as on the cpu, within 1e-5 (skipped: this machine has no ${device})`,
      async () => {
        const [there, reference] = [await trained(device), await trained('cpu')];
        for (const [i, value] of there.entries()) expect(value).toBeCloseTo(reference[i]!, 5);
      },
    );
  }

  it('steps op by op on a TensorFlow.js backend as in one graph: what native TensorFlow.js will run', async () => {
    await tf.setBackend('cpu');
    const eager = await eagerStep(step, options);
    for (let i = 0; i < 3; i++) await eager.run({ x });
    const compiled = await trained('cpu');
    for (const [i, value] of (eager.state().w!.data as Float32Array).entries())
      expect(value).toBeCloseTo(compiled[i]!, 6);
    await eager.dispose();
  });
});
