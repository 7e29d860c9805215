// Recipes read and checked, with some settings replaced: what comes out is valid, and a refusal names every fault at
// once.
import { readdir, readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import type { z } from 'zod';
import { expected, GanymedeError, messageOf, nearest } from '../errors.js';
import { describeIssue, type Violation, valueAt } from '../violations.js';
import { contradictions } from './contradictions.js';
import { type Overrides, overridden } from './overrides.js';
import { type Recipe, recipeSchema } from './recipe.js';

const RECIPES = new URL('../../recipes/', import.meta.url);

/**
 * Of a recipe in recipes/, such as ring8, or of one in a folder there, such as lessons/dirac. Never a path elsewhere.
 */
export const RECIPE_NAME = /^[a-z0-9-]{1,64}(\/[a-z0-9-]{1,64})?$/;

/**
 * `config` is the name of a recipe in recipes/ or the path of a JSON file.
 * @throws GanymedeError CONFIG_INVALID naming every fault; `details.faults` lists them.
 */
export async function loadRecipe(config: string, overrides: Overrides = {}): Promise<Recipe> {
  return checkRecipe(await readRecipe(config), config, overrides);
}

/** As it is written, unchecked. @throws GanymedeError CONFIG_INVALID */
export async function readRecipe(config: string): Promise<unknown> {
  const named = RECIPE_NAME.test(config);
  let text: string;
  try {
    text = await readFile(named ? new URL(`${config}.json`, RECIPES) : config, 'utf8');
  } catch (cause) {
    if (named) throw await noSuchRecipe(config, cause);
    throw new GanymedeError('CONFIG_INVALID', `The recipe ${config} cannot be read: ${messageOf(cause)}.`, { cause });
  }
  return parsed(text, config);
}

async function noSuchRecipe(config: string, cause: unknown): Promise<GanymedeError> {
  const near = nearest(config, await recipeNames());
  const meant = near.length > 0 ? `Near to it are ${near.join(', ')}. ` : '';
  return new GanymedeError(
    'CONFIG_INVALID',
    `No recipe named ${config} in recipes/. ${meant}"npx ganymede recipes" lists all; without one, it is chosen for the data.`,
    { cause, details: { near } },
  );
}

/** Of the recipes that come with Ganymede. */
export async function recipeNames(): Promise<string[]> {
  const files = (await readdir(RECIPES, { recursive: true })).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.slice(0, -'.json'.length).replaceAll(sep, '/')).sort();
}

/** `from` names the recipe in messages. */
export function parseRecipe(text: string, from: string, overrides: Overrides = {}): Recipe {
  return checkRecipe(parsed(text, from), from, overrides);
}

function parsed(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GanymedeError('CONFIG_INVALID', `Expected JSON in the recipe ${from}: ${messageOf(cause)}.`, { cause });
  }
}

/** A recipe from plain data, with some settings replaced. */
export function checkRecipe(json: unknown, from: string, overrides: Overrides = {}): Recipe {
  const changed = overridden(json, overrides);
  const parsed = recipeSchema.safeParse(changed);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => violationOf(issue, changed)),
    ...contradictions(soundSections(changed)),
  ];
  if (parsed.success && faults.length === 0) return parsed.data;
  throw refusalOf(faults, `the recipe ${from}`, 'CONFIG_INVALID');
}

/**
 * One refusal for all faults, each in the words of every other: "Expected batch in the recipe … to be … but received
 * …."
 */
export function refusalOf(
  faults: readonly Violation[],
  of: string,
  code: 'CONFIG_INVALID' | 'DATASET_INVALID',
): GanymedeError {
  const sentences = faults.map(
    ({ path, expected: wanted, received }) =>
      expected(`${path ? `${path} in ${of}` : of} to be ${wanted}`, received, code).message,
  );
  return new GanymedeError(code, [...new Set(sentences)].join('\n'), { details: { faults } });
}

export function violationOf(issue: z.core.$ZodIssue, json: unknown): Violation {
  const violation = describeIssue(issue);
  return { ...violation, received: violation.received ?? valueAt(json, issue.path) };
}

/**
 * The sections that are right by themselves: what contradicts what can be asked of those even where another is wrong.
 */
function soundSections(json: unknown): Partial<Recipe> {
  if (typeof json !== 'object' || json === null) return {};
  return Object.fromEntries(
    Object.entries(recipeSchema.shape).flatMap(([section, schema]) => {
      const parsed = schema.safeParse((json as Record<string, unknown>)[section]);
      return parsed.success && parsed.data !== undefined ? [[section, parsed.data]] : [];
    }),
  );
}
