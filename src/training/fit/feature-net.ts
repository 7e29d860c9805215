// A small convolutional classifier of labelled images, trained to be looked through rather than at: its last hidden layer is the
// feature space in which evaluations compare images. Exported as a feature net: an ONNX file and its JSON. It never sees a
// generator, nor the images held out to measure it.
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Batches, type Dataset, readAll, split } from '../../datasets/dataset.js';
import { exportGraph } from '../../engine/export.js';
import { compileStep } from '../../engine/step.js';
import { type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { GanymedeError } from '../../errors.js';
import { FeatureNet, type FeatureNetManifest } from '../../evaluation/features.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { oneHot } from '../../models/labels.js';
import { buildNetwork } from '../../networks/build.js';
import type { Tensors } from '../../networks/network.js';
import { fillStream, streamOf } from '../../random/noise.js';
import { optimizer } from '../optimizers.js';

export interface ClassifierOptions {
  /** The ONNX file to write; the JSON goes beside it. */
  readonly out: string;
  readonly license: string;
  readonly seed?: number;
  readonly epochs?: number;
  /** Images at the end that are held out, and measure it. */
  readonly validation?: number;
  readonly threads?: number;
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

export interface ClassifierResult {
  /** Share of held-out images that the exported net classifies as labelled. */
  readonly accuracy: number;
  readonly images: number;
}

/** Values of the last hidden layer: enough to tell digits apart, few enough for a covariance of 10,000 images. */
const FEATURES = 128;
const BATCH = 100;
const STEPS_PER_RUN = 20;
const KEEP = 0.5;
/** Pixels by which training images are moved about, each way. */
const SHIFT = 1;

/** Trains, exports in half precision, and measures what was exported. */
export async function trainClassifier(dataset: Dataset, options: ClassifierOptions): Promise<ClassifierResult> {
  const { seed = 1, epochs = 5, validation = 10_000, threads = availableParallelism() } = options;
  const classes = labelled(dataset);
  const { train, validation: held } = split(dataset, validation);
  if (!held) throw new GanymedeError('CONFIG_INVALID', 'Expected images held out to measure the classifier, but 0.');
  const net = classifier(dataset.shape, classes.length);
  const params = await minimise(net, train, {
    seed,
    epochs,
    threads,
    ...(options.onEpoch ? { onEpoch: options.onEpoch } : {}),
  });

  const bytes = exportGraph((tensors, { image }) => net(tensors, image!), {
    params,
    inputs: { image: { dtype: 'float32', shape: [-1, ...dataset.shape] } },
    name: 'features',
    doc: `image [N, ${dataset.shape.join(', ')}] in [${dataset.range.join(', ')}] to features [N, ${FEATURES}] and logits [N, ${classes.length}]`,
    float16Weights: true,
  });
  const describe = (training: FeatureNetManifest['training']): FeatureNetManifest => ({
    ...descriptionOf(dataset, classes, bytes, options),
    ...(training ? { training } : {}),
  });
  const write = async (manifest: FeatureNetManifest) =>
    writeFileAtomically(options.out.replace(/\.onnx$/, '.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFileAtomically(options.out, bytes);
  await write(describe(undefined));

  const accuracy = await accuracyOf(options.out, held, threads);
  await write(
    describe({
      dataset: { name: train.name, sha256: dataset.sha256 },
      seed,
      epochs,
      validation: { images: held.count, accuracy },
    }),
  );
  return { accuracy, images: held.count };
}

type Classifier = ((
  params: Tensors,
  image: tf.Tensor,
  mask?: tf.Tensor,
) => { features: tf.Tensor; logits: tf.Tensor }) & {
  init(seed: number): HostTensors;
};

/** Two strided convolutions, a hidden layer of FEATURES, and a linear layer on it; dropout between the last two. */
function classifier(shape: readonly number[], classes: number): Classifier {
  const body = buildNetwork(
    {
      kind: 'dcgan-discriminator',
      width: 32,
      most: 512,
      spectral: false,
      norm: 'none',
      activation: 'leakyRelu',
      minibatchDeviation: false,
    },
    { name: 'body', input: shape, output: [FEATURES] },
  );
  const head = buildNetwork(
    { kind: 'mlp', layers: [{ units: classes, activation: 'linear', keep: 1 }] },
    { name: 'head', input: [FEATURES], output: [classes] },
  );
  const apply = (params: Tensors, image: tf.Tensor, mask?: tf.Tensor) => {
    const features = tf.relu(body.apply(params, image)); // [N, FEATURES]
    const kept = mask ? tf.mul(features, tf.mul(tf.cast(mask, 'float32'), 1 / KEEP)) : features;
    return { features, logits: head.apply(params, kept) };
  };
  const init = (seed: number) => ({ ...body.init(streamOf(seed)), ...head.init(streamOf(seed)) });
  return Object.assign(apply, { init });
}

interface FitOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly threads: number;
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

async function minimise(net: Classifier, data: Dataset, options: FitOptions): Promise<HostTensors> {
  const { seed, epochs, threads, onEpoch } = options;
  const [size, classes] = [sizeOf(data.shape), data.classes!.length];
  const batches = new Batches(data.count, BATCH, seed);
  const runs = Math.ceil((epochs * batches.perEpoch) / STEPS_PER_RUN);
  const steps = runs * STEPS_PER_RUN;
  const adam = optimizer({ kind: 'adam', learningRate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  const initial = net.init(seed);
  const names = Object.keys(initial);
  const compiled = await compileStep(
    (state, inputs) => {
      let value: tf.Tensor | undefined;
      const gradients = tf.grads((...tensors: tf.Tensor[]) => {
        const params = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
        const { logits } = net(params, inputs['image']!, inputs['mask']!);
        const loss = tf.neg(tf.mean(tf.sum(tf.mul(inputs['label']!, tf.logSoftmax(logits)), 1)));
        value = tf.keep(loss);
        return loss;
      })(names.map((name) => state[name]!));
      const params = Object.fromEntries(names.map((name) => [name, state[name]!]));
      const slots = Object.fromEntries(Object.entries(state).filter(([name]) => !names.includes(name)));
      const slopes = Object.fromEntries(names.map((name, i) => [name, gradients[i]!]));
      const hyper = Object.fromEntries(adam.hyper.map((name) => [name, inputs[name]!]));
      const moved = adam.update(params, slopes, slots, hyper);
      return { state: { ...moved.params, ...moved.slots }, outputs: { loss: tf.add(value!, 0) } };
    },
    {
      state: { ...initial, ...adam.slots(initial) },
      inputs: {
        image: { dtype: 'float32', shape: [BATCH, ...data.shape] },
        label: { dtype: 'float32', shape: [BATCH, classes] },
        mask: { dtype: 'uint8', shape: [BATCH, FEATURES] },
        ...Object.fromEntries(adam.hyper.map((name) => [name, { dtype: 'float32', shape: [] } as const])),
      },
      stepsPerRun: STEPS_PER_RUN,
      threads,
    },
  );
  const image = new Float32Array(STEPS_PER_RUN * BATCH * size);
  const label = new Float32Array(STEPS_PER_RUN * BATCH * classes);
  const mask = new Uint8Array(STEPS_PER_RUN * BATCH * FEATURES);
  const hyper = Object.fromEntries(adam.hyper.map((name) => [name, new Float32Array(STEPS_PER_RUN)]));
  try {
    let loss = 0;
    for (let run = 0; run < runs; run++) {
      for (let i = 0; i < STEPS_PER_RUN; i++) {
        const step = run * STEPS_PER_RUN + i;
        const indices = batches.indices(step);
        const rows = image.subarray(i * BATCH * size, (i + 1) * BATCH * size);
        await data.read(indices, rows);
        move(rows, data.shape, data.range[0], seed, step);
        label.set(
          oneHot(
            Array.from(indices, (index) => data.labels![index]!),
            classes,
          ),
          i * BATCH * classes,
        );
        // Adam's steps shrink to nothing over the run: half a cosine.
        const rate = (1 + Math.cos((Math.PI * step) / steps)) / 2;
        const { stepSize, ...rest } = adam.hyperAt(step, batches.perEpoch);
        for (const [name, value] of Object.entries({ ...rest, stepSize: stepSize! * rate })) hyper[name]![i] = value;
      }
      fillStream(mask, streamOf(seed, 'classifier/mask', run), { kind: 'bernoulli', keep: KEEP, shape: [] });
      const outputs = await compiled.run({ image, label, mask, ...hyper });
      loss = (outputs['loss']!.data as Float32Array).reduce((sum, value) => sum + value, 0) / STEPS_PER_RUN;
      const made = (run + 1) * STEPS_PER_RUN;
      if (Math.floor(made / batches.perEpoch) > Math.floor((made - STEPS_PER_RUN) / batches.perEpoch)) {
        onEpoch?.(Math.floor(made / batches.perEpoch), loss);
      }
    }
    const state = compiled.state();
    return Object.fromEntries(names.map((name) => [name, state[name]!]));
  } finally {
    await compiled.dispose();
  }
}

/** Moves each image by up to SHIFT pixels either way, in place, filling in with `low`. */
function move(rows: Float32Array, shape: readonly number[], low: number, seed: number, step: number): void {
  const [channels, height, width] = shape as [number, number, number];
  const plane = height * width;
  const count = rows.length / (channels * plane);
  const draws = new Float32Array(2 * count);
  fillStream(draws, streamOf(seed, 'classifier/move', step), { kind: 'uniform', low: 0, high: 1, shape: [] });
  const before = new Float32Array(plane);
  for (let i = 0; i < count; i++) {
    const [down, right] = [0, 1].map((axis) => Math.floor(draws[2 * i + axis]! * (2 * SHIFT + 1)) - SHIFT) as [
      number,
      number,
    ];
    for (let c = 0; c < channels; c++) {
      const image = rows.subarray((i * channels + c) * plane, (i * channels + c + 1) * plane);
      before.set(image);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [fromY, fromX] = [y - down, x - right];
          const inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
          image[y * width + x] = inside ? before[fromY * width + fromX]! : low;
        }
      }
    }
  }
}

async function accuracyOf(file: string, held: Dataset, threads: number): Promise<number> {
  const net = await FeatureNet.open(file, threads);
  try {
    const [channels, height, width] = held.shape as [1 | 3, number, number];
    const [low, high] = held.range;
    const images = (await readAll(held)).map((value) => (value - low) / (high - low));
    const { classes } = await net.see({ data: images, size: sizeOf(held.shape) }, { channels, height, width });
    return classes!.reduce((right, found, i) => right + (found === held.labels![i] ? 1 : 0), 0) / held.count;
  } finally {
    await net.close();
  }
}

function labelled({ name, labels, classes, shape }: Dataset): readonly string[] {
  if (labels && classes && classes.length > 1 && shape.length === 3) return classes;
  throw new GanymedeError('DATASET_INVALID', `Expected images with labels of 2 or more classes but ${name} has none.`);
}

function descriptionOf(
  dataset: Dataset,
  classes: readonly string[],
  bytes: Uint8Array,
  { out, license }: ClassifierOptions,
): FeatureNetManifest {
  const [channels, height, width] = dataset.shape as [1 | 3, number, number];
  const [low, high] = dataset.range;
  return {
    format: 1,
    name: `${basename(out, '.onnx')} classifier`,
    description: `Two convolutions, a hidden layer of ${FEATURES}, dropout; trained on ${dataset.name} by ganymede feature-net.`,
    license,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    input: { name: 'image', channels, height, width, range: [low, high], layout: 'NCHW' },
    outputs: { features: 'features', logits: 'logits' },
    labels: [...classes],
  };
}
