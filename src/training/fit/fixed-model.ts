// The trained networks that something is fitted to: those of a serving checkpoint, with the very weights that it
// serves, read back from its own graphs. Nothing here is trained any more.
import { join } from 'node:path';
import { z } from 'zod';
import { type Dataset, numberedAs } from '../../datasets/dataset.js';
import { type OpenOptions, openDataset } from '../../datasets/open.js';
import type { HostTensors } from '../../engine/tensor.js';
import { GanymedeError } from '../../errors.js';
import { exampleOf } from '../../models/example.js';
import { MANIFEST_FILE, type Manifest, readManifest } from '../../models/manifest.js';
import type { Network } from '../../networks/network.js';
import { type NoiseSpec, streamOf } from '../../random/noise.js';
import { parseRecipe } from '../../recipes/check-recipe.js';
import { type Recipe } from '../../recipes/recipe.js';
import { loadWeights, transplanted } from '../fine-tuning.js';
import { classesTold, networksOf } from '../game.js';

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
  readonly batch?: number;
  readonly learningRate?: number;
}

const noteSchema = z.object({ shape: z.array(z.int().positive()), classes: z.array(z.string()).optional() });

/** @throws GanymedeError CHECKPOINT_INVALID for a checkpoint that does not say how its networks are made. */
export async function openFixed(checkpoint: string): Promise<Fixed> {
  const manifest = await readManifest(checkpoint);
  const { training } = manifest;
  const note = noteSchema.safeParse(training?.dataset);
  if (!training || !note.success || !manifest.graphs.generate || !manifest.graphs.score) {
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
    discriminator,
    weights: average,
    tensor,
    shape,
    ...(classes ? { classes } : {}),
    prior: { ...recipe.latent.prior, shape: [recipe.latent.size] },
    float16: training.figures['stored'] === 'float16',
  };
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
