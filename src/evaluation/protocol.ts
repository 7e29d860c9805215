// What a protocol is: a measurement with a name, the models it applies to, and how its figures read in a line. Also the frame
// that all protocols in feature space share. It knows no particular figure.
import type { Manifest } from '../models/manifest.js';
import type { Context } from './context.js';
import type { Rows } from './rows.js';

export type JsonObject = Manifest['evaluations'][number]['figures'];

export interface Measurement {
  /** What it was measured against, down to the digests. */
  readonly dataset: JsonObject;
  readonly figures: JsonObject;
}

export interface Protocol {
  /** One sentence for help and documentation. */
  readonly what: string;
  /** Why this checkpoint cannot be measured so; null when it can. */
  refuses(context: Context): Promise<string | null>;
  measure(context: Context): Promise<Measurement>;
  /** The figures of a result, for a person. */
  describe(figures: JsonObject): string;
}

export async function needsImages({ manifest }: Context): Promise<string | null> {
  return manifest.image ? null : 'it makes points, not images';
}

/** Feature protocols need a feature net: given, or the shipped one for what looks like MNIST. */
export async function needsFeatures(context: Context): Promise<string | null> {
  const { image } = context.manifest;
  if (!image) return needsImages(context);
  if (context.options.features || (image.channels === 1 && image.height === 28 && image.width === 28)) return null;
  return 'the shipped feature net takes grey images of 28 × 28: give --features with another';
}

/** Samples and real images of a comparison in feature space, unless the command asks for fewer samples. */
export const FEATURE_SAMPLES = 10_000;

/**
 * Samples against held-out images, and for scale training images, as many, against the same: what a perfect generator, which
 * redraws the data, would score. The scale is left out where no images were held out.
 */
export async function compareFeatures<F extends object>(
  context: Context,
  compare: (real: Rows, others: Rows) => Promise<F>,
): Promise<Measurement> {
  const net = await context.net();
  const samples = (await context.seenSamples(FEATURE_SAMPLES)).features;
  const count = samples.data.length / samples.size;
  const real = await context.real('held', FEATURE_SAMPLES);
  const held = (await context.seen('held', FEATURE_SAMPLES)).features;
  const figures = await compare(held, samples);
  const scale =
    context.heldOut() > 0
      ? { realData: await compare(held, (await context.seen('training', Math.min(count, FEATURE_SAMPLES))).features) }
      : {};
  const data = await context.dataset();
  return {
    dataset: {
      name: data.name,
      sha256: data.sha256,
      real: real.name,
      note: context.heldOut() > 0 ? 'Images held out from training.' : 'Training images: none were held out.',
      features: { name: net.manifest.name, sha256: net.manifest.sha256 },
    },
    figures: toJson({ ...figures, samples: count, realImages: real.rows.data.length / real.rows.size, ...scale }),
  };
}

/** As it will be read back from the manifest. */
export function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** A figure by name; protocols read only what they wrote. */
export function numberAt(figures: JsonObject, ...path: string[]): number {
  const value = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], figures);
  return typeof value === 'number' ? value : Number.NaN;
}

/** ` (real data 1.23)`, or nothing where no images were held out. */
export function scaleText(figures: JsonObject, key: string, digits: number): string {
  const value = numberAt(figures, 'realData', key);
  return Number.isNaN(value) ? '' : ` (real data ${value.toFixed(digits)})`;
}
