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
  '/v2': 'viewer',
  '/v2/health/live': 'open',
  '/v2/health/ready': 'open',
  '/v2/models/:model': 'viewer',
  '/v2/models/:model/ready': 'viewer',
  '/v2/models/:model/infer': 'viewer',
  '/v2/models/:model/versions/:version': 'viewer',
  '/v2/models/:model/versions/:version/ready': 'viewer',
  '/v2/models/:model/versions/:version/infer': 'viewer',
  '/v2/repository/index': 'viewer',
  '/v2/repository/models/:model/load': 'admin',
  '/v2/repository/models/:model/unload': 'admin',
  '/jobs/:id/pictures/:file': 'admin',
  '/datasets/:name/:file': 'admin',
  '/uploads': 'admin',
  '/uploads/:id': 'admin',
};
