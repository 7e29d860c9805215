// Every field of every type goes through type-graphql's resolver, which is where `@Authorized` is checked. This file
// guards all fields of the schema, so it has a process of its own: decorators cannot be taken back.

import { type GraphQLObjectType, type GraphQLResolveInfo, isObjectType } from 'graphql';
import { Authorized, buildSchemaSync, getMetadataStorage } from 'type-graphql';
import { expect, test } from 'vitest';
import { NO_TOPICS, RESOLVERS } from '../../src/resolvers/schema.js';

function guardEverything(): void {
  const { fields, fieldResolvers, queries, mutations, subscriptions } = getMetadataStorage();
  for (const { target, name } of fields) Authorized('admin')(target.prototype, name);
  for (const { target, methodName } of [...fieldResolvers, ...queries, ...mutations, ...subscriptions]) {
    Authorized('admin')(target.prototype, methodName);
  }
}

guardEverything();
const schema = buildSchemaSync({
  resolvers: [...RESOLVERS],
  validate: false,
  pubSub: NO_TOPICS,
  authChecker: () => false,
});
const fields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type))
  .filter(({ name }) => !name.startsWith('__'))
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, type, field })),
  );

/** An object of the type's class, made without its constructor. */
function instanceOf({ name }: GraphQLObjectType): object {
  const target = getMetadataStorage().objectTypes.find((type) => type.name === name)?.target;
  return target ? Object.create(target.prototype) : {};
}

test('the schema has fields to guard', () => {
  expect(fields.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Query.sample', 'Model.name', 'Model.versions', 'Prior.kind', 'Score.logit', 'Image.url']),
  );
});

test.each(fields)('$name is refused to whom its role does not allow it', async ({ type, field: { resolve } }) => {
  expect(resolve, 'a field without a resolver is read past every check').toBeDefined();
  const ask = async () => resolve?.(instanceOf(type), {}, {}, {} as GraphQLResolveInfo);
  await expect(ask()).rejects.toThrow(/access|authenticated/i);
});
