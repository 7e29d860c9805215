// Convolutions of channels that the runtime's WebGPU kernels misread, against the processor.

import { describe, expect, it } from 'vitest';
import { probeDevices } from '../../src/engine/devices.js';
import { exportGraph } from '../../src/engine/export.js';
import { decodeProto } from '../../src/engine/onnx-proto.js';
import { type Device, Session } from '../../src/engine/session.js';
import { compileStep, type StepFunction } from '../../src/engine/step.js';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { withWholeFours } from '../../src/engine/webgpu-convolutions.js';

const isHere = (await probeDevices()).some(({ name, usable }) => name === 'webgpu' && usable);

const BATCH = 2;
const SIDE = 6;
const KERNEL = 3;
const wave = (shape: readonly number[], step: number) =>
  float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(step * i)),
  );

/** Channels in and out; by each a convolution of images, and one by twice its filter, which a node makes. */
type Pair = readonly [from: number, to: number];
const conv = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');

function exported(pairs: readonly Pair[], kernel = KERNEL, float16Weights = false): Uint8Array<ArrayBuffer> {
  const most = Math.max(...pairs.map(([from]) => from));
  return exportGraph(
    (params, { x }) =>
      Object.fromEntries(
        pairs.flatMap(([from, to]) => {
          const seen = tf.transpose(tf.slice(x!, [0, 0, 0, 0], [-1, from, SIDE, SIDE]), [0, 2, 3, 1]);
          const filter = params[`${from}to${to}`]!;
          const twice = tf.mul(filter, tf.exp(tf.mul(params['one']!, Math.LN2)));
          return [
            [`plain ${from}to${to}`, conv(seen, filter)],
            [`made ${from}to${to}`, conv(seen, twice)],
          ];
        }),
      ),
    {
      params: {
        one: float32([1], [1]),
        ...Object.fromEntries(pairs.map(([from, to]) => [`${from}to${to}`, wave([kernel, kernel, from, to], 0.7)])),
      },
      inputs: { x: { dtype: 'float32', shape: [-1, most, SIDE, SIDE] } },
      name: 'convolutions',
      ...(float16Weights ? { float16Weights } : {}),
    },
  );
}

async function answers(onnx: Uint8Array, channels: number, device: Device = 'cpu'): Promise<HostTensors> {
  const session = await Session.load(onnx, { device });
  const outputs = await session.run({ x: wave([BATCH, channels, SIDE, SIDE], 1.3) });
  await session.release();
  return outputs;
}

function same(these: HostTensors, those: HostTensors): void {
  expect(Object.keys(these).sort()).toEqual(Object.keys(those).sort());
  for (const [name, { data }] of Object.entries(those))
    for (const [i, value] of data.entries()) expect(Number(these[name]!.data[i]), name).toBeCloseTo(Number(value), 3);
}

const padsIn = (onnx: Uint8Array) => decodeProto(onnx).graph.node.filter(({ opType }) => opType === 'Pad').length;

const MISREAD: readonly Pair[] = [
  [6, 4],
  [9, 8],
  [15, 4],
];

describe('convolutions of a multiple of 3 channels onto a multiple of 4', () => {
  it.each([false, true])(
    'get channels of zeros, and the same comes out (weights in half precision: %s)',
    async (half) => {
      const onnx = exported(MISREAD, KERNEL, half);
      const whole = withWholeFours(onnx);
      expect(padsIn(whole)).toBe(2 * 2 * MISREAD.length); // images and filter, of two convolutions each
      same(await answers(whole, 15), await answers(onnx, 15));
    },
  );

  it('of one place, of 3 channels, of a multiple of 12, or onto others, stay as they are', () => {
    const right: readonly Pair[] = [
      [3, 4],
      [4, 4],
      [5, 4],
      [12, 8],
      [9, 5],
    ];
    for (const onnx of [exported(right), exported(MISREAD, 1)]) expect(withWholeFours(onnx)).toBe(onnx);
  });

  it('leaves what is no model to the runtime', () => {
    const text = new TextEncoder().encode('no model');
    expect(withWholeFours(text)).toBe(text);
  });

  it.runIf(isHere)(
    'are on WebGPU what they are on the processor (skipped: this machine has no webgpu)',
    async () => {
      const onnx = exported(MISREAD);
      same(await answers(onnx, 15, 'webgpu'), await answers(onnx, 15));
    },
    60_000,
  );

  it.runIf(isHere)(
    'learn on WebGPU what they learn on the processor',
    async () => {
      const step: StepFunction = ({ filter }, { x }) => {
        const images = tf.transpose(x!, [0, 2, 3, 1]);
        const { value, grad } = tf.valueAndGrad((f: tf.Tensor) => tf.mean(tf.square(conv(images, f))) as tf.Scalar)(
          filter!,
        );
        return { state: { filter: tf.sub(filter!, tf.mul(grad, 0.01)) }, outputs: { loss: value } };
      };
      const inputs = { x: { dtype: 'float32', shape: [BATCH, 9, SIDE, SIDE] } } as const;
      const state = { filter: wave([KERNEL, KERNEL, 9, 8], 0.7) };
      const ends: HostTensors[] = [];
      for (const device of ['webgpu', 'cpu'] as const) {
        const compiled = await compileStep(step, { state, inputs, device });
        for (let i = 0; i < 3; i++) await compiled.run({ x: wave([BATCH, 9, SIDE, SIDE], 1.3) });
        ends.push(compiled.state());
        await compiled.dispose();
      }
      same(ends[0]!, ends[1]!);
    },
    60_000,
  );
});
