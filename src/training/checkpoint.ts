// Training state on disk: everything a run needs to go on bit for bit where it stopped, in one safetensors file.
// Weights and optimizer slots keep their names, the generator's average gets "ema/" in front; the recipe, the seed, the
// step and the data's digest are metadata. There is no generator state to save: noise is a function of (seed, name,
// step).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HostTensors } from '../engine/tensor.js';
import { GanymedeError, messageOf } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import type { Flattening } from '../images/pixels.js';
import { type ModelVersion, modelVersion } from '../models/manifest.js';
import { parseRecipe } from '../recipes/check-recipe.js';
import { type Recipe } from '../recipes/recipe.js';
import { type Segment, segmentSchema } from './segments.js';

export const STATE_FILE = 'state.safetensors';

export interface TrainingState {
  readonly recipe: Recipe;
  readonly seed: number;
  /** Steps made. */
  readonly step: number;
  readonly dataset: DatasetNote;
  /** Where its recipe was changed on its way, oldest first; `recipe` is the newest. */
  readonly segments?: readonly Segment[];
  /** The version of a model with whose weights it began, if it was one. */
  readonly parent?: ModelVersion;
  /** Parameters and optimizer slots, as the step carries them. */
  readonly state: HostTensors;
  /** Average of the generator's parameters, under their own names. */
  readonly ema: HostTensors;
}

/** What is remembered of the data: enough to say what a model saw, and to refuse to go on with something else. */
export interface DatasetNote {
  readonly name: string;
  readonly count: number;
  readonly shape: readonly number[];
  readonly sha256: string;
  /** Names of the classes, where the data has labels. */
  readonly classes?: readonly string[];
  /** What became of transparency, where some had it and it was not kept. */
  readonly alpha?: Flattening;
}

const EMA = 'ema/';

const noteSchema = z.strictObject({
  name: z.string(),
  count: z.int(),
  shape: z.array(z.int()),
  sha256: z.string(),
  classes: z.array(z.string()).exactOptional(),
  alpha: z.enum(['black', 'white', 'drop']).exactOptional(),
});
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `JSON, but ${messageOf(error)}` });
    return z.NEVER;
  }
});
const metadataSchema = z.object({
  format: z.literal('1'),
  recipe: z.string(),
  seed: z.string().regex(/^\d+$/),
  step: z.string().regex(/^\d+$/),
  dataset: jsonText.pipe(noteSchema),
  segments: jsonText.pipe(z.array(segmentSchema)).optional(),
  parent: jsonText.pipe(modelVersion).optional(),
});

export function encodeState(training: TrainingState): Uint8Array<ArrayBuffer> {
  const ema = Object.entries(training.ema).map(([name, tensor]) => [`${EMA}${name}`, tensor] as const);
  return encodeSafetensors({
    tensors: { ...training.state, ...Object.fromEntries(ema) },
    metadata: {
      format: '1',
      recipe: JSON.stringify(training.recipe),
      seed: String(training.seed),
      step: String(training.step),
      dataset: JSON.stringify(training.dataset),
      ...(training.segments ? { segments: JSON.stringify(training.segments) } : {}),
      ...(training.parent ? { parent: JSON.stringify(training.parent) } : {}),
    },
  });
}

export function decodeState(bytes: Uint8Array, from: string): TrainingState {
  const { tensors, metadata } = decodeSafetensors(bytes, from);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) {
    throw new GanymedeError(
      'CHECKPOINT_INVALID',
      `Expected the training state of a run in ${from}. ${z.prettifyError(parsed.error)}`,
    );
  }
  const state: HostTensors = {};
  const ema: HostTensors = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith(EMA)) ema[name.slice(EMA.length)] = tensor;
    else state[name] = tensor;
  }
  return {
    recipe: parseRecipe(parsed.data.recipe, from),
    seed: Number(parsed.data.seed),
    step: Number(parsed.data.step),
    dataset: parsed.data.dataset,
    ...(parsed.data.segments ? { segments: parsed.data.segments } : {}),
    ...(parsed.data.parent ? { parent: parsed.data.parent } : {}),
    state,
    ema,
  };
}

export async function saveState(runDirectory: string, training: TrainingState): Promise<void> {
  await writeFileAtomically(join(runDirectory, STATE_FILE), encodeState(training));
}

export async function loadState(runDirectory: string): Promise<TrainingState> {
  return loadStateFile(join(runDirectory, STATE_FILE));
}

export async function loadStateFile(path: string): Promise<TrainingState> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new GanymedeError('CHECKPOINT_INVALID', `The training state ${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return decodeState(bytes, path);
}
