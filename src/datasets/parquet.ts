// Parquet tables of images in the layout of Hugging Face (https://huggingface.co/docs/datasets/about_dataset_features):
// a column of {bytes, path} and perhaps one of class indices, whose names are in the metadata. A table can only be read
// a row group at a time, so the encoded images are copied to a temporary file once and read from there.
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import zlib from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { z } from 'zod';
import { GanymedeError, messageOf } from '../errors.js';
import { type Dataset, numbered, type Part } from './dataset.js';
import type { FileSet } from './file-set.js';
import { begins, type Format, hasExtension, type OpenRequest, type Place } from './format.js';
import { type ImageLabels, labelsFromNames } from './image-labels.js';
import { IMAGE_SETTINGS, openImages } from './images.js';
import { invalid } from './refusal.js';
import { readExactly, SharedFile } from './shared-file.js';
import { TemporaryFile } from './temporary-file.js';

/** One table, or a folder of the tables that make it up. */
export const parquetTables: Format = {
  what: 'Parquet tables of images',
  recognises: async (place, part) => begins(place, 'PAR1') || (await tablesIn(place, part)).length > 0,
  mayBeMeant: (place) => hasExtension(place, '.parquet'),
  settings: ({ kind }) => (kind === 'folder' ? [...IMAGE_SETTINGS, 'part'] : IMAGE_SETTINGS),
  async open(place, request) {
    const paths = place.kind === 'folder' ? await tablesIn(place, request.part) : [place.path];
    return openParquet(paths, basename(resolve(place.path)), request);
  },
  hasPart: async (place, part) => (await tablesIn(place, part)).length > 0,
};

/** In the folder or its `data`. When names tell splits apart (train-00000-of-00002.parquet), those of `part`. */
async function tablesIn(place: Place, part: Part): Promise<string[]> {
  if (place.kind !== 'folder') return [];
  const here = tablesOf(place.names, part).map((name) => join(place.path, name));
  if (here.length > 0 || !place.names.includes('data')) return here;
  const data = join(place.path, 'data');
  return tablesOf(await namesIn(data), part).map((name) => join(data, name));
}

function tablesOf(names: readonly string[], part: Part): string[] {
  const tables = names.filter((name) => name.endsWith('.parquet')).sort();
  if (tables.some((name) => name.startsWith('train'))) return tables.filter((name) => name.startsWith(part));
  return part === 'train' ? tables : [];
}

/** None when there is no folder. */
async function namesIn(path: string): Promise<string[]> {
  return (await stat(path)).isDirectory() ? readdir(path) : [];
}

/** A row group is decoded as a whole in memory. Hugging Face writes 100 to 1,000 images in one. */
const MAX_GROUP_BYTES = 2 ** 30;
const MAX_ROWS = 10_000_000;

/** Snappy is built in; Node has these two. */
const compressors: Compressors = {
  GZIP: (input, outputLength) => zlib.gunzipSync(input, { maxOutputLength: Math.max(outputLength, 1) }),
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(outputLength, 1) }),
};

/** Files of one table, in order. */
async function openParquet(paths: readonly string[], name: string, request: OpenRequest): Promise<Dataset> {
  const temporary = new TemporaryFile();
  const names: string[] = [];
  const labels: Label[] = [];
  let classes: readonly string[] | undefined;

  for (const path of paths) {
    const table = await openTable(path);
    classes = sameClasses(classes, table.columns.classes, path);
    for await (const { bytes, label, row } of table.rows()) {
      request.signal?.throwIfAborted();
      await temporary.append(bytes);
      names.push(`row ${row} of ${basename(path)}`);
      labels.push(label);
    }
  }
  const entries: FileSet = {
    name,
    count: names.length,
    nameAt: (index) => names[index]!,
    whileOpen: (work) => work(),
    read: (index) => temporary.read(index),
    start: (index) => temporary.read(index),
  };
  if (labels.every((label) => label === null)) return openImages(entries, [...names.keys()], null, request);
  const kept = labelled(labels, names, name, request);
  return openImages(entries, kept, labelsOf(kept, { labels, names, classes, from: name }), request);
}

interface Columns {
  readonly image: string;
  readonly label: string | null;
  readonly classes?: readonly string[];
}

/** A class by its number or its name; null where a row has none. */
type Label = number | string | null;

interface Row {
  readonly bytes: Uint8Array;
  readonly label: Label;
  readonly row: number;
}

interface Table {
  readonly columns: Columns;
  rows(): AsyncGenerator<Row>;
}

async function openTable(path: string): Promise<Table> {
  const from = basename(path);
  const file = await fileBuffer(path, from);
  const metadata = await orInvalid(from, parquetMetadataAsync(file));
  const columns = columnsOf(metadata, from);
  if (metadata.num_rows > MAX_ROWS) throw invalid(from, `at most ${MAX_ROWS} rows`, String(metadata.num_rows));
  const wanted = columns.label === null ? [columns.image] : [columns.image, columns.label];

  return {
    columns,
    async *rows() {
      let start = 0;
      for (const group of metadata.row_groups) {
        if (group.total_byte_size > MAX_GROUP_BYTES) {
          throw invalid(from, `row groups of at most ${MAX_GROUP_BYTES} bytes`, String(group.total_byte_size));
        }
        const end = start + Number(group.num_rows);
        const rows = await orInvalid(
          from,
          parquetReadObjects({
            file,
            metadata,
            columns: wanted,
            rowStart: start,
            rowEnd: end,
            utf8: false,
            compressors,
          }) as Promise<Record<string, unknown>[]>,
        );
        if (rows.length !== end - start) throw invalid(from, `${end - start} rows in a row group`, String(rows.length));
        for (const [i, cells] of rows.entries()) {
          yield {
            bytes: bytesOf(cells[columns.image], start + i, from),
            label: columns.label === null ? null : labelIn(cells[columns.label], start + i, from),
            row: start + i,
          };
        }
        start = end;
      }
    },
  };
}

/** The part of Hugging Face's metadata that says what the columns are. */
const huggingFace = z.object({
  info: z.object({
    features: z.record(z.string(), z.object({ _type: z.string().optional(), names: z.array(z.string()).optional() })),
  }),
});

/** By the metadata; without it, the first column of {bytes, …}, and a column named label. */
function columnsOf(metadata: FileMetaData, from: string): Columns {
  const { children } = parquetSchema(metadata);
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  const parsed = text === undefined ? null : huggingFace.safeParse(jsonOf(text, from));
  const features = parsed?.success ? Object.entries(parsed.data.info.features) : [];

  const image =
    features.find(([, feature]) => feature._type === 'Image')?.[0] ??
    children.find((column) => column.children.some(({ element }) => element.name === 'bytes'))?.element.name;
  if (image === undefined) {
    const found = children.map(({ element }) => element.name).join(', ');
    throw invalid(from, 'a column of images, {bytes, path}', `columns ${found}`);
  }
  const named = features.find(([, feature]) => feature._type === 'ClassLabel');
  if (named) return { image, label: named[0], ...(named[1].names ? { classes: named[1].names } : {}) };
  const label = children.find(
    ({ element }) => element.name === 'label' && ['INT64', 'INT32', 'BYTE_ARRAY'].includes(element.type ?? ''),
  );
  return { image, label: label?.element.name ?? null };
}

function jsonOf(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(from, 'JSON in the metadata named huggingface', messageOf(cause), cause);
  }
}

function bytesOf(cell: unknown, row: number, from: string): Uint8Array {
  const bytes = cell instanceof Uint8Array ? cell : (cell as { bytes?: unknown } | null)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw invalid(from, 'images whose bytes are in the table', `row ${row} without bytes`);
}

/** −1 is how Hugging Face writes an example without a label. */
function labelIn(cell: unknown, row: number, from: string): Label {
  if (cell === null || cell === undefined || Number(cell) === -1) return null;
  if (typeof cell === 'string') return cell;
  const number = Number(cell);
  if (Number.isInteger(number) && number >= 0 && number < 2 ** 31) return number;
  throw invalid(from, 'labels that are whole numbers from 0, or names', `${cell} in row ${row}`);
}

/** Names must mean the same in all tables; one without names may go with those that have them. */
function sameClasses(
  known: readonly string[] | undefined,
  found: readonly string[] | undefined,
  path: string,
): readonly string[] | undefined {
  if (!known || !found || known.join('\n') === found.join('\n')) return found ?? known;
  throw invalid(basename(path), `the classes ${known.join(', ')} of the tables before`, found.join(', '));
}

/**
 * Rows that have a label. @throws GanymedeError DATASET_INVALID for one that has none, unless bad=skip leaves it out
 */
function labelled(
  labels: readonly Label[],
  names: readonly string[],
  from: string,
  { settings, onSkipped }: OpenRequest,
): number[] {
  const missing = names.filter((_, row) => labels[row] === null);
  if (missing.length === 0) return [...names.keys()];
  if (settings.bad === 'skip') {
    for (const name of missing) onSkipped?.(name, `The image ${name} has no label.`);
    return [...names.keys()].filter((row) => labels[row] !== null);
  }
  throw invalid(
    from,
    'a label in every row, or in none (bad=skip leaves out rows without)',
    `${missing.length} without, such as ${missing[0]}`,
  );
}

interface Labelling {
  readonly labels: readonly Label[];
  /** Of rows. */
  readonly names: readonly string[];
  readonly classes: readonly string[] | undefined;
  readonly from: string;
}

function labelsOf(rows: readonly number[], { labels, names, classes, from }: Labelling): ImageLabels {
  const texts = rows.map((row) => labels[row]).filter((label) => typeof label === 'string');
  if (texts.length === rows.length) return labelsFromNames(texts);
  const limit = classes?.length ?? Number.POSITIVE_INFINITY;
  const wrong = rows.find((row) => !(Number(labels[row]) < limit));
  if (wrong !== undefined) {
    const wanted = classes ? `labels in [0, ${limit})` : 'labels that are all numbers, or all names';
    throw invalid(from, wanted, `${labels[wrong]} in ${names[wrong]}`);
  }
  return numbered(
    rows.map((row) => Number(labels[row])),
    classes,
  );
}

async function fileBuffer(path: string, from: string): Promise<AsyncBuffer> {
  const file = new SharedFile(path);
  const byteLength = await file.use(async (handle) => (await handle.stat()).size);
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      if (!(start >= 0 && end >= start && end <= byteLength)) {
        throw invalid(from, `${end - start} bytes from ${start}`, `a file of ${byteLength}: it is truncated`);
      }
      return file.use(async (handle) => (await readExactly(handle, start, end - start)).buffer);
    },
  };
}

/** hyparquet reports a damaged file by plain errors. */
async function orInvalid<T>(from: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof GanymedeError) throw cause;
    throw invalid(from, 'a whole Parquet file', messageOf(cause), cause);
  }
}
