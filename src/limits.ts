// Every range that an argument may have, in one place: the schema's descriptions, the checks and the tests read it.
// A limit bounds the work of one request; it says nothing about how many requests there may be.

import { expected } from './errors.js';
import { FRAMES_PER_SECOND, type Range, SIZE } from './images/limits.js';
import { MAX_DIRECTIONS } from './models/direction-methods.js';
import { MAX_SEED } from './models/latent.js';
import { MAX_NEIGHBOURS } from './models/neighbour-spaces.js';

/** Integers, both ends included. */
export const LIMITS = {
  count: { least: 1, most: 256 },
  seed: { least: 0, most: MAX_SEED },
  rows: { least: 1, most: 16 },
  columns: { least: 1, most: 16 },
  /** Classes of a mixture. */
  labels: { least: 1, most: 64 },
  directions: { least: 1, most: MAX_DIRECTIONS },
  edits: { least: 1, most: 32 },
  strengths: { least: 1, most: 64 },
  /** Samples drawn for the discriminator to pick from; each is made and scored. */
  draws: { least: 1, most: 512 },
  chain: { least: 2, most: 512 },
  waypoints: { least: 2, most: 64 },
  /** Whose styles a mix has. */
  styles: { least: 1, most: 64 },
  steps: { least: 2, most: 512 },
  fps: FRAMES_PER_SECOND,
  images: { least: 1, most: 1000 },
  points: { least: 1, most: 1024 },
  size: SIZE,
  refine: { least: 1, most: 1000 },
  top: { least: 1, most: 1000 },
  neighbours: { least: 1, most: MAX_NEIGHBOURS },
  first: { least: 1, most: 100 },
  curve: { least: 2, most: 512 },
  /** Files that become one data set. */
  uploads: { least: 1, most: 64 },
  /** Number of an event of a job. */
  seq: { least: 0, most: MAX_SEED },
  /** Lines of a log. */
  lines: { least: 1, most: 1000 },
  trainingSteps: { least: 1, most: 100_000_000 },
  /** Steps after which a training waits. */
  until: { least: 0, most: 100_000_000 },
  /** Steps between two views of a training. */
  showEvery: { least: 1, most: 1_000_000 },
  priority: { least: -100, most: 100 },
  /** Samples of an evaluation. */
  evaluated: { least: 2, most: 1_000_000 },
  indexed: { least: 1, most: 10_000_000 },
} as const satisfies Record<string, Range>;

/** Numbers, both ends included. */
export const TRUNCATION = { least: 0, most: 1 } as const;

/** Passes over the data of a training, both ends included. */
export const EPOCHS = { least: 0.001, most: 100_000 } as const;

/** Of a training that somebody watches. */
export const STEPS_PER_SECOND = { least: 0.1, most: 100_000 } as const;

/** Of an edit, in standard deviations of the prior; beyond some 10 nothing new comes. */
export const STRENGTH = { least: -20, most: 20 } as const;

/** Of rejection sampling. */
export const PERCENTILE = { least: 0, most: 100 } as const;
export const TEMPERATURE = { least: 0.01, most: 100 } as const;

/** Request body: 1,000 images fit as base64 as long as their files average 7.8 kB, 64 as long as they average 120. */
export const MAX_BODY_BYTES = 10 * 2 ** 20;

/** One request may run this many rows through graphs: samples made and examples scored, all aliases counted. */
export const MAX_GRAPH_ROWS_PER_REQUEST = 1024;

/** Steps of refinement, images times steps; each of an example of more than 1,024 numbers counts as 8. */
export const MAX_REFINEMENT_STEPS_PER_REQUEST = 8192;

/** One request may encode this many pixels of PNG (32 images of 1024×1024); other formats weigh more. */
export const MAX_ENCODED_PIXELS_PER_REQUEST = 2 ** 25;

/**
 * One request may have this many pixels of PNG decoded, by their headers, each image with a flat cost; other formats
 * weigh more or less. The largest PNG that is read fits.
 */
export const MAX_DECODED_PIXELS_PER_REQUEST = 2 ** 24 + 2 ** 16;

/** Files of uploads that one request may have read, equal ones once. */
export const MAX_UPLOADED_BYTES_PER_REQUEST = 2 ** 25;

/** One request may be answered this many numbers of latents and points. */
export const MAX_NUMBERS_PER_REQUEST = 2 ** 19;

/** One answer may have this many fields and elements of lists. */
export const MAX_FIELDS_PER_REQUEST = 2 ** 15;

/** One answer may be this long; `dataUri` is counted once the image is encoded, the rest before anything is done. */
export const MAX_ANSWER_BYTES = 2 ** 24;

/** Figures of a version; a protocol has about ten. */
export const MAX_FIGURES = 128;

/** Series of a training's curve: as many as a training writes, and a few. */
export const MAX_SERIES = 16;

/** Fields between one pair of braces, repeats and fragments counted: each is looked at, if only to merge it. */
export const MAX_SELECTIONS = 100;

/** Length of an alias: the answer repeats it for each element of a list, and an error for each field that failed. */
export const MAX_ALIAS_LENGTH = 128;

/** Elements of one list among the variables: as long as the longest latent. */
export const MAX_LIST_LENGTH = 65_536;

/** Values among the variables of one request, lists and objects counted: 256 latents of 512 numbers are half of it. */
export const MAX_VARIABLE_VALUES = 2 ** 18;

/** Longer addresses are refused by proxies and by Node's own 16 kB limit on a request's head. */
export const MAX_URL_LENGTH = 8192;

/** "[1, 256]", for descriptions and messages alike. */
export function rangeOf({ least, most }: Range): string {
  return `[${least}, ${most}]`;
}

export function checkInteger(name: keyof typeof LIMITS, value: number, called: string = name): number {
  const range = LIMITS[name];
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return value;
  throw expected(`${called} to be an integer in ${rangeOf(range)}`, value);
}

export function checkEpochs(value: number | null | undefined): number | null | undefined {
  if (value == null || (value >= EPOCHS.least && value <= EPOCHS.most)) return value;
  throw expected(`epochs in ${rangeOf(EPOCHS)}`, value);
}

export function checkStepsPerSecond(value: number): number {
  if (value >= STEPS_PER_SECOND.least && value <= STEPS_PER_SECOND.most) return value;
  throw expected(`stepsPerSecond in ${rangeOf(STEPS_PER_SECOND)}`, value);
}

/** A list as long as its limit allows. */
export function checkLength<T>(
  name: 'labels' | 'uploads' | 'waypoints' | 'styles' | 'images' | 'points' | 'edits' | 'strengths',
  list: readonly T[],
): readonly T[] {
  const { least, most } = LIMITS[name];
  if (list.length >= least && list.length <= most) return list;
  throw expected(`${least} to ${most} ${name}`, list.length);
}

/** `name` says where it stood. */
export function checkStrength(name: string, value: number): number {
  if (value >= STRENGTH.least && value <= STRENGTH.most) return value;
  throw expected(`${name} in ${rangeOf(STRENGTH)}`, value);
}

export function checkTruncation(value: number): number {
  // Written so that NaN fails too.
  if (value >= TRUNCATION.least && value <= TRUNCATION.most) return value;
  throw expected(`truncation in ${rangeOf(TRUNCATION)}`, value);
}
