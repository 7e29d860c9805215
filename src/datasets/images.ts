// Encoded images, wherever they lie, as a Dataset: all headers and checksums once when it opens, pixels when they are read. It
// holds an index and a bounded cache of decoded rows, never all files.
import { createHash, type Hash } from 'node:crypto';
import { GanymedeError, messageOf } from '../errors.js';
import { decodeImage, type ImageShape } from '../images/image.js';
import { MAX_PIXELS } from '../images/limits.js';
import { byteImages, invalid } from './bytes.js';
import { RowCache } from './cache.js';
import type { Dataset } from './dataset.js';
import { type Entries, forEachConcurrently } from './entries.js';
import { type ImageHeader, readImageHeader } from './header.js';
import type { Labels } from './labels.js';

export interface ImageOptions {
  readonly range: readonly [number, number];
  /** Scales every image to cover this size and crops it to the centre. Without it all images must have one size. */
  readonly resize?: { readonly width: number; readonly height: number };
  /** Makes every image grey or colour. Without it all images must be one or the other; with `resize`, a mixture is colour. */
  readonly channels?: 1 | 3;
  /** What to do about an image that cannot be read. `skip` decodes every image once when the set opens. Default: refuse. */
  readonly onBadImage?: 'refuse' | 'skip';
  /** Hears of every image that was skipped. */
  readonly onSkipped?: (name: string, reason: string) => void;
  /** Bytes of decoded pixels to keep; 256 MB by default. */
  readonly cacheBytes?: number;
}

/** Images read ahead of the one that is looked at, and decoded at the same time. */
const WIDTH = 16;

/** `which` lists the entries that are images; `labels` has one label for each of them. */
export async function openImages(
  entries: Entries,
  which: ArrayLike<number>,
  labels: Labels | null,
  options: ImageOptions,
): Promise<Dataset> {
  const survey = await entries.whileOpen(() => inspect(entries, which, labels, options));
  const { kept, shape } = survey;
  const cache = new RowCache(kept.length, shape.width * shape.height * shape.channels, options.cacheBytes);

  const decode = async (row: number): Promise<Uint8Array> => {
    const entry = kept[row]!;
    const bytes = await entries.read(entry);
    try {
      const { data } = await decodeImage(bytes, shape);
      cache.put(row, data);
      return data;
    } catch (cause) {
      throw bad(entries, entry, cause);
    }
  };

  return byteImages(
    {
      name: entries.name,
      count: kept.length,
      ...shape,
      layout: 'hwc',
      sha256: survey.sha256,
      ...(labels
        ? {
            labels: Int32Array.from(survey.positions, (position) => labels.labels[position]!),
            classes: labels.classes,
          }
        : {}),
      async rows(indices, use) {
        const missing: number[] = [];
        for (let position = 0; position < indices.length; position++) {
          const cached = cache.get(indices[position]!);
          if (cached) use(position, cached);
          else missing.push(position);
        }
        if (missing.length === 0) return;
        await entries.whileOpen(() =>
          forEachConcurrently(missing.length, WIDTH, async (i) => {
            const position = missing[i]!;
            use(position, await decode(indices[position]!));
          }),
        );
      },
    },
    options.range,
  );
}

interface Survey {
  /** Entries that are images and can be read, and their positions in `which`. */
  readonly kept: Uint32Array;
  readonly positions: Uint32Array;
  readonly shape: ImageShape;
  readonly sha256: string;
}

/** One pass over all files: headers, checksum, and whether they are of one kind. Reads `WIDTH` files at a time. */
async function inspect(
  entries: Entries,
  which: ArrayLike<number>,
  labels: Labels | null,
  options: ImageOptions,
): Promise<Survey> {
  const kept = new Uint32Array(which.length);
  const positions = new Uint32Array(which.length);
  let count = 0;
  const kinds = new Kinds(entries.name, options);
  const hash = createHash('sha256');

  for (let from = 0; from < which.length; from += WIDTH) {
    const chunk = Array.from({ length: Math.min(WIDTH, which.length - from) }, (_, i) => which[from + i]!);
    const read = await Promise.all(chunk.map((entry) => inspectOne(entries, entry, options)));
    for (const [i, outcome] of read.entries()) {
      const entry = chunk[i]!;
      if (outcome instanceof GanymedeError) {
        if (options.onBadImage !== 'skip') throw outcome;
        options.onSkipped?.(entries.nameAt(entry), outcome.message);
        continue;
      }
      kinds.add(entries.nameAt(entry), outcome.header);
      addToHash(hash, entries.nameAt(entry), labels?.labels[from + i], outcome.bytes);
      positions[count] = from + i;
      kept[count++] = entry;
    }
  }
  if (count === 0) throw invalid(entries.name, 'at least 1 image', 'none that can be read');
  return {
    kept: kept.slice(0, count),
    positions: positions.slice(0, count),
    shape: kinds.shape(),
    sha256: hash.digest('hex'),
  };
}

async function inspectOne(
  entries: Entries,
  entry: number,
  options: ImageOptions,
): Promise<{ bytes: Uint8Array; header: ImageHeader } | GanymedeError> {
  try {
    const bytes = await entries.read(entry);
    const header = readImageHeader(bytes);
    if (header.width * header.height > MAX_PIXELS) {
      throw new Error(`${header.width}×${header.height} pixels, more than ${MAX_PIXELS}`);
    }
    // What a header cannot tell, such as a file cut short, shows only when the pixels are decoded.
    if (options.onBadImage === 'skip') await decodeImage(bytes, header);
    return { bytes, header };
  } catch (cause) {
    return bad(entries, entry, cause);
  }
}

/** Sizes and channels seen so far; refuses a mixture that no option allows, naming an image of each kind. */
class Kinds {
  private first: { name: string; header: ImageHeader } | null = null;
  private mixedChannels = false;

  constructor(
    private readonly from: string,
    private readonly options: ImageOptions,
  ) {}

  add(name: string, header: ImageHeader): void {
    this.first ??= { name, header };
    const { resize, channels } = this.options;
    const one = this.first;
    if (!resize && (header.width !== one.header.width || header.height !== one.header.height)) {
      throw this.mixed('size', `${one.name} has ${sizeOf(one.header)} pixels and ${name} has ${sizeOf(header)}`);
    }
    if (header.channels === one.header.channels) return;
    this.mixedChannels = true;
    if (!resize && !channels) {
      throw this.mixed('kind', `${one.name} is ${colourOf(one.header)} and ${name} is ${colourOf(header)}`);
    }
  }

  shape(): ImageShape {
    const { resize, channels } = this.options;
    const { header } = this.first!;
    return {
      width: resize?.width ?? header.width,
      height: resize?.height ?? header.height,
      channels: channels ?? (this.mixedChannels ? 3 : header.channels),
    };
  }

  private mixed(what: 'size' | 'kind', received: string): GanymedeError {
    const next =
      what === 'size' ? 'Ask for one size with resize=WxH.' : 'Ask for channels=1 (grey) or channels=3 (colour).';
    return new GanymedeError(
      'DATASET_INVALID',
      `Expected images of one ${what} in ${this.from} but ${received}. ${next}`,
      { details: { file: this.from } },
    );
  }
}

/** Names, labels and contents, each with its length, so that no two different sets hash the same text. */
function addToHash(hash: Hash, name: string, label: number | undefined, bytes: Uint8Array): void {
  hash.update(`${Buffer.byteLength(name)} ${name} ${label ?? '-'} ${bytes.length}\n`).update(bytes);
}

function bad(entries: Entries, entry: number, cause: unknown): GanymedeError {
  const name = entries.nameAt(entry);
  return new GanymedeError(
    'DATASET_INVALID',
    `The image ${name} of ${entries.name} cannot be read: ${messageOf(cause)}`.replace(/\.?$/, '.'),
    { cause, details: { file: name } },
  );
}

function sizeOf({ width, height }: ImageHeader): string {
  return `${width}×${height}`;
}

function colourOf({ channels }: ImageHeader): string {
  return channels === 1 ? 'grey' : 'in colour';
}
