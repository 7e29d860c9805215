// `ganymede recipes`: the recipes that come with Ganymede, as a table.
import { secondsPerStep, stepsOf } from '../recipes/cost.js';
import { type ListedRecipe, listRecipes } from '../recipes/list.js';
import type { Recipe } from '../recipes/recipe.js';
import { duration } from '../work.js';
import { rowsBelow } from './columns.js';

/** Of examples that are not augmented, so many are too few: D learns them by heart (Karras et al. 2020, figure 1). */
const UNAUGMENTED = 5000;
const AUGMENTED = 100;

export async function recipeTable(): Promise<string[]> {
  const listed = await listRecipes();
  const lessons = listed.filter(({ name }) => name.startsWith('lessons/')).map(({ name }) => name);
  const rows = listed.filter(({ name }) => !lessons.includes(name)).map(rowOf);
  return [
    'Without --config, train chooses a recipe for the data: docs/your-own-pictures.md.',
    '',
    ...rowsBelow(['name', 'examples', 'from', 'steps', 'time here', 'what for'], rows),
    '',
    `Lessons (docs/lessons.md): ${lessons.map((name) => name.slice('lessons/'.length)).join(', ')}`,
    'Times are reckoned (docs/your-own-pictures.md), for a machine with nothing else to do; a training says better once it runs, and may be stopped at any time.',
  ];
}

function rowOf({ name, title, settings }: ListedRecipe): string[] {
  const recipe = settings as unknown as Recipe;
  const { of } = recipe.data;
  const shape = of ? of.shape.slice().reverse().join('×') : 'any';
  return [name, shape, shown(leastOf(recipe)), ...(of ? lengthOf(recipe, of) : ['', '']), title];
}

/** Steps on its own data, and about how long they take. */
function lengthOf(recipe: Recipe, { examples, shape }: { examples: number; shape: readonly number[] }): string[] {
  const steps = stepsOf(recipe, examples);
  return [shown(steps), duration(steps * secondsPerStep(recipe, { shape }))];
}

/** Examples below which it would learn them by heart, or would have none to train on. */
function leastOf({ augment, batch, data }: Recipe): number {
  const enough = augment?.differentiable.length ? AUGMENTED : UNAUGMENTED;
  return Math.max(enough, batch + data.validation);
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}
