// What the training tests share: tensors to arrays and back, a temporary folder, and IDX files made in memory.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { plainPresenter } from '../../src/commands/present.js';
import type { HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { WorkContext } from '../../src/work.js';

export function tensorsOf(host: HostTensors): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(host).map(([name, { data, shape }]) => [
      name,
      tf.tensor(Float32Array.from(data as Float32Array), [...shape]),
    ]),
  );
}

export function valuesOf(tensor: tf.Tensor): number[] {
  return Array.from(tensor.dataSync());
}

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export function idxBytes(magic: number, dimensions: readonly number[], data: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(magic, 0);
  for (const [axis, dimension] of dimensions.entries()) header.writeUInt32BE(dimension, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from(Uint8Array.from(data))]);
}

/** A folder as MNIST is published in, holding the given images. */
export async function writeIdxFolder(folder: string, images: Uint8Array, side: number, gzipped = false): Promise<void> {
  const bytes = idxBytes(0x0803, [images.length / side ** 2, side, side], images);
  const name = `train-images-idx3-ubyte${gzipped ? '.gz' : ''}`;
  await writeFile(join(folder, name), gzipped ? gzipSync(bytes) : bytes);
}

/** A small generator of numbers for inputs: the tests' values must not hang on the code under test. */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Central difference of `f` along one value. */
export function slope(f: (x: number) => number, x: number, step = 1e-4): number {
  return (f(x + step) - f(x - step)) / (2 * step);
}

/** Collects what a person would read of a work, line by line. */
export function printing(lines: string[]): WorkContext {
  return { onEvent: plainPresenter((text) => lines.push(...text.split('\n'))) };
}

/** What a work gives that nobody stopped. */
export async function finished<Result>(work: Promise<Result | null>): Promise<Result> {
  const result = await work;
  if (result === null) throw new Error('Expected the work to reach its end but it was stopped.');
  return result;
}

/** Tests of this file work in a folder of their own: what they leave there by default, such as runs/, goes with it. */
export function inFolderOfItsOwn(): void {
  let before: string;
  let folder: string;
  beforeAll(async () => {
    before = process.cwd();
    folder = await mkdtemp(join(tmpdir(), 'ganymede-test-'));
    process.chdir(folder);
  });
  afterAll(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  });
}
