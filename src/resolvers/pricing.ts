// What a document asks for in all, worked out from its text and variables before a resolver runs: each field's own
// price (prices.ts) times the lengths of the lists around it. It walks fragments, aliases, @skip and @include as
// graphql-js does. Arguments that a resolver will refuse cost nothing here.

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  valueFromASTUntyped,
} from 'graphql';
import { GanymedeError } from '../errors.js';
import { MAX_ALIAS_LENGTH, MAX_SELECTIONS } from '../limits.js';
import type { Account } from './account.js';
import { type Facts, type Models, nothingKnown } from './prices/price.js';
import { PRICES } from './prices.js';

export interface Asked {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly document: DocumentNode;
  /** As the client sent them. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly models: Models;
}

/** A field of Query, Mutation or Subscription that a document asks for. */
export interface RootField {
  /** "Query.sample". */
  readonly name: string;
  /** Enums by their names in the schema, defaults as resolvers see them. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Spends what the operation asks for, or refuses it. */
export function payFor(asked: Asked, account: Account): void {
  new Document(asked, account).pay();
}

/** An operation with its variables, whose price goes to an account. */
export class Document {
  readonly #asked: Asked;
  readonly #walk: Walk;

  constructor(asked: Asked, account: Account) {
    this.#asked = asked;
    this.#walk = new Walk(asked, account);
  }

  /** Each once for each key under which it is answered. */
  rootFields(): RootField[] {
    const root = this.#root;
    return root ? this.#walk.fieldsOf(root, this.#asked.operation.selectionSet) : [];
  }

  pay(): void {
    const root = this.#root;
    if (root) this.#walk.pay(root, [this.#asked.operation.selectionSet], 1, nothingKnown());
  }

  get #root(): GraphQLObjectType | null | undefined {
    return this.#asked.schema.getRootType(this.#asked.operation.operation);
  }
}

/** Bytes around a key and its value in JSON: quotes, colon, comma. */
const PUNCTUATION = 4;

class Walk {
  readonly #asked: Asked;
  readonly #account: Account;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(asked: Asked, account: Account) {
    this.#asked = asked;
    this.#account = account;
    this.#variables = withDefaults(asked);
    const fragments = asked.document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  /** `times`: how many objects of that type the answer has. */
  pay(type: GraphQLObjectType, sets: readonly SelectionSetNode[], times: number, facts: Facts): void {
    const fields = new Map<string, FieldNode[]>();
    let count = 0;
    for (const set of sets) count += this.#collect(type, set, fields);
    if (count > MAX_SELECTIONS) throw tooMany(type, count);
    for (const [key, nodes] of fields) this.#payField(type, key, nodes, times, facts);
  }

  fieldsOf(type: GraphQLObjectType, set: SelectionSetNode): RootField[] {
    const fields = new Map<string, FieldNode[]>();
    this.#collect(type, set, fields);
    return Array.from(fields.values(), ([node]) => {
      const field = fieldOf(this.#asked.schema, type, node!.name.value);
      return { name: `${type.name}.${node!.name.value}`, args: field ? this.#argumentsOf(field, node!) : {} };
    });
  }

  #payField(type: GraphQLObjectType, key: string, nodes: FieldNode[], times: number, around: Facts): void {
    if (key.length > MAX_ALIAS_LENGTH) throw tooLong(key);
    const field = fieldOf(this.#asked.schema, type, nodes[0]!.name.value);
    if (!field) return; // validation has refused it
    const price = PRICES[`${type.name}.${field.name}`];
    const {
      items = 1,
      costs = {},
      facts = nothingKnown(),
    } = price ? (price(this.#argumentsOf(field, nodes[0]!), around, this.#asked.models) ?? { items: 0 }) : {};
    this.#account.spend(costs, times);
    this.#account.spend({ fields: 1, bytes: key.length + PUNCTUATION }, times);
    const below = getNamedType(field.type);
    if (items === 0) return;
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    // Each element of a union is one of its types. All are paid for: it is not known which, and an error costs little.
    const types = isUnionType(below) ? below.getTypes() : isObjectType(below) ? [below] : [];
    for (const one of types) this.pay(one, sets, times * items, facts);
  }

  /** Fields by the key under which they are answered, as graphql-js merges them; returns how often a field is named. */
  #collect(type: GraphQLObjectType, set: SelectionSetNode, into: Map<string, FieldNode[]>): number {
    let count = 0;
    for (const node of set.selections) {
      if (!this.#isIncluded(node)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const nodes = into.get(key);
        if (nodes) nodes.push(node);
        else into.set(key, [node]);
        count++;
      } else {
        const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
        const fits = fragment?.typeCondition === undefined || this.#includes(fragment.typeCondition.name.value, type);
        if (fragment && fits) count += this.#collect(type, fragment.selectionSet, into);
      }
    }
    return count;
  }

  /** Whether a fragment on a type fits: the schema has unions, but no interfaces. */
  #includes(condition: string, type: GraphQLObjectType): boolean {
    if (condition === type.name) return true;
    const union = this.#asked.schema.getType(condition);
    return isUnionType(union) && union.getTypes().includes(type);
  }

  #isIncluded(node: Parameters<typeof getDirectiveValues>[1]): boolean {
    if (!node.directives?.length) return true;
    try {
      if (getDirectiveValues(GraphQLSkipDirective, node, this.#variables)?.['if'] === true) return false;
      return getDirectiveValues(GraphQLIncludeDirective, node, this.#variables)?.['if'] !== false;
    } catch {
      return true; // a condition that is no Boolean: refused when it is run, and priced as if it held
    }
  }

  /** Enums by their names in the schema, defaults as resolvers see them. */
  #argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): Readonly<Record<string, unknown>> {
    const given: Record<string, unknown> = {};
    for (const { name, defaultValue } of field.args) {
      const sent = node.arguments?.find((argument) => argument.name.value === name);
      const value = sent && valueFromASTUntyped(sent.value, this.#variables);
      given[name] = value === undefined ? defaultValue : value;
    }
    return given;
  }
}

function withDefaults({ operation, variables }: Asked): Record<string, unknown> {
  const all: Record<string, unknown> = { ...variables };
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    if (defaultValue && variables[name] === undefined) all[name] = valueFromASTUntyped(defaultValue);
  }
  return all;
}

function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (!name.startsWith('__')) return type.getFields()[name];
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type !== schema.getQueryType()) return undefined;
  return [SchemaMetaFieldDef, TypeMetaFieldDef].find((field) => field.name === name);
}

function tooMany(type: GraphQLObjectType, count: number): GanymedeError {
  return new GanymedeError(
    'BAD_USER_INPUT',
    `Expected at most ${MAX_SELECTIONS} fields of one ${type.name} but received ${count}, repeats and fragments counted. Split it.`,
    { details: { resource: 'selections', limit: MAX_SELECTIONS, asked: count } },
  );
}

function tooLong(key: string): GanymedeError {
  return new GanymedeError(
    'BAD_USER_INPUT',
    `Expected an alias of at most ${MAX_ALIAS_LENGTH} characters but received one of ${key.length}, ${key.slice(0, 40)}…`,
    { details: { resource: 'alias', limit: MAX_ALIAS_LENGTH, asked: key.length } },
  );
}
