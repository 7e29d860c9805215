// The training images nearest to an image, from the index beside a version. The engine finds candidates by a matrix
// product over the whole index; their distances are then worked out exactly, in double precision.

import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { GraphEngine } from '../engine/engine.js';
import { sizeOf } from '../engine/tensor.js';
import { type ErrorCode, GanymedeError } from '../errors.js';
import { stackRows } from './batch.js';
import { Batcher, type BatcherOptions, type SubmitOptions } from './batcher.js';
import { freeGraph, type LoadedGraph } from './loaded-graph.js';
import type { Manifest } from './manifest.js';

import { NEIGHBOURS_FILE, type NeighbourIndex, SPARE_CANDIDATES } from './neighbour-index.js';
import { MAX_NEIGHBOURS } from './neighbour-spaces.js';

export interface Neighbour {
  /** Row of the index. */
  readonly row: number;
  /** Place among the training examples. */
  readonly place: number;
  /** Whether it is that example mirrored, as training showed it too. */
  readonly mirrored: boolean;
  /** Euclidean: of pixels with black at 0 and full intensity at 1, of features as they are. */
  readonly distance: number;
  /** Name of its class, where the data has classes. */
  readonly label: string | null;
}

/** What the thread sends. */
export type NeighboursAnswer =
  | { readonly index: NeighbourIndex; readonly search: Uint8Array }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string; readonly details: object } };

/** An index that is open, and the graph that searches it. */
export class Neighbours {
  readonly index: NeighbourIndex;
  readonly #search: LoadedGraph;
  #users = 0;
  #onLast: () => void = () => {};

  constructor(index: NeighbourIndex, search: LoadedGraph) {
    this.index = index;
    this.#search = search;
  }

  /** Reads `<path>/neighbours.safetensors`. @throws GanymedeError CAPABILITY_MISSING where there is none */
  static async open(
    path: string,
    manifest: Manifest,
    engine: Pick<GraphEngine, 'load'>,
    limits: Partial<BatcherOptions>,
  ): Promise<Neighbours> {
    await refuseMissing(path, manifest);
    const { index, search } = await opened(path, manifest);
    const graph = await engine.load(`${manifest.model}/${manifest.version}/neighbours`, search);
    return new Neighbours(index, { graph, batcher: new Batcher(graph, limits) });
  }

  /** The image [C, H, W] of a row, in the model's range. */
  imageOf(row: number, [low, high]: readonly [number, number]): Float32Array {
    return Float32Array.from(rowOf(this.index.images.data as Uint8Array, row, this.index), (level) => {
      return low + (level / 255) * (high - low);
    });
  }

  /** `queries`: in the units of the rows, pixels from 0 to 255. */
  async nearest(queries: readonly Float32Array[], count: number, options: SubmitOptions): Promise<Neighbour[][]> {
    const query = stackRows(queries, [queries[0]!.length]);
    const { place } = await this.#search.batcher.submit({ query }, options);
    const candidates = place!.data as BigInt64Array;
    const each = candidates.length / queries.length;
    return queries.map((one, i) => {
      const rows = Array.from(candidates.subarray(i * each, (i + 1) * each), Number);
      return this.#exactly(one, rows.slice(0, count + SPARE_CANDIDATES)).slice(0, count);
    });
  }

  /** Where another index takes its place meanwhile, this one stays until the work is done. */
  async during<T>(work: (neighbours: this) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(this);
    } finally {
      if (--this.#users === 0) this.#onLast();
    }
  }

  async free(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // whoever waited for it takes it up first
    while (this.#users > 0) await new Promise<void>((resolve) => (this.#onLast = resolve));
    await freeGraph(this.#search);
  }

  /** By their distance; of equal ones the earlier first. */
  #exactly(query: Float32Array, rows: readonly number[]): Neighbour[] {
    const { images, features, places, labels, classes, mirroredFrom = Number.POSITIVE_INFINITY } = this.index;
    const values = (features ?? images).data as Float32Array | Uint8Array;
    const unit = features ? 1 : 255;
    const found = rows.map((row) => {
      const place = Number(places.data[row]);
      const mirrored = place >= mirroredFrom;
      return {
        ...{ row, mirrored, place: mirrored ? place - mirroredFrom : place },
        distance: distance(query, values, row * query.length) / unit,
        label: labels && classes ? (classes[Number(labels.data[row])] ?? null) : null,
      };
    });
    return found.sort((a, b) => a.distance - b.distance || a.row - b.row);
  }
}

/** Of the file as it is: another that takes its place has another. Empty where there is none. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(join(path, NEIGHBOURS_FILE));
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}

async function refuseMissing(path: string, { model, version }: Manifest): Promise<void> {
  try {
    await stat(join(path, NEIGHBOURS_FILE));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected an index of neighbours beside ${model} version ${version} but there is none. Write one with "npx ganymede index".`,
      { cause, details: { model, version, capability: 'neighbours' } },
    );
  }
}

async function opened(path: string, manifest: Manifest): Promise<Extract<NeighboursAnswer, { index: unknown }>> {
  const program = new URL('../../dist/models/open-neighbours.js', import.meta.url);
  const candidates = MAX_NEIGHBOURS + SPARE_CANDIDATES;
  const thread = new Worker(program, { workerData: { path, manifest, candidates } });
  const [answer] = (await once(thread, 'message')) as [NeighboursAnswer]; // rejects where the thread fails
  if ('index' in answer) return answer;
  const { code, message, details } = answer.refusal;
  throw new GanymedeError(code, message, { details: { ...details } });
}

function rowOf(values: Uint8Array, row: number, { images }: NeighbourIndex): Uint8Array {
  const size = sizeOf(images.shape.slice(1));
  return values.subarray(row * size, (row + 1) * size);
}

function distance(query: Float32Array, values: Float32Array | Uint8Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += (query[i]! - values[from + i]!) ** 2;
  return Math.sqrt(sum);
}
