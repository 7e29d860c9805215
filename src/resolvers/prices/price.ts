// What a price is, and what several prices have in common: the sizes of texts and numbers, and the model, the picture
// or the page that a field is of.

import { GanymedeError } from '../../errors.js';
import { LIMITS, MAX_URL_LENGTH } from '../../limits.js';
import { exampleOf } from '../../models/example.js';
import type { Model } from '../../models/model.js';
import type { ModelRepository } from '../../models/repository.js';
import { encodingPrice, type Format, type Layout } from '../../pictures/picture.js';
import { type Amounts } from '../account.js';
import { ImageFormat } from '../scalars.js';

export type Models = Pick<ModelRepository, 'list' | 'get' | 'versions'>;

/** What the fields of an object know of it. */
export interface Facts {
  /** The models described, or the one that makes the object. */
  readonly models: readonly Model[];
  /** Classes that a sample is of, at most. */
  readonly shares: number;
  /** Frames of a path; 1 otherwise. */
  readonly steps: number;
  /** Longest address of a picture of it, in bytes. */
  readonly address: number;
  /** Rows that must be generated before the object can be shown, and pixels that are then encoded. */
  readonly rows: number;
  readonly encoded: number;
  /** Elements of a page of it, where it is a page; points of a series. */
  readonly page: number;
  /** What is made once for all fields of an object and of those that share its examples. */
  readonly examples: Once;
  readonly encoding: Once;
}

export interface Priced {
  /** Length of the list that the field gives; 1 if it is none. */
  readonly items?: number;
  /** For one object of the field's parent, besides the field itself. */
  readonly costs?: Amounts;
  /** What is known of each object that it gives. */
  readonly facts?: Facts;
}

export type Price =
  | 0
  | ((args: Readonly<Record<string, unknown>>, around: Facts, models: Models) => Priced | undefined);

/** Gives an amount the first time that a name is asked for, then nothing. */
export class Once {
  readonly #paid = new Set<string>();

  of(name: string, amount: number): number {
    if (this.#paid.has(name)) return 0;
    this.#paid.add(name);
    return amount;
  }
}

export function nothingKnown(): Facts {
  const once = { examples: new Once(), encoding: new Once() };
  return { models: [], page: 1, shares: 1, steps: 1, address: 0, rows: 0, encoded: 0, ...once };
}

/** A decimal of JSON with its comma: 9 digits, a sign, a point, an exponent. */
export const NUMBER_BYTES = 14;
/** A code of errors.ts. */
export const CODE_BYTES = 30;
/** Origin, path and parameters of an address that holds no latent. */
export const ADDRESS_BYTES = 300;
/** base64 takes 4 characters for 3 of the 4 bytes of a float32. */
const BASE64_BYTES = 16 / 3;
/** A class of a mixture in an address: its index, its weight in 9 decimals and two signs. */
const SHARE_BYTES = 20;
/** base64url of the kind of a list and the longest key, a model's name. */
export const CURSOR_BYTES = 120;

/** A text of so many bytes at most. */
export function texts(bytes: number): Price {
  return () => ({ costs: { bytes } });
}

export function several(items: number): Price {
  return () => ({ items, costs: { bytes: 100 } });
}

/** Undefined where the resolver refuses: no such model, or a name that is none. */
export function found(models: Models, name: unknown, version: unknown): Model | undefined {
  if (typeof name !== 'string') return undefined;
  try {
    return models.get(name, (version as number | null) ?? undefined);
  } catch (error) {
    if (error instanceof GanymedeError) return undefined;
    throw error;
  }
}

export function inRange(name: keyof typeof LIMITS, value: unknown): number | undefined {
  const { least, most } = LIMITS[name];
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** GraphQL takes a single value for a list of one. */
export function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : list == null ? 0 : 1;
}

export function factsOf(model: Model, facts: Partial<Facts>): Facts {
  return { ...nothingKnown(), address: addressBytes(model, 0), ...facts, models: [model] };
}

/** Undefined where the picture is refused: of a model of points, too wide, or of a size outside its range. */
export function encodedBy(subject: Layout, { format, size }: Readonly<Record<string, unknown>>, model: Model) {
  const known = Object.values(ImageFormat).find((one) => one === String(format).toLowerCase());
  const height = size == null ? undefined : inRange('size', size);
  if (!known || (size != null && height === undefined)) return undefined;
  try {
    return encodingPrice(
      { subject, format: known satisfies Format, ...(height !== undefined && { size: height }) },
      model,
    );
  } catch (error) {
    if (error instanceof GanymedeError) return undefined;
    throw error;
  }
}

export function encodedOnce({ rows, encoded, examples, encoding }: Facts): Priced {
  return { costs: { rows: examples.of('example', rows), encoded: encoding.of('encoded', encoded) } };
}

export function numbers(count: number): { readonly costs: Amounts } {
  return { costs: { numbers: count, bytes: count * NUMBER_BYTES } };
}

/** As base64. */
export function bulk(count: number): { readonly costs: Amounts } {
  return { costs: { numbers: count, bytes: base64Bytes(count) } };
}

export function base64Bytes(count: number): number {
  return Math.ceil(count * BASE64_BYTES);
}

/** Numbers of an image or a point. */
export function exampleSize({ manifest }: Model): number {
  return exampleOf(manifest).shape.reduce((size, length) => size * length);
}

export function addressBytes({ name, manifest }: Model, latents: number, shares = 1): number {
  const z = latents * manifest.latent.size * BASE64_BYTES;
  return Math.min(ADDRESS_BYTES + name.length + z + shares * SHARE_BYTES, MAX_URL_LENGTH);
}

export function labelsOf({ manifest }: Model): readonly string[] {
  return manifest.labels ?? [];
}

/** Bytes of the longest of the texts that the models have. */
export function longest(models: readonly Model[], texts: (model: Model) => readonly string[]): number {
  return Math.max(0, ...models.map((model) => texts(model).reduce((most, text) => Math.max(most, text.length), 0)));
}
