// The form of a recipe, of which a page makes fields: it explains every one, and holds every shipped recipe.

import { expect, it } from 'vitest';
import { listRecipes, recipeForm } from '../../src/recipes/list.js';

interface Form {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Form>>;
  readonly required?: readonly string[];
  readonly const?: unknown;
  readonly items?: Form;
  readonly prefixItems?: readonly Form[];
  readonly oneOf?: readonly Form[];
  readonly anyOf?: readonly Form[];
}

/** Path → what it says, of every setting at any depth. */
function settingsOf(form: Form, path: string): [string, Form][] {
  const own = Object.entries(form.properties ?? {}).flatMap(([name, inner]): [string, Form][] => [
    [`${path}${name}`, inner],
    ...settingsOf(inner, `${path}${name}.`),
  ]);
  const within = [
    ...(form.oneOf ?? []),
    ...(form.anyOf ?? []),
    ...(form.prefixItems ?? []),
    ...(form.items ? [form.items] : []),
  ];
  return [...own, ...within.flatMap((inner) => settingsOf(inner, path))];
}

/** What a setting may be, if it may be several things, each known by its kind. */
function kindsOf(form: Form): Form[] {
  const own = form.properties?.['kind']?.const === undefined ? [] : [form];
  const within = [...(form.oneOf ?? []), ...(form.anyOf ?? []), ...Object.values(form.properties ?? {})];
  return [...own, ...[...within, ...(form.items ? [form.items] : [])].flatMap(kindsOf)];
}

const form = recipeForm() as Form;

it('explains every setting in a sentence, and every kind of network, penalty, optimizer and schedule', () => {
  const settings = settingsOf(form, '').filter(([, setting]) => setting.const === undefined); // a kind is explained whole
  expect(settings.length).toBeGreaterThan(100);
  expect(settings.filter(([, { description = '' }]) => !/^\S.*\.$/.test(description)).map(([path]) => path)).toEqual(
    [],
  );
  const kinds = kindsOf(form);
  expect(kinds.length).toBeGreaterThan(20);
  expect(kinds.filter(({ description }) => !description)).toEqual([]);
});

it('has a place for every setting of every recipe that comes with Ganymede', async () => {
  const known = new Set(settingsOf(form, '').map(([path]) => path));
  for (const { name, settings } of await listRecipes()) {
    const strangers = pathsOf(settings, '').filter((path) => !known.has(path));
    expect({ name, strangers }).toEqual({ name, strangers: [] });
  }
});

/** Places in lists are left out, as in the form. */
function pathsOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((inner) => pathsOf(inner, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}${key}`, ...pathsOf(inner, `${path}${key}.`)]);
}
