// What makes up a data format: a row of the table in formats.ts. To add one, write an object of this form beside its
// reader and name it there; nothing else has to know of it.
import { extname } from 'node:path';
import type { DataSettings } from './address.js';
import type { Dataset, Part } from './dataset.js';

export interface Format {
  /** What a refusal calls it: "Expected …". */
  readonly what: string;
  /**
   * Whether such data lies there, told by the names in a folder or the first bytes of a file. Where names tell the
   * parts of the data apart, it is that part which must lie there.
   */
  recognises(place: Place, part: Part): boolean | Promise<boolean>;
  /** Asked when no format recognises what lies there: whether this may be meant. Its reader then says what is wrong. */
  mayBeMeant?(place: Place): boolean;
  /**
   * Settings of the address that its reader heeds; others are refused by name. Every format may have its contrast
   * evened and be stacked.
   */
  settings(place: Place): readonly (keyof DataSettings)[];
  open(place: Place, request: OpenRequest): Promise<Dataset>;
  /** Whether it holds that part, such as the published test split, besides the one that opens by itself. */
  hasPart(place: Place, part: Part): boolean | Promise<boolean>;
}

/** Where an address points, with what tells formats apart. */
export type Place =
  | { readonly kind: 'builtin'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string; readonly names: readonly string[] }
  | { readonly kind: 'file'; readonly path: string; readonly start: Buffer };

/** How many of a file's first bytes `start` has, if the file is that long. */
export const START_BYTES = 512;

export interface OpenRequest {
  /** What black and full intensity of images become. */
  readonly range: readonly [number, number];
  readonly part: Part;
  /** Only those that the format takes. */
  readonly settings: DataSettings;
  /** Hears of every image that `bad=skip` leaves out: it cannot be read, or has no label where others have one. */
  readonly onSkipped?: (name: string, reason: string) => void;
  /** Hears of every image that the data is refused for, where they are several; the refusal follows. */
  readonly onRefused?: (name: string, reason: string) => void;
  /** Hears of every image that is read although it is damaged, the first time that this shows. */
  readonly onDamaged?: (name: string, damage: string) => void;
  /** Hears once how many of the images have alpha, if some have, and whether the address says what becomes of it. */
  readonly onAlpha?: (count: number, of: number, isChosen: boolean) => void;
  /**
   * Hears of files that are no part of the data, and why; nothing is left out in silence but what systems leave behind.
   */
  readonly onLeftOut?: (count: number, reason: string, names: readonly string[]) => void;
  /** Hears of what is being done how much is done, of how many files; null while nobody knows. */
  readonly onProgress?: (doing: string, done: number, total: number | null) => void;
  /** Ends the opening, which takes a while for a million images; the call then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What of a request matters before there is anything to read. */
export type Opening = Pick<OpenRequest, 'onProgress' | 'signal'>;

/** What opening data spends its time on, as progress calls it. */
export const LISTING = 'listing files';
export const READING = 'reading images';

/** True of a file whose first bytes are those of `text`, a character each. */
export function begins(place: Place, text: string): boolean {
  return place.kind === 'file' && place.start.toString('latin1', 0, text.length) === text;
}

/** True of a file with that extension, such as `.npy`, in capitals or not. */
export function hasExtension(place: Place, extension: string): boolean {
  return place.kind === 'file' && extname(place.path).toLowerCase() === extension;
}
