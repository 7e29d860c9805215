// What a classifier looks at: hidden layers of the model's own networks, as functions, and the graphs `features` and
// `classify` made of them. Nothing here is trained.
import { exportGraph } from '../../engine/export.js';
import { readWeights } from '../../engine/onnx.js';
import { float32, type HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { GanymedeError } from '../../errors.js';
import { openCheckpoint } from '../../models/verified.js';
import { buildNetwork } from '../../networks/build.js';
import type { Tensors } from '../../networks/network.js';
import { scaled } from '../../networks/scaled.js';
import { pick } from '../step.js';
import { encoderNetwork } from './encoder.js';
import type { Fixed } from './fixed-model.js';
import type { Probe } from './probe.js';

/** A hidden layer of a network of the model. */
export interface FeatureSource {
  readonly name: string;
  readonly params: HostTensors;
  readonly size: number;
  /** [N, …example] → [N, size]. */
  apply(params: Tensors, x: tf.Tensor): tf.Tensor;
}

/**
 * A hidden layer of the discriminator, counted from 1; the last without `layer`, and others of an MLP only. It must see
 * an example without its class.
 */
export function discriminatorFeatures(
  { discriminator, recipe, weights, manifest, shape }: Fixed,
  layer?: number,
): FeatureSource {
  const { network } = recipe.discriminator;
  let { trunk } = discriminator;
  if (!trunk || recipe.conditional?.discriminator.kind === 'concat') {
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected a discriminator with a last hidden layer that does not depend on the class but that of ${manifest.model} has none. Use --on encoder.`,
    );
  }
  if (layer !== undefined) {
    const layers = network.kind === 'mlp' ? network.layers.slice(0, layer + 1) : [];
    if (network.kind !== 'mlp' || layers.length <= layer) {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected --layer with a hidden layer of an MLP but the discriminator of ${manifest.model} is ${network.kind === 'mlp' ? `one of ${network.layers.length - 1}` : `a ${network.kind}`}.`,
      );
    }
    const cut = buildNetwork(
      { ...network, layers },
      { name: discriminator.name, input: shape, output: [layers[layer]!.units] },
    );
    trunk = scaled(cut, { input: 1 / recipe.data.scale }).trunk!;
  }
  const { size } = trunk;
  const name = `discriminator${layer === undefined ? '' : `, hidden layer ${layer}`}`;
  const params = pick(weights, `${discriminator.name}/`);
  return { name, params, size, apply: (tensors, x) => trunk.features(tensors, x, {}) };
}

/** The last hidden layer of the encoder that the checkpoint holds. */
export async function encoderFeatures(fixed: Fixed, checkpoint: string): Promise<FeatureSource> {
  const { trunk } = encoderNetwork(fixed);
  if (!trunk || !fixed.manifest.graphs.encode) {
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected a checkpoint with an encoder but ${checkpoint} has none. Run "npx ganymede fit encoder" first.`,
    );
  }
  const params = readWeights(await (await openCheckpoint(checkpoint)).graph('encode'));
  return { name: 'encoder', params, size: trunk.size, apply: (tensors, x) => trunk.features(tensors, x, {}) };
}

/** The features of several, side by side. */
export function together(sources: readonly FeatureSource[]): FeatureSource {
  return {
    name: sources.map(({ name }) => name).join(' and '),
    params: Object.assign({}, ...sources.map(({ params }) => params)) as HostTensors,
    size: sources.reduce((sum, { size }) => sum + size, 0),
    apply: (params, x) =>
      tf.concat(
        sources.map((source) => source.apply(params, x)),
        1,
      ),
  };
}

/** The graph `features`: examples to features. */
export function featuresGraph(fixed: Fixed, source: FeatureSource): Uint8Array<ArrayBuffer> {
  return exportGraph((params, inputs) => ({ features: source.apply(params, inputs[fixed.tensor]!) }), {
    ...exportOptions(fixed, 'features', `features [N, ${source.size}] of the ${source.name}`),
    params: source.params,
  });
}

/** The graph `classify`: examples to logits. */
export function classifyGraph(fixed: Fixed, source: FeatureSource, probe: Probe): Uint8Array<ArrayBuffer> {
  const classes = probe.bias.length;
  const forward = (params: Tensors, inputs: Tensors) => {
    const features = source.apply(params, inputs[fixed.tensor]!) as tf.Tensor2D;
    return { logits: tf.add(tf.matMul(features, params['probe/weight'] as tf.Tensor2D), params['probe/bias']!) };
  };
  return exportGraph(forward, {
    ...exportOptions(fixed, 'classify', `logits [N, ${classes}]`),
    params: {
      ...source.params,
      'probe/weight': float32([source.size, classes], probe.weight),
      'probe/bias': float32([classes], probe.bias),
    },
  });
}

function exportOptions({ manifest, tensor, shape, float16 }: Fixed, name: string, what: string) {
  return {
    inputs: { [tensor]: { dtype: 'float32', shape: [-1, ...shape] } },
    name,
    doc: `${manifest.title}: ${tensor} [N, ${shape.join(', ')}] to ${what}`,
    ...(float16 ? { float16Weights: true } : {}),
  } as const;
}
