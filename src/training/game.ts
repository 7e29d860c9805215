// From a recipe and its data to the game that the step plays: the two networks, the prior, the objective, the
// optimizers. The only place where the parts of a recipe meet. Export and previews build the same networks from the
// same recipe.

import type { Dataset } from '../datasets/dataset.js';
import { GanymedeError } from '../errors.js';
import { buildNetwork } from '../networks/build.js';
import { frozen } from '../networks/frozen.js';
import type { Network } from '../networks/network.js';
import { noisy } from '../networks/noisy.js';
import { scaled } from '../networks/scaled.js';
import type { NoiseSpec } from '../random/noise.js';
import type { Recipe } from '../recipes/recipe.js';
import { augmented } from './augment.js';
import { OBJECTIVES } from './objectives.js';
import { optimizer } from './optimizers.js';
import type { Game } from './step.js';

export interface Networks {
  readonly generator: Network;
  readonly discriminator: Network;
}

/** What the networks must know of the data: one example's shape, and the names of the classes. */
export type DataKind = Pick<Dataset, 'shape' | 'classes' | 'alpha'>;

/** `outputBias` matters only to `init`. */
export function networksOf(recipe: Recipe, data: DataKind, outputBias?: Float32Array<ArrayBuffer>): Networks {
  const { shape } = data;
  const classes = classesTold(recipe, data)?.length;
  const condition = (player: 'generator' | 'discriminator') =>
    classes === undefined ? {} : { condition: { config: recipe.conditional![player], classes } };
  const judge = buildNetwork(recipe.discriminator.network, {
    name: 'discriminator',
    input: shape,
    output: [1],
    ...condition('discriminator'),
  });
  const { scale } = recipe.data;
  const { freeze, instanceNoise } = recipe.discriminator;
  const still = noisy(scaled(frozen(judge, freeze), { input: 1 / scale }), instanceNoise);
  const place = { range: recipe.data.range, batch: recipe.batch };
  const maker = buildNetwork(recipe.generator.network, {
    name: 'generator',
    input: [recipe.latent.size],
    output: shape,
    ...condition('generator'),
    ...(outputBias ? { outputBias } : {}),
  });
  return {
    generator: scaled(maker, { output: scale }),
    discriminator: recipe.augment ? augmented(still, recipe.augment, place) : still,
  };
}

/** The classes that a conditional recipe tells its networks; undefined where it tells them none. */
export function classesTold(recipe: Recipe, data: DataKind): readonly string[] | undefined {
  if (!recipe.conditional) return undefined;
  if (data.classes && data.classes.length > 1) return data.classes;
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected data with labels of 2 or more classes for the conditional recipe ${recipe.name} but received ${data.classes?.length ?? 'none'}.`,
  );
}

export function gameOf(recipe: Recipe, networks: Networks, data: DataKind): Game {
  const classes = classesTold(recipe, data);
  return {
    ...networks,
    ...(classes ? { classes: classes.length } : {}),
    prior: priorNoise(recipe),
    objective: OBJECTIVES[recipe.objective],
    ...(recipe.penalties ? { penalties: recipe.penalties } : {}),
    optimizers: {
      generator: optimizer(recipe.optimizer.generator),
      discriminator: optimizer(recipe.optimizer.discriminator),
    },
    updates: recipe.updates,
    batch: recipe.batch,
  };
}

function priorNoise(recipe: Recipe): NoiseSpec {
  return { ...recipe.latent.prior, shape: [recipe.latent.size] };
}

/**
 * Means of a unit nearer to 0 or 1 than this are moved there first, as in pylearn2: a pixel that is never lit starts at
 * −16.
 */
const CLIP = 1e-7;

/** Where the generator's last bias starts, as its recipe says; undefined for zeros. */
export async function startingBias(
  { generator: { outputBias } }: Recipe,
  data: Dataset,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (outputBias === 'zero') return undefined;
  return outputBias === 'marginals' ? marginalBias(data) : Float32Array.from(outputBias);
}

/** Biases b with σ(b) = mean of each value over the data, for a sigmoid output in [0, 1]. */
export async function marginalBias(data: Dataset): Promise<Float32Array<ArrayBuffer>> {
  const size = data.shape.reduce((product, n) => product * n, 1);
  const sums = new Float64Array(size);
  const rows = new Float32Array(CHUNK * size);
  for (let from = 0; from < data.count; from += CHUNK) {
    const count = Math.min(CHUNK, data.count - from);
    await data.read(
      Uint32Array.from({ length: count }, (_, i) => from + i),
      rows,
    );
    for (let row = 0; row < count; row++) for (let i = 0; i < size; i++) sums[i]! += rows[row * size + i]!;
  }
  const [low, high] = data.range;
  return Float32Array.from(sums, (sum) => {
    const mean = (sum / data.count - low) / (high - low);
    const clipped = Math.min(1 - CLIP, Math.max(CLIP, mean));
    return Math.log(clipped / (1 - clipped));
  });
}

const CHUNK = 1000;
