// A classifier of the data's own classes that an inpainter is trained beside, so that a completed image is read as what
// it was: pixels may differ, what the image shows may not. It is trained first and then stands still. What a fit
// reports is measured by another classifier, which had no part in it.
import type { Dataset } from '../../datasets/dataset.js';
import type { HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import type { Tensors } from '../../networks/network.js';
import { type Classifier, classifier, LEAST_LABELLED, minimise } from './feature-net.js';
import type { FitContext } from './loop.js';
import { surprise } from './losses.js';

/** How unlike a made image is to the real one, in nats, as a reader sees it. */
export type Likeness = (made: tf.Tensor, real: tf.Tensor) => tf.Scalar;

export interface Reading {
  readonly seed: number;
  readonly steps: number;
  readonly threads: number;
}

/** Keeps its numbers apart from those of a feature net of the same seed, which may be what measures. */
const SEED = 1_000_000;

/** Null for data without classes, or of fewer images than it sees at a time. */
export async function trainReader(data: Dataset, reading: Reading, context: FitContext = {}): Promise<Likeness | null> {
  const { labels, classes = [], count } = data;
  if (!labels || classes.length < 2 || count < LEAST_LABELLED) return null;
  const net = classifier(data.shape, classes.length);
  const { seed, steps, threads } = reading;
  const epochs = steps / Math.floor(count / LEAST_LABELLED);
  const params = await minimise(net, data, { seed: SEED + seed, epochs, threads }, context);
  return likenessOf(net, params);
}

/** The cross-entropy of what the reader makes of either: H(a(real), a(made)). */
export function likenessOf(net: Classifier, params: HostTensors): Likeness {
  return (made, real) => {
    const still = constantsOf(params);
    return surprise(net(still, made).logits, tf.softmax(net(still, real).logits));
  };
}

function constantsOf(params: HostTensors): Tensors {
  return Object.fromEntries(
    Object.entries(params).map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape])]),
  );
}
