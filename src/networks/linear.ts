// Dense layers, convolutions and transposed convolutions with bias. Images are [N, H, W, C] as TensorFlow.js has them;
// the engine keeps them channels first, so that turning them at the borders of a network moves no data.
import * as tf from '../engine/tf.js';
import type { Layer } from './layer.js';
import { weight } from './weight.js';

export interface LinearOptions {
  /** First part of its tensors' names, without the slash at the end. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Standard deviation of the initial weights. */
  readonly deviation: number;
  readonly spectral?: boolean | undefined;
}

export interface ConvOptions extends LinearOptions {
  readonly kernel: number;
  readonly stride: number;
}

/** [N, from] → [N, to]. */
export function dense({ name, from, to, deviation, spectral }: LinearOptions): Layer {
  const w = weight({ name: `${name}/weight`, shape: [from, to], deviation, spectral });
  return withBias(name, to, w, (params, x) => tf.matMul(x as tf.Tensor2D, w.of(params) as tf.Tensor2D));
}

/** [N, H, W, from] → [N, ⌈H/stride⌉, ⌈W/stride⌉, to]. */
export function conv({ name, from, to, kernel, stride, deviation, spectral }: ConvOptions): Layer {
  const shape = [kernel, kernel, from, to];
  const w = weight({ name: `${name}/filter`, shape, deviation, spectral });
  return withBias(name, to, w, (params, x) => tf.conv2d(x as tf.Tensor4D, w.of(params) as tf.Tensor4D, stride, 'same'));
}

/**
 * [N, H, W, from] → [N, H·stride, W·stride, to]: the adjoint of `conv`, so its filter is [kernel, kernel, to, from],
 * and its norm that of the convolution.
 */
export function deconv({ name, from, to, kernel, stride, deviation, spectral }: ConvOptions): Layer {
  const shape = [kernel, kernel, to, from];
  const w = weight({ name: `${name}/filter`, shape, deviation, spectral });
  return withBias(name, to, w, (params, x) => {
    const [n, height, width] = x.shape as [number, number, number];
    const out: [number, number, number, number] = [n, height * stride, width * stride, to];
    return tf.conv2dTranspose(x as tf.Tensor4D, w.of(params) as tf.Tensor4D, out, stride, 'same');
  });
}

function withBias(name: string, size: number, w: ReturnType<typeof weight>, product: Layer['apply']): Layer {
  const bias = `${name}/bias`;
  return {
    slots: { ...w.slots, [bias]: { shape: [size], start: { kind: 'constant', value: 0 } } },
    advance: w.advance,
    apply: (params, x, pass) => tf.add(product(params, x, pass), params[bias]!),
  };
}
