// Classifiers of the data's own classes that an inpainter is trained beside, so that a completed image is read as what
// it was: pixels may differ, what the image shows may not. They are trained first and then stand still. What a fit
// reports is measured by another classifier, which had no part in it.
import type { Dataset } from '../../datasets/dataset.js';
import type { StepDevice } from '../../engine/native.js';
import type { HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import type { Tensors } from '../../networks/network.js';
import { type Classifier, classifier, LEAST_LABELLED, minimise } from './feature-net.js';
import type { FitContext } from './loop.js';

/** [N, C, H, W] to what it makes of each image: its last hidden layer [N, size], and its logits [N, classes]. */
export type Reader = (images: tf.Tensor) => Read;
export type Read = ReturnType<Classifier>;

export interface Reading {
  readonly seed: number;
  readonly steps: number;
  readonly threads: number;
  readonly device?: StepDevice | undefined;
}

/** Keeps their numbers apart from those of a feature net of the same seed, which may be what measures. */
const SEED = 1_000_000;
/** What one of several alone takes for a class, such as a few odd specks, pleases the others little. */
const READERS = 3;
/** The most noise that they learn through, as a share of the data's range: specks must not sway them. */
const NOISE = 0.25;

/** None for data without classes, or of fewer images than one sees at a time. */
export async function trainReaders(data: Dataset, reading: Reading, context: FitContext = {}): Promise<Reader[]> {
  const { labels, classes = [], count, range } = data;
  if (!labels || classes.length < 2 || count < LEAST_LABELLED) return [];
  const net = classifier(data.shape, classes.length);
  const { steps, seed, ...where } = reading;
  const epochs = steps / Math.floor(count / LEAST_LABELLED);
  const noise = NOISE * (range[1] - range[0]);
  const readers: Reader[] = [];
  for (let i = 0; i < READERS; i++) {
    const params = await minimise(net, data, { ...where, seed: SEED + READERS * seed + i, epochs, noise }, context);
    readers.push(readerOf(net, params));
  }
  return readers;
}

/** A classifier that stands still. */
export function readerOf(net: Classifier, params: HostTensors): Reader {
  return (images) => net(constantsOf(params), images);
}

/** What a reader makes of several batches of one size, seen at once. */
export function readEach(reader: Reader, batches: readonly tf.Tensor[]): Read[] {
  const { features, logits } = reader(tf.concat([...batches], 0));
  const [seen, meant] = [features, logits].map((all) => tf.split(all, batches.length, 0));
  return batches.map((_, i) => ({ features: seen![i]!, logits: meant![i]! }));
}

/**
 * The chance that a made image and the real one are taken for two classes, each drawn by what a reader takes it for. It
 * is linear in what the made image is taken for, so that least is the likeliest class: the surprise in nats, whose
 * least is what could be either, makes strokes that show two digits at once.
 */
export function misreading(made: Read, real: Read): tf.Scalar {
  const agreed = tf.sum(tf.mul(tf.softmax(made.logits), tf.softmax(real.logits)), 1);
  return tf.mean<tf.Scalar>(tf.sub(1, agreed));
}

function constantsOf(params: HostTensors): Tensors {
  return Object.fromEntries(
    Object.entries(params).map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape])]),
  );
}
