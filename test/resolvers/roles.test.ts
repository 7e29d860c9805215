// The matrix of roles and fields. test/schema.test.ts holds that it is whole, test/server/access.test.ts that it holds
// by every way in.

import type { GraphQLArgument, GraphQLInputType } from 'graphql';
import { getNamedType, isInputObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { maySo, ROLES } from '../../src/access/role.js';
import { ROLE_OF, SENT } from '../../src/resolvers/roles.js';
import { createSchema } from '../../src/resolvers/schema.js';

const schema = createSchema();
const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
const fields = roots.flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));

/** Paths of arguments that take an image, such as "waypoints.image". */
function imagesIn(type: GraphQLInputType, path: string, around: readonly string[] = []): string[] {
  const named = getNamedType(type);
  if (named.name === 'ImageSource') return [path];
  if (!isInputObjectType(named) || around.includes(named.name)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    imagesIn(field.type, `${path}.${field.name}`, [...around, named.name]),
  );
}

const sentBy = (args: readonly GraphQLArgument[]) => args.flatMap(({ name, type }) => imagesIn(type, name));

describe('the matrix', () => {
  test('lets nobody change anything who is no admin', () => {
    const mutations = Object.keys(ROLE_OF).filter(
      (name) => name.startsWith('Mutation.') && !name.endsWith('__typename'),
    );
    expect(mutations.filter((name) => ROLE_OF[name] !== 'admin')).toEqual([]);
  });

  test('sees each image that is sent: it comes under a name that the check knows, or the field is for scorers', () => {
    const unseen = fields.flatMap(({ type, field }) => {
      const role = ROLE_OF[`${type.name}.${field.name}`]!;
      if (role !== 'anybody' && maySo(role, 'scorer')) return [];
      return sentBy(field.args).filter((path) => !SENT.has(path.split('.').at(-1)!));
    });
    expect(unseen).toEqual([]);
    expect(sentBy(schema.getQueryType()!.getFields()['interpolate']!.args)).toEqual(['waypoints.image']);
  });

  test('orders the roles', () => {
    expect(ROLES.map((has) => ROLES.map((needed) => maySo(has, needed)))).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});
