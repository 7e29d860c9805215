// JSON Schema 2020-12 as the server writes it for recipes: what a form needs to know of it.

import type { Json, JsonObject } from '../api/json';

export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: Json;
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** What a value may be, unions in unions made flat; itself alone where there is no choice. */
export function alternativesOf(schema: Schema): readonly Schema[] {
  const inner = schema.oneOf ?? schema.anyOf;
  return inner ? inner.flatMap(alternativesOf) : [schema];
}

/** The kind of an object that is one of several, such as "adam". */
export const kindOf = ({ properties }: Schema): Json | undefined => properties?.['kind']?.const;

/** What a person calls an alternative. */
export function nameOf(schema: Schema): string {
  const kind = kindOf(schema);
  if (typeof kind === 'string') return kind;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.join(' or ');
  return {
    object: 'settings',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    integer: 'a number',
    boolean: 'yes or no',
  }[schema.type ?? 'object'];
}

/** The alternative that a value is of; the first, where it is none. */
export function matching(alternatives: readonly Schema[], value: Json | undefined): Schema {
  return alternatives.find((one) => fits(one, value)) ?? alternatives[0]!;
}

function fits(schema: Schema, value: Json | undefined): boolean {
  if (schema.const !== undefined) return schema.const === value;
  if (schema.enum) return schema.enum.includes(value as Json);
  if (Array.isArray(value)) return schema.type === 'array';
  if (isObject(value)) {
    const kind = kindOf(schema);
    return schema.type === 'object' && (kind === undefined || kind === value['kind']);
  }
  return schema.type === typeof value || (schema.type === 'integer' && typeof value === 'number');
}

/** A value to begin with: the default, or the least that is required. */
export function firstOf(schema: Schema): Json {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0]!;
  const [one] = alternativesOf(schema);
  if (one !== schema) return firstOf(one!);
  if (schema.type === 'object') {
    const names = schema.required ?? [];
    return Object.fromEntries(names.map((name) => [name, firstOf(schema.properties![name]!)]));
  }
  if (schema.type === 'array') return schema.prefixItems ? schema.prefixItems.map(firstOf) : [];
  return { string: '', boolean: false, number: 1, integer: 1 }[schema.type ?? 'string'];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
