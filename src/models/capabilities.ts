// What each named graph of a checkpoint takes and gives, as shapes derived from the manifest, and whether a graph keeps
// to it.

import type { Graph } from '../engine/engine.js';
import type { HostTensors, TensorSpec } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { exampleOf, imageOf } from './example.js';
import { together } from './faults.js';
import type { Manifest } from './manifest.js';
import { truncationOf } from './truncation.js';

export const CAPABILITIES = [
  ...(['generate', 'score', 'scorer', 'features', 'encode', 'classify', 'inpaint'] as const),
  ...(['map', 'synthesize'] as const),
] as const;

/** A named graph that a checkpoint may hold. */
export type Capability = (typeof CAPABILITIES)[number];

/** The name of a graph where a model is one graph, as in the Open Inference Protocol: "mnist.generate". */
export function publishedName(model: string, capability: Capability): string {
  return `${model}.${capability}`;
}

/** Shapes without the leading batch dimension. */
interface Signature {
  readonly inputs: Record<string, readonly number[]>;
  /** Inputs that a graph may lack: an unconditional graph takes no `label`. */
  readonly optional: Record<string, readonly number[]>;
  readonly outputs: Record<string, readonly number[] | 'any'>;
  /** Outputs that a graph may lack: only the scorer of a conditional model speaks of classes. */
  readonly optionalOutputs?: Record<string, readonly number[]>;
}

/**
 * | graph | takes | gives |
 * |---|---|---|
 * | generate | z [N, latent] (+ label [N, classes], one-hot; truncation [N]) | image [N, C, H, W] in `image.range` |
 * | score | image (+ label) | logit [N], higher = more like the data |
 * | scorer | image | logit [N], familiarity [N] (+ given [N, classes], classes [N, classes]): below |
 * | features | image | features [N, …] |
 * | encode | image (+ label) | z [N, latent] |
 * | classify | image | logits [N, classes] |
 * | inpaint | image, mask [N, 1, H, W] (1 = known), z (+ label) | completed [N, C, H, W], the image where it is known |
 * | map | z (+ label) | w [N, layers, size], a style for each layer |
 * | synthesize | w | image; of what `map` gives for z, what `generate` does |
 *
 * A scorer's logit is ln p(x)/q(x) of data and generator as it is served, its labels drawn by the data's shares;
 * familiarity is the logit of x being of the kind that it was fitted on, data or samples. Where the generator is told
 * of classes, given is ln p(x|c)/q(x|c) for each class c, and classes is ln p(c|x).
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
    case 'generate': {
      const inputs = truncationOf(manifest) === 'input' ? { z, truncation: [] } : { z };
      return { inputs, optional, outputs: example };
    }
    case 'score':
      return { inputs: example, optional, outputs: { logit: [] } };
    case 'scorer':
      return {
        inputs: example,
        optional: {},
        outputs: { logit: [], familiarity: [] },
        ...(classes === undefined ? {} : { optionalOutputs: { given: [classes], classes: [classes] } }),
      };
    case 'features':
      return { inputs: example, optional: {}, outputs: { features: 'any' } };
    case 'encode':
      return { inputs: example, optional, outputs: { z } };
    case 'classify':
      // A manifest with `classify` has labels.
      return { inputs: example, optional: {}, outputs: { logits: [classes ?? 0] } };
    case 'inpaint': {
      const { height, width } = imageOf(manifest);
      return { inputs: { ...example, mask: [1, height, width], z }, optional, outputs: { completed: shape } };
    }
    case 'map':
      return { inputs: { z }, optional, outputs: { w: stylesShape(manifest) } };
    case 'synthesize':
      return { inputs: { w: stylesShape(manifest) }, optional: {}, outputs: example };
    default:
      return capability satisfies never;
  }
}

/** A manifest with `map` and `synthesize` says how many styles there are. */
function stylesShape({ styles }: Manifest): readonly number[] {
  return styles ? [styles.layers, styles.size] : [];
}

/** Refuses a graph whose inputs or outputs contradict the manifest: CHECKPOINT_INVALID naming every such tensor. */
export function checkGraph(graph: Graph, capability: Capability, manifest: Manifest, file: string): void {
  const { inputs, optional } = signatureOf(capability, manifest);
  const faults: GanymedeError[] = [];
  for (const name of new Set([...Object.keys(inputs), ...Object.keys(graph.inputs)])) {
    const [shape, spec] = [inputs[name] ?? optional[name], graph.inputs[name]];
    if (shape === undefined || !matches(spec, -1, shape)) faults.push(mismatch(file, `input "${name}"`, shape, spec));
  }
  for (const [name, shape] of Object.entries(outputsOf(graph, capability, manifest))) {
    const spec = graph.outputs[name];
    if (!matches(spec, -1, shape, 'loose')) faults.push(mismatch(file, `output "${name}"`, shape, spec));
  }
  const error = together(faults);
  if (error) throw error;
}

/**
 * Refuses a scorer that does not speak of classes as the generator is told of them: of all of them, or of none.
 * @throws GanymedeError CHECKPOINT_INVALID
 */
export function checkScorer(scorer: Graph, generate: Graph | undefined, file: string): void {
  const spoken = ['given', 'classes'].filter((name) => Object.hasOwn(scorer.outputs, name));
  const isTold = generate ? Object.hasOwn(generate.inputs, 'label') : spoken.length > 0;
  if (spoken.length === (isTold ? 2 : 0)) return;
  const wanted = `${isTold ? 'both' : 'neither'} of the outputs "given" and "classes", as a generator that is told of ${isTold ? 'classes' : 'none'} needs,`;
  const came = spoken.length > 0 ? spoken.join(' and ') : 'neither';
  const message = `Expected the graph "scorer" of ${file} to have ${wanted} but received ${came}.`;
  throw new GanymedeError('CHECKPOINT_INVALID', message, { details: { file } });
}

/** What a graph gives, of what its signature lets it leave out only what it has. */
export function outputsOf(
  given: { readonly outputs: Readonly<Record<string, unknown>> },
  capability: Capability,
  manifest: Manifest,
): Signature['outputs'] {
  const { outputs, optionalOutputs = {} } = signatureOf(capability, manifest);
  const there = Object.entries(optionalOutputs).filter(([name]) => Object.hasOwn(given.outputs, name));
  return { ...outputs, ...Object.fromEntries(there) };
}

/** Refuses the outputs of `count` rows that are missing or of another shape than the manifest says. */
export function checkOutputs(
  results: HostTensors,
  count: number,
  capability: Capability,
  manifest: Manifest,
  file: string,
): void {
  const faults = Object.entries(outputsOf({ outputs: results }, capability, manifest))
    .filter(([name, shape]) => !matches(results[name], count, shape))
    .map(([name, shape]) => mismatch(file, `output "${name}" for ${count} rows`, shape, results[name]));
  const error = together(faults);
  if (error) throw error;
}

/**
 * float32 [batch, ...shape]? `loose` accepts -1 for any later dimension: exporters cannot always infer output shapes.
 */
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
