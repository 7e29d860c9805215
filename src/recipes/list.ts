// The recipes that come with Ganymede, and the form of one as JSON Schema.
import { z } from 'zod';
import { loadRecipe, recipeNames } from './check-recipe.js';
import { recipeSchema } from './recipe.js';

export interface ListedRecipe {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: Record<string, unknown>;
}

let listed: Promise<ListedRecipe[]> | undefined;
let form: Record<string, unknown> | undefined;

/** By name. They are files of the program, so they are read once. */
export function listRecipes(): Promise<ListedRecipe[]> {
  listed ??= readAll();
  return listed;
}

/** What a recipe may say, defaults included, as JSON Schema 2020-12. */
export function recipeForm(): Record<string, unknown> {
  form ??= z.toJSONSchema(recipeSchema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  return form;
}

async function readAll(): Promise<ListedRecipe[]> {
  return Promise.all(
    (await recipeNames()).map(async (name) => {
      const { ...settings } = await loadRecipe(name);
      const { title, description } = settings;
      return { name, title, description, settings };
    }),
  );
}
