// A small convolutional classifier of labelled images, trained to be looked through rather than at: its last hidden
// layer is the feature space in which evaluations compare images. Exported as a feature net: an ONNX file and its JSON.
// It never sees a generator, nor the images held out to measure it.

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { Batches, type Dataset, readAll, split } from '../../datasets/dataset.js';
import { openDataset, within } from '../../datasets/open.js';
import { exportGraph } from '../../engine/export.js';
import type { StepDevice } from '../../engine/native.js';
import type { StepFunction } from '../../engine/step.js';
import { type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { expected, GanymedeError } from '../../errors.js';
import { FeatureNet, type FeatureNetManifest } from '../../evaluation/features.js';
import { mean } from '../../evaluation/rows.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { requireWritable, requireWritableFile } from '../../files/unusable.js';
import type { Channels } from '../../images/pixels.js';
import { oneHot } from '../../models/labels.js';
import { buildNetwork } from '../../networks/build.js';
import type { Tensors } from '../../networks/network.js';
import { fillStream, type NoiseSpec, streamOf } from '../../random/noise.js';
import { type WorkContext, working } from '../../work.js';
import { howToGoOn } from '../how-to-go-on.js';
import type { Optimizer } from '../optimizers.js';
import type { InputSource } from '../step.js';
import { adamOf, coolingInputs, descentStep } from './descent.js';
import { FitRun } from './fit-run.js';
import { type FitContext, trainSmall } from './loop.js';
import { surprise } from './losses.js';

export interface FeatureNetOptions {
  /** Labelled images: a path, or builtin:<name>. */
  readonly data: string;
  /** The ONNX file to write; the JSON goes beside it. */
  readonly out: string;
  readonly license: string;
  readonly seed?: number;
  readonly epochs?: number;
  /** Images at the end that are held out, and measure it. */
  readonly validation?: number;
  readonly threads?: number;
  readonly device?: StepDevice;
  /** Folder of the run, which a stopped training goes on from; runs/<name>-feature-net without it. */
  readonly run?: string;
  readonly resume?: boolean;
}

export interface FeatureNetResult {
  /** Share of held-out images that the exported net classifies as labelled. */
  readonly accuracy: number;
  readonly images: number;
}

/** Values of the last hidden layer: enough to tell digits apart, few enough for a covariance of 10,000 images. */
const FEATURES = 128;
const BATCH = 100;
/** Images that it takes at the least: as many as it sees at a time. */
export const LEAST_LABELLED = BATCH;
const STEPS_PER_RUN = 20;
const KEEP = 0.5;
/** Pixels by which training images are moved about, each way. */
const SHIFT = 1;

/**
 * Trains, exports in half precision, and measures what was exported. Null when stopped: what was trained is in the run.
 */
export function trainFeatureNet(options: FeatureNetOptions, context?: WorkContext): Promise<FeatureNetResult | null> {
  return working(context, async (report) => {
    const { out, seed = 1, epochs = 5, validation = 10_000, threads = availableParallelism(), device } = options;
    checkAsked(options);
    const directory = options.run ?? join('runs', `${basename(out, '.onnx')}-feature-net`);
    await Promise.all([requireWritableFile(out), requireWritable(directory)]);
    await FitRun.requireState(directory, options.resume ?? false);
    const dataset = await openDataset(options.data, within(report));
    const classes = classesOfImages(dataset);
    const { train, validation: held } = split(dataset, validation);
    if (!held) throw new GanymedeError('CONFIG_INVALID', 'Expected images held out to measure the classifier, but 0.');
    new Batches(train.count, BATCH, seed); // refuses fewer than one
    const decisive = { fit: 'feature-net', data: dataset.sha256, seed, epochs, validation };
    const run = await FitRun.open({ directory, resume: options.resume ?? false, decisive }, 'a feature net');
    report.atEnd(() => run.close());
    report.started(`A classifier of ${classes.length} classes from ${train.count.toLocaleString('en-US')} images.`);
    report.endsWith({ stopped: howToGoOn('feature-net', { ...options, run: directory }) });
    const net = classifier(dataset.shape, classes.length);
    const params = await minimise(net, train, { seed, epochs, threads, device }, { run, report });
    const bytes = featuresOnnx(net, params, dataset, classes);
    const manifest = descriptionOf(dataset, classes, bytes, options);
    await writeNet(out, bytes, manifest);
    const accuracy = await measure(out, held, threads);
    const measured = { images: held.count, accuracy };
    const found = `${(100 * accuracy).toFixed(2)} % of ${held.count} held-out images classified as labelled`;
    report.metric('measured', measured, found);
    await writeNet(out, bytes, {
      ...manifest,
      training: { dataset: { name: train.name, sha256: dataset.sha256 }, seed, epochs, validation: measured },
    });
    await run.finish();
    report.checkpoint(out);
    report.endsWith({ done: `${out}: ${found}` });
    return { accuracy, images: held.count };
  });
}

function checkAsked({ out, license }: FeatureNetOptions): void {
  if (extname(out) !== '.onnx') throw expected('--out to end in .onnx', out, 'CONFIG_INVALID');
  if (license.trim() === '') throw expected('--license with a name', license, 'CONFIG_INVALID');
}

function featuresOnnx(
  net: Classifier,
  params: HostTensors,
  { shape, range }: Dataset,
  classes: readonly string[],
): Uint8Array<ArrayBuffer> {
  return exportGraph((tensors, { image }) => net(tensors, image!), {
    params,
    inputs: { image: { dtype: 'float32', shape: [-1, ...shape] } },
    name: 'features',
    doc: `image [N, ${shape.join(', ')}] in [${range.join(', ')}] to features [N, ${FEATURES}] and logits [N, ${classes.length}]`,
    float16Weights: true,
  });
}

async function writeNet(file: string, bytes: Uint8Array, manifest: FeatureNetManifest): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomically(file, bytes);
  await writeFileAtomically(file.replace(/\.onnx$/, '.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

export type Classifier = ((
  params: Tensors,
  image: tf.Tensor,
  mask?: tf.Tensor,
) => { features: tf.Tensor; logits: tf.Tensor }) & {
  init(seed: number): HostTensors;
};

/** Two strided convolutions, a hidden layer of FEATURES, and a linear layer on it; dropout between the last two. */
export function classifier(shape: readonly number[], classes: number): Classifier {
  const body = buildNetwork(
    {
      kind: 'dcgan-discriminator',
      width: 32,
      most: 512,
      spectral: false,
      norm: 'none',
      activation: 'leakyRelu',
      minibatchDeviation: false,
      depth: 1,
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

interface Minimising {
  readonly seed: number;
  readonly epochs: number;
  readonly threads: number;
  readonly device?: StepDevice | undefined;
  /** The most noise that an image gets, as a deviation in the units of the data; each gets another share of it. */
  readonly noise?: number;
}

/** Trains a classifier on labelled images; its parameters. */
export async function minimise(
  net: Classifier,
  data: Dataset,
  { seed, epochs, threads, device, noise }: Minimising,
  context: FitContext,
): Promise<HostTensors> {
  const batches = new Batches(data.count, BATCH, seed);
  const steps = epochs * batches.perEpoch;
  const rule = adamOf(0.002);
  const initial = net.init(seed);
  const state = await trainSmall(
    {
      what: 'the classifier',
      step: classifierStep(net, rule, Object.keys(initial)),
      state: { ...initial, ...rule.slots(initial) },
      inputs: {
        ...classifierInputs(data, batches, seed),
        ...(noise === undefined ? {} : noiseInputs(data.shape, noise)),
        ...coolingInputs(rule, steps, batches.perEpoch),
      },
      seed,
      steps,
      stepsPerRun: STEPS_PER_RUN,
      threads,
      device,
      onRun: (made, { loss }) => {
        const epoch = Math.floor(made / batches.perEpoch);
        const value = mean(loss!.data as Float32Array);
        if (epoch === Math.floor((made - loss!.data.length) / batches.perEpoch)) return;
        context.report?.metric('epoch', { epoch, loss: value }, `epoch ${epoch}  loss ${value.toFixed(4)}`);
      },
    },
    context,
  );
  return Object.fromEntries(Object.keys(initial).map((name) => [name, state[name]!]));
}

function classifierStep(net: Classifier, rule: Optimizer, names: readonly string[]): StepFunction {
  return descentStep({
    rule,
    moves: (name) => names.includes(name),
    loss: (_, inputs) => (params, seen) => {
      const { noise, deviation, image } = inputs;
      const shown = noise && deviation ? tf.add(image!, tf.mul(noise, deviation)) : image!;
      const { logits } = net(params, shown, inputs['mask']!);
      const loss = surprise(logits, inputs['label']!);
      seen['loss'] = loss;
      return loss;
    },
  });
}

/** Images moved about, their classes, and which features dropout keeps. */
function classifierInputs(data: Dataset, batches: Batches, seed: number): Record<string, InputSource> {
  const classes = data.classes!.length;
  const masks = new Uint8Array(STEPS_PER_RUN * BATCH * FEATURES);
  return {
    image: {
      from: 'computed',
      spec: { dtype: 'float32', shape: [BATCH, ...data.shape] },
      async fill(out, step) {
        const rows = out as Float32Array;
        await data.read(batches.indices(step), rows);
        moveAbout(rows, data.shape, data.range[0], seed, step);
      },
    },
    label: {
      from: 'computed',
      spec: { dtype: 'float32', shape: [BATCH, classes] },
      fill: (out, step) => {
        const labels = Array.from(batches.indices(step), (index) => data.labels![index]!);
        (out as Float32Array).set(oneHot(labels, classes));
      },
    },
    mask: {
      from: 'computed',
      spec: { dtype: 'uint8', shape: [BATCH, FEATURES] },
      // The masks of one run of the engine are one draw.
      fill: (out, step) => {
        const [run, at] = [Math.floor(step / STEPS_PER_RUN), step % STEPS_PER_RUN];
        if (at === 0) {
          fillStream(masks, streamOf(seed, 'classifier/mask', run), { kind: 'bernoulli', keep: KEEP, shape: [] });
        }
        (out as Uint8Array).set(masks.subarray(at * BATCH * FEATURES, (at + 1) * BATCH * FEATURES));
      },
    },
  };
}

/** Normal noise, and for each image by how much it is multiplied: anything up to `most`. */
function noiseInputs(shape: readonly number[], most: number): Record<string, InputSource> {
  const input = (noise: NoiseSpec): InputSource => ({
    from: 'noise',
    spec: { dtype: 'float32', shape: [BATCH, ...noise.shape] },
    noise,
  });
  return {
    noise: input({ kind: 'normal', shape }),
    deviation: input({ kind: 'uniform', low: 0, high: most, shape: shape.map(() => 1) }),
  };
}

/** Moves each image by up to SHIFT pixels either way, in place, filling in with `low`. */
function moveAbout(rows: Float32Array, shape: readonly number[], low: number, seed: number, step: number): void {
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

async function measure(file: string, held: Dataset, threads: number): Promise<number> {
  const net = await FeatureNet.open(file, threads);
  try {
    const [channels, height, width] = held.shape as [Channels, number, number];
    const [low, high] = held.range;
    const images = (await readAll(held)).map((value) => (value - low) / (high - low));
    const { classes } = await net.see({ data: images, size: sizeOf(held.shape) }, { channels, height, width });
    return classes!.reduce((right, found, i) => right + (found === held.labels![i] ? 1 : 0), 0) / held.count;
  } finally {
    await net.close();
  }
}

function classesOfImages({ name, labels, classes, shape }: Dataset): readonly string[] {
  if (labels && classes && classes.length > 1 && shape.length === 3) return classes;
  throw new GanymedeError('DATASET_INVALID', `Expected images with labels of 2 or more classes but ${name} has none.`);
}

function descriptionOf(
  dataset: Dataset,
  classes: readonly string[],
  bytes: Uint8Array,
  { out, license }: FeatureNetOptions,
): FeatureNetManifest {
  const [channels, height, width] = dataset.shape as [Channels, number, number];
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
