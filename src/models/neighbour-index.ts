// The index of neighbours of a version: training images as they are, 8 bits a value, and where they lie in the space in
// which they are compared. It is a file beside the version, written when somebody asks for it, because it holds data.
// The file says of which version it is and what its bytes add up to; another version's or a changed one is refused.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeModel } from '../engine/onnx.js';
import { float32, type HostTensor, type HostTensors, sizeOf } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import { exampleOf } from './example.js';
import { invalid, readInside } from './files.js';
import type { Manifest } from './manifest.js';
import { NEIGHBOUR_SPACES, type NeighbourSpace } from './neighbour-spaces.js';

export const NEIGHBOURS_FILE = 'neighbours.safetensors';

export interface NeighbourIndex {
  readonly space: NeighbourSpace;
  /** What the data is called, and its SHA-256. */
  readonly dataset: { readonly name: string; readonly sha256: string };
  readonly classes?: readonly string[] | undefined;
  /** Places from this on are of mirror images: of the examples from 0 on, once more. Absent where none were shown. */
  readonly mirroredFrom?: number | undefined;
  /** uint8 [N, C, H, W]. */
  readonly images: HostTensor;
  /** int32 [N]: the place of each among the training examples. */
  readonly places: HostTensor;
  /** int32 [N]. */
  readonly labels?: HostTensor | undefined;
  /** float32 [N, F], in the space of features only. */
  readonly features?: HostTensor | undefined;
}

/** Of the float32 matrix that each worker of the engine searches, and so of the file as well. */
export const MAX_SEARCHED_BYTES = 2 ** 30;

const metadataSchema = z.object({
  format: z.literal('1'),
  model: z.string(),
  version: z.string(),
  graphs: z.string(),
  space: z.enum(NEIGHBOUR_SPACES),
  dataset: z.string(),
  datasetSha256: z.string(),
  classes: z.string().optional(),
  mirroredFrom: z
    .string()
    .regex(/^[1-9]\d*$/)
    .optional(),
  sha256: z.string(),
});

/** Writes it beside the version, in the place of an earlier one. Returns its path. */
export async function writeNeighbours(path: string, manifest: Manifest, index: NeighbourIndex): Promise<string> {
  const { space, dataset, classes, mirroredFrom, images, places, labels, features } = index;
  const tensors = { images, places, ...(labels && { labels }), ...(features && { features }) };
  const described = {
    ...{ format: '1', model: manifest.model, version: `${manifest.version}`, graphs: digestOfGraphs(manifest), space },
    ...{ dataset: dataset.name, datasetSha256: dataset.sha256 },
    ...(classes && { classes: JSON.stringify(classes) }),
    ...(mirroredFrom && { mirroredFrom: `${mirroredFrom}` }),
  };
  const metadata = { ...described, sha256: digestOfTensors(tensors, described) };
  const file = join(path, NEIGHBOURS_FILE);
  await writeFileAtomically(file, encodeSafetensors({ tensors, metadata }));
  return file;
}

/** @throws GanymedeError CHECKPOINT_INVALID for a damaged file, INDEX_MISMATCH for one of another version. */
export async function readNeighbours(path: string, manifest: Manifest): Promise<NeighbourIndex> {
  const file = join(path, NEIGHBOURS_FILE);
  const bytes = await readInside(path, NEIGHBOURS_FILE, (size) => {
    if (size > 2 * MAX_SEARCHED_BYTES)
      throw invalid(file, `to have at most ${2 * MAX_SEARCHED_BYTES} bytes`, `${size}`);
  });
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) throw invalid(file, 'to be an index of neighbours', 'other metadata');
  const { sha256, ...described } = parsed.data;
  refuseOthers(described, manifest, file);
  if (digestOfTensors(tensors, described) !== sha256) throw invalid(file, `to have SHA-256 ${sha256}`, 'other bytes');
  const { images, places, labels, features } = tensors;
  const index = {
    space: described.space,
    dataset: { name: described.dataset, sha256: described.datasetSha256 },
    classes: described.classes === undefined ? undefined : z.array(z.string()).parse(JSON.parse(described.classes)),
    mirroredFrom: described.mirroredFrom === undefined ? undefined : Number(described.mirroredFrom),
    ...{ images: images!, places: places!, labels, features },
  };
  checkShapes(index, manifest, file);
  return index;
}

/** Bytes of the matrix that is searched. */
export function searchedBytes(count: number, size: number): number {
  return count * size * Float32Array.BYTES_PER_ELEMENT;
}

/** More than can be searched is refused before anything is written. */
export function checkSearchable(count: number, size: number): void {
  const bytes = searchedBytes(count, size);
  if (bytes <= MAX_SEARCHED_BYTES) return;
  const most = Math.floor(MAX_SEARCHED_BYTES / searchedBytes(1, size));
  throw expected(
    `at most ${MAX_SEARCHED_BYTES / 2 ** 20} MiB to search`,
    `${count} examples of ${size} numbers, ${Math.ceil(bytes / 2 ** 20)} MiB`,
    'CONFIG_INVALID',
    `Use --max ${most}, or --in features.`,
  );
}

/** A search gives some more than are asked for, since float32 orders those at nearly equal distances by chance. */
export const SPARE_CANDIDATES = 8;

/**
 * ONNX of the search: query [N, D], in the units of the rows, to the places of its `candidates` nearest rows. Of
 * |q − x|² only |x|² − 2q·x differs from row to row, which is one matrix product.
 */
export function searchGraph({ images, features }: NeighbourIndex, candidates: number): Uint8Array<ArrayBuffer> {
  const count = images.shape[0]!;
  const rows = features ?? { ...images, shape: [count, sizeOf(images.shape.slice(1))] };
  const size = rows.shape[1]!;
  const cast = rows.dtype === 'uint8';
  return encodeModel({
    name: 'neighbours',
    inputs: [{ name: 'query', dtype: 'float32', shape: [-1, size] }],
    outputs: [{ name: 'place', dtype: 'int64', shape: [-1, Math.min(candidates, count)] }],
    initializers: new Map<string, HostTensor>([
      ['rows', rows],
      ['norms', float32([count], normsOf(rows.data as Float32Array | Uint8Array, size))],
      ['k', { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(Math.min(candidates, count))) }],
    ]),
    nodes: [
      ...(cast ? [{ op: 'Cast', inputs: ['rows'], outputs: ['values'], attributes: { to: 1 } }] : []),
      {
        op: 'Gemm',
        inputs: ['query', cast ? 'values' : 'rows', 'norms'],
        outputs: ['far'],
        attributes: { alpha: { float: -2 }, transB: 1 },
      },
      { op: 'TopK', inputs: ['far', 'k'], outputs: ['least', 'place'], attributes: { axis: 1, largest: 0 } },
    ],
  });
}

function normsOf(rows: Float32Array | Uint8Array, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows.length / size }, (_, row) => {
    let sum = 0;
    for (let i = row * size; i < (row + 1) * size; i++) sum += rows[i]! ** 2;
    return sum;
  });
}

function refuseOthers(
  described: { model: string; version: string; graphs: string },
  manifest: Manifest,
  file: string,
): void {
  const { model, version } = manifest;
  const same = described.model === model && described.version === `${version}`;
  if (same && described.graphs === digestOfGraphs(manifest)) return;
  const came = same ? 'one of other weights' : `one of ${described.model} version ${described.version}`;
  throw new GanymedeError(
    'INDEX_MISMATCH',
    `Expected ${file} to be an index of ${model} version ${version} but received ${came}. Write it anew with "npx ganymede index".`,
    { details: { file, model, version } },
  );
}

function checkShapes({ space, images, places, labels, features }: NeighbourIndex, manifest: Manifest, file: string) {
  const count = images?.shape[0] ?? 0;
  const fits = (tensor: HostTensor | undefined, dtype: string, shape: readonly number[]) =>
    tensor?.dtype === dtype && tensor.shape.join() === shape.join();
  const features2d = features ?? { shape: [count, sizeOf(images?.shape.slice(1) ?? [])] };
  const sound =
    count > 0 &&
    fits(images, 'uint8', [count, ...exampleOf(manifest).shape]) &&
    fits(places, 'int32', [count]) &&
    (!labels || fits(labels, 'int32', [count])) &&
    (space === 'pixels' ? !features : fits(features, 'float32', [count, features2d.shape[1]!]));
  if (!sound) throw invalid(file, 'to hold images, places, labels and features of one count', 'other tensors');
  checkSearchable(count, features2d.shape[1]!);
}

/** Of all files that the version holds: whatever changes a graph changes it. */
function digestOfGraphs({ files }: Manifest): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) hash.update(`${name} ${files[name]!.sha256}\n`);
  return hash.digest('hex');
}

function digestOfTensors(tensors: HostTensors, described: Readonly<Record<string, string | undefined>>): string {
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(described).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${JSON.stringify(text)}\n`);
  }
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name]!;
    hash.update(`${name} ${dtype} ${shape.join()}\n`).update(data);
  }
  return hash.digest('hex');
}
