// Pictures of a generator in layers of styles: which layer has whose style, as a client says it, as an address holds
// it, and as the model takes it.

import { expected } from '../errors.js';
import type { Model } from '../models/model.js';
import { type Mixing, type StyleShape, stylesOf } from '../models/styles.js';
import { cellsOf, latentOf, type MixedSubject, type MixSubject, type Subject, type Waypoint } from './picture.js';

/** Whose styles some layers have, or all; of several who name a layer the last has its style. */
export interface StylePart {
  readonly source: Waypoint;
  /** Left out: all of them. */
  readonly layers?: readonly number[] | undefined;
}

export function isMixed(subject: Subject): subject is MixedSubject {
  return subject.kind === 'mix' || subject.kind === 'mixes';
}

/** Refuses a layer without a style, and a part that is left none: it would be taken for one that is in the picture. */
export function mixOf(
  parts: readonly StylePart[],
  { layers: count }: StyleShape,
): Pick<MixSubject, 'sources' | 'layers'> {
  const partOf = Array.from({ length: count }, (_, layer) =>
    parts.findLastIndex(({ layers }) => layers === undefined || layers.includes(layer)),
  );
  const bare = partOf.indexOf(-1);
  if (bare >= 0) throw expected(`styles for each of the layers 0 to ${count - 1}`, `none for layer ${bare}`);
  const idle = parts.findIndex((_, part) => !partOf.includes(part));
  if (idle >= 0) throw expected(`styles[${idle}] to keep a layer`, 'others behind it that name all of its layers');
  const keys = parts.map(({ source }) => keyOf(source));
  const used = [...new Set(partOf.map((part) => keys[part]!))];
  return {
    sources: used.map((key) => parts[keys.indexOf(key)]!.source),
    layers: partOf.map((part) => used.indexOf(keys[part]!)),
  };
}

/** Different layers of the model, in ascending order. `name` says where they stood. */
export function checkLayers(layers: readonly number[], { layers: count }: StyleShape, name: string): number[] {
  if (layers.length === 0) throw expected(`${name} to name a layer, or to be left out`, 'none');
  const sorted = layers.toSorted((a, b) => a - b);
  for (const [i, layer] of sorted.entries()) {
    if (!(Number.isInteger(layer) && layer >= 0 && layer < count)) {
      throw expected(`${name} to be integers in [0, ${count - 1}], as the model has ${count} layers,`, layer);
    }
    if (layer === sorted[i - 1]) throw expected(`${name} to be different layers`, `${layer} twice`);
  }
  return sorted;
}

/** Whose styles its frames have, in order. Pure. */
export function mixingOf(subject: MixedSubject, model: Model): Mixing {
  const { truncation, layers } = subject;
  const drawn = (sources: readonly Waypoint[]) =>
    sources.map((source) => ({ z: latentOf(source, model), label: source.label }));
  if (subject.kind === 'mix') return { sources: drawn(subject.sources), truncation, mixes: [layers] };
  const { rows, columns, originals } = subject;
  const every = Array.from({ length: stylesOf(model).layers }, (_, layer) => layer);
  const whole = (source: number) => every.map(() => source);
  const across = columns.map((_, column) => rows.length + column);
  const mixes = rows.flatMap((_, row) => [
    ...(originals ? [whole(row)] : []),
    ...across.map((column) => every.map((layer) => (layers.includes(layer) ? column : row))),
  ]);
  return {
    sources: drawn([...rows, ...columns]),
    truncation,
    mixes: [...(originals ? across.map(whole) : []), ...mixes],
  };
}

/** What a mean of styles counts as, in samples: it takes the small part of a generator, and that for many seeds. */
const MEAN_ROWS = 4;

/** To map so many sources, and to draw their styles toward a mean if need be. */
export function mappedRows(sources: number, truncation: number): number {
  return sources * (truncation === 1 ? 1 : 1 + MEAN_ROWS);
}

/** How many rows of graphs a picture takes. */
export function rowsOf(subject: Subject): number {
  if (!isMixed(subject)) return cellsOf(subject);
  const sources = subject.kind === 'mix' ? subject.sources.length : subject.rows.length + subject.columns.length;
  return cellsOf(subject) + mappedRows(sources, subject.truncation);
}

function keyOf(source: Waypoint): string {
  return JSON.stringify('z' in source ? { ...source, z: Array.from(source.z) } : source);
}
