// What a protocol is: a measurement with a name, the models it applies to, and how its figures read in a line. Also the
// frame that all protocols in feature space share.

import { type JsonObject, toJson } from '../models/manifest.js';
import type { FeatureNet } from './features.js';
import type { Enough } from './guard.js';
import type { Material, SplitName } from './material.js';
import { countOf, type Rows } from './rows.js';

export interface Measurement {
  /** What it was measured against, down to the digests. */
  readonly dataset: JsonObject;
  readonly figures: JsonObject;
}

/** Options of an evaluation that not every protocol uses. */
export const HEEDED = ['samples', 'split', 'features', 'picture', 'rivals'] as const;
export type Heeded = (typeof HEEDED)[number];

export interface Protocol {
  /** One sentence for help and documentation. */
  readonly what: string;
  /** The options that it uses; others are refused rather than ignored. */
  readonly heeds: readonly Heeded[];
  /** Samples, unless the command asks for others; null of a protocol that makes none. */
  readonly samples: number | null;
  needs(material: Material): Promise<Enough>;
  /** Why this checkpoint cannot be measured so; null when it can. */
  refuses(material: Material): Promise<string | null>;
  measure(material: Material): Promise<Measurement>;
  /** The figures of a result, for a person. */
  describe(figures: JsonObject): string;
}

export async function needsImages({ manifest }: Material): Promise<string | null> {
  return manifest.image ? null : 'it makes points, not images';
}

/** Feature protocols need a feature net: given, or the shipped one for what looks like MNIST. */
export async function needsFeatures(material: Material): Promise<string | null> {
  const { image } = material.manifest;
  if (!image) return needsImages(material);
  if (material.options.features || (image.channels === 1 && image.height === 28 && image.width === 28)) return null;
  return 'the shipped feature net takes grey images of 28 × 28: give --features with another';
}

/** Samples and real images of a comparison in feature space, unless the command asks for fewer samples. */
export const FEATURE_SAMPLES = 10_000;

/**
 * Samples against real images, and for scale two others against the same: training images, as many, which is what a
 * perfect generator would score that redraws the data, and noise, which is what one scores that knows nothing.
 */
export async function compareFeatures<F extends object>(
  material: Material,
  compare: (real: Rows, others: Rows) => Promise<F>,
): Promise<Measurement> {
  const net = await material.net();
  const samples = (await material.seenSamples(FEATURE_SAMPLES)).features;
  const count = countOf(samples);
  const { name } = await material.real('reference', FEATURE_SAMPLES);
  const real = (await material.seen('reference', FEATURE_SAMPLES)).features;
  const others = (await material.seen('others', Math.min(count, FEATURE_SAMPLES))).features;
  const noise = (await material.seenNoise(Math.min(count, FEATURE_SAMPLES))).features;
  const data = await material.dataset();
  return {
    dataset: {
      name: data.name,
      sha256: data.sha256,
      real: name,
      note: (await material.isOwnData()) === false ? OTHER_DATA : NOTES[await material.split()],
      features: describeNet(net),
    },
    figures: toJson({
      ...(await compare(real, samples)),
      samples: count,
      realImages: countOf(real),
      realData: await compare(real, others),
      knowsNothing: await compare(real, noise),
    }),
  };
}

const OTHER_DATA = 'By its digest other data than that of the training.';

const NOTES = {
  train: 'Training images: every other one, and those between them for scale. Whoever copies them scores well.',
  validation: 'Images held out from training.',
  test: 'The test split, which was not trained on.',
} as const satisfies Record<SplitName, string>;

/** Real images that features are compared with. */
export async function countOfReferences(material: Material): Promise<number> {
  return countOf((await material.real('reference', FEATURE_SAMPLES)).rows);
}

/** What a result says of the net: how often it is right itself, where its file tells, is a part of what it is worth. */
export function describeNet({ manifest, accuracy }: FeatureNet): JsonObject {
  return { name: manifest.name, sha256: manifest.sha256, ...(accuracy === null ? {} : { accuracy }) };
}

/** A figure by name; protocols read only what they wrote. */
export function numberAt(figures: JsonObject, ...path: string[]): number {
  const value = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], figures);
  return typeof value === 'number' ? value : Number.NaN;
}

/** How many were compared with how many. */
export function countsText(figures: JsonObject): string {
  return `${numberAt(figures, 'samples')} samples against ${numberAt(figures, 'realImages')} images`;
}

/** ` (real data 1.23, noise 4.56)`: what there is of both. */
export function scaleText(figures: JsonObject, key: string, digits: number): string {
  const texts = [
    ['real data', numberAt(figures, 'realData', key)] as const,
    ['noise', numberAt(figures, 'knowsNothing', key)] as const,
  ].flatMap(([name, value]) => (Number.isNaN(value) ? [] : [`${name} ${value.toFixed(digits)}`]));
  return texts.length > 0 ? ` (${texts.join(', ')})` : '';
}
