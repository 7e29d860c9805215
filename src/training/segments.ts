// A run whose batch, learning rates or intervals were changed on its way, because somebody said so: it has a segment
// for each change. Where it stands in epochs and examples is counted on from where the change was made.
import { z } from 'zod';
import { GanymedeError } from '../errors.js';
import { checkRecipe } from '../recipes/check-recipe.js';
import type { Difference, Overrides } from '../recipes/overrides.js';
import type { Recipe } from '../recipes/recipe.js';

export const segmentSchema = z.strictObject({
  /** Steps made before it. */
  fromStep: z.int().min(0),
  /** Epochs passed before it, and examples that D had seen. */
  epochs: z.number().min(0),
  examples: z.number().min(0),
  /** Settings that are others from here on, by path. */
  changed: z.record(z.string(), z.strictObject({ from: z.json(), to: z.json() })),
});
export type Segment = z.infer<typeof segmentSchema>;

const BEGINNING: Segment = { fromStep: 0, epochs: 0, examples: 0, changed: {} };

/** Settings that a run may change on its way: none of them changes what a state holds. */
const CHANGEABLE = [
  'batch',
  'epochs',
  'optimizer.generator.learningRate',
  'optimizer.discriminator.learningRate',
  ...(['run.stepsPerRun', 'run.reportEverySteps', 'run.previewEverySteps', 'run.saveEverySteps'] as const),
] as const;

/** The recipe of a run with other settings from now on. @throws GanymedeError CONFIG_INVALID for what may not change */
export function changedRecipe(recipe: Recipe, overrides: Overrides): Recipe {
  const fixed = Object.keys(overrides).filter((path) => !isChangeable(path));
  if (fixed.length === 0) return checkRecipe(recipe, `of the run with ${Object.keys(overrides).join(', ')}`, overrides);
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected --override to name settings that a run may change on its way (${CHANGEABLE.join(', ')}) but received ${fixed.join(', ')}. ` +
      'Begin a new run, with --from the weights of this one where its networks stay.',
    { details: { overrides: fixed, changeable: CHANGEABLE } },
  );
}

function isChangeable(path: string): boolean {
  return CHANGEABLE.some((setting) => path === setting || path.startsWith(`${setting}.`));
}

/**
 * Refuses to go on with a run as if it had the recipe that is asked for.
 * @throws GanymedeError CONFIG_INVALID naming each difference
 */
export function refuseOtherRecipe(found: readonly Difference[], run: string): void {
  if (found.length === 0) return;
  const list = found.map(({ path, before, after }) => `${path} ${shown(before)}, not ${shown(after)}`).join('; ');
  const changeable = found.filter(({ path }) => isChangeable(path));
  const how = changeable.map(({ path, after }) => `--override ${path}=${JSON.stringify(after)}`).join(' ');
  const next =
    changeable.length === found.length
      ? `Say that it is to change (${how}), or leave --config and --set out.`
      : `Leave --config and --set out to go on with its own recipe, or begin a new run (--run).${how ? ` Of these ${how} would be taken.` : ''}`;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected the recipe of the run in ${run} but received one that differs: it has ${list}. ${next}`,
    { details: { run, differences: found } },
  );
}

/** All that was changed so far, by path, as it is now. */
export function changesOf(segments: readonly Segment[] = []): Overrides {
  return Object.assign({}, ...segments.map(({ changed }) => mapped(changed))) as Overrides;
}

function mapped(changed: Segment['changed']): Overrides {
  return Object.fromEntries(Object.entries(changed).map(([path, { to }]) => [path, to]));
}

/** Where a run stands: what is counted in epochs and examples, by the batch of its newest segment. */
export class Course {
  readonly stepsPerEpoch: number;
  /** Batches of D before step 0, had it had this batch all along; below 0 where the batch grew. */
  readonly firstBatch: number;
  /** Epochs by which the run is ahead of its steps. */
  readonly ahead: number;
  readonly #from: Segment;

  /** `count`: of the examples of an epoch. */
  constructor(
    private readonly recipe: Pick<Recipe, 'batch' | 'updates'>,
    count: number,
    segments: readonly Segment[] = [],
  ) {
    const { discriminatorSteps } = recipe.updates;
    const perEpoch = Math.floor(count / recipe.batch);
    this.#from = segments.at(-1) ?? BEGINNING;
    this.stepsPerEpoch = perEpoch / discriminatorSteps;
    // Up to a whole batch, so that no example of the epoch comes twice.
    const begun = Math.ceil(Math.max(0, this.#from.epochs * perEpoch - 1e-6));
    this.firstBatch = begun - this.#from.fromStep * discriminatorSteps;
    this.ahead = this.firstBatch / perEpoch;
  }

  epochsAt(step: number): number {
    return step / this.stepsPerEpoch + this.ahead;
  }

  /** The step at which so many epochs are over. */
  stepAt(epochs: number): number {
    return Math.ceil((epochs - this.ahead) * this.stepsPerEpoch);
  }

  examplesAt(step: number): number {
    return examplesAt(this.recipe, step, this.#from);
  }

  /** The segment that begins after `step` steps, where the recipe becomes another. */
  changing(step: number, found: readonly Difference[]): Segment {
    const changed = found.map(
      ({ path, before, after }) => [path, { from: before ?? null, to: after ?? null }] as const,
    );
    return {
      ...{ fromStep: step, epochs: this.epochsAt(step), examples: this.examplesAt(step) },
      changed: Object.fromEntries(changed) as Segment['changed'],
    };
  }
}

/** Real examples that D has seen after `step` steps, thousands of them. */
export function kimgAt(recipe: Recipe, step: number, segments: readonly Segment[] = []): number {
  return examplesAt(recipe, step, segments.at(-1) ?? BEGINNING) / 1000;
}

function examplesAt({ batch, updates }: Pick<Recipe, 'batch' | 'updates'>, step: number, from: Segment): number {
  return from.examples + (step - from.fromStep) * batch * updates.discriminatorSteps;
}

/** In words: "batch 64 (was 32)". */
export function wordsOf({ changed }: Segment): string {
  return Object.entries(changed)
    .map(([path, { from, to }]) => `${path} ${shown(to)} (was ${shown(from)})`)
    .join(', ');
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
