// Recipes read and checked, with some settings replaced: what comes out is valid, and a refusal names every fault at
// once.
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { expected, GanymedeError, messageOf } from '../errors.js';
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
  const named = RECIPE_NAME.test(config);
  let text: string;
  try {
    text = await readFile(named ? new URL(`${config}.json`, RECIPES) : config, 'utf8');
  } catch (cause) {
    const what = named
      ? `No recipe named ${config} in recipes/.`
      : `The recipe ${config} cannot be read: ${messageOf(cause)}.`;
    throw new GanymedeError('CONFIG_INVALID', what, { cause });
  }
  return parseRecipe(text, config, overrides);
}

/** `from` names the recipe in messages. */
export function parseRecipe(text: string, from: string, overrides: Overrides = {}): Recipe {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new GanymedeError('CONFIG_INVALID', `Expected JSON in the recipe ${from}: ${messageOf(cause)}.`, { cause });
  }
  return checkRecipe(json, from, overrides);
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
