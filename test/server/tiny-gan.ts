// The smallest GANs that a checkpoint can hold, written to a folder with real manifests and real ONNX graphs, which are
// those of tiny-graphs.ts.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel } from '../../src/engine/onnx.js';
import type { TensorSpecs } from '../../src/engine/tensor.js';
import { CAPABILITIES, type Capability } from '../../src/models/capabilities.js';
import { writeManifest } from '../../src/models/manifest.js';
import { CLASSES, HEIGHT, LATENT, LAYERS, STYLE, TINY_GRAPHS, WIDTH } from './tiny-graphs.js';

export const TINY_LABELS = ['alpha', 'beta', 'gamma'];

export interface TinyKind {
  readonly example: 'image' | 'point';
  readonly graphs: readonly Capability[];
  readonly labels: boolean;
  /** Which graphs are told of the class. */
  readonly conditional: readonly Capability[];
  /** Of the classes among the data that the scorer was fitted to. */
  readonly shares?: readonly number[];
}

const PLAIN: TinyKind = { example: 'image', graphs: ['generate', 'score'], labels: false, conditional: [] };

/** By the name of the model; any other name is a plain one. */
const TINY_KINDS: Readonly<Record<string, TinyKind>> = {
  blind: { ...PLAIN, graphs: ['generate'] },
  letters: { ...PLAIN, labels: true, conditional: ['generate', 'score'] },
  /** Draws the class that it is asked for, and judges without being told. */
  halfway: { ...PLAIN, labels: true, conditional: ['generate'] },
  /** Names classes, as a model with a classifier does, and is told of none. */
  named: { ...PLAIN, labels: true },
  ring: { ...PLAIN, example: 'point' },
  /** Has a scorer that was fitted to it, and what the game left behind; of images, of classes and of points. */
  judged: { ...PLAIN, graphs: ['generate', 'score', 'scorer'] },
  'judged-letters': {
    ...PLAIN,
    graphs: ['generate', 'score', 'scorer'],
    labels: true,
    conditional: ['generate', 'score'],
  },
  'judged-ring': { ...PLAIN, example: 'point', graphs: ['generate', 'score', 'scorer'] },
  /** The game left nothing; the scorer's data has classes of these shares. */
  'judged-alone': {
    ...PLAIN,
    graphs: ['generate', 'scorer'],
    labels: true,
    conditional: ['generate'],
    shares: [0.5, 0.25, 0.25],
  },
  /** Has every graph that a checkpoint may hold, and tells each of the class that may be told. */
  whole: {
    ...PLAIN,
    graphs: CAPABILITIES,
    labels: true,
    conditional: ['generate', 'score', 'encode', 'inpaint', 'map'],
  },
  /** A generator in layers of styles that is told of no class. */
  styled: { ...PLAIN, graphs: ['generate', 'map', 'synthesize'] },
};

export function kindOf(model: string): TinyKind {
  return TINY_KINDS[model] ?? PLAIN;
}

export interface TinyOptions {
  /** Its kind follows from the name. */
  readonly model?: string;
  readonly version?: number;
}

/** Writes `<root>/<model>/<version>/`. */
export async function writeTinyGan(root: string, { model = 'tiny', version = 1 }: TinyOptions = {}): Promise<void> {
  const kind = kindOf(model);
  const directory = join(root, model, `${version}`);
  await mkdir(directory, { recursive: true });
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const graph of kind.graphs) {
    const bytes = encode(graph, kind);
    await writeFile(join(directory, `${graph}.onnx`), bytes);
    files[`${graph}.onnx`] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  await writeManifest(directory, {
    format: 1,
    model,
    version,
    title: 'A tiny GAN',
    description: 'For tests.',
    license: 'Apache-2.0',
    created: '2026-01-01T00:00:00Z',
    latent: { size: LATENT, prior: { kind: 'uniform', low: -2, high: 2 } },
    ...(kind.graphs.includes('map') && { styles: { layers: LAYERS, size: STYLE } }),
    ...(kind.example === 'image'
      ? { image: { width: WIDTH, height: HEIGHT, channels: 1, range: [0, 1] } }
      : { point: { size: 2 } }),
    ...(kind.labels && { labels: TINY_LABELS }),
    graphs: {
      ...Object.fromEntries(kind.graphs.map((graph) => [graph, { file: `${graph}.onnx` }])),
      ...(kind.graphs.includes('score') && { score: { file: 'score.onnx', densityRatio: 'logit' as const } }),
      ...(kind.shares && { scorer: { file: 'scorer.onnx', shares: [...kind.shares] } }),
    },
    files,
    evaluations: [],
  });
}

/** Inputs and outputs of a graph, as its file and the fake engine declare them. */
export function specsOf(
  graph: Capability,
  { example, conditional }: TinyKind,
): { inputs: TensorSpecs; outputs: TensorSpecs } {
  const float = (shape: readonly number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const { inputs, outputs } = TINY_GRAPHS[graph];
  const rows = { ...inputs(example), ...(conditional.includes(graph) && { label: [CLASSES] }) };
  const floats = (shapes: Readonly<Record<string, readonly number[]>>) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, float(shape)]));
  return { inputs: floats(rows), outputs: floats(outputs(example, isTold(graph, conditional))) };
}

/** Whether a graph is told of the class; of the scorer, which is not, whether the generator is. */
function isTold(graph: Capability, conditional: readonly Capability[]): boolean {
  return conditional.includes(graph === 'scorer' ? 'generate' : graph);
}

function encode(graph: Capability, kind: TinyKind): Uint8Array {
  const named = (specs: TensorSpecs) => Object.entries(specs).map(([name, spec]) => ({ name, ...spec }));
  const { inputs, outputs } = specsOf(graph, kind);
  const { initializers, nodes } = TINY_GRAPHS[graph].onnx(kind.example, isTold(graph, kind.conditional));
  return encodeModel({
    name: graph,
    inputs: named(inputs),
    outputs: named(outputs),
    initializers: new Map(Object.entries(initializers)),
    nodes: [...nodes],
  });
}
