// What the server finds wrong with a recipe, setting by setting: `details.faults` of its refusal.

import { Refusal } from '../api/refusal';
import type { Faults } from './recipe-form';

interface Fault {
  readonly path: string;
  readonly expected: string;
  readonly received?: unknown;
}

export function faultsOf(problem: Error | undefined): Faults {
  if (!(problem instanceof Refusal)) return {};
  const { faults = [] } = (problem.details ?? {}) as { readonly faults?: readonly Fault[] };
  const lines = problem.message.split('\n');
  return Object.fromEntries(
    faults.map(({ path, expected, received }) => [
      path,
      lines.find((line) => line.startsWith(`Expected ${path} in `) && line.includes(expected)) ??
        `Expected ${expected} but received ${JSON.stringify(received)}.`,
    ]),
  );
}
