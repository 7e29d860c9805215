// The images that a client sends in one request. All headers are read, and their pixels paid for, before one is
// decoded; the same image is decoded once, however often fields and aliases send it.

import { GanymedeError } from '../errors.js';
import { decodedPixels } from '../images/costs.js';
import { fromPixels, type OpenedImage, openImage } from '../images/image.js';
import type { ImageSpec } from '../models/example.js';
import type { Account } from './account.js';

export class SentImages {
  readonly #account: Account;
  readonly #signal: () => AbortSignal;
  /** By the text that was sent: equal texts are one image. */
  readonly #opened = new Map<string, Promise<OpenedImage>>();
  readonly #decoded = new Map<string, Promise<Float32Array>>();

  constructor(account: Account, signal: () => AbortSignal) {
    this.#account = account;
    this.#signal = signal;
  }

  /** [C, H, W] each, in the order sent. An image that cannot be read refuses them all and says which it is. */
  async read(sources: readonly string[], spec: ImageSpec): Promise<Float32Array[]> {
    const opened = await each(sources, (source) => this.#open(source));
    const keys = sources.map((source) => `${spec.width}×${spec.height}×${spec.channels} in ${spec.range} ${source}`);
    const fresh = new Map(keys.map((key, i) => [key, opened[i]!] as const).filter(([key]) => !this.#decoded.has(key)));
    let decoded = 0;
    for (const image of fresh.values()) decoded += decodedPixels(image, image.kind);
    this.#account.spend({ decoded });
    for (const [key, image] of fresh) {
      this.#decoded.set(
        key,
        image.decode(spec).then((pixels) => fromPixels(pixels, spec.range)),
      );
    }
    return each(keys, (key) => this.#decoded.get(key)!);
  }

  #open(source: string): Promise<OpenedImage> {
    const known = this.#opened.get(source);
    if (known) return known;
    const opening = (async () => openImage(bytesOf(source), { signal: this.#signal() }))();
    this.#opened.set(source, opening);
    return opening;
  }
}

/** Of the failures the first in the list, with its place. */
async function each<T>(list: readonly string[], work: (item: string) => Promise<T>): Promise<T[]> {
  const outcomes = await Promise.allSettled(list.map(work));
  return outcomes.map((outcome, index) => {
    if (outcome.status === 'fulfilled') return outcome.value;
    throw withIndex(outcome.reason, index);
  });
}

const DATA_URI = /^data:[^,]{0,100};base64,/i;

/** Node's decoder skips what is not base64, which would turn a slip into a puzzle; so the length is checked too. */
function bytesOf(source: string): Uint8Array {
  const text = source.slice(DATA_URI.exec(source)?.[0].length ?? 0);
  const bytes = Buffer.from(text, 'base64');
  const unpadded = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if (bytes.length > 0 && bytes.length === Math.floor((unpadded * 3) / 4)) return bytes;
  throw new GanymedeError(
    'INVALID_IMAGE',
    'Expected an image as base64 or as a data URI in base64 but received other text.',
  );
}

function withIndex(error: unknown, index: number): unknown {
  if (!(error instanceof GanymedeError)) return error;
  return new GanymedeError(error.code, `images[${index}]: ${error.message}`, {
    details: { ...error.details, index },
    cause: error,
  });
}
