// Who may ask for which address. One that is not here is for nobody: a server that has one does not start.

import type { Role } from '../access/role.js';

/**
 * `open`: anybody, and no key is looked at. `fields`: what is asked there says who may (src/resolvers/roles.ts).
 * Pages hold nothing but what every server has; `/metrics` has a key of its own.
 */
export const ROLE_AT: Readonly<Record<string, Role | 'open' | 'fields'>> = {
  '/': 'open',
  '/graphiql': 'open',
  '/assets/:file': 'open',
  '/docs/:file': 'open',
  '/livez': 'open',
  '/readyz': 'open',
  '/metrics': 'open',
  '/graphql': 'fields',
  '/images/:model/:version/:file': 'viewer',
  '/models/:model/:version/pictures/:file': 'viewer',
  '/images': 'scorer',
  '/jobs/:id/pictures/:file': 'admin',
  '/datasets/:name/:file': 'admin',
  '/uploads': 'admin',
  '/uploads/:id': 'admin',
};
