// The images that a client sends in one request, or sent ahead. All headers are read, and their pixels paid for, before
// one is decoded; the same image is decoded once, however often fields and aliases send it.

import { GanymedeError } from '../errors.js';
import { decodedPixels } from '../images/costs.js';
import { fromPixels, type OpenedImage, openImage, type Pixels } from '../images/image.js';
import type { Uploads } from '../images/uploads.js';
import type { ImageSpec } from '../models/example.js';
import type { Account } from './account.js';
import type { ImageSource } from './scalars.js';
import { SentFile } from './sent-file.js';

/** Images that clients sent ahead, as one request sees them. */
export interface SentAhead extends Pick<Uploads, 'bytesOf' | 'read'> {
  /** Counts bytes that stay in memory until the request ends. @throws GanymedeError QUEUE_FULL */
  hold(bytes: number): void;
}

/** One image, whose pixels were asked for in some forms. */
interface Sent {
  readonly opened: OpenedImage;
  /** By form: size, channels, range. */
  readonly decoded: Map<string, Promise<Float32Array>>;
  /** What is wrong with it, once it was read all the same. */
  damage?: string;
}

/** An image that was read although it is damaged, as a reply tells it. */
export interface DamagedImage {
  /** Where it stands in the request, such as `images[2]`. */
  readonly argument: string;
  readonly damage: string;
}

export class SentImages {
  readonly #account: Account;
  readonly #uploads: SentAhead | undefined;
  readonly #signal: () => AbortSignal;
  /** Equal texts are one image. */
  readonly #sent = new Map<ImageSource, Promise<Sent>>();
  readonly #damaged = new Map<string, DamagedImage>();

  constructor(account: Account, uploads: SentAhead | undefined, signal: () => AbortSignal) {
    this.#account = account;
    this.#uploads = uploads;
    this.#signal = signal;
  }

  /** Those read so far that are damaged. */
  get damaged(): readonly DamagedImage[] {
    return [...this.#damaged.values()];
  }

  /** [C, H, W] each, in the order sent. An image that cannot be read refuses them all and says which it is. */
  async read(sources: readonly ImageSource[], spec: ImageSpec): Promise<Float32Array[]> {
    const sent = (await this.#openEach(sources)).map(orThrow);
    return (await this.#decodeEach(sent, spec, (index) => `images[${index}]`)).map(orThrow);
  }

  /** As `read`, but an image that cannot be read is an error in its place, and the others are what they are. */
  async readEach(sources: readonly ImageSource[], spec: ImageSpec): Promise<(Float32Array | GanymedeError)[]> {
    return this.#decodeEach(await this.#openEach(sources), spec, (index) => `images[${index}]`);
  }

  /** A lone image as it was sent, grey, of its own size: what an argument of that name holds. */
  async readGrey(source: ImageSource, argument: string): Promise<Pixels> {
    const [sent] = await this.#openEach([source]);
    if (sent instanceof GanymedeError) throw named(sent, argument);
    const { opened } = sent!;
    this.#account.spend({ decoded: decodedPixels(opened, opened.kind) });
    const { width, height } = opened;
    const pixels = await orRefusal(opened.decode({ width, height, channels: 1 }));
    if (pixels instanceof GanymedeError) throw named(pixels, argument);
    this.#note(argument, pixels.damage);
    return pixels;
  }

  /** [C, H, W] of the lone image that an argument of that name holds. */
  async readOne(source: ImageSource, spec: ImageSpec, argument: string): Promise<Float32Array> {
    const [image] = await this.#decodeEach(await this.#openEach([source]), spec, () => argument);
    if (image instanceof GanymedeError) throw named(image, argument);
    return image!;
  }

  async #openEach(sources: readonly ImageSource[]): Promise<(Sent | GanymedeError)[]> {
    this.#payForUploads(sources);
    return Promise.all(sources.map((source) => orRefusal(this.#open(source))));
  }

  #open(source: ImageSource): Promise<Sent> {
    const known = this.#sent.get(source);
    if (known) return known;
    const opening = (async () => {
      const opened = await openImage(await this.#bytesOf(source), { signal: this.#signal() });
      return { opened, decoded: new Map() };
    })();
    this.#sent.set(source, opening);
    return opening;
  }

  /** They are read into memory, for as long as the request lasts. */
  #payForUploads(sources: readonly ImageSource[]): void {
    const fresh = [...new Set(sources)].filter((source) => !this.#sent.has(source));
    const ids = fresh.flatMap((source) => uploadOf(source) ?? []);
    if (ids.length === 0 || !this.#uploads) return;
    let uploaded = 0;
    for (const id of ids) uploaded += this.#uploads.bytesOf(id);
    this.#account.spend({ uploaded });
    this.#uploads.hold(uploaded);
  }

  async #bytesOf(source: ImageSource): Promise<Uint8Array> {
    if (source instanceof SentFile) return source.bytes;
    const id = uploadOf(source);
    if (id === undefined) return decoded(source);
    if (!this.#uploads)
      throw new GanymedeError(
        'UPLOADS_UNAVAILABLE',
        'Expected an image but received an upload’s id, and this server keeps no uploads. Send the image itself.',
      );
    return this.#uploads.read(id);
  }

  /** Pays for all that were not decoded in this form before, then decodes them. */
  async #decodeEach(
    sent: readonly (Sent | GanymedeError)[],
    spec: ImageSpec,
    argumentAt: (index: number) => string,
  ): Promise<(Float32Array | GanymedeError)[]> {
    const form = `${spec.width}×${spec.height}×${spec.channels} in ${spec.range}, alpha ${spec.alpha}`;
    const fresh = new Set<Sent>();
    for (const one of sent) if (!(one instanceof GanymedeError) && !one.decoded.has(form)) fresh.add(one);
    let decoded = 0;
    for (const { opened } of fresh) decoded += decodedPixels(opened, opened.kind);
    this.#account.spend({ decoded });
    for (const one of fresh) one.decoded.set(form, decodedAs(one, spec));
    return Promise.all(
      sent.map(async (one, index) => {
        if (one instanceof GanymedeError) return one;
        const values = await orRefusal(one.decoded.get(form)!);
        this.#note(argumentAt(index), one.damage);
        return values;
      }),
    );
  }

  #note(argument: string, damage: string | undefined): void {
    if (damage !== undefined) this.#damaged.set(argument, { argument, damage });
  }
}

async function decodedAs(sent: Sent, spec: ImageSpec): Promise<Float32Array> {
  const pixels = await sent.opened.decode(spec);
  if (pixels.damage !== undefined) sent.damage = pixels.damage;
  return fromPixels(pixels, spec.range);
}

const UPLOAD = 'upload:';

/** The id, if an upload is meant. */
function uploadOf(source: ImageSource): string | undefined {
  if (typeof source !== 'string' || !source.slice(0, 64).trimStart().startsWith(UPLOAD)) return undefined;
  return source.trim().slice(UPLOAD.length);
}

const DATA_URI = /^\s*data:[^,]{0,100};base64,/i;

/**
 * Node's decoder skips what is not base64, which would turn a slip into a puzzle; so the length is checked too. Lines,
 * as MIME and many programs break them, are no slip, nor is what a data URI may have escaped.
 */
function decoded(source: string): Uint8Array {
  const head = DATA_URI.exec(source)?.[0];
  const sent = source.slice(head?.length ?? 0);
  const whole =
    head !== undefined && sent.includes('%') ? sent.replaceAll(/%(2B|2F|3D|0A|0D|20)/gi, decodeURIComponent) : sent;
  const text = whole.replaceAll(/\s+/g, '');
  const bytes = Buffer.from(text, 'base64');
  const unpadded = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if (bytes.length > 0 && bytes.length === Math.floor((unpadded * 3) / 4)) return bytes;
  throw new GanymedeError(
    'INVALID_IMAGE',
    'Expected an image as base64, as a data URI in base64, or as "upload:" and an id but received other text.',
  );
}

/** A refusal as a value; any other error is a fault of ours and is thrown. */
async function orRefusal<T>(work: Promise<T>): Promise<T | GanymedeError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GanymedeError) return error;
    throw error;
  }
}

/** Of refusals the first in the list, with its place. */
function orThrow<T>(result: T | GanymedeError, index: number): T {
  if (!(result instanceof GanymedeError)) return result;
  throw named(result, `images[${index}]`, { index });
}

function named(error: GanymedeError, argument: string, details: object = { argument }): GanymedeError {
  return new GanymedeError(error.code, `${argument}: ${error.message}`, {
    details: { ...error.details, ...details },
    cause: error,
  });
}
