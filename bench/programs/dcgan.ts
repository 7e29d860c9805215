// A DCGAN step as data: 32×32×3 images, three convolutions a side, batch norm in G, Adam for both; one fake batch
// serves D and G, as in PyTorch's own example. bench/peers/dcgan.py is the same program, line by line.

import type { StepFunction } from 'ganymede/engine/step.js';
import { type HostTensors, sizeOf, type TensorSpecs } from 'ganymede/engine/tensor.js';
import * as tf from 'ganymede/engine/tf.js';
import type { Tensors } from 'ganymede/engine/tracer.js';
import { weights } from './weights.js';

export const BATCH = 32;
const LATENT = 100;
const WIDTH = 64; // channels of D's first convolution
const BETA1 = 0.5;
const BETA2 = 0.999;

/** Filters are [height, width, in, out] for convolutions and [height, width, out, in] for transposed ones. */
const G_SHAPES: Record<string, number[]> = {
  'g/dense': [LATENT, 4 * 4 * 4 * WIDTH],
  'g/norm0/scale': [4 * WIDTH],
  'g/norm0/shift': [4 * WIDTH],
  'g/deconv1': [4, 4, 2 * WIDTH, 4 * WIDTH],
  'g/norm1/scale': [2 * WIDTH],
  'g/norm1/shift': [2 * WIDTH],
  'g/deconv2': [4, 4, WIDTH, 2 * WIDTH],
  'g/norm2/scale': [WIDTH],
  'g/norm2/shift': [WIDTH],
  'g/deconv3': [4, 4, 3, WIDTH],
};
const D_SHAPES: Record<string, number[]> = {
  'd/conv1': [4, 4, 3, WIDTH],
  'd/conv2': [4, 4, WIDTH, 2 * WIDTH],
  'd/conv3': [4, 4, 2 * WIDTH, 4 * WIDTH],
  'd/dense': [4 * 4 * 4 * WIDTH, 1],
};

export function state(): HostTensors {
  const params = { ...weights(G_SHAPES, 0.02), ...weights(D_SHAPES, 0.02) };
  const slots = Object.entries(params).flatMap(([name, { shape }]) => [
    [`m/${name}`, { dtype: 'float32' as const, shape, data: new Float32Array(sizeOf(shape)) }],
    [`v/${name}`, { dtype: 'float32' as const, shape, data: new Float32Array(sizeOf(shape)) }],
  ]);
  return { ...params, ...Object.fromEntries(slots) };
}

export const inputs: TensorSpecs = {
  real: { dtype: 'float32', shape: [BATCH, 32, 32, 3] },
  z: { dtype: 'float32', shape: [BATCH, LATENT] },
  rate: { dtype: 'float32', shape: [] }, // learning rate with Adam's bias correction in it
};

/** Floating-point operations of the products in one step: two for each multiply-add. */
export function flops(): number {
  const conv = (outSide: number, from: number, to: number) => 2 * BATCH * outSide ** 2 * from * to * 16;
  const g = [
    2 * BATCH * LATENT * 64 * WIDTH,
    conv(4, 4 * WIDTH, 2 * WIDTH),
    conv(8, 2 * WIDTH, WIDTH),
    conv(16, WIDTH, 3),
  ];
  const d = [conv(16, 3, WIDTH), conv(8, WIDTH, 2 * WIDTH), conv(4, 2 * WIDTH, 4 * WIDTH), 2 * BATCH * 64 * WIDTH];
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const [forwardG, forwardD] = [sum(g), sum(d)];
  const stepD = 2 * (forwardD + forwardD + forwardD - d[0]!); // forward, by weights, by inputs but for the first layer
  const stepG = forwardD + forwardD + forwardG + forwardG - g[0]!;
  return forwardG + stepD + stepG;
}

export const step: StepFunction = (s, { real, z, rate }) => {
  const fake = generator(s, z!);
  const next: Tensors = {};
  const adam = (names: readonly string[], gradients: readonly tf.Tensor[]) =>
    names.forEach((name, i) => {
      const gradient = gradients[i]!;
      const m = tf.add(tf.mul(s[`m/${name}`]!, BETA1), tf.mul(gradient, 1 - BETA1));
      const v = tf.add(tf.mul(s[`v/${name}`]!, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
      next[`m/${name}`] = m;
      next[`v/${name}`] = v;
      next[name] = tf.sub(s[name]!, tf.mul(rate!, tf.div(m, tf.add(tf.sqrt(v), 1e-8))));
    });

  const dNames = Object.keys(D_SHAPES);
  const lossD = (...params: tf.Tensor[]) => {
    const d = named(dNames, params);
    return tf.add(
      tf.mean(tf.softplus(tf.neg(discriminator(d, real!)))),
      tf.mean(tf.softplus(discriminator(d, fake))),
    ) as tf.Scalar;
  };
  const trainedD = tf.valueAndGrads(lossD)(dNames.map((name) => s[name]!));
  adam(dNames, trainedD.grads);

  const gNames = Object.keys(G_SHAPES);
  const newD = named(
    dNames,
    dNames.map((name) => next[name]!),
  );
  const lossG = (...params: tf.Tensor[]) =>
    tf.mean(tf.softplus(tf.neg(discriminator(newD, generator(named(gNames, params), z!))))) as tf.Scalar;
  const trainedG = tf.valueAndGrads(lossG)(gNames.map((name) => s[name]!));
  adam(gNames, trainedG.grads);
  return { state: next, outputs: { lossD: trainedD.value, lossG: trainedG.value } };
};

/** z [N, 100] → images [N, 32, 32, 3] in [-1, 1]. */
export function generator(p: Tensors, z: tf.Tensor): tf.Tensor4D {
  const n = z.shape[0]!;
  const norm = (x: tf.Tensor, layer: string) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const scale = tf.mul(p[`${layer}/scale`]!, tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.relu(tf.add(tf.mul(tf.sub(x, mean), scale), p[`${layer}/shift`]!)) as tf.Tensor4D;
  };
  const up = (x: tf.Tensor4D, filter: string, side: number, channels: number) =>
    tf.conv2dTranspose(x, p[filter] as tf.Tensor4D, [n, side, side, channels], 2, 'same');
  const h0 = norm(
    tf.reshape(tf.matMul(z as tf.Tensor2D, p['g/dense'] as tf.Tensor2D), [-1, 4, 4, 4 * WIDTH]),
    'g/norm0',
  );
  const h1 = norm(up(h0, 'g/deconv1', 8, 2 * WIDTH), 'g/norm1');
  const h2 = norm(up(h1, 'g/deconv2', 16, WIDTH), 'g/norm2');
  return tf.tanh(up(h2, 'g/deconv3', 32, 3));
}

/** Images [N, 32, 32, 3] → logits [N, 1]. */
function discriminator(p: Tensors, images: tf.Tensor): tf.Tensor {
  const down = (x: tf.Tensor, filter: string) =>
    tf.leakyRelu(tf.conv2d(x as tf.Tensor4D, p[filter] as tf.Tensor4D, 2, 'same'), 0.2);
  const h = down(down(down(images, 'd/conv1'), 'd/conv2'), 'd/conv3');
  return tf.matMul(tf.reshape(h, [-1, 4 * 4 * 4 * WIDTH]) as tf.Tensor2D, p['d/dense'] as tf.Tensor2D);
}

function named(names: readonly string[], tensors: readonly tf.Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
}
