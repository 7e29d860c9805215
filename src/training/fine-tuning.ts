// Fine-tuning: a new run that begins with the weights of another, trained on whatever data. Optimizers, steps and noise
// begin anew; only the weights, and what follows from them, come along.
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Dataset, ofClasses } from '../datasets/dataset.js';
import { readWeights } from '../engine/onnx.js';
import type { HostTensors } from '../engine/tensor.js';
import { GanymedeError, messageOf } from '../errors.js';
import { MANIFEST_FILE, type Manifest, type ModelVersion, readManifest } from '../models/manifest.js';
import { openCheckpoint } from '../models/verified.js';
import type { Network } from '../networks/network.js';
import type { NamedData } from '../recipes/complete.js';
import type { Recipe } from '../recipes/recipe.js';
import { type DatasetNote, loadState, loadStateFile, type TrainingState } from './checkpoint.js';

export interface Weights {
  /** Where they come from, in messages. */
  readonly source: string;
  /** Both networks' tensors as training left them. */
  readonly newest: HostTensors;
  /** The generator's average. */
  readonly average: HostTensors;
  /** The version of a model that they are of, if it is one. */
  readonly parent?: ModelVersion;
  /** Whether they are a generator's alone, which was imported so: its discriminator begins anew. */
  readonly alone?: boolean;
}

/**
 * `path` is a run's directory, its state file, or a serving checkpoint, which holds the average and no newest
 * generator.
 */
export async function loadWeights(path: string): Promise<Weights> {
  if (!(await isDirectory(path))) return weightsOf(await loadStateFile(path), path);
  if (!(await exists(join(path, MANIFEST_FILE)))) return weightsOf(await loadState(path), path);
  const { manifest, graph } = await openCheckpoint(path);
  const trained = (['generate', 'score'] as const).filter((name) => manifest.graphs[name]);
  const read = await Promise.all(trained.map(async (name) => readWeights(await graph(name))));
  const tensors = Object.assign({}, ...read) as HostTensors;
  const parent = { model: manifest.model, version: manifest.version };
  const alone = isAlone(manifest);
  return { source: path, newest: tensors, average: tensors, parent, ...(alone && { alone }) };
}

/** Of a model that was imported with a generator that can be trained, and no such discriminator. */
export function isAlone({ training }: Pick<Manifest, 'training'>): boolean {
  return training?.figures['discriminator'] === 'anew';
}

export interface Origin {
  readonly recipe: unknown;
  /** The classes that it was told, by index; none of a model without. */
  readonly classes: readonly string[];
  /** Of its examples. */
  readonly shape: readonly number[];
  /** Whether it was trained on this data. */
  readonly isOwn: (data: DigestedData) => boolean;
}

type DigestedData = Pick<NamedData, 'sha256' | 'formerSha256'>;

/** How the weights at a path were made. @throws GanymedeError CHECKPOINT_INVALID where nothing tells */
export async function originOf(path: string): Promise<Origin> {
  if (!(await exists(join(path, MANIFEST_FILE)))) {
    const { recipe, dataset } = (await isDirectory(path)) ? await loadState(path) : await loadStateFile(path);
    return { recipe, ...kindOf(dataset) };
  }
  const { training } = await readManifest(path);
  const note = trainedOn.safeParse(training?.dataset);
  if (training && note.success) return { recipe: training.recipe, ...kindOf(note.data) };
  throw new GanymedeError(
    'CHECKPOINT_INVALID',
    `Expected ${path} to say by which recipe it was made, but it does not. Train on what Ganymede trained, or on what was imported with --trainable.`,
  );
}

const trainedOn = z.object({
  classes: z.array(z.string()).default([]),
  shape: z.array(z.int()),
  sha256: z.string().default(''),
});

/** What is known of the data that something was trained on. */
export function kindOf({
  classes = [],
  shape,
  sha256,
}: Pick<DatasetNote, 'classes' | 'shape' | 'sha256'>): Omit<Origin, 'recipe'> {
  return { classes, shape, isOwn: (data) => sha256 === data.sha256 || sha256 === data.formerSha256 };
}

export interface Tuned {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** What of the data is left out, in words. */
  readonly left: readonly string[];
}

/** At least so much of the data is left to train on, where the recipe is that of the weights. */
const TRAINED_SHARE = 0.9;

/**
 * The data as weights that were trained on other data can take it. A model that is told of classes knows its own: of
 * data that has those and more, the examples of its own are taken, in its order. A recipe that was `made` for more data
 * holds out less.
 */
export function tuned(recipe: Recipe, data: Dataset, { classes }: Pick<Origin, 'classes'>, made: boolean): Tuned {
  const { classes: has = [] } = data;
  const more = recipe.conditional && classes.length < has.length && classes.every((name) => has.includes(name));
  const dataset = more ? ofClasses(data, classes) : data;
  const others = has.length - classes.length;
  const left = more
    ? [`${data.count - dataset.count} examples of ${others} classes that the model is not told of were left out.`]
    : [];
  const most = Math.floor(dataset.count * (1 - TRAINED_SHARE));
  const validation = made ? Math.min(recipe.data.validation, most) : recipe.data.validation;
  return { recipe: { ...recipe, data: { ...recipe.data, validation } }, dataset, left };
}

/**
 * The recipe for a run that begins so: without the ramp of the average, which is trained already and must not be
 * forgotten fast.
 */
export function forTuning(recipe: Recipe): Recipe {
  return { ...recipe, ema: { ...recipe.ema, rampUp: 0 } };
}

/**
 * Fresh tensors with the values of `from` in their place. What is trained must be there in the same shape; what follows
 * from training may begin anew. What else a state holds, optimizer slots above all, stays behind.
 */
export function transplanted(
  fresh: HostTensors,
  networks: readonly Network[],
  from: Weights | undefined,
): Pick<Weights, 'newest' | 'average'> {
  if (!from) return { newest: fresh, average: fresh };
  const follows = (name: string) => networks.some((n) => name.startsWith(`${n.name}/`) && n.fate(name) === 'following');
  const isAnew = (name: string) => from.alone === true && name.startsWith('discriminator/');
  const taken = (source: HostTensors) =>
    Object.fromEntries(
      Object.entries(fresh).map(([name, tensor]) => {
        const given = source[name];
        if (given && given.shape.join() === tensor.shape.join()) return [name, given];
        if (isAnew(name) || (!given && follows(name))) return [name, tensor];
        throw new GanymedeError(
          'CHECKPOINT_INVALID',
          `Expected tensor ${name} of shape [${tensor.shape.join(', ')}] in ${from.source} but received ${given ? `[${given.shape.join(', ')}]` : 'no such tensor'}. ` +
            'Fine-tuning needs the same networks as in the recipe of the weights.',
          { details: { tensor: name, expected: tensor.shape, received: given?.shape ?? null } },
        );
      }),
    );
  return { newest: taken(from.newest), average: taken({ ...from.newest, ...from.average }) };
}

function weightsOf({ state, ema }: TrainingState, source: string): Weights {
  return { source, newest: state, average: ema };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GanymedeError('CHECKPOINT_INVALID', `The weights ${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
