// Small graphs as other programs would write them, and what an import makes of them.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { encodeModel, type NamedSpec, type OnnxNode, type StoredTensor } from '../../src/engine/onnx.js';
import { decodeProto, encodeProto } from '../../src/engine/onnx-proto.js';
import type { DType, HostTensor, HostTensors } from '../../src/engine/tensor.js';
import { type Imported, type ImportOptions, importModel } from '../../src/import/import-model.js';
import { openCheckpoint } from '../../src/models/verified.js';

export const input = (name: string, shape: readonly number[], dtype: DType = 'float32'): NamedSpec => ({
  name,
  dtype,
  shape,
});

export const step = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({ op, inputs, outputs: [output], attributes });

export const floats = (shape: readonly number[], values: readonly number[]): StoredTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

export const integers = (...values: number[]): StoredTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

export interface Graph {
  readonly inputs: readonly NamedSpec[];
  readonly outputs: readonly NamedSpec[];
  readonly nodes: readonly OnnxNode[];
  readonly constants?: Readonly<Record<string, StoredTensor>>;
  /** The first dimension of every input and output; any number of rows without it. */
  readonly batch?: number;
}

export function onnx({ inputs, outputs, nodes, constants = {}, batch }: Graph): Uint8Array {
  const bytes = encodeModel({
    name: 'theirs',
    inputs,
    outputs,
    nodes,
    initializers: new Map(Object.entries(constants)),
  });
  if (batch === undefined) return bytes;
  const model = decodeProto(bytes);
  for (const { type } of [...model.graph.input, ...model.graph.output]) {
    type!.tensorType!.shape!.dim[0] = { dimValue: batch };
  }
  return encodeProto(model);
}

/** Compares numbers one by one. */
export function expectClose(actual: HostTensor, wanted: readonly number[], digits = 6): void {
  const values = [...actual.data].map(Number);
  for (const [i, value] of wanted.entries()) expect(values[i]).toBeCloseTo(value, digits);
}

/** A folder of models, and imports into it. */
export class Site {
  private constructor(
    readonly folder: string,
    readonly engine: Engine,
  ) {}

  static async open(): Promise<Site> {
    return new Site(await mkdtemp(join(tmpdir(), 'ganymede-import-')), await Engine.start());
  }

  async close(): Promise<void> {
    await this.engine.close();
    await rm(this.folder, { recursive: true });
  }

  async write(name: string, content: Graph | Uint8Array): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content instanceof Uint8Array ? content : onnx(content));
    return path;
  }

  async import(generator: Graph | Uint8Array, options: Partial<ImportOptions> = {}): Promise<Imported> {
    const path = await this.write('generator.onnx', generator);
    return this.importFile(path, options);
  }

  async importFile(generator: string, options: Partial<ImportOptions> = {}): Promise<Imported> {
    const out = join(this.folder, 'faces');
    return (await importModel({ generator, out, license: 'CC0-1.0', ...options }))!;
  }

  /** What a graph of the version gives. */
  async run(imported: Imported, capability: 'generate' | 'score' | 'encode', feeds: HostTensors): Promise<HostTensors> {
    const checkpoint = await openCheckpoint(imported.path!);
    const graph = await this.engine.load(capability, await checkpoint.graph(capability));
    try {
      return await graph.run(structuredClone(feeds)); // a run takes its buffers
    } finally {
      await graph.release();
    }
  }

  async manifest(imported: Imported) {
    return JSON.parse(await readFile(join(imported.path!, 'manifest.json'), 'utf8'));
  }
}
