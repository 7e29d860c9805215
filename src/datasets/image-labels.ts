// Which class an image of a folder or zip is of: by StyleGAN's dataset.json, or by the folder it lies in.
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { invalid } from './refusal.js';

export interface ImageLabels {
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/** As dataset_tool.py writes it: `labels` pairs each image's name with its class; data without classes has null. */
const datasetJson = z.object({
  labels: z.array(z.tuple([z.string(), z.int().min(0).max(1_000_000)])).nullish(),
  /** Names of the classes by number, as `ganymede dataset convert` adds them. */
  classes: z.array(z.string().min(1)).optional(),
});

export interface JsonLabels {
  /** Of each name, null where there is none. */
  readonly labels: readonly (number | null)[];
  readonly classes?: readonly string[];
}

/** Null where the file says that there are no labels. */
export function labelsFromJson(json: Uint8Array, from: string, names: readonly string[]): JsonLabels | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch (cause) {
    throw invalid(from, 'JSON', messageOf(cause), cause);
  }
  const parsed = datasetJson.safeParse(value);
  if (!parsed.success) {
    throw invalid(from, '{"labels": [[name, class], …]} or {"labels": null}', z.prettifyError(parsed.error));
  }
  const { labels, classes } = parsed.data;
  if (!labels) return null;
  const largest = labels.reduce((most, [, label]) => Math.max(most, label), -1);
  if (classes && largest >= classes.length)
    throw invalid(from, `a name for class ${largest}`, `${classes.length} names`);
  const byName = new Map(labels.map(([name, label]) => [name.normalize('NFC'), label]));
  return { labels: names.map((name) => byName.get(name.normalize('NFC')) ?? null), ...(classes && { classes }) };
}

/** `names`: of each image that of its class. é is one letter, however each is written. */
export function labelsFromNames(names: readonly string[]): ImageLabels {
  const written = new Map<string, string>();
  for (const name of names) if (!written.has(name.normalize('NFC'))) written.set(name.normalize('NFC'), name);
  const classes = [...written.keys()].sort();
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  return {
    labels: Int32Array.from(names, (name) => indexOf.get(name.normalize('NFC'))!),
    classes: classes.map((name) => written.get(name)!),
  };
}
