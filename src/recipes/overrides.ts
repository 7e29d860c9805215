// Settings of a recipe replaced by others, named by their paths: {"batch": 32, "optimizer.generator.learningRate":
// 0.0001}. What comes out is plain data, to be checked like any recipe.
import { isDeepStrictEqual } from 'node:util';
import { GanymedeError } from '../errors.js';

/** Path, its parts joined by dots → the new value. A number among the parts is a place in a list. */
export type Overrides = Readonly<Record<string, unknown>>;

/** `json` itself stays as it is. @throws GanymedeError CONFIG_INVALID for paths that lead through no object. */
export function overridden(json: unknown, overrides: Overrides): unknown {
  const entries = Object.entries(overrides);
  if (entries.length === 0) return json;
  const changed: unknown = structuredClone(json);
  const lost = entries.filter(([path, value]) => !put(changed, path.split('.'), value)).map(([path]) => path);
  if (lost.length === 0) return changed;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected overrides to name settings of the recipe, such as batch or optimizer.generator.learningRate, but received ${lost.join(', ')}.`,
    { details: { overrides: lost } },
  );
}

/**
 * Sets the value at the path, making objects on the way where nothing stands; false where something else stands in the
 * way.
 */
function put(target: unknown, path: readonly string[], value: unknown): boolean {
  const [key, ...rest] = path;
  if (!key || typeof target !== 'object' || target === null || FORBIDDEN.has(key)) return false;
  if (Array.isArray(target) && !(/^\d+$/.test(key) && Number(key) < target.length)) return false;
  const holder = target as Record<string, unknown>;
  if (rest.length === 0) {
    holder[key] = value;
    return true;
  }
  if (holder[key] === undefined) holder[key] = {};
  return put(holder[key], rest, value);
}

/** A setting that two recipes have otherwise; undefined where one lacks it. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** All settings that differ, by path; lists of another length differ as a whole. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => differences(before[name], after[name], path ? `${path}.${name}` : name));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names through which a path would reach the prototype that all objects share. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
