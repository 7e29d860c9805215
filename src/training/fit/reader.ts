// A classifier of the data's own classes that an inpainter is trained beside, so that a completed image is read as what
// it was: pixels may differ, what the image shows may not. It is trained first and then stands still. What a fit
// reports is measured by another classifier, which had no part in it.
import type { Dataset } from '../../datasets/dataset.js';
import type { StepDevice } from '../../engine/native.js';
import type { HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import type { Tensors } from '../../networks/network.js';
import { type Classifier, classifier, LEAST_LABELLED, minimise } from './feature-net.js';
import type { FitContext } from './loop.js';
import { surprise } from './losses.js';

/** [N, C, H, W] to what it makes of each image: its last hidden layer [N, size], and its logits [N, classes]. */
export type Reader = (images: tf.Tensor) => Read;
export type Read = ReturnType<Classifier>;

export interface Reading {
  readonly seed: number;
  readonly steps: number;
  readonly threads: number;
  readonly device?: StepDevice | undefined;
}

/** Keeps its numbers apart from those of a feature net of the same seed, which may be what measures. */
const SEED = 1_000_000;

/** Null for data without classes, or of fewer images than it sees at a time. */
export async function trainReader(data: Dataset, reading: Reading, context: FitContext = {}): Promise<Reader | null> {
  const { labels, classes = [], count } = data;
  if (!labels || classes.length < 2 || count < LEAST_LABELLED) return null;
  const net = classifier(data.shape, classes.length);
  const { steps, ...where } = reading;
  const epochs = steps / Math.floor(count / LEAST_LABELLED);
  const params = await minimise(net, data, { ...where, seed: SEED + where.seed, epochs }, context);
  return readerOf(net, params);
}

/** A classifier that stands still. */
export function readerOf(net: Classifier, params: HostTensors): Reader {
  return (images) => net(constantsOf(params), images);
}

/** How unlike a made image is to the real one, in nats: H(a(real), a(made)) of what a reader takes them for. */
export function misreading(made: Read, real: Read): tf.Scalar {
  return surprise(made.logits, tf.softmax(real.logits));
}

function constantsOf(params: HostTensors): Tensors {
  return Object.fromEntries(
    Object.entries(params).map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape])]),
  );
}
