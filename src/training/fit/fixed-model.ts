// The trained networks that something is fitted to: those of a serving checkpoint, with the very weights that it
// serves, read back from its own graphs. Nothing here is trained any more.
import { join } from 'node:path';
import { z } from 'zod';
import { type Dataset, numberedAs } from '../../datasets/dataset.js';
import { type OpenOptions, openDataset } from '../../datasets/open.js';
import type { StepDevice } from '../../engine/native.js';
import type { HostTensors } from '../../engine/tensor.js';
import { GanymedeError } from '../../errors.js';
import { exampleOf } from '../../models/example.js';
import { MANIFEST_FILE, type Manifest, readManifest } from '../../models/manifest.js';
import { openCheckpoint } from '../../models/verified.js';
import type { Network } from '../../networks/network.js';
import { type NoiseSpec, streamOf } from '../../random/noise.js';
import { parseRecipe } from '../../recipes/check-recipe.js';
import { type Recipe } from '../../recipes/recipe.js';
import { isAlone, loadWeights, transplanted } from '../fine-tuning.js';
import { classesTold, networksOf } from '../game.js';
import { rebuildModel } from '../rebuilt-model.js';

export interface Fixed {
  readonly manifest: Manifest;
  readonly recipe: Recipe;
  readonly generator: Network;
  readonly discriminator: Network;
  /** Of both networks; the generator's are those that `generate` has. */
  readonly weights: HostTensors;
  /** What the graphs call an example, and its shape. */
  readonly tensor: 'image' | 'point';
  readonly shape: readonly number[];
  /** Classes that a conditional model is told. */
  readonly classes?: readonly string[];
  /** How z is drawn. */
  readonly prior: NoiseSpec;
  /** Whether the checkpoint stores its weights in half precision; what joins it does so, too. */
  readonly float16: boolean;
}

/** What training a network for a fixed model takes. */
export interface Fitting {
  readonly fixed: Fixed;
  /** Training examples, in the units of the networks. */
  readonly data: Dataset;
  readonly seed: number;
  readonly steps: number;
  readonly threads: number;
  readonly device?: StepDevice | undefined;
  readonly batch?: number;
  readonly learningRate?: number;
}

const noteSchema = z.object({ shape: z.array(z.int().positive()), classes: z.array(z.string()).optional() });

/**
 * Networks of a model that says how they are made, or else rebuilt from the graphs that it is served by.
 * @throws GanymedeError CHECKPOINT_INVALID for a checkpoint that lacks them; CAPABILITY_MISSING for one that cannot be
 * rebuilt
 */
export async function openFixed(checkpoint: string): Promise<Fixed> {
  const manifest = await readManifest(checkpoint);
  const { training } = manifest;
  if (!training && manifest.graphs.generate) return rebuiltModel(checkpoint);
  const note = noteSchema.safeParse(training?.dataset);
  const isWhole = manifest.graphs.generate && (manifest.graphs.score || isAlone(manifest));
  if (!training || !note.success || !isWhole) {
    throw new GanymedeError(
      'CHECKPOINT_INVALID',
      `Expected ${checkpoint} to hold generate and score graphs and the recipe that made them, as "npx ganymede publish" writes them, but it does not.`,
    );
  }
  const recipe = parseRecipe(JSON.stringify(training.recipe), join(checkpoint, MANIFEST_FILE));
  const data = { shape: note.data.shape, ...(note.data.classes ? { classes: note.data.classes } : {}) };
  const { generator, discriminator } = networksOf(recipe, data);
  const fresh = { ...generator.init(streamOf(0)), ...discriminator.init(streamOf(0)) };
  const { average } = transplanted(fresh, [generator, discriminator], await loadWeights(checkpoint));
  const { tensor, shape } = exampleOf(manifest);
  const classes = classesTold(recipe, data);
  return {
    manifest,
    recipe,
    generator,
    discriminator: isAlone(manifest) ? unlearned(discriminator) : discriminator,
    weights: average,
    tensor,
    shape,
    ...(classes ? { classes } : {}),
    prior: { ...recipe.latent.prior, shape: [recipe.latent.size] },
    float16: training.figures['stored'] === 'float16',
  };
}

/** Largest difference, black at −1 and white at 1: that of float16, and far below a level of grey of 8 bits. */
const NEAR = 4e-3;

/** Of a version by other hands. */
async function rebuiltModel(checkpoint: string): Promise<Fixed> {
  const { manifest, graph } = await openCheckpoint(checkpoint);
  const [generate, score] = [await graph('generate'), manifest.graphs.score && (await graph('score'))];
  const rebuilt = await rebuildModel({ manifest, generate, score });
  const { recipe, weights, shape, classes, difference, withoutDiscriminator } = rebuilt;
  if (!(difference <= NEAR)) {
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected the generator of ${checkpoint} to be rebuilt for fitting but what was rebuilt differs from it by ${difference.toPrecision(2)}. Export it in float32.`,
    );
  }
  const { generator, discriminator } = networksOf(recipe, { shape, ...(classes && { classes }) });
  const fresh = { ...generator.init(streamOf(0)), ...discriminator.init(streamOf(0)) };
  return {
    ...{ manifest, recipe, generator, shape, weights: { ...fresh, ...weights } },
    discriminator: withoutDiscriminator === undefined ? discriminator : unlearned(discriminator),
    tensor: exampleOf(manifest).tensor,
    ...(classes && { classes }),
    prior: { ...recipe.latent.prior, shape: [recipe.latent.size] },
    float16: false,
  };
}

/** What has learnt nothing has no features. */
function unlearned({ trunk: _, ...network }: Network): Network {
  return network;
}

/**
 * The data in the units of the networks. @throws GanymedeError DATASET_INVALID for examples of another shape, or
 * without classes that the model is told.
 */
export async function openDataFor(fixed: Fixed, address: string, options: OpenOptions = {}): Promise<Dataset> {
  const dataset = await openDataset(address, { ...options, range: fixed.recipe.data.range });
  if (dataset.shape.join() !== fixed.shape.join()) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected ${fixed.tensor}s of shape [${fixed.shape.join(', ')}] as ${fixed.manifest.model} makes them but ${dataset.name} has [${dataset.shape.join(', ')}].`,
    );
  }
  return fixed.classes ? numberedAs(dataset, fixed.classes) : dataset;
}
