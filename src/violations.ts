// What zod finds wrong with a document, in the words of every other refusal.

import type { z } from 'zod';

export interface Violation {
  readonly path: string;
  readonly expected: string;
  /** Only where it is not the value at `path`. */
  readonly received?: unknown;
}

/** What zod calls an issue, in the words of every other refusal: "Expected {path} to be {expected} …". */
export function describeIssue(issue: z.core.$ZodIssue): Violation {
  const path = issue.path.join('.');
  switch (issue.code) {
    case 'invalid_type':
      return { path, expected: TYPES[issue.expected] ?? `a ${issue.expected}` };
    case 'invalid_value':
      return { path, expected: issue.values.map((value) => JSON.stringify(value)).join(' or ') };
    case 'too_small':
      return { path, expected: `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unit(issue.origin)}` };
    case 'too_big':
      return { path, expected: `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unit(issue.origin)}` };
    case 'unrecognized_keys':
      return { path, expected: 'without unknown keys', received: issue.keys.join(', ') };
    case 'invalid_key':
      return {
        path: issue.path.slice(0, -1).join('.'),
        expected: `keyed by ${keyRule(issue)}`,
        received: issue.path.at(-1),
      };
    case 'invalid_union':
      return { path, expected: alternatives(issue) ?? ownWords(issue) ?? 'a JSON value' };
    case 'invalid_format':
      return { path, expected: issue.format === 'datetime' ? 'an ISO 8601 time with its zone' : issue.message };
    default:
      return { path, expected: issue.message };
  }
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'an integer',
  object: 'an object',
  array: 'a list',
  tuple: 'a list',
};

function keyRule(issue: z.core.$ZodIssueInvalidKey): string {
  return issue.issues[0]?.message ?? 'valid names';
}

/** The tags of a discriminated union, which zod's types do not mention. */
function alternatives(issue: z.core.$ZodIssue): string | undefined {
  return 'options' in issue && Array.isArray(issue.options)
    ? issue.options.map((value) => `"${String(value)}"`).join(' or ')
    : undefined;
}

/** What the schema itself says of what it expects. */
function ownWords({ message }: z.core.$ZodIssue): string | undefined {
  return message === 'Invalid input' ? undefined : message;
}

function unit(origin: string): string {
  return origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
