// The smallest GAN that a checkpoint can hold, written to a folder with a real manifest and real ONNX graphs.
// generate: image = sigmoid(z · W), 4 numbers → 1×6×8 pixels (8 wide). score: logit = 8 · (mean of the image) − 4.
// Its numbers are simple enough to be worked out by `tinyImage` and `tinyLogit`, the independent reference of the tests.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, type OnnxNode } from '../../src/engine/onnx.js';
import { float32, type HostTensor } from '../../src/engine/tensor.js';
import { writeManifest } from '../../src/models/manifest.js';

export const LATENT = 4;
export const WIDTH = 8;
export const HEIGHT = 6;
const PIXELS = WIDTH * HEIGHT;

/** W[k, p]: row-major [4, 48]. */
const WEIGHTS = Float32Array.from({ length: LATENT * PIXELS }, (_, i) => Math.sin(i + 1));

export function tinyImage(z: Float32Array): Float32Array {
  return Float32Array.from({ length: PIXELS }, (_, p) => {
    let sum = 0;
    for (let k = 0; k < LATENT; k++) sum += (z[k] as number) * (WEIGHTS[k * PIXELS + p] as number);
    return 1 / (1 + Math.exp(-sum));
  });
}

export function tinyLogit(image: Float32Array): number {
  return (8 * image.reduce((sum, value) => sum + value, 0)) / PIXELS - 4;
}

export interface TinyOptions {
  readonly model?: string;
  readonly version?: number;
  /** False leaves the discriminator out. */
  readonly score?: boolean;
}

/** Writes `<root>/<model>/<version>/`. */
export async function writeTinyGan(root: string, options: TinyOptions = {}): Promise<void> {
  const { model = 'tiny', version = 1, score = true } = options;
  const directory = join(root, model, `${version}`);
  await mkdir(directory, { recursive: true });
  const graphs: Record<string, Uint8Array> = { 'generate.onnx': generator() };
  if (score) graphs['score.onnx'] = discriminator();
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
    image: { width: WIDTH, height: HEIGHT, channels: 1, range: [0, 1] },
    graphs: {
      generate: { file: 'generate.onnx' },
      ...(score && { score: { file: 'score.onnx', densityRatio: 'logit' as const } }),
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

function generator(): Uint8Array {
  return encodeModel({
    name: 'generate',
    inputs: [{ name: 'z', dtype: 'float32', shape: [-1, LATENT] }],
    outputs: [{ name: 'image', dtype: 'float32', shape: [-1, 1, HEIGHT, WIDTH] }],
    initializers: new Map<string, HostTensor>([
      ['W', float32([LATENT, PIXELS], WEIGHTS)],
      ['shape', int64([-1, 1, HEIGHT, WIDTH])],
    ]),
    nodes: [
      node('MatMul', ['z', 'W'], 'sum'),
      node('Sigmoid', ['sum'], 'flat'),
      node('Reshape', ['flat', 'shape'], 'image'),
    ],
  });
}

function discriminator(): Uint8Array {
  return encodeModel({
    name: 'score',
    inputs: [{ name: 'image', dtype: 'float32', shape: [-1, 1, HEIGHT, WIDTH] }],
    outputs: [{ name: 'logit', dtype: 'float32', shape: [-1] }],
    initializers: new Map<string, HostTensor>([
      ['axes', int64([1, 2, 3])],
      ['eight', float32([1], [8])],
      ['four', float32([1], [4])],
    ]),
    nodes: [
      { ...node('ReduceMean', ['image', 'axes'], 'mean'), attributes: { keepdims: 0 } },
      node('Mul', ['mean', 'eight'], 'scaled'),
      node('Sub', ['scaled', 'four'], 'logit'),
    ],
  });
}

function node(op: string, inputs: string[], output: string): OnnxNode {
  return { op, inputs, outputs: [output], attributes: {} };
}

function int64(values: number[]): HostTensor {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}
