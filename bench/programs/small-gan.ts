// The smallest step that is still a GAN: 2→64→64→2 on points of the plane, batch 64, Adam. What it costs is mostly the
// price of running a graph at all.

import type { StepFunction } from 'ganymede/engine/step.js';
import { type HostTensors, sizeOf, type TensorSpecs } from 'ganymede/engine/tensor.js';
import * as tf from 'ganymede/engine/tf.js';
import type { Tensors } from 'ganymede/engine/tracer.js';
import { weights } from './weights.js';

const BATCH = 64;
const layers = (name: string, out: number) => ({
  [`${name}/w1`]: [2, 64],
  [`${name}/b1`]: [64],
  [`${name}/w2`]: [64, 64],
  [`${name}/b2`]: [64],
  [`${name}/w3`]: [64, out],
  [`${name}/b3`]: [out],
});
const SHAPES: Readonly<Record<string, number[]>> = { ...layers('g', 2), ...layers('d', 1) };

export const inputs: TensorSpecs = {
  real: { dtype: 'float32', shape: [BATCH, 2] },
  z: { dtype: 'float32', shape: [BATCH, 2] },
  rate: { dtype: 'float32', shape: [] },
};

export function state(): HostTensors {
  const params = weights(SHAPES, 0.3);
  const slots = Object.entries(SHAPES).flatMap(([name, shape]) =>
    ['m', 'v'].map((slot) => [
      `${slot}/${name}`,
      { dtype: 'float32' as const, shape, data: new Float32Array(sizeOf(shape)) },
    ]),
  );
  return { ...params, ...Object.fromEntries(slots) };
}

export const step: StepFunction = (s, { real, z, rate }) => {
  const next: Tensors = {};
  const train = (player: string, loss: (params: Tensors) => tf.Scalar): tf.Scalar => {
    const names = Object.keys(SHAPES).filter((name) => name.startsWith(player));
    const { value, grads } = tf.valueAndGrads((...params: tf.Tensor[]) =>
      loss(Object.fromEntries(names.map((name, i) => [name, params[i]!]))),
    )(names.map((name) => s[name]!));
    names.forEach((name, i) => {
      const m = tf.add(tf.mul(s[`m/${name}`]!, 0.5), tf.mul(grads[i]!, 0.5));
      const v = tf.add(tf.mul(s[`v/${name}`]!, 0.99), tf.mul(tf.square(grads[i]!), 0.01));
      next[`m/${name}`] = m;
      next[`v/${name}`] = v;
      next[name] = tf.sub(s[name]!, tf.mul(rate!, tf.div(m, tf.add(tf.sqrt(v), 1e-8))));
    });
    return value;
  };
  const fake = network(s, 'g', z!);
  const lossD = train('d', (d) =>
    tf.add(tf.mean(tf.softplus(tf.neg(network(d, 'd', real!)))), tf.mean(tf.softplus(network(d, 'd', fake)))),
  );
  const lossG = train('g', (g) => tf.mean(tf.softplus(tf.neg(network(next, 'd', network(g, 'g', z!))))));
  return { state: next, outputs: { lossD, lossG } };
};

function network(p: Tensors, name: string, x: tf.Tensor): tf.Tensor {
  const dense = (h: tf.Tensor, layer: number) =>
    tf.add(tf.matMul(h as tf.Tensor2D, p[`${name}/w${layer}`] as tf.Tensor2D), p[`${name}/b${layer}`]!);
  return dense(tf.relu(dense(tf.relu(dense(x, 1)), 2)), 3);
}
