// CIFAR-10 in its binary version (https://www.cs.toronto.edu/~kriz/cifar.html): rows of one label and 3,072 bytes, planes of
// red, green and blue. Read from the published archive as it is, or from the files in it.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { byteImages, invalid } from './bytes.js';
import type { Dataset, Part } from './dataset.js';
import { readTarGz } from './tar.js';

const SIDE = 32;
const IMAGE_BYTES = 3 * SIDE * SIDE;
const ROW_BYTES = 1 + IMAGE_BYTES;

/** batches.meta.txt of the published archive. */
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const BATCHES: Record<Part, RegExp> = { train: /(^|\/)data_batch_\d+\.bin$/, test: /(^|\/)test_batch\.bin$/ };

export const CIFAR_ARCHIVE = 'cifar-10-binary.tar.gz';

/** Most bytes that one batch file may have: the published ones have 30,730,000. */
const MAX_BATCH = 2 ** 28;

function isCifarBatch(name: string, part: Part): boolean {
  return BATCHES[part].test(name);
}

/** The archive, or a folder with it, with its files, or with the folder that it unpacks to. Null when `folder` has none. */
export async function findCifar(folder: string): Promise<string | null> {
  const names = await readdir(folder);
  if (names.some((name) => isCifarBatch(name, 'train'))) return folder;
  if (names.includes('cifar-10-batches-bin')) return join(folder, 'cifar-10-batches-bin');
  return names.includes(CIFAR_ARCHIVE) ? join(folder, CIFAR_ARCHIVE) : null;
}

/** The published archive holds both parts; a folder is looked into, and one batch is only itself. */
export async function cifarHasPart(path: string, part: Part): Promise<boolean> {
  if (basename(path) === CIFAR_ARCHIVE) return true;
  return !path.endsWith('.bin') && (await readdir(path)).some((name) => isCifarBatch(name, part));
}

/** `path` is the archive, a folder of batches, or one batch. */
export async function openCifar(path: string, part: Part, range: readonly [number, number]): Promise<Dataset> {
  const batches = await readBatches(path, part);
  const names = [...batches.keys()].sort();
  if (names.length === 0) throw invalid(basename(path), `CIFAR-10 files of the ${part} split`, 'none');
  const rows = Buffer.concat(names.map((name) => checked(batches.get(name)!, basename(name))));
  const count = rows.length / ROW_BYTES;
  const labels = Int32Array.from({ length: count }, (_, row) => rows[row * ROW_BYTES]!);
  return byteImages(
    {
      name: basename(path),
      count,
      channels: 3,
      height: SIDE,
      width: SIDE,
      layout: 'chw',
      sha256: createHash('sha256').update(rows).digest('hex'),
      labels,
      classes: CLASSES,
      rows(indices, use) {
        for (let row = 0; row < indices.length; row++) {
          const from = indices[row]! * ROW_BYTES + 1;
          use(row, rows.subarray(from, from + IMAGE_BYTES));
        }
      },
    },
    range,
  );
}

async function readBatches(path: string, part: Part): Promise<Map<string, Buffer>> {
  const wanted = (name: string) => isCifarBatch(name, part);
  try {
    if (path.endsWith('.gz') || path.endsWith('.tgz')) return await readTarGz(path, wanted, MAX_BATCH);
    if (path.endsWith('.bin')) return new Map([[basename(path), await readFile(path)]]);
    const names = (await readdir(path)).filter(wanted);
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))] as const)));
  } catch (cause) {
    if (cause instanceof GanymedeError) throw cause;
    throw invalid(basename(path), 'CIFAR-10 in its binary version', messageOf(cause), cause);
  }
}

function checked(batch: Buffer, name: string): Buffer {
  if (batch.length === 0 || batch.length % ROW_BYTES !== 0) {
    const over = batch.length % ROW_BYTES;
    throw invalid(name, `whole rows of ${ROW_BYTES} bytes`, `${batch.length} bytes, ${over} more than whole rows`);
  }
  for (let at = 0; at < batch.length; at += ROW_BYTES) {
    if (batch[at]! >= CLASSES.length) {
      throw invalid(name, 'labels in [0, 9]', `${batch[at]} at row ${at / ROW_BYTES}: the file is not CIFAR-10`);
    }
  }
  return batch;
}
