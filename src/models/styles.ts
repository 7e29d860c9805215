// Styles of a generator whose layers are each told of one: what latents map to, drawn toward the mean, mixed, and what
// comes of them. A style is what `map` gives a layer, [size]; all styles of an example are w, [layers, size].

import { rowsOf, stackRows } from './batch.js';
import { exampleOf } from './example.js';
import type { ClassLabel } from './labels.js';
import { checkLatent, type Latent } from './latent.js';
import type { Manifest } from './manifest.js';
import type { Model, RunOptions } from './model.js';

export type StyleShape = NonNullable<Manifest['styles']>;

/** Examples whose layers have styles of several sources. */
export interface Mixing {
  readonly sources: readonly StyleSource[];
  /** ψ in w ← mean + ψ (w − mean); 1 leaves styles as they are. */
  readonly truncation: number;
  /** Of each example the source of each layer, by index. */
  readonly mixes: readonly (readonly number[])[];
}

/** What styles are mapped from. */
export interface StyleSource {
  readonly z: Latent;
  readonly label: ClassLabel | null;
}

/** @throws GanymedeError CAPABILITY_MISSING for a model without styles */
export function stylesOf(model: Model): StyleShape {
  model.require('map');
  return model.manifest.styles!; // the manifest has them where it has `map`
}

/** One example for each mix; one that is not finite is an error in its place. */
export async function mixEach(
  model: Model,
  { sources, truncation, mixes }: Mixing,
  options: Omit<RunOptions, 'labels'> = {},
): Promise<(Float32Array | Error)[]> {
  const { layers, size } = stylesOf(model);
  const mapped = await stylesFrom(model, sources, options);
  const styles = await Promise.all(
    mapped.map(async (w, i) =>
      truncation === 1 ? w : toward(await meanStyles(model, sources[i]!.label), w, truncation),
    ),
  );
  const rows = mixes.map((sourceOf) => {
    const row = new Float32Array(layers * size);
    sourceOf.forEach((source, layer) => {
      row.set(styles[source]!.subarray(layer * size, (layer + 1) * size), layer * size);
    });
    return row;
  });
  const { tensor } = exampleOf(model.manifest);
  return model.runEach('synthesize', { w: stackRows(rows, [layers, size]) }, tensor, options);
}

/** w of each source, flat. */
async function stylesFrom(
  model: Model,
  sources: readonly StyleSource[],
  options: Omit<RunOptions, 'labels'> = {},
): Promise<Float32Array[]> {
  const { size } = model.manifest.latent;
  for (const { z } of sources) checkLatent(z, size);
  const latents = sources.map(({ z }) => z);
  const labels = sources.flatMap(({ label }) => (label === null ? [] : [label]));
  const { w } = await model.run(
    'map',
    { z: stackRows(latents, [size]) },
    { ...options, ...(labels.length > 0 && { labels }) },
  );
  return rowsOf(w!);
}

/** The mean is taken over so many seeds from 0 on, so many of them at a time. */
const MEAN_SEEDS = 1024;
const MEAN_CHUNK = 256;

/** Means that are kept of one model: a class each, or a mixture of classes. */
const MOST_MEANS = 256;

interface Means {
  readonly kept: Map<string, Promise<Float32Array>>;
  /** Settles when the last one that was asked for is there, or has failed. */
  turn: Promise<unknown>;
}

const means = new WeakMap<Model, Means>();

/**
 * The mean of w over the prior, of a class where the model has classes: an estimate by fixed seeds, so that what is
 * drawn toward it follows from its address alone. It is kept, and belongs to no one request. A model takes one at a
 * time, for several at once would fill its queue.
 */
function meanStyles(model: Model, label: ClassLabel | null): Promise<Float32Array> {
  const all = means.get(model) ?? { kept: new Map(), turn: Promise.resolve() };
  means.set(model, all);
  const key = JSON.stringify(label);
  const known = all.kept.get(key);
  if (known) return known;
  const mean = all.turn.then(() => meanOf(model, label));
  all.turn = mean.catch(() => all.kept.delete(key)); // whoever asked is told; the next one tries again
  all.kept.set(key, mean);
  if (all.kept.size > MOST_MEANS) all.kept.delete(all.kept.keys().next().value!);
  return mean;
}

async function meanOf(model: Model, label: ClassLabel | null): Promise<Float32Array> {
  const { layers, size } = stylesOf(model);
  const sums = new Float64Array(layers * size);
  for (let seed = 0; seed < MEAN_SEEDS; seed += MEAN_CHUNK) {
    const latents = model.latents({ seed, count: MEAN_CHUNK });
    const rows = await stylesFrom(
      model,
      latents.map((z) => ({ z, label })),
    );
    for (const row of rows) for (let i = 0; i < sums.length; i++) sums[i]! += row[i]!;
  }
  return Float32Array.from(sums, (sum) => sum / MEAN_SEEDS);
}

function toward(mean: Float32Array, w: Float32Array, truncation: number): Float32Array {
  return w.map((value, i) => mean[i]! + truncation * (value - mean[i]!));
}
