// What each named graph of a checkpoint takes and gives, as shapes derived from the manifest. It compares and builds
// tensors; it never runs a graph.

import type { Graph } from '../engine/engine.js';
import { allocate, float32, type HostTensors, sizeOf, type TensorSpec } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { exampleOf, imageOf } from './example.js';
import { oneHot } from './labels.js';
import { latent } from './latent.js';
import type { Manifest } from './manifest.js';

export const CAPABILITIES = ['generate', 'score', 'features', 'encode', 'classify', 'inpaint'] as const;

/** A named graph that a checkpoint may hold. */
export type Capability = (typeof CAPABILITIES)[number];

/** Shapes without the leading batch dimension. */
interface Signature {
  readonly inputs: Record<string, readonly number[]>;
  /** Inputs that a graph may lack: an unconditional graph takes no `label`. */
  readonly optional: Record<string, readonly number[]>;
  readonly outputs: Record<string, readonly number[] | 'any'>;
}

/**
 * | graph | takes | gives |
 * |---|---|---|
 * | generate | z [N, latent] (+ label [N, classes], one-hot) | image [N, C, H, W] in `image.range` |
 * | score | image (+ label) | logit [N], higher = more like the data |
 * | features | image | features [N, …] |
 * | encode | image (+ label) | z [N, latent] |
 * | classify | image | logits [N, classes] |
 * | inpaint | image, mask [N, 1, H, W] (1 = known), z (+ label) | completed [N, C, H, W], the image where it is known |
 *
 * A model of points has `point` [N, size] wherever this says image.
 */
export function signatureOf(capability: Capability, manifest: Manifest): Signature {
  const { tensor, shape } = exampleOf(manifest);
  const example = { [tensor]: shape };
  const z = [manifest.latent.size];
  const classes = manifest.labels?.length;
  const optional = classes === undefined ? {} : { label: [classes] };
  switch (capability) {
    case 'generate':
      return { inputs: { z }, optional, outputs: example };
    case 'score':
      return { inputs: example, optional, outputs: { logit: [] } };
    case 'features':
      return { inputs: example, optional: {}, outputs: { features: 'any' } };
    case 'encode':
      return { inputs: example, optional, outputs: { z } };
    case 'classify':
      return { inputs: example, optional: {}, outputs: { logits: [classes ?? 0] } }; // a manifest with `classify` has labels
    case 'inpaint': {
      const { height, width } = imageOf(manifest);
      return { inputs: { ...example, mask: [1, height, width], z }, optional, outputs: { completed: shape } };
    }
    default:
      return capability satisfies never;
  }
}

/** Refuses a graph whose inputs or outputs contradict the manifest: CHECKPOINT_INVALID naming the tensor. */
export function checkGraph(graph: Graph, capability: Capability, manifest: Manifest, file: string): void {
  const { inputs, optional, outputs } = signatureOf(capability, manifest);
  for (const [name, shape] of Object.entries(inputs)) {
    const spec = graph.inputs[name];
    if (!matches(spec, -1, shape)) throw mismatch(file, `input "${name}"`, shape, spec);
  }
  for (const [name, spec] of Object.entries(graph.inputs)) {
    if (name in inputs) continue;
    const shape = optional[name];
    if (shape === undefined) throw mismatch(file, `input "${name}"`, undefined, spec);
    if (!matches(spec, -1, shape)) throw mismatch(file, `input "${name}"`, shape, spec);
  }
  for (const [name, shape] of Object.entries(outputs)) {
    const spec = graph.outputs[name];
    if (!matches(spec, -1, shape, 'loose')) throw mismatch(file, `output "${name}"`, shape, spec);
  }
}

/** One plausible row for each input: z of seed 0, a grey image or the origin, class 0, everything known. */
export function warmUpFeeds(graph: Graph, manifest: Manifest): HostTensors {
  const { tensor, middle } = exampleOf(manifest);
  const feeds: HostTensors = {};
  for (const [name, spec] of Object.entries(graph.inputs)) {
    const shape = [1, ...spec.shape.slice(1)];
    if (name === 'z') feeds[name] = float32(shape, latent(0, manifest.latent.size, manifest.latent.prior));
    else if (name === tensor) feeds[name] = float32(shape, new Float32Array(sizeOf(shape)).fill(middle));
    else if (name === 'mask') feeds[name] = float32(shape, new Float32Array(sizeOf(shape)).fill(1));
    else if (name === 'label') feeds[name] = float32(shape, oneHot([0], sizeOf(shape)));
    else feeds[name] = { dtype: spec.dtype, shape, data: allocate(spec.dtype, sizeOf(shape)) };
  }
  return feeds;
}

/** Refuses a warm-up's outputs of the wrong shape or with a value that is not finite. */
export function checkWarmUp(results: HostTensors, capability: Capability, manifest: Manifest, file: string): void {
  for (const [name, shape] of Object.entries(signatureOf(capability, manifest).outputs)) {
    const tensor = results[name];
    if (!tensor || !matches(tensor, 1, shape)) {
      throw mismatch(file, `output "${name}" for one row`, shape, tensor);
    }
    const index = (tensor.data as Float32Array).findIndex((value) => !Number.isFinite(value));
    if (index >= 0) {
      throw new GanymedeError(
        'CHECKPOINT_INVALID',
        `Expected ${file} to give finite values but received ${tensor.data[index]} at index ${index} of output "${name}".`,
        { details: { file, output: name, index } },
      );
    }
  }
}

/** float32 [batch, ...shape]? `loose` accepts -1 for any later dimension: exporters cannot always infer output shapes. */
function matches(
  spec: TensorSpec | undefined,
  batch: number,
  shape: readonly number[] | 'any',
  loose?: 'loose',
): boolean {
  if (spec?.dtype !== 'float32' || spec.shape[0] !== batch) return false;
  if (shape === 'any') return true;
  const row = spec.shape.slice(1);
  return row.length === shape.length && row.every((size, axis) => size === shape[axis] || (size === -1 && loose));
}

function mismatch(
  file: string,
  tensor: string,
  shape: readonly number[] | 'any' | undefined,
  received: TensorSpec | undefined,
): GanymedeError {
  const wanted =
    shape === undefined
      ? 'to be absent'
      : shape === 'any'
        ? 'to be float32 with a leading batch dimension'
        : `to be float32 [${['N', ...shape].join(', ')}]`;
  const came = received ? `${received.dtype} [${received.shape.join(', ')}]` : 'no such tensor';
  return new GanymedeError('CHECKPOINT_INVALID', `Expected ${tensor} of ${file} ${wanted} but received ${came}.`, {
    details: { file, tensor, expected: wanted, received: came },
  });
}
