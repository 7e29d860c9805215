// Encoded images, wherever they lie, as a Dataset: every one is read, checked and decoded once when it opens, so that
// nothing is refused later; pixels again when they are read. Besides the index, a cache of bounded size keeps decoded
// rows in memory.
import { createHash, type Hash } from 'node:crypto';
import { GanymedeError, messageOf } from '../errors.js';
import { decodeImage } from '../images/image.js';
import { MAX_PIXELS } from '../images/limits.js';
import type { Channels, Decoded, Flattening, ImageShape, Pixels, ReadShape } from '../images/pixels.js';
import type { DataSettings } from './address.js';
import { byteImages } from './byte-images.js';
import { forEachConcurrently } from './concurrently.js';
import type { Dataset } from './dataset.js';
import type { FileSet } from './file-set.js';
import { type OpenRequest, READING } from './format.js';
import { type ImageHeader, readImageHeader } from './image-header.js';
import type { ImageLabels } from './image-labels.js';
import { invalid, someOf } from './refusal.js';
import { RowCache } from './row-cache.js';
import { describedSizes, type NamedSides, settingsFor } from './sizes.js';
import { refuseUnread } from './unread.js';

/** Settings of an address that every format of encoded images takes. */
export const IMAGE_SETTINGS = ['resize', 'channels', 'alpha', 'bad'] as const satisfies readonly (keyof DataSettings)[];

export interface ImageOptions
  extends Pick<OpenRequest, 'range' | 'onSkipped' | 'onRefused' | 'onProgress' | 'onDamaged' | 'onAlpha' | 'signal'> {
  /**
   * Without `resize` all images must have one size; without it, `channels` or alpha=keep, all be grey or all in colour.
   */
  readonly settings: Pick<DataSettings, (typeof IMAGE_SETTINGS)[number]>;
  /** Bytes of decoded pixels to keep; 256 MB by default. */
  readonly cacheBytes?: number;
}

/** Images read ahead of the one that is looked at, and decoded at the same time. */
const WIDTH = 16;

/** `which` lists the files of the set that are images; `labels` has one label for each of them. */
export async function openImages(
  files: FileSet,
  which: ArrayLike<number>,
  labels: ImageLabels | null,
  options: ImageOptions,
): Promise<Dataset> {
  refuseContradiction(files.name, options.settings);
  const damage = new Damage(files, options.onDamaged);
  const survey = await files.whileOpen(() => surveyAll(files, which, labels, options, damage));
  return byteImages(
    {
      name: files.name,
      count: survey.kept.length,
      width: survey.shape.width,
      height: survey.shape.height,
      channels: survey.shape.channels,
      ...(survey.shape.alpha && { alpha: survey.shape.alpha }),
      layout: 'hwc',
      sha256: survey.sha256,
      ...(labels
        ? {
            labels: Int32Array.from(survey.positions, (position) => labels.labels[position]!),
            classes: labels.classes,
          }
        : {}),
      damaged: () => damage.count,
      rows: rowsOf(files, survey, damage),
    },
    options.range,
  );
}

function refuseContradiction(from: string, { channels, alpha }: ImageOptions['settings']): void {
  if (alpha !== 'keep' || channels === undefined) return;
  const message = `Expected channels=${channels} or alpha=keep of ${from} but received both: kept alpha is a fourth channel beside red, green and blue. Leave one out.`;
  throw new GanymedeError('DATASET_INVALID', message, { details: { file: from, setting: 'alpha' } });
}

/** Which images were read although they are damaged; each is told once. */
class Damage {
  readonly #seen = new Set<number>();

  constructor(
    private readonly files: FileSet,
    private readonly onDamaged: OpenRequest['onDamaged'],
  ) {}

  get count(): number {
    return this.#seen.size;
  }

  note(file: number, damage: string | undefined): void {
    if (damage === undefined || this.#seen.has(file)) return;
    this.#seen.add(file);
    this.onDamaged?.(this.files.nameAt(file), damage);
  }
}

/** Decodes rows when they are first asked for, and keeps those that fit in the cache. */
function rowsOf(files: FileSet, { kept, shape, cache }: Survey, found: Damage) {
  const decode = async (row: number): Promise<Uint8Array> => {
    const file = kept[row]!;
    const bytes = await files.read(file);
    try {
      const { data, damage } = await decodeImage(bytes, shape);
      found.note(file, damage);
      cache.put(row, data);
      return data;
    } catch (cause) {
      throw unreadable(files, file, cause);
    }
  };

  return async (indices: ArrayLike<number>, use: (position: number, bytes: Uint8Array) => void): Promise<void> => {
    const missing: number[] = [];
    for (let position = 0; position < indices.length; position++) {
      const cached = cache.get(indices[position]!);
      if (cached) use(position, cached);
      else missing.push(position);
    }
    if (missing.length === 0) return;
    await files.whileOpen(() =>
      forEachConcurrently(missing.length, WIDTH, async (i) => {
        const position = missing[i]!;
        use(position, await decode(indices[position]!));
      }),
    );
  };
}

/** What one pass over all files finds. */
interface Survey {
  /** Files that are images and can be read, and their positions in `which`. */
  readonly kept: Uint32Array;
  readonly positions: Uint32Array;
  readonly shape: ReadShape;
  readonly sha256: string;
  /** Rows of `kept`, as many as fit. */
  readonly cache: RowCache;
}

/** Headers, checksum, whether all are of one kind, and whether each can be decoded. Reads `WIDTH` files at a time. */
async function surveyAll(
  files: FileSet,
  which: ArrayLike<number>,
  labels: ImageLabels | null,
  options: ImageOptions,
  damage: Damage,
): Promise<Survey> {
  const kept = new Uint32Array(which.length);
  const positions = new Uint32Array(which.length);
  let count = 0;
  const refused: Refused[] = [];
  const common = new CommonShape(files.name, options);
  const hash = createHash('sha256');
  const decoded = new DecodedRows(which.length, options.cacheBytes);

  for (let from = 0; from < which.length; from += WIDTH) {
    options.signal?.throwIfAborted();
    options.onProgress?.(READING, from, which.length);
    const chunk = Array.from({ length: Math.min(WIDTH, which.length - from) }, (_, i) => which[from + i]!);
    const read = await Promise.all(chunk.map((file) => inspect(files, file, options)));
    for (const [i, outcome] of read.entries()) {
      const file = chunk[i]!;
      if (outcome instanceof GanymedeError) {
        if (options.settings.bad === 'skip')
          options.onSkipped?.(files.nameAt(file), outcome.message.replace(HOW_TO_SKIP, ''));
        else refused.push({ name: files.nameAt(file), error: outcome });
        continue;
      }
      damage.note(file, outcome.header.damage ?? outcome.pixels.damage);
      common.add(files.nameAt(file), outcome.header);
      addToHash(hash, files.nameAt(file), labels?.labels[from + i], outcome.bytes);
      decoded.put(count, outcome.pixels);
      positions[count] = from + i;
      kept[count++] = file;
    }
  }
  if (refused.length > 0) throw refusalOf(files.name, refused, which.length, options.onRefused);
  if (common.transparent > 0) options.onAlpha?.(common.transparent, count, options.settings.alpha !== undefined);
  if (count === 0) throw invalid(files.name, 'at least 1 image', 'none that can be read');
  return {
    kept: kept.slice(0, count),
    positions: positions.slice(0, count),
    shape: common.shape(),
    sha256: hash.digest('hex'),
    cache: decoded.as(common.shape()),
  };
}

interface Refused {
  readonly name: string;
  readonly error: GanymedeError;
}

/** The fault itself where there is one; of several each is told, and the refusal counts them. */
function refusalOf(
  from: string,
  refused: readonly Refused[],
  count: number,
  onRefused: OpenRequest['onRefused'],
): GanymedeError {
  if (refused.length === 1) return refused[0]!.error;
  for (const { name, error } of refused) onRefused?.(name, error.message);
  const names = refused.map(({ name }) => name);
  return new GanymedeError(
    'DATASET_INVALID',
    `Expected images that can be read in ${from} but ${refused.length} of ${count} cannot: ${someOf(names)}. ` +
      `The first: ${refused[0]!.error.message} Leave them out with bad=skip.`,
    { cause: refused[0]!.error, details: { file: names[0], files: names.slice(0, 10), count: refused.length } },
  );
}

async function inspect(
  files: FileSet,
  file: number,
  options: ImageOptions,
): Promise<{ bytes: Uint8Array; header: ImageHeader; pixels: Decoded } | GanymedeError> {
  try {
    const bytes = await files.read(file);
    refuseUnread(bytes);
    const header = readImageHeader(bytes);
    if (header.width * header.height > MAX_PIXELS) {
      throw new Error(`${header.width}×${header.height} pixels, more than ${MAX_PIXELS}`);
    }
    // What a header cannot tell, such as a file cut short, shows only when the pixels are decoded.
    const pixels = await decodeImage(bytes, shapeOf(header, options.settings));
    return { bytes, header, pixels };
  } catch (cause) {
    return unreadable(files, file, cause);
  }
}

/** What an image is decoded as before the others are known. */
function shapeOf(header: ImageHeader, { resize, channels, alpha }: ImageOptions['settings']): ReadShape {
  const { width, height } = resize ?? header;
  if (alpha === 'keep') return { width, height, channels: 4 };
  return { width, height, channels: channels ?? header.channels, alpha };
}

/**
 * Rows as they were decoded when the data was looked through, for whoever reads them first. Some may have been decoded
 * grey before one in colour made all of them so: then they are decoded again.
 */
class DecodedRows {
  #cache: RowCache | null = null;
  #shape: ImageShape | null = null;
  #areAlike = true;

  constructor(
    private readonly most: number,
    private readonly cacheBytes: number | undefined,
  ) {}

  put(row: number, { data, width, height, channels }: Pixels): void {
    this.#shape ??= { width, height, channels };
    this.#areAlike &&= isSame(this.#shape, { width, height, channels });
    if (!this.#areAlike) return;
    this.#cache ??= new RowCache(this.most, data.length, this.cacheBytes);
    this.#cache.put(row, data);
  }

  as(shape: ImageShape): RowCache {
    if (this.#cache && this.#areAlike && isSame(this.#shape!, shape)) return this.#cache;
    return new RowCache(this.most, shape.width * shape.height * shape.channels, this.cacheBytes);
  }
}

function isSame(a: ImageShape, b: ImageShape): boolean {
  return a.width === b.width && a.height === b.height && a.channels === b.channels;
}

/** Sizes and channels of all images; refuses a mixture that no option allows, and proposes what to do. */
class CommonShape {
  private first: { name: string; header: ImageHeader } | null = null;
  /** One of the other kind than the first. */
  private other: { name: string; header: ImageHeader } | null = null;
  private readonly sizes = new Map<string, NamedSides>();
  /** Images with alpha. */
  transparent = 0;

  private readonly settings: ImageOptions['settings'];

  constructor(
    private readonly from: string,
    { settings }: ImageOptions,
  ) {
    this.settings = settings;
  }

  add(name: string, header: ImageHeader): void {
    this.first ??= { name, header };
    if (header.transparent) this.transparent++;
    const { width, height } = header;
    const size = `${width}×${height}`;
    const seen = this.sizes.get(size) ?? { width, height, count: 0, name };
    this.sizes.set(size, { ...seen, count: seen.count + 1 });
    if (header.channels !== this.first.header.channels) this.other ??= { name, header };
  }

  /** @throws GanymedeError DATASET_INVALID whose details have the `settings` that would do, and say `because` */
  shape(): ReadShape {
    const { resize, channels, alpha } = this.settings;
    if (!resize && this.sizes.size > 1) throw this.ofManySizes();
    if (!resize && !channels && alpha !== 'keep' && this.other) throw this.ofTwoKinds(this.other);
    const { header } = this.first!;
    const flattened = this.flattened();
    return {
      width: resize?.width ?? header.width,
      height: resize?.height ?? header.height,
      channels: this.channels(header),
      ...(flattened && { alpha: flattened }),
    };
  }

  private channels(header: ImageHeader): Channels {
    const { channels, alpha } = this.settings;
    if (alpha === 'keep') return 4;
    return channels ?? (this.other ? 3 : header.channels);
  }

  private flattened(): Flattening | undefined {
    const { alpha = 'black' } = this.settings;
    return this.transparent === 0 || alpha === 'keep' ? undefined : alpha;
  }

  private ofManySizes(): GanymedeError {
    const sizes = [...this.sizes.values()];
    const settings = settingsFor(sizes);
    return this.mixed(
      `Expected images of one size in ${this.from} but received ${describedSizes(sizes)}. ` +
        `Add ${settings} to the data, as in ${this.from},${settings}: each is scaled to cover that size and cropped to its centre.`,
      { settings, because: `the images have ${describedSizes(sizes)}` },
    );
  }

  private ofTwoKinds(other: { name: string; header: ImageHeader }): GanymedeError {
    const [one, two] = [this.first!, other].map(({ name, header }) => `${name} is ${colourOf(header)}`);
    return this.mixed(
      `Expected images of one kind in ${this.from} but ${one} and ${two}. ` +
        `Add channels=3 (colour) or channels=1 (grey) to the data, as in ${this.from},channels=3.`,
      { settings: 'channels=3', because: `${one} and ${two}` },
    );
  }

  private mixed(message: string, details: Readonly<Record<string, string>>): GanymedeError {
    return new GanymedeError('DATASET_INVALID', message, { details: { file: this.from, ...details } });
  }
}

/** Names, labels and contents, each with its length, so that no two different sets hash the same text. */
function addToHash(hash: Hash, name: string, label: number | undefined, bytes: Uint8Array): void {
  hash.update(`${Buffer.byteLength(name)} ${name} ${label ?? '-'} ${bytes.length}\n`).update(bytes);
}

/** For who was refused; it is done where one is told of what was left out. */
const HOW_TO_SKIP = ' Add bad=skip to the data to leave such images out.';

function unreadable(files: FileSet, file: number, cause: unknown): GanymedeError {
  const name = files.nameAt(file);
  return new GanymedeError(
    'DATASET_INVALID',
    `${`The image ${name} of ${files.name} cannot be read: ${messageOf(cause)}`.replace(/\.?$/, '.')}${HOW_TO_SKIP}`,
    { cause, details: { file: name } },
  );
}

function colourOf({ channels }: ImageHeader): string {
  return channels === 1 ? 'grey' : 'in colour';
}
