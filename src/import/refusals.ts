// The two ways in which an import says no: a graph that cannot be served as it is, and a graph that leaves something
// open, for which there is a flag.

import { GanymedeError } from '../errors.js';

/** `next`: what its author does about it. */
export function refused(what: string, came: string, next: string, cause?: unknown): GanymedeError {
  const message = `Expected ${what} but received ${came.replace(/\.$/, '')}. ${next}`.trim();
  return new GanymedeError('GRAPH_REFUSED', message, { ...(cause === undefined ? {} : { cause }), details: { next } });
}

/** `flag`: as it is typed. */
export function undecided(what: string, flag: string, details: Record<string, unknown> = {}): GanymedeError {
  return new GanymedeError('IMPORT_UNDECIDED', `${what} Say ${flag}.`, { details: { flag, ...details } });
}

/** Names of a file are shortened in messages. */
export function quoted(name: string): string {
  return `"${name.length > 60 ? `${name.slice(0, 57)}…` : name}"`;
}
