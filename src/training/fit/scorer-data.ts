// Which examples a scorer learns from, which are kept aside to stop it and to set its scale, and which measure it.
// Built-in data is drawn anew for each, without end; other data is parted.

import { type Dataset, split } from '../../datasets/dataset.js';
import { isDigestOf } from '../../datasets/fingerprint.js';
import { mirrored } from '../../datasets/mirrored.js';
import { type OpenOptions, openDataset } from '../../datasets/open.js';
import { HELD_FROM_SCORER, UNSEEN_SEED } from '../../evaluation/material.js';
import type { Parts } from './fitting.js';
import type { Fixed } from './fixed-model.js';

export interface ScorerParts extends Parts {
  readonly aside: Dataset;
  /** Of the examples that measure, for the record. */
  readonly note: string;
}

const HELD_OUT = 'Held out from training.';

/** Of what it would learn from, this share is kept aside, within bounds. */
const ASIDE = { share: 0.1, least: 100, most: 5000 } as const;
/** Of little data no more than this share is kept aside. */
const MOST_SHARE = 0.25;
/** Examples of built-in data: points that it learns from, images, and what is kept aside and measures. */
const DRAWN = { points: 1_000_000, images: 100_000, aside: 5000, held: 10_000 } as const;

/** Where the recipe holds nothing out, this share of the data is held out from the scorer, and no more than so many. */
const HELD = { share: 0.1, most: 10_000 } as const;

/** `validation`: how many examples to hold out instead of those that the recipe does. */
export async function scorerParts(
  fixed: Fixed,
  dataset: Dataset,
  { seed, validation, ...open }: OpenOptions & { readonly seed: number; readonly validation?: number | undefined },
): Promise<ScorerParts> {
  if (!isDrawn(dataset)) return partsOf(fixed, dataset, validation);
  const draw = (count: number, from: number) =>
    openDataset(`${dataset.name},seed=${from},count=${count}`, { ...open, range: fixed.recipe.data.range });
  const isTrainedOn = isDigestOf(fixed.manifest.training?.dataset['sha256'], dataset);
  const own = validation === undefined && isTrainedOn ? fixed.recipe.data.validation : 0;
  return {
    train: await draw(fixed.tensor === 'point' ? DRAWN.points : DRAWN.images, UNSEEN_SEED + 2 * seed + 1),
    aside: await draw(DRAWN.aside, UNSEEN_SEED + 2 * seed + 2),
    held: own > 0 ? split(dataset, own).validation! : await draw(validation ?? DRAWN.held, UNSEEN_SEED),
    note: own > 0 ? HELD_OUT : 'Drawn anew by another seed.',
  };
}

/** Whether there is more of it for the asking. */
function isDrawn({ name }: Dataset): boolean {
  return name.startsWith('builtin:');
}

/** @throws GanymedeError DATASET_INVALID for too few examples */
export function partsOf(fixed: Fixed, dataset: Dataset, validation?: number): ScorerParts {
  const own = fixed.recipe.data.validation;
  const count = validation ?? (own || Math.max(1, Math.min(HELD.most, Math.round(HELD.share * dataset.count))));
  const { train: rest, validation: held } = split(dataset, count);
  const share = Math.max(ASIDE.share * rest.count, Math.min(ASIDE.least, MOST_SHARE * rest.count));
  const { train, validation: aside } = split(rest, Math.max(1, Math.min(ASIDE.most, Math.floor(share))));
  const note = own >= count ? HELD_OUT : HELD_FROM_SCORER;
  return { train: isMirrored(fixed) ? mirrored(train) : train, aside: aside!, held: held!, note };
}

/** A generator that was trained on mirrored examples, too, makes them as often. */
function isMirrored({ recipe, tensor }: Fixed): boolean {
  return tensor === 'image' && recipe.augment?.mirror === true;
}
