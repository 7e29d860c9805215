// Who may do what, in three steps. What asks for a role is one table of the schema (src/resolvers/roles.ts) and one of
// the addresses (src/server/routes.ts).

import { GanymedeError } from '../errors.js';

/** Each may what those before it may. */
export const ROLES = ['viewer', 'scorer', 'admin'] as const;

export type Role = (typeof ROLES)[number];

export interface Actor {
  /** The name of a key, `jwt:` and the subject of a token, `local`, or `anybody`. */
  readonly name: string;
  readonly role: Role;
  /** Whether it showed neither key nor token, and a key would give it more. */
  readonly anonymous?: boolean;
}

export function maySo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/**
 * `what`: for what it is needed, as messages say it.
 * @throws GanymedeError UNAUTHENTICATED for whom a key would help, FORBIDDEN for whom another one would
 */
export function requireRole(actor: Actor | undefined, needed: Role, what: string): void {
  if (actor && maySo(actor.role, needed)) return;
  const details = { needed, has: actor?.role ?? null };
  if (!actor || actor.anonymous) {
    throw new GanymedeError(
      'UNAUTHENTICATED',
      `Expected a key of the role ${needed} for ${what} but received none. ` +
        'Send it as the header "Authorization: Bearer <key>", over a WebSocket in the payload of connection_init.',
      { details },
    );
  }
  throw new GanymedeError(
    'FORBIDDEN',
    `Expected the role ${needed} for ${what} but "${actor.name}" has the role ${actor.role}. Ask with a key of that role.`,
    { details },
  );
}
