// The types of Relay connections: lists that can grow, a page at a time. pages.ts cuts the pages.

import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { LIMITS, rangeOf } from '../limits.js';
import type { Connection, Edge } from './pages.js';

const DEFAULT_FIRST = 20;

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: DEFAULT_FIRST, description: `How many at most, ${rangeOf(LIMITS.first)}.` })
  readonly first!: number;

  @Field(() => String, { nullable: true, description: 'The `endCursor` of the page before; left out, the first page.' })
  readonly after?: string | null;
}

@ObjectType({ description: 'Where a page of a list lies.' })
class PageInfo {
  @Field(() => Boolean, { description: 'Whether there is more behind it.' })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there is more before it.' })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first element; null of an empty page.' })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last element: `after` of the next page.' })
  readonly endCursor!: string | null;
}

/** The types `<name>Connection` and `<name>Edge` of the schema; returns the first. */
export function connectionOf<T extends object>(name: string, Node: () => ClassType<T>): ClassType<Connection<T>> {
  @ObjectType(`${name}Edge`, { description: 'An element of a list, with its cursor.' })
  class EdgeType implements Edge<T> {
    @Field(() => Node())
    readonly node!: T;

    @Field(() => String)
    readonly cursor!: string;
  }

  @ObjectType(`${name}Connection`, { description: 'A page of a list that can grow.' })
  class ConnectionType implements Connection<T> {
    @Field(() => [EdgeType])
    readonly edges!: readonly EdgeType[];

    @Field(() => [Node()], { description: 'The elements without their cursors.' })
    readonly nodes!: readonly T[];

    @Field(() => PageInfo)
    readonly pageInfo!: PageInfo;

    @Field(() => Int, { description: 'Elements of the whole list.' })
    readonly totalCount!: number;
  }
  return ConnectionType;
}
