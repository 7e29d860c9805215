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
import { type Dataset, numberedClasses, type Part } from './dataset.js';
import type { FileSet } from './file-set.js';
import { begins, type Format, hasExtension, type OpenRequest, type Place } from './format.js';
import type { ImageLabels } from './image-labels.js';
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
  const labels: number[] = [];
  let classes: readonly string[] | undefined;
  let labelled = false;

  for (const path of paths) {
    const table = await openTable(path);
    labelled = table.columns.label !== null;
    classes = table.columns.classes;
    for await (const { bytes, label, row } of table.rows()) {
      request.signal?.throwIfAborted();
      await temporary.append(bytes);
      names.push(`row ${row} of ${basename(path)}`);
      if (label !== null) labels.push(label);
    }
  }
  const entries: FileSet = {
    name,
    count: names.length,
    nameAt: (index) => names[index]!,
    whileOpen: (work) => work(),
    read: (index) => temporary.read(index),
  };
  const all = Uint32Array.from({ length: names.length }, (_, index) => index);
  return openImages(entries, all, labelled ? labelsOf(labels, names, classes, name) : null, request);
}

interface Columns {
  readonly image: string;
  readonly label: string | null;
  readonly classes?: readonly string[];
}

interface Row {
  readonly bytes: Uint8Array;
  readonly label: number | null;
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
            label: columns.label === null ? null : Number(cells[columns.label]),
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
    ({ element }) => element.name === 'label' && (element.type === 'INT64' || element.type === 'INT32'),
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

function labelsOf(
  labels: readonly number[],
  names: readonly string[],
  classes: readonly string[] | undefined,
  from: string,
): ImageLabels | null {
  if (labels.every((label) => label === -1)) return null; // how an unlabelled split is written
  const limit = classes?.length ?? 1_000_000;
  const wrong = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < limit));
  if (wrong >= 0) throw invalid(from, `labels in [0, ${limit})`, `${labels[wrong]} in ${names[wrong]}`);
  return { labels: Int32Array.from(labels), classes: classes ?? numberedClasses(labels) };
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
