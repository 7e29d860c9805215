// The smallest GANs that a checkpoint can hold, written to a folder with real manifests and real ONNX graphs.
// generate: image = sigmoid(z · W), 4 numbers → 1×6×8 pixels (8 wide). score: logit = 8 · (mean of the image) − 4.
// Told of classes, generate adds label · U before the sigmoid, and score adds 10 · (index of the class) to the logit.
// Of points: point = z · P, 4 numbers → 2 coordinates; logit = x + y.
// Their numbers are simple enough to be worked out by the functions below, the independent reference of the tests.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, type OnnxNode } from '../../src/engine/onnx.js';
import { float32, type HostTensor, type TensorSpecs } from '../../src/engine/tensor.js';
import { writeManifest } from '../../src/models/manifest.js';

export const LATENT = 4;
export const WIDTH = 8;
export const HEIGHT = 6;
const PIXELS = WIDTH * HEIGHT;

/** W[k, p]: row-major [4, 48]. */
const WEIGHTS = Float32Array.from({ length: LATENT * PIXELS }, (_, i) => Math.sin(i + 1));

/** U[c, p]: row-major [3, 48]. */
const CLASS_WEIGHTS = Float32Array.from({ length: 3 * PIXELS }, (_, i) => 2 * Math.cos(3 * i + 1));
/** P[k, d]: row-major [4, 2]. */
const POINT_WEIGHTS = Float32Array.of(1, 0, 0, 1, 0.5, -0.5, 2, 0.25);

export const TINY_LABELS = ['alpha', 'beta', 'gamma'];

export interface TinyKind {
  readonly example: 'image' | 'point';
  /** False leaves the discriminator out. */
  readonly score: boolean;
  readonly labels: boolean;
  /** Which graphs are told of the class. */
  readonly conditional: readonly ('generate' | 'score')[];
}

const PLAIN: TinyKind = { example: 'image', score: true, labels: false, conditional: [] };

/** By the name of the model; any other name is a plain one. */
const TINY_KINDS: Readonly<Record<string, TinyKind>> = {
  blind: { ...PLAIN, score: false },
  letters: { ...PLAIN, labels: true, conditional: ['generate', 'score'] },
  /** Draws the class that it is asked for, and judges without being told. */
  halfway: { ...PLAIN, labels: true, conditional: ['generate'] },
  /** Names classes, as a model with a classifier does, and is told of none. */
  named: { ...PLAIN, labels: true },
  ring: { ...PLAIN, example: 'point' },
};

export function kindOf(model: string): TinyKind {
  return TINY_KINDS[model] ?? PLAIN;
}

export function tinyImage(z: Float32Array, label?: number): Float32Array {
  return Float32Array.from({ length: PIXELS }, (_, p) => {
    let sum = label === undefined ? 0 : (CLASS_WEIGHTS[label * PIXELS + p] as number);
    for (let k = 0; k < LATENT; k++) sum += (z[k] as number) * (WEIGHTS[k * PIXELS + p] as number);
    return 1 / (1 + Math.exp(-sum));
  });
}

export function tinyLogit(image: Float32Array, label = 0): number {
  return (8 * image.reduce((sum, value) => sum + value, 0)) / PIXELS - 4 + 10 * label;
}

export function tinyPoint(z: Float32Array): [number, number] {
  const along = (d: number) => z.reduce((sum, value, k) => sum + value * (POINT_WEIGHTS[2 * k + d] as number), 0);
  return [along(0), along(1)];
}

export interface TinyOptions {
  /** Its kind follows from the name. */
  readonly model?: string;
  readonly version?: number;
}

/** Writes `<root>/<model>/<version>/`. */
export async function writeTinyGan(root: string, options: TinyOptions = {}): Promise<void> {
  const { model = 'tiny', version = 1 } = options;
  const kind = kindOf(model);
  const directory = join(root, model, `${version}`);
  await mkdir(directory, { recursive: true });
  const graphs: Record<string, Uint8Array> = { 'generate.onnx': generator(kind) };
  if (kind.score) graphs['score.onnx'] = discriminator(kind);
  for (const [file, bytes] of Object.entries(graphs)) await writeFile(join(directory, file), bytes);
  await writeManifest(directory, {
    format: 1,
    model,
    version,
    title: 'A tiny GAN',
    description: 'For tests.',
    license: 'Apache-2.0',
    created: '2026-01-01T00:00:00Z',
    latent: { size: LATENT, prior: { kind: 'uniform', low: -2, high: 2 } },
    ...(kind.example === 'image'
      ? { image: { width: WIDTH, height: HEIGHT, channels: 1, range: [0, 1] } }
      : { point: { size: 2 } }),
    ...(kind.labels && { labels: TINY_LABELS }),
    graphs: {
      generate: { file: 'generate.onnx' },
      ...(kind.score && { score: { file: 'score.onnx', densityRatio: 'logit' as const } }),
    },
    files: Object.fromEntries(
      Object.entries(graphs).map(([file, bytes]) => [
        file,
        { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
      ]),
    ),
    evaluations: [],
  });
}

/** Inputs and outputs of a graph, as its file and the fake engine declare them. */
export function specsOf(graph: 'generate' | 'score', kind: TinyKind): { inputs: TensorSpecs; outputs: TensorSpecs } {
  const float = (...shape: number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const example = { [kind.example]: kind.example === 'image' ? float(1, HEIGHT, WIDTH) : float(2) };
  const label = kind.conditional.includes(graph) ? { label: float(TINY_LABELS.length) } : {};
  return graph === 'generate'
    ? { inputs: { z: float(LATENT), ...label }, outputs: example }
    : { inputs: { ...example, ...label }, outputs: { logit: float() } };
}

function generator(kind: TinyKind): Uint8Array {
  if (kind.example === 'point') {
    const weights = float32([LATENT, 2], POINT_WEIGHTS);
    return encode('generate', kind, { P: weights }, [node('MatMul', ['z', 'P'], 'point')]);
  }
  const conditional = kind.conditional.includes('generate');
  const initializers = {
    W: float32([LATENT, PIXELS], WEIGHTS),
    shape: int64([-1, 1, HEIGHT, WIDTH]),
    ...(conditional && { U: float32([TINY_LABELS.length, PIXELS], CLASS_WEIGHTS) }),
  };
  return encode('generate', kind, initializers, [
    node('MatMul', ['z', 'W'], 'sum'),
    ...(conditional ? [node('MatMul', ['label', 'U'], 'class'), node('Add', ['sum', 'class'], 'told')] : []),
    node('Sigmoid', [conditional ? 'told' : 'sum'], 'flat'),
    node('Reshape', ['flat', 'shape'], 'image'),
  ]);
}

function discriminator(kind: TinyKind): Uint8Array {
  if (kind.example === 'point') {
    const sum = { ...node('ReduceSum', ['point', 'axes'], 'logit'), attributes: { keepdims: 0 } };
    return encode('score', kind, { axes: int64([1]) }, [sum]);
  }
  const conditional = kind.conditional.includes('score');
  const initializers = {
    axes: int64([1, 2, 3]),
    eight: float32([1], [8]),
    four: float32([1], [4]),
    ...(conditional && { tens: float32([TINY_LABELS.length], [0, 10, 20]) }), // [N, 3] · [3] → [N]
  };
  return encode('score', kind, initializers, [
    { ...node('ReduceMean', ['image', 'axes'], 'mean'), attributes: { keepdims: 0 } },
    node('Mul', ['mean', 'eight'], 'scaled'),
    node('Sub', ['scaled', 'four'], conditional ? 'untold' : 'logit'),
    ...(conditional ? [node('MatMul', ['label', 'tens'], 'class'), node('Add', ['untold', 'class'], 'logit')] : []),
  ]);
}

function encode(
  name: 'generate' | 'score',
  kind: TinyKind,
  initializers: Record<string, HostTensor>,
  nodes: OnnxNode[],
): Uint8Array {
  const named = (specs: TensorSpecs) => Object.entries(specs).map(([key, spec]) => ({ name: key, ...spec }));
  const { inputs, outputs } = specsOf(name, kind);
  return encodeModel({
    name,
    inputs: named(inputs),
    outputs: named(outputs),
    initializers: new Map(Object.entries(initializers)),
    nodes,
  });
}

function node(op: string, inputs: string[], output: string): OnnxNode {
  return { op, inputs, outputs: [output], attributes: {} };
}

function int64(values: number[]): HostTensor {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}
