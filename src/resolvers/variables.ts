// The variables of a request as JSON, before graphql-js makes values of them: how many there are is bounded, and the
// faults in them are one error, however many they are.

import { type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';
import { expected, GanymedeError } from '../errors.js';
import { MAX_LIST_LENGTH, MAX_VARIABLE_VALUES } from '../limits.js';

/** Faults that are looked for; a message names the first. */
const FAULTS = 3;

/** graphql-js repeats the value that is wrong. */
const MAX_FAULT_LENGTH = 500;

/** Whether graphql-js can make values of them. */
export function areSound(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  checkSize(variables);
  return !getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 }).errors;
}

export function checkVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  checkSize(variables);
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: FAULTS });
  if (!errors || errors.length === 1) return; // one is told by graphql-js itself, in the same words
  const first = errors[0]!.message;
  const short = first.length > MAX_FAULT_LENGTH ? `${first.slice(0, MAX_FAULT_LENGTH - 1)}…` : first;
  const count = errors.length > FAULTS ? `${FAULTS} or more` : `${errors.length}`;
  throw new GanymedeError('BAD_USER_INPUT', `${short} This is the first of ${count} faults in the variables.`, {
    details: { faults: Math.min(errors.length, FAULTS) },
  });
}

/** Counts values without looking into texts, so that 10 MB take a few milliseconds, and stops at the limit. */
function checkSize(variables: Readonly<Record<string, unknown>>): void {
  let values = 0;
  const left: unknown[] = [variables];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    const list = Array.isArray(value);
    const inside: readonly unknown[] = list ? value : Object.values(value);
    if (list && inside.length > MAX_LIST_LENGTH) {
      throw expected(`a list of at most ${MAX_LIST_LENGTH} elements among the variables`, inside.length);
    }
    values += inside.length;
    if (values > MAX_VARIABLE_VALUES) {
      throw expected(
        `at most ${MAX_VARIABLE_VALUES} values in the variables`,
        `${values} or more`,
        'BAD_USER_INPUT',
        'Split the request.',
      );
    }
    for (const one of inside) if (typeof one === 'object') left.push(one);
  }
}
