// CIFAR-10 in its binary version (https://www.cs.toronto.edu/~kriz/cifar.html): rows of one label and 3,072 bytes,
// planes of red, green and blue. Read from the published archive as it is, or from the files in it.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { byteImages } from './byte-images.js';
import type { Dataset, Part } from './dataset.js';
import type { Format, Place } from './format.js';
import { invalid } from './refusal.js';
import { readTarGz } from './tar.js';

/** The published archive, the files in it, or a folder that holds either; also one file of them by itself. */
export const cifar: Format = {
  what: 'CIFAR-10 in its binary version (data_batch_1.bin, …)',
  recognises: (place) => place.kind === 'folder' && sourceOf(place) !== null,
  mayBeMeant: (place) => sourceOf(place) !== null,
  settings: (place) => (sourceOf(place)!.kind === 'batch' ? [] : ['part']),
  open: (place, { part, range, signal }) => openCifar(sourceOf(place)!, part, range, signal),
  hasPart: async (place, part) => {
    const source = sourceOf(place)!;
    return source.kind !== 'batch' && (await readBatches(source, part)).size > 0;
  },
};

interface Source {
  readonly kind: 'folder' | 'archive' | 'batch';
  readonly path: string;
}

/** A file is told by its name, a folder by the published names in it. */
function sourceOf(place: Place): Source | null {
  const { kind, path } = place;
  if (kind === 'file' && /\.bin$/i.test(path)) return { kind: 'batch', path };
  if (kind === 'file' && /\.(tar\.gz|tgz)$/i.test(path)) return { kind: 'archive', path };
  if (kind !== 'folder') return null;
  if (place.names.some((name) => BATCHES.train.test(name))) return { kind: 'folder', path };
  if (place.names.includes(FOLDER)) return { kind: 'folder', path: join(path, FOLDER) };
  return place.names.includes(ARCHIVE) ? { kind: 'archive', path: join(path, ARCHIVE) } : null;
}

const SIDE = 32;
const IMAGE_BYTES = 3 * SIDE * SIDE;
const ROW_BYTES = 1 + IMAGE_BYTES;

/** batches.meta.txt of the published archive. */
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const BATCHES: Record<Part, RegExp> = { train: /(^|\/)data_batch_\d+\.bin$/, test: /(^|\/)test_batch\.bin$/ };

const FOLDER = 'cifar-10-batches-bin';
const ARCHIVE = 'cifar-10-binary.tar.gz';

/** Most bytes that one batch file may have: the published ones have 30,730,000. */
const MAX_BATCH = 2 ** 28;

async function openCifar(
  source: Source,
  part: Part,
  range: readonly [number, number],
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const batches = await readBatches(source, part, signal);
  const { path } = source;
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

/** Contents of the part's files by their names. */
async function readBatches({ kind, path }: Source, part: Part, signal?: AbortSignal): Promise<Map<string, Buffer>> {
  const wanted = (name: string) => BATCHES[part].test(name);
  try {
    if (kind === 'archive')
      return await readTarGz(path, { wanted, maxBytes: MAX_BATCH, ...(signal ? { signal } : {}) });
    if (kind === 'batch') return new Map([[basename(path), await readFile(path)]]);
    const names = (await readdir(path)).filter(wanted);
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))] as const)));
  } catch (cause) {
    signal?.throwIfAborted();
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
