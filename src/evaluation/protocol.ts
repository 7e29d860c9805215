// What a protocol is: a measurement with a name, the models it applies to, and how its figures read in a line. Also the
// frame that all protocols in feature space share.
import { type JsonObject, toJson } from '../models/manifest.js';
import type { Material } from './material.js';
import type { Rows } from './rows.js';

export interface Measurement {
  /** What it was measured against, down to the digests. */
  readonly dataset: JsonObject;
  readonly figures: JsonObject;
}

export interface Protocol {
  /** One sentence for help and documentation. */
  readonly what: string;
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
 * Samples against held-out images, and for scale training images, as many, against the same: what a perfect generator,
 * which redraws the data, would score. The scale is left out where no images were held out.
 */
export async function compareFeatures<F extends object>(
  material: Material,
  compare: (real: Rows, others: Rows) => Promise<F>,
): Promise<Measurement> {
  const net = await material.net();
  const samples = (await material.seenSamples(FEATURE_SAMPLES)).features;
  const count = samples.data.length / samples.size;
  const real = await material.real('held', FEATURE_SAMPLES);
  const held = (await material.seen('held', FEATURE_SAMPLES)).features;
  const figures = await compare(held, samples);
  const scale =
    material.heldOut() > 0
      ? { realData: await compare(held, (await material.seen('training', Math.min(count, FEATURE_SAMPLES))).features) }
      : {};
  const data = await material.dataset();
  return {
    dataset: {
      name: data.name,
      sha256: data.sha256,
      real: real.name,
      note: material.heldOut() > 0 ? 'Images held out from training.' : 'Training images: none were held out.',
      features: { name: net.manifest.name, sha256: net.manifest.sha256 },
    },
    figures: toJson({ ...figures, samples: count, realImages: real.rows.data.length / real.rows.size, ...scale }),
  };
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
