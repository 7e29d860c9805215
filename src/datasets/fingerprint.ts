// What makes data the same data: the contents of its files, and what is made of them. Labels, the names of classes, the
// shape and every setting that changes values count; where the data lies, and how its numbers are scaled for a network,
// do not.
import { createHash } from 'node:crypto';
import { type DataSettings, SETTING_DEFAULTS } from './address.js';
import type { Dataset } from './dataset.js';

/** What is known of data by which it is known again. */
export type Identity = Pick<Dataset, 'sha256' | 'formerSha256'>;

/**
 * Settings whose effect the contents or the shape show already: what `bad=skip` left out is not among the contents, and
 * an image of a size is the same image whether it had that size or was given it.
 */
const SHOWN_OTHERWISE: ReadonlySet<string> = new Set<keyof DataSettings>([
  ...(['bad', 'part', 'count', 'seed', 'resize', 'channels'] as const),
]);

/** `data.sha256` is of the contents; what comes back has that of all that counts. */
export function fingerprinted(data: Dataset, settings: DataSettings): Dataset {
  const { sha256: contents, count, shape, labels, classes = [] } = data;
  const counting = Object.entries(settings)
    .filter(([name, value]) => !SHOWN_OTHERWISE.has(name) && value !== SETTING_DEFAULTS[name])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = classes.map((name) => name.normalize('NFC'));
  const hash = createHash('sha256').update(JSON.stringify(['data 2', contents, count, shape, names, counting]));
  if (labels) hash.update(littleEndian(labels));
  return { ...data, sha256: hash.digest('hex'), formerSha256: contents };
}

export function identityOf({ sha256, formerSha256 }: Dataset): Identity {
  return { sha256, ...(formerSha256 === undefined ? {} : { formerSha256 }) };
}

/**
 * Whether a digest that was kept of data is of this: today's, or that of releases which left out labels and settings.
 */
export function isDigestOf(kept: unknown, { sha256, formerSha256 }: Identity): boolean {
  return kept !== undefined && (kept === sha256 || kept === formerSha256);
}

/** The same bytes on every machine. */
function littleEndian(labels: Int32Array): Uint8Array {
  const bytes = Buffer.alloc(4 * labels.length);
  for (const [at, label] of labels.entries()) bytes.writeInt32LE(label, 4 * at);
  return bytes;
}
