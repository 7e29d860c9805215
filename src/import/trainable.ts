// `ganymede import --trainable`: the imported graphs as networks of ours with their very weights, so that fine-tuning
// goes on from them; or refused, with the operator that stands in the way.

import { GanymedeError } from '../errors.js';
import { type Manifest, toJson } from '../models/manifest.js';
import { rebuildModel } from '../training/rebuilt-model.js';
import { servingGraphs } from '../training/serving.js';
import { refused } from './refusals.js';
import type { Decide } from './roles.js';

type Described = Omit<Manifest, 'files' | 'version'>;

export interface Trainable {
  readonly training: NonNullable<Manifest['training']>;
  /** In the place of those that were imported. */
  readonly graphs: Readonly<Record<'generate' | 'score', Uint8Array<ArrayBuffer> | undefined>>;
}

/** How far values may be from those of the graph, black at −1 and white at 1. */
const EQUAL = 1e-5;

/** @throws GanymedeError GRAPH_REFUSED */
export async function trainable(
  manifest: Described,
  graphs: { readonly generate: Uint8Array; readonly score?: Uint8Array | undefined },
  decide: Decide,
): Promise<Trainable> {
  const { recipe, weights, shape, classes, difference, withoutDiscriminator } = await orRefused(() =>
    rebuildModel({ manifest, ...graphs }),
  );
  if (!(difference <= EQUAL)) {
    const came = `one that differs by ${difference.toPrecision(2)}`;
    throw refused('a network rebuilt from the graph to give the same within 10⁻⁵', came, FLOAT32);
  }
  const nodes = recipe.generator.network.kind === 'graph' ? recipe.generator.network.nodes : [];
  const norms = nodes.some(({ op }) => op === 'norm') ? '' : '; its norms, if it had any, are part of its weights';
  decide('trainable', `a network of ${nodes.length} operations`, `rows differ by ${difference.toPrecision(2)}${norms}`);
  const isAnew = withoutDiscriminator !== undefined;
  if (isAnew) decide('trainable, against', 'a discriminator that fine-tuning begins anew', withoutDiscriminator);
  else decide('trainable, against', 'the discriminator, rebuilt as well', `by the objective ${recipe.objective}`);
  const dataset = { name: 'not known', count: 0, sha256: '', shape, ...(classes && { classes: [...classes] }) };
  const state = { recipe, dataset, seed: 0, step: 0, state: weights, ema: weights };
  const served = servingGraphs(state, isAnew ? ['generate'] : ['generate', 'score']);
  return {
    training: {
      ...{ recipe: toJson(recipe), seed: 0, step: 0, kimg: 0, dataset: toJson(dataset) },
      figures: { weights: 'imported', stored: 'float32', ...(isAnew && { discriminator: 'anew' }) },
    },
    graphs: served,
  };
}

const FLOAT32 = 'Export it in float32, or leave --trainable out: it is served as it is.';

async function orRefused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GanymedeError) || error.code !== 'CAPABILITY_MISSING') throw error;
    const message = `${error.message} Leave --trainable out: it is served as it is.`;
    throw new GanymedeError('GRAPH_REFUSED', message, { cause: error, details: error.details });
  }
}
