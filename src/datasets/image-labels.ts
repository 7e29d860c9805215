// Which class an image of a folder or zip belongs to: by StyleGAN's dataset.json, or by the folder it lies in.
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { numberedClasses } from './dataset.js';
import { invalid } from './refusal.js';

export interface ImageLabels {
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/** As dataset_tool.py writes it: `labels` pairs each image's name with its class; data without classes has null. */
const datasetJson = z.object({
  labels: z.array(z.tuple([z.string(), z.int().min(0).max(1_000_000)])).nullish(),
});

/** One label for each name, or null when the file says that there are none. */
export function labelsFromJson(json: Uint8Array, from: string, names: readonly string[]): ImageLabels | null {
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
  if (!parsed.data.labels) return null;
  const byName = new Map(parsed.data.labels);
  const labels = Int32Array.from(names, (name) => {
    const label = byName.get(name);
    if (label === undefined) throw invalid(from, 'a label for every image', `none for ${name}`);
    return label;
  });
  return { labels, classes: numberedClasses(labels) };
}

/** Names that StyleGAN's dataset_tool.py gives: its folders hold a thousand images each and mean nothing. */
const NUMBERED = /^\d{5}\/img\d{8}\.\w+$/;

/**
 * The first folder in which the names differ is the class, so both `cat/1.png` and `photos/train/cat/young/1.png` are
 * of class cat. Null when some images lie outside of any class folder.
 */
export function labelsFromFolders(names: readonly string[]): ImageLabels | null {
  const depth = sharedFolders(names);
  const classOf = (name: string) => name.split('/', depth + 2);
  const found = new Set<string>();
  for (const name of names) {
    const parts = classOf(name);
    if (parts.length < depth + 2) return null; // lies beside the class folders
    found.add(parts[depth]!);
  }
  if (found.size < 2 || names.every((name) => NUMBERED.test(name))) return null;
  const classes = [...found].sort();
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  return { labels: Int32Array.from(names, (name) => indexOf.get(classOf(name)[depth]!)!), classes };
}

/** How many leading folders all names have in common. */
function sharedFolders(names: readonly string[]): number {
  const first = (names[0] ?? '').split('/').slice(0, -1);
  let shared = first.length;
  for (const name of names) {
    const folders = name.split('/').slice(0, -1);
    let depth = 0;
    while (depth < shared && folders[depth] === first[depth]) depth++;
    shared = depth;
  }
  return shared;
}
