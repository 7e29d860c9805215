// From training state to a serving checkpoint: the networks traced with a dynamic batch, a manifest beside them, all in
// a directory that appears at once. The generator's graph holds the averaged weights; the discriminator's has no
// dropout.
import { basename } from 'node:path';
import { exportGraph } from '../engine/export.js';
import { type HostTensors, inOrderOf, type TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import { type Manifest, manifestSchema, toJson } from '../models/manifest.js';
import { refuseOtherKind } from '../models/same-kind.js';
import { addVersion, writeVersion } from '../models/versions.js';
import type { Network, Pass, Tensors } from '../networks/network.js';
import { streamOf } from '../random/noise.js';
import { refusalOf, violationOf } from '../recipes/check-recipe.js';
import type { Recipe } from '../recipes/recipe.js';
import { VERSION } from '../version.js';
import type { TrainingState } from './checkpoint.js';
import { classesTold, type DataKind, networksOf } from './game.js';
import { OBJECTIVES } from './objectives.js';
import { kimgAt } from './segments.js';

export interface ServingOptions {
  /** Store weights as float16: half the bytes. */
  readonly float16?: boolean;
  /** Serve the generator's newest weights instead of their average. */
  readonly raw?: boolean;
  /** Figures of the training log that go into the manifest. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly created?: Date;
  /** Other folders of the same model: the number of the next version counts theirs. */
  readonly beside?: readonly string[];
  /** More files of the version: what travels with it of its run. */
  readonly records?: Readonly<Record<string, Uint8Array>>;
  /** Is told the path of the next version once all is written. */
  readonly beforeItAppears?: (path: string) => Promise<void>;
}

/**
 * Refuses a recipe and data whose model could not be the next version of what is there: before a training, not after.
 * @throws GanymedeError MODEL_MISMATCH
 */
export async function checkJoins(plan: Plan, modelDirectory: string, beside: readonly string[] = []): Promise<void> {
  const described = { latent: plan.recipe.latent, ...exampleShape(plan), ...labelsOf(plan) };
  await refuseOtherKind([modelDirectory, ...beside], described, described.labels !== undefined);
}

/** Of a training, what its model looks like from outside. */
interface Plan {
  readonly recipe: Recipe;
  readonly dataset: DataKind;
}

/**
 * Refuses what could not be described as a version: its name, title, licence, classes, sizes. Asked before a training.
 * @throws GanymedeError CONFIG_INVALID naming every fault
 */
export function checkServable({ recipe, dataset }: Plan, model: string): void {
  const note = { ...dataset, name: '', count: 0, sha256: '' };
  const training = { recipe, dataset: note, seed: 0, step: 0, state: {}, ema: {} };
  const described = manifestOf(training, model, {});
  const digest = { bytes: 0, sha256: '0'.repeat(64) };
  const files = Object.fromEntries(
    Object.values(described.graphs).flatMap((graph) => (graph ? [[graph.file, digest]] : [])),
  );
  const { error } = manifestSchema.safeParse({ ...described, version: 1, files });
  if (!error) return;
  throw refusalOf(
    error.issues.map((issue) => violationOf(issue, described)),
    `the versions of ${model}`,
    'CONFIG_INVALID',
  );
}

/** The graphs of the players by name, without a version around them. */
export function servingGraphs(
  training: TrainingState,
  names: readonly ('generate' | 'score')[],
): Record<'generate' | 'score', Uint8Array<ArrayBuffer> | undefined> {
  return {
    generate: names.includes('generate') ? generateGraph(training, {}) : undefined,
    score: names.includes('score') ? scoreGraph(training, {}) : undefined,
  };
}

/** Writes the version into the directory of a model, whose name is the model's. Returns the path. */
export async function writeServingCheckpoint(
  training: TrainingState,
  modelDirectory: string,
  version: number | 'next',
  options: ServingOptions = {},
): Promise<string> {
  const described = manifestOf(training, basename(modelDirectory), options);
  const files = {
    'generate.onnx': generateGraph(training, options),
    'score.onnx': scoreGraph(training, options),
    ...styleGraphs(training, options),
    ...options.records,
  };
  if (version === 'next') return addVersion(modelDirectory, described, files, options.beside, options.beforeItAppears);
  return writeVersion(modelDirectory, { ...described, version }, files);
}

function generateGraph(training: TrainingState, options: ServingOptions): Uint8Array<ArrayBuffer> {
  const { recipe, dataset } = training;
  const { generator } = networksOf(recipe, dataset);
  const { tensor, text } = exampleTensor(training);
  return exportGraph((params, inputs) => ({ [tensor]: generator.apply(params, inputs['z']!, passOf(inputs)) }), {
    ...generatorOptions(training, options),
    inputs: latentSpecs(training),
    name: 'generate',
    doc: `${recipe.title}: z [N, ${recipe.latent.size}] to ${text}`,
  });
}

/** The halves of a generator whose layers are told of styles; none of another. */
function styleGraphs(training: TrainingState, options: ServingOptions): Record<string, Uint8Array> {
  const { recipe, dataset } = training;
  const { styles } = networksOf(recipe, dataset).generator;
  if (!styles) return {};
  const { tensor, text } = exampleTensor(training);
  const common = generatorOptions(training, options);
  const w = `w [N, ${styles.layers}, ${styles.size}]`;
  return {
    'map.onnx': exportGraph((params, inputs) => ({ w: styles.map(params, inputs['z']!, passOf(inputs)) }), {
      ...common,
      inputs: latentSpecs(training),
      name: 'map',
      doc: `${recipe.title}: z [N, ${recipe.latent.size}] to ${w}, a style for each layer`,
    }),
    'synthesize.onnx': exportGraph((params, inputs) => ({ [tensor]: styles.synthesize(params, inputs['w']!) }), {
      ...common,
      inputs: { w: { dtype: 'float32', shape: [-1, styles.layers, styles.size] } },
      name: 'synthesize',
      doc: `${recipe.title}: ${w} to ${text}`,
    }),
  };
}

/** The generator's weights, averaged or newest, and how they are stored. A graph keeps those that it reads. */
function generatorOptions({ recipe, dataset, state, ema }: TrainingState, { float16, raw }: ServingOptions) {
  const params = weightsOf(networksOf(recipe, dataset).generator, raw ? state : ema);
  return { params, ...(float16 ? { float16Weights: true } : {}) };
}

function latentSpecs(training: TrainingState): TensorSpecs {
  return { z: { dtype: 'float32', shape: [-1, training.recipe.latent.size] }, ...labelSpec(training) };
}

function scoreGraph(training: TrainingState, { float16 }: ServingOptions): Uint8Array<ArrayBuffer> {
  const { recipe, dataset } = training;
  const { discriminator } = networksOf(recipe, dataset);
  const { tensor, text } = exampleTensor(training);
  const forward = (params: Tensors, inputs: Tensors) => ({
    logit: tf.reshape(discriminator.apply(params, inputs[tensor]!, passOf(inputs)), [-1]),
  });
  return exportGraph(forward, {
    params: weightsOf(discriminator, training.state),
    inputs: { [tensor]: { dtype: 'float32', shape: [-1, ...dataset.shape] }, ...labelSpec(training) },
    name: 'score',
    doc: `${recipe.title}: ${text} to logit [N], higher means more like the data`,
    ...(float16 ? { float16Weights: true } : {}),
  });
}

/**
 * In the network's own order, whatever the order they come in: a run has that of its step and a file sorts them, and a
 * graph lists its weights as they come. The same weights are to be the same bytes.
 */
function weightsOf(network: Network, tensors: HostTensors): HostTensors {
  return inOrderOf(Object.keys(network.init(streamOf(0))), tensors);
}

/** What the graphs call an example, and how their descriptions put it. */
function exampleTensor({ recipe, dataset }: TrainingState): { tensor: 'image' | 'point'; text: string } {
  const shape = `[N, ${dataset.shape.join(', ')}]`;
  return dataset.shape.length === 1
    ? { tensor: 'point', text: `point ${shape}` }
    : { tensor: 'image', text: `image ${shape} in [${recipe.data.range.join(', ')}]` };
}

/** The one-hot class beside each example, for networks that are told of it. */
function labelSpec({ recipe, dataset }: TrainingState): TensorSpecs {
  const classes = classesTold(recipe, dataset);
  return classes ? { label: { dtype: 'float32', shape: [-1, classes.length] } } : {};
}

function passOf({ label }: Tensors): Pass {
  return label ? { label } : {};
}

function manifestOf(
  training: TrainingState,
  model: string,
  options: ServingOptions,
): Omit<Manifest, 'files' | 'version'> {
  const { recipe, dataset } = training;
  const { styles } = networksOf(recipe, dataset).generator;
  return {
    format: 1,
    model,
    title: recipe.title,
    description: recipe.description,
    license: recipe.license,
    created: (options.created ?? new Date()).toISOString(),
    latent: recipe.latent,
    ...(styles && { styles: { layers: styles.layers, size: styles.size } }),
    ...exampleShape(training),
    ...labelsOf(training),
    graphs: {
      generate: { file: 'generate.onnx' },
      score: { file: 'score.onnx', densityRatio: OBJECTIVES[recipe.objective].densityRatio },
      ...(styles && { map: { file: 'map.onnx' }, synthesize: { file: 'synthesize.onnx' } }),
    },
    training: {
      recipe: toJson(recipe),
      ...(training.segments && { segments: training.segments.map(toJson) }),
      seed: training.seed,
      step: training.step,
      kimg: kimgAt(recipe, training.step, training.segments),
      dataset: toJson(dataset),
      figures: {
        ...options.figures,
        weights: options.raw ? 'newest' : 'average',
        stored: options.float16 ? 'float16' : 'float32',
      },
    },
    lineage: { codeVersion: VERSION, ...(training.parent ? { parent: training.parent } : {}) },
    evaluations: [],
  };
}

function labelsOf({ recipe, dataset }: Plan): Pick<Manifest, 'labels'> {
  const classes = classesTold(recipe, dataset);
  return classes ? { labels: [...classes] } : {};
}

function exampleShape({ recipe, dataset }: Plan): Pick<Manifest, 'image' | 'point'> {
  const [channels, height, width] = dataset.shape;
  if (dataset.shape.length === 1) return { point: { size: dataset.shape[0]! } };
  if ((channels === 1 || channels === 3 || channels === 4) && height && width && dataset.shape.length === 3) {
    const { alpha } = dataset;
    const flattened = alpha === 'white' || alpha === 'drop' ? { alpha } : {};
    return { image: { width, height, channels, ...flattened, range: recipe.data.range } };
  }
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected points, or images of 1, 3 or 4 channels, to serve but received shape [${dataset.shape.join(', ')}].`,
  );
}
