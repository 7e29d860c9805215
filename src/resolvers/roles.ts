// Who may ask for what: each field of Query, Mutation and Subscription has a row, and one that has none is for nobody.
// An image that is sent takes more of the server than a seed, so whoever sends one must be a scorer, whatever the
// field.

import { type Actor, type Role, requireRole } from '../access/role.js';
import { GanymedeError } from '../errors.js';
import type { Account } from './account.js';
import { type Asked, Document } from './pricing.js';

/** `anybody`: without a key, too. */
export const ROLE_OF: Readonly<Record<string, Role | 'anybody'>> = {
  'Query.__typename': 'anybody',
  'Query.__schema': 'viewer',
  'Query.__type': 'viewer',
  'Query.server': 'viewer',
  'Query.models': 'viewer',
  'Query.model': 'viewer',
  'Query.modelsConnection': 'viewer',
  'Query.sample': 'viewer',
  'Query.sampleGrid': 'viewer',
  'Query.sampleWithRejection': 'viewer',
  'Query.interpolate': 'viewer',
  'Query.latentDirections': 'viewer',
  'Query.edit': 'viewer',
  'Query.mixStyles': 'viewer',
  'Query.mixStylesGrid': 'viewer',
  'Query.neighbours': 'viewer',
  'Query.recipes': 'viewer',
  'Query.devices': 'admin',
  'Query.metrics': 'admin',
  'Query.trainingPlan': 'admin',
  'Query.fineTuningPlan': 'admin',
  'Query.builtinData': 'admin',
  'Query.points': 'viewer',
  'Query.score': 'scorer',
  'Query.encode': 'scorer',
  'Query.classify': 'scorer',
  'Query.features': 'scorer',
  'Query.inpaint': 'scorer',
  'Query.job': 'admin',
  'Query.jobs': 'admin',
  'Query.uploads': 'admin',
  'Query.audit': 'admin',
  'Query.auditCheck': 'admin',
  'Query.dataset': 'admin',
  'Query.datasets': 'admin',
  'Mutation.__typename': 'anybody',
  'Mutation.train': 'admin',
  'Mutation.fineTune': 'admin',
  'Mutation.fitEncoder': 'admin',
  'Mutation.fitClassifier': 'admin',
  'Mutation.fitInpainter': 'admin',
  'Mutation.fitScorer': 'admin',
  'Mutation.evaluate': 'admin',
  'Mutation.indexNeighbours': 'admin',
  'Mutation.pauseJob': 'admin',
  'Mutation.resumeJob': 'admin',
  'Mutation.paceJob': 'admin',
  'Mutation.cancelJob': 'admin',
  'Mutation.retryJob': 'admin',
  'Mutation.promote': 'admin',
  'Mutation.rollback': 'admin',
  'Mutation.deleteVersion': 'admin',
  'Mutation.refreshModels': 'admin',
  'Mutation.createDataset': 'admin',
  'Mutation.deleteDataset': 'admin',
  'Subscription.__typename': 'anybody',
  'Subscription.jobProgress': 'admin',
  'Subscription.jobViews': 'admin',
  'Subscription.jobsChanged': 'admin',
  'Subscription.modelActivated': 'viewer',
};

/** Arguments under which images are sent, at any depth. */
export const SENT: ReadonlySet<string> = new Set(['image', 'images']);

/** What a request is let in by. */
export interface Asker {
  readonly actor: Actor | undefined;
  readonly account: Account;
  /** Takes the price out of what whoever asks may have in a minute. */
  charge(): void;
}

/**
 * Before anything runs, and for every way in: who may, what it costs, and whether there is so much left. All or
 * nothing: a mutation of which one field is refused has no other half.
 * @throws GanymedeError UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, RATE_LIMITED
 */
export function admit(asked: Asked, asker: Asker): void {
  const document = new Document(asked, asker.account);
  for (const { name, args } of document.rootFields()) requireFor(asker.actor, name, args);
  document.pay();
  asker.charge();
}

function requireFor(actor: Actor | undefined, name: string, args: Readonly<Record<string, unknown>>): void {
  const role = Object.hasOwn(ROLE_OF, name) ? ROLE_OF[name]! : undefined;
  if (role === undefined) {
    throw new GanymedeError('FORBIDDEN', `Expected a field that somebody may ask for but ${name} has no role yet.`);
  }
  if (role === 'anybody') return;
  const sends = sendsImage(args);
  requireRole(actor, role === 'viewer' && sends ? 'scorer' : role, sends ? `${name} of an image` : name);
}

function sendsImage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(sendsImage);
  return Object.entries(value).some(([key, inner]) => (SENT.has(key) && inner != null) || sendsImage(inner));
}
