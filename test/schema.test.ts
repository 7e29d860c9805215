import { readFile } from 'node:fs/promises';
import { isObjectType, lexicographicSortSchema, printSchema, validateSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { ROLE_OF } from '../src/resolvers/roles.js';
import { createSchema } from '../src/resolvers/schema.js';

const schema = createSchema();

describe('schema.graphql', () => {
  test('is the schema that the server runs: `npm run schema` writes it anew', async () => {
    const committed = await readFile(new URL('../schema.graphql', import.meta.url), 'utf8');
    expect(committed).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
  });

  test('has who may ask for each field of Query, Mutation and Subscription, and for none in vain', () => {
    const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
    const asked = roots.flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
    const meta = ['Query.__schema', 'Query.__type', ...roots.map(({ name }) => `${name}.__typename`)];
    expect(Object.keys(ROLE_OF).sort()).toEqual([...asked, ...meta].sort()); // src/resolvers/roles.ts
  });

  test('is valid', () => {
    expect(validateSchema(schema)).toEqual([]);
  });

  test('documents the range of every argument that is a number', () => {
    const undocumented = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type))
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) => Object.values(type.getFields()))
      .flatMap((field) => field.args.map((arg) => ({ field: field.name, arg })))
      .filter(({ arg }) => /^(Int|Float|Seed)\b/.test(String(arg.type)))
      .filter(({ arg }) => !/\[\S+, \S+\]|from 1/i.test(arg.description ?? ''))
      .map(({ field, arg }) => `${field}(${arg.name})`);
    expect(undocumented).toEqual([]);
  });
});
