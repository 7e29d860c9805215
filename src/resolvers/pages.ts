// Pages of lists that can grow. A cursor holds the key of the element before a page, not its place, so a list may
// change between two pages and none of it is shown twice or left out. Of which list a cursor is stands in it, too;
// clients see only an opaque text.

import { expected } from '../errors.js';
import { checkInteger } from '../limits.js';
import type { Evaluation } from '../models/evaluations.js';
import { MODEL_NAME } from '../models/manifest.js';
import type { Model } from '../models/model.js';

export interface Page {
  readonly first: number;
  readonly after?: string | null;
}

export interface Edge<T> {
  readonly node: T;
  readonly cursor: string;
}

export interface Connection<T> {
  readonly edges: readonly Edge<T>[];
  readonly nodes: readonly T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

/** How the elements of a list are told apart, in the order of the list. */
export interface Order<T> {
  /** What the list is of: a cursor of another is refused. */
  readonly list: string;
  key(item: T, index: number): string;
  /** Whether a text may be a key. */
  isKey(text: string): boolean;
  /** Whether an element comes after the one of that key, which may be gone. */
  follows(item: T, key: string, index: number): boolean;
}

/** @throws GanymedeError BAD_USER_INPUT where `first` is outside its range, or `after` no cursor of this list */
export function pageOf<T>(all: readonly T[], { first, after }: Page, order: Order<NoInfer<T>>): Connection<T> {
  checkInteger('first', first);
  const from = after == null ? 0 : startAfter(all, after, order);
  const nodes = all.slice(from, from + first);
  const edges = nodes.map((node, i) => ({ node, cursor: cursorOf(order.list, order.key(node, from + i)) }));
  return connection(edges, {
    hasNextPage: from + nodes.length < all.length,
    hasPreviousPage: from > 0,
    totalCount: all.length,
  });
}

/**
 * A page of a list that is cut where it is kept: `found` has one element more than the page where there is more behind
 * it.
 */
export function pageFrom<T extends object>(
  found: readonly Edge<T>[],
  { first, after }: Page,
  totalCount: number,
): Connection<T> {
  const edges = found.slice(0, first);
  return connection(edges, { hasNextPage: found.length > first, hasPreviousPage: after != null, totalCount });
}

function connection<T>(
  edges: readonly Edge<T>[],
  { totalCount, ...more }: { hasNextPage: boolean; hasPreviousPage: boolean; totalCount: number },
): Connection<T> {
  const pageInfo = { ...more, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null };
  return { edges, nodes: edges.map(({ node }) => node), pageInfo, totalCount };
}

function startAfter<T>(all: readonly T[], after: string, order: Order<T>): number {
  const key = keyIn(after, order);
  const found = all.findIndex((item, i) => order.follows(item, key, i));
  return found < 0 ? all.length : found;
}

function cursorOf(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`).toString('base64url');
}

function keyIn<T>(cursor: string, { list, isKey }: Order<T>): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const key = text.slice(list.length + 1);
  if (text.startsWith(`${list}:`) && isKey(key)) return key;
  throw expected('after to be a cursor of this list', cursor);
}

/** What a list of models is told apart by: prices need no more of them. */
type Named = Pick<Model, 'name' | 'version'>;

export const BY_NAME: Order<Named> = {
  list: 'models',
  key: ({ name }) => name,
  isKey: (text) => MODEL_NAME.test(text),
  follows: ({ name }, key) => name > key,
};

export const NEWEST_FIRST: Order<Named> = {
  list: 'versions',
  key: ({ version }) => `${version}`,
  isKey: (text) => /^\d{1,10}$/.test(text),
  follows: ({ version }, key) => version < Number(key),
};

/** Results are only added, each later than those before. */
export const IN_ORDER: Order<Evaluation> = {
  list: 'evaluations',
  key: (_, index) => `${index}`,
  isKey: (text) => /^\d{1,9}$/.test(text),
  follows: (_, key, index) => index > Number(key),
};
