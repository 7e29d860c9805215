// Convolutions (dense, transposed, depthwise, dilated), pooling and resizing, with their gradients, against the
// TensorFlow.js cpu backend. Where that backend is wrong, the gradient is checked as the adjoint of the forward pass:
// for linear f, ⟨f(x), dy⟩ = ⟨x, fᵀ(dy)⟩.

import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { agrees, type Case, gradientCase, operand, runTraced, ticket, variedTicket } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

const explicit = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)).map(
  ([top, bottom, left, right]): Padding => [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ],
);
const padding: fc.Arbitrary<Padding> = fc.oneof(fc.constantFrom<Padding>('same', 'valid', 0, 1, 2), explicit);
const pair = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));
const tickets = fc.tuple(ticket, ticket, ticket);

/** Images large enough that at least one window fits without padding. */
const images = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    size: fc.tuple(fc.integer({ min: 5, max: 8 }), fc.integer({ min: 5, max: 8 })),
    channels: pair(3),
    filter: pair(3),
    stride: pair(3),
    pad: padding,
    rounding: fc.constantFrom<'floor' | 'ceil' | 'round' | undefined>(undefined, 'floor', 'ceil', 'round'),
  })
  .map((image) => {
    // TensorFlow.js gets the width wrong when a number pads what is not square.
    if (typeof image.pad !== 'number') return image;
    const square = ([side]: [number, number]): [number, number] => [side, side];
    return { ...image, filter: square(image.filter), stride: square(image.stride) };
  });

function roundingFor(pad: Padding, rounding: 'floor' | 'ceil' | 'round' | undefined) {
  return typeof pad === 'string' ? undefined : rounding;
}

describe('conv2d', () => {
  const forward = fc.tuple(images, pair(2), tickets, fc.boolean()).map(
    ([
      {
        n,
        size,
        channels: [cin, cout],
        filter,
        stride,
        pad,
        rounding,
      },
      dilation,
      [s, t],
      first,
    ]): Case => {
      if (typeof pad === 'number') dilation = [dilation[0], dilation[0]];
      const strides: [number, number] = dilation[0] * dilation[1] > 1 ? [1, 1] : stride;
      const channelsFirst = first && typeof pad !== 'object';
      const shape = channelsFirst ? [n, cin, ...size] : [n, ...size, cin];
      const [x, w] = [operand(s, shape), operand(t, [...filter, cin, cout])];
      return {
        label: `conv2d ${s.form} [${shape}] ∗ ${t.form} [${w.tensor.shape}], strides ${strides}, dilations ${dilation}, pad ${pad}, ${rounding}`,
        operands: [x, w],
        run: (a, b) =>
          tf.conv2d(
            a as tf.Tensor4D,
            b as tf.Tensor4D,
            strides,
            pad as 'same',
            channelsFirst ? 'NCHW' : 'NHWC',
            dilation,
            roundingFor(pad, rounding),
          ),
      };
    },
  );
  agrees('with any stride, padding, dilation, layout and rounding', forward, { count: 50, runs: 3 });

  const gradients = fc.tuple(images, tickets).map(
    ([
      {
        n,
        size,
        channels: [cin, cout],
        filter,
        stride,
        pad,
      },
      [s, t, dt],
    ]): Case => {
      const [x, w] = [operand(s, [n, ...size, cin]), operand(t, [...filter, cin, cout])];
      const f = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad as 'same') as tf.Tensor;
      const label = `conv2d ${s.form} [${x.tensor.shape}] ∗ ${t.form} [${w.tensor.shape}], strides ${stride}, pad ${pad}`;
      const info = convInfo(x.tensor.shape, w.tensor.shape, stride, 1, pad);
      return gradientCase((a, b) => f(a!, b!), operand(dt, info.outShape), [x, w], label);
    },
  );
  agrees('has the gradients of the cpu backend', gradients, { count: 40, runs: 3 });

  const fused = fc
    .tuple(
      images,
      fc.constantFrom('linear', 'relu', 'elu', 'prelu', 'leakyrelu', 'sigmoid'),
      tickets,
      ticket,
      fc.boolean(),
    )
    .map(
      ([
        {
          n,
          size,
          channels: [cin, cout],
          filter,
          stride,
        },
        activation,
        [s, t, bt],
        at,
        depthwise,
      ]): Case => {
        const out = depthwise ? cin * cout : cout;
        return {
          label: `fused ${depthwise ? 'depthwise ' : ''}conv2d [${n},${size},${cin}] with ${activation}`,
          operands: [
            operand(s, [n, ...size, cin]),
            operand(t, [...filter, cin, cout]),
            operand(bt, [out]),
            operand(at, [out]),
          ],
          run: (x, f, bias, alpha) => {
            const conv = depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
            return conv({
              x: x as tf.Tensor4D,
              filter: f as tf.Tensor4D,
              strides: stride,
              pad: 'same',
              bias: bias!,
              activation: activation as 'linear',
              ...(activation === 'prelu' ? { preluActivationWeights: alpha! } : {}),
              leakyreluAlpha: 0.1,
            });
          },
        };
      },
    );
  agrees('fused with bias and activation', fused, { count: 30, runs: 2 });
});

describe('conv2dTranspose', () => {
  const cases = fc.tuple(images, tickets, fc.boolean()).map(
    ([
      {
        n,
        size,
        channels: [cin, cout],
        filter,
        stride,
        pad,
      },
      [s, t, dt],
      gradient,
    ]): Case => {
      const out = convInfo([n, ...size, cout], [...filter, cout, cin], stride, 1, pad);
      const inputShape = [n, out.outHeight, out.outWidth, cin];
      const [x, w] = [operand(s, inputShape), operand(t, [...filter, cout, cin])];
      const shape: [number, number, number, number] = [n, ...size, cout];
      const f = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, shape, stride, pad as 'same') as tf.Tensor;
      const label = `conv2dTranspose ${s.form} [${inputShape}] to [${shape}] by ${t.form} [${w.tensor.shape}], strides ${stride}, pad ${pad}`;
      if (!gradient) return { label, operands: [x, w], run: (a, b) => f(a!, b!) };
      return gradientCase((a, b) => f(a!, b!), operand(dt, shape), [x, w], label);
    },
  );
  agrees('with any stride and padding, and its gradients', cases, { count: 50, runs: 3 });
});

describe('depthwise convolution', () => {
  const cases = fc.tuple(images, pair(2), tickets, fc.boolean()).map(
    ([
      {
        n,
        size,
        channels: [cin, multiplier],
        filter,
        stride,
        pad,
      },
      dilation,
      [s, t, dt],
      gradient,
    ]): Case => {
      const dilated = dilation[0] * dilation[1] > 1 && !gradient && typeof pad !== 'number';
      const strides: [number, number] = dilated ? [1, 1] : stride;
      const rates: [number, number] = dilated ? dilation : [1, 1];
      const [x, w] = [operand(s, [n, ...size, cin]), operand(t, [...filter, cin, multiplier])];
      const f = (a: tf.Tensor, b: tf.Tensor) =>
        tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad as 'same', 'NHWC', rates) as tf.Tensor;
      const label = `depthwise ${s.form} [${x.tensor.shape}] ∗ ${t.form} [${w.tensor.shape}], strides ${strides}, dilations ${rates}, pad ${pad}`;
      if (!gradient) return { label, operands: [x, w], run: (a, b) => f(a!, b!) };
      const info = convInfo(x.tensor.shape, w.tensor.shape, strides, 1, pad, true);
      return gradientCase((a, b) => f(a!, b!), operand(dt, info.outShape), [x, w], label);
    },
  );
  agrees('with any stride, padding and multiplier, and its gradients', cases, { count: 50, runs: 3 });

  const separable = fc.tuple(images, tickets).map(
    ([
      {
        n,
        size,
        channels: [cin, cout],
        filter,
      },
      [s, t, u],
    ]): Case => ({
      label: `separable [${n},${size},${cin}]`,
      operands: [operand(s, [n, ...size, cin]), operand(t, [...filter, cin, 2]), operand(u, [1, 1, 2 * cin, cout])],
      run: (x, depthwise, pointwise) =>
        tf.separableConv2d(x as tf.Tensor4D, depthwise as tf.Tensor4D, pointwise as tf.Tensor4D, 1, 'same'),
    }),
  );
  agrees('separable convolution', separable, { count: 15, runs: 2 });
});

describe('pooling', () => {
  const poolings = fc
    .tuple(images, fc.constantFrom('avg', 'max'), variedTicket, ticket, fc.boolean())
    .filter(([{ pad, filter }]) => typeof pad === 'string' || Math.min(...filter) > 2 || pad === 0)
    .map(
      ([
        {
          n,
          size,
          channels: [c],
          filter,
          stride,
          pad,
        },
        kind,
        t,
        dt,
        gradient,
      ]): Case => {
        const x = operand(t, [n, ...size, c]);
        // The cpu backend divides the gradient of an average by the whole window, padding included.
        const padded = kind === 'avg' && gradient ? 'valid' : pad;
        const f = (a: tf.Tensor) =>
          (kind === 'avg' ? tf.avgPool : tf.maxPool)(a as tf.Tensor4D, filter, stride, padded as 'same') as tf.Tensor;
        const label = `${kind} pool ${t.form} [${x.tensor.shape}] by ${filter}, strides ${stride}, pad ${padded}`;
        if (!gradient) return { label, operands: [x], run: (a) => f(a!) };
        const info = tf.backend_util.computePool2DInfo(x.tensor.shape as Shape4, filter, stride, 1, padded as 'same');
        return gradientCase((a) => f(a!), operand(dt, info.outShape), [x], label);
      },
    );
  agrees('average and maximum, with gradients', poolings, { count: 40, runs: 3 });

  const argmax = fc.tuple(images, variedTicket, fc.boolean()).map(
    ([
      {
        n,
        size,
        channels: [c],
        filter,
        stride,
      },
      t,
      whole,
    ]): Case => ({
      label: `argmax pool [${n},${size},${c}]`,
      operands: [operand(t, [n, ...size, c])],
      run: (x) => {
        const { result, indexes } = tf.maxPoolWithArgmax(x as tf.Tensor4D, filter, stride, 'same', whole);
        return [result!, indexes!];
      },
    }),
  );
  agrees('maximum with positions', argmax, { count: 20, runs: 2 });

  const dilated = fc.tuple(images, variedTicket, pair(2)).map(
    ([
      {
        n,
        size,
        channels: [c],
      },
      t,
      dilation,
    ]): Case => ({
      label: `dilated pool [${n},${size},${c}] by ${dilation}`,
      operands: [operand(t, [n, ...size, c])],
      run: (x) => tf.pool(x as tf.Tensor4D, [2, 2], 'avg', 'valid', dilation, 1),
    }),
  );
  agrees('dilated', dilated, { count: 15, runs: 2 });
});

describe('resizing', () => {
  const resizes = fc
    .tuple(
      images,
      fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
      fc.constantFrom('nearest', 'bilinear'),
      fc.constantFrom('plain', 'corners', 'half pixels', 'double'),
      ticket,
    )
    .map(
      ([
        {
          n,
          size,
          channels: [c],
        },
        to,
        kind,
        mode,
        t,
      ]): Case => ({
        label: `${kind} ${t.form} [${n},${size},${c}] to ${to}, ${mode}`,
        operands: [operand(t, [n, ...size, c])],
        run: (x) => resize(x!, kind, mode === 'double' ? [2 * size[0], 2 * size[1]] : to, mode),
      }),
    );
  agrees('nearest and bilinear, up and down', resizes, { count: 50, runs: 3 });
});

function resize(x: tf.Tensor, kind: string, to: [number, number], mode: string): tf.Tensor {
  const f = kind === 'nearest' ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
  return f(x as tf.Tensor4D, to, mode === 'corners', mode === 'half pixels');
}

test('a number as padding of a filter that is not square is refused, since TensorFlow.js misplaces it', async () => {
  const [x, w] = [operand({ seed: 1, form: 'plain' }, [1, 5, 5, 1]), operand({ seed: 2, form: 'plain' }, [3, 1, 1, 1])];
  const run = (a: tf.Tensor | undefined, b: tf.Tensor | undefined) =>
    tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 1);
  await expect(runTraced([{ label: 'tall filter', operands: [x, w], run }])).rejects.toThrow(
    'Expected a square filter and equal strides with a number as padding (or explicit padding) but received',
  );
});

describe('gradients that the cpu backend lacks or gets wrong', () => {
  type Linear = (x: tf.Tensor) => tf.Tensor;
  const table: Record<string, Linear> = {
    'average pool, same': (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same') as tf.Tensor,
    'average pool, padded': (x) => tf.avgPool(x as tf.Tensor4D, 3, 1, 1) as tf.Tensor,
    'nearest, doubled': (x) => resize(x, 'nearest', [2 * x.shape[1]!, 2 * x.shape[2]!], 'plain'),
    'nearest, shrunk': (x) => resize(x, 'nearest', [3, 4], 'plain'),
    'nearest, corners': (x) => resize(x, 'nearest', [9, 11], 'corners'),
    'nearest, half pixels': (x) => resize(x, 'nearest', [9, 4], 'half pixels'),
    'bilinear, doubled': (x) => resize(x, 'bilinear', [2 * x.shape[1]!, 2 * x.shape[2]!], 'plain'),
    'bilinear, corners': (x) => resize(x, 'bilinear', [9, 3], 'corners'),
    'bilinear, half pixels': (x) => resize(x, 'bilinear', [9, 3], 'half pixels'),
    'mirror pad, reflect': (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 1],
          [0, 3],
          [0, 0],
        ],
        'reflect',
      ),
    'mirror pad, symmetric': (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 0],
          [2, 1],
          [0, 3],
          [1, 1],
        ],
        'symmetric',
      ),
    'dilated convolution': (x) =>
      tf.conv2d(x as tf.Tensor4D, weights([3, 2, x.shape[3]!, 2]) as tf.Tensor4D, 1, 'same', 'NHWC', [2, 1]),
    'dilated convolution of a filter': (w) =>
      tf.conv2d(
        weights([2, 7, 8, 5]) as tf.Tensor4D,
        tf.reshape(w, [-1, 1, 5, 2]) as tf.Tensor4D,
        1,
        'same',
        'NHWC',
        [2, 2],
      ),
    'dilated depthwise convolution': (x) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, weights([3, 2, x.shape[3]!, 2]) as tf.Tensor4D, 1, 'same', 'NHWC', [2, 3]),
    'dilated depthwise convolution of a filter': (w) =>
      tf.depthwiseConv2d(
        weights([2, 7, 8, 5]) as tf.Tensor4D,
        tf.reshape(w, [-1, 1, 5, 2]) as tf.Tensor4D,
        1,
        'same',
        'NHWC',
        [2, 2],
      ),
    'convolution rounded up': (x) =>
      tf.conv2d(x as tf.Tensor4D, weights([2, 2, x.shape[3]!, 2]) as tf.Tensor4D, 3, 0, 'NHWC', 1, 'ceil'),
    'channels first': (x) =>
      tf.conv2d(x as tf.Tensor4D, weights([2, 2, x.shape[1]!, 2]) as tf.Tensor4D, 2, 'same', 'NCHW'),
  };

  /** Fixed values that are neither regular nor all alike. */
  function weights(shape: number[]): tf.Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Array.from({ length: size }, (_, i) => Math.sin(1 + 2.3 * i)),
      shape,
    );
  }

  // 2 · 5 · 6 · 10 elements, so that the same image can also be a filter of 5 inputs and 2 outputs.
  const shape = [2, 5, 6, 10];
  test.each(Object.keys(table))('%s: the gradient is the adjoint', async (name) => {
    const f = table[name]!;
    const [x] = [operand({ seed: 7, form: 'plain' }, shape)];
    const inner: Case = {
      label: name,
      operands: [x],
      run: (a) => {
        const y = f(a!);
        const dy = weights(y.shape);
        const dx = tf.grad(f)(a!, dy);
        // A second sum over another x tells a gradient that depends on x.
        return [tf.sum(tf.mul(y, dy)), tf.sum(tf.mul(a!, dx)), dx];
      },
    };
    const [[forward, backward, dx]] = (await runTraced([inner])) as unknown as [[Scalar, Scalar, Scalar]];
    expect(Math.abs(forward.data[0])).toBeGreaterThan(1e-3);
    expect(backward.data[0]).toBeCloseTo(forward.data[0], 3);
    expect(dx.shape).toEqual(shape);
  });
});

type Shape4 = [number, number, number, number];
interface Scalar {
  readonly shape: readonly number[];
  readonly data: Float32Array & { 0: number };
}

function convInfo(
  x: readonly number[],
  filter: readonly number[],
  strides: [number, number],
  dilations: number | [number, number],
  pad: Padding,
  depthwise = false,
) {
  return tf.backend_util.computeConv2DInfo(
    [...x] as Shape4,
    [...filter] as Shape4,
    strides,
    dilations,
    pad as 'same',
    undefined,
    depthwise,
  );
}
