// Jobs of a server, from outside: asking for them, looking at them, stopping them, and which version answers.

import { randomUUID } from 'node:crypto';
import { GanymedeError } from '../errors.js';
import type { WorkProgress } from '../work.js';
import type { Answer } from './answer.js';
import { clientAt, type ServerAddress } from './client.js';

/** What lists and lines show of a job; kind and state as GraphQL writes them. */
export interface JobFacts {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly model: string;
  readonly version: number | null;
  readonly dataset: string;
  readonly device: string;
  readonly priority: number;
  readonly by: string;
  readonly created: string;
  readonly started: string | null;
  readonly ended: string | null;
  readonly attempt: number;
  readonly made: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly progress: WorkProgress | null;
}

export interface JobDetails extends JobFacts {
  readonly recipe: string | null;
  readonly arguments: object;
  readonly warnings: readonly { readonly at: number; readonly name: string; readonly message: string }[];
  readonly previews: readonly { readonly at: number; readonly url: string }[];
  readonly log: readonly string[];
}

export const FACTS = `id kind state model version dataset device priority by created started ended attempt made
  error { code message } progress { phase done total unit perSecond secondsLeft }`;

const DETAILS = `${FACTS} recipe arguments warnings { at name message } previews { at url } log(last: 20)`;

/** What may be asked for → the mutation that does so. */
export const STARTS = {
  train: 'train',
  'fine-tune': 'fineTune',
  'fit-encoder': 'fitEncoder',
  'fit-classifier': 'fitClassifier',
  'fit-inpainter': 'fitInpainter',
  'fit-scorer': 'fitScorer',
  evaluate: 'evaluate',
  index: 'indexNeighbours',
} as const;

export type Start = keyof typeof STARTS;

/** Arguments of these mutations, by their types. `overrides` has another in each. */
const TYPES = {
  model: 'String!',
  recipe: 'String',
  dataset: 'String!',
  version: 'Int',
  into: 'String',
  steps: 'Int',
  epochs: 'Float',
  seed: 'Seed',
  device: 'TrainingDevice',
  priority: 'Int',
  promote: 'PromoteInput',
  limits: 'JobLimitsInput',
  protocol: 'String',
  samples: 'Int',
  split: 'DataSplit',
  in: 'NeighbourSpace',
  max: 'Int',
  idempotencyKey: 'String',
} as const;

export type Order = Readonly<Partial<Record<keyof typeof TYPES | 'overrides', unknown>>>;

export type Change = 'pause' | 'resume' | 'cancel' | 'retry';

export interface ActiveVersion {
  readonly model: string;
  readonly version: number;
}

/** Several refusals at once, such as of several fields. */
export class Refusals extends Error {
  constructor(readonly errors: readonly GanymedeError[]) {
    super(errors.map(({ message }) => message).join('\n'));
  }
}

/** Most jobs of one page of a list. */
const PAGE = 100;

export class JobsClient {
  readonly #ask: <Data>(query: string, variables: Readonly<Record<string, unknown>>) => Promise<Answer<Data>>;

  constructor(address: ServerAddress, signal?: AbortSignal) {
    this.#ask = clientAt(address, signal).ask;
  }

  /** The order has a key of its own, so that an answer that was lost can be asked for again. */
  async start(kind: Start, order: Order): Promise<JobFacts> {
    const variables = { idempotencyKey: randomUUID(), ...order };
    const types = { ...TYPES, overrides: kind === 'train' ? 'JSONObject' : 'FineTuneOverridesInput' };
    const names = Object.keys(variables) as (keyof typeof types)[];
    const declared = names.map((name) => `$${name}: ${types[name]}`).join(', ');
    const passed = names.map((name) => `${name}: $${name}`).join(', ');
    const query = `mutation Start(${declared}) { job: ${STARTS[kind]}(${passed}) { ${FACTS} } }`;
    return (await this.#data<{ job: JobFacts }>(query, variables)).job;
  }

  async show(id: string): Promise<JobDetails> {
    const query = `query Job($id: ID!) { job(id: $id) { ${DETAILS} } }`;
    return (await this.#data<{ job: JobDetails }>(query, { id })).job;
  }

  /** Newest first. */
  async list(filter: object, most: number): Promise<readonly JobFacts[]> {
    const query = `query Jobs($filter: JobFilter, $first: Int!, $after: String) {
      jobs(filter: $filter, first: $first, after: $after) { nodes { ${FACTS} } pageInfo { hasNextPage endCursor } }
    }`;
    const jobs: JobFacts[] = [];
    for (let after: string | null = null; ; ) {
      const first = Math.min(PAGE, most - jobs.length);
      const { jobs: page }: { jobs: JobsPage } = await this.#data(query, { filter, first, after });
      jobs.push(...page.nodes);
      if (!page.pageInfo.hasNextPage || jobs.length >= most) return jobs;
      after = page.pageInfo.endCursor;
    }
  }

  /** @throws GanymedeError JOB_NOT_FOUND where there is none yet */
  async newest(): Promise<JobFacts> {
    const [newest] = await this.list({}, 1);
    if (newest) return newest;
    throw new GanymedeError('JOB_NOT_FOUND', 'Expected a job but this server has none yet. Start one.');
  }

  async change(id: string, how: Change): Promise<JobFacts> {
    const query = `mutation Change($id: ID!) { job: ${how}Job(id: $id) { ${FACTS} } }`;
    return (await this.#data<{ job: JobFacts }>(query, { id })).job;
  }

  async promote(model: string, version: number): Promise<ActiveVersion> {
    const query = `mutation Promote($model: String!, $version: Int!) {
      active: promote(model: $model, version: $version) { model version }
    }`;
    return (await this.#data<{ active: ActiveVersion }>(query, { model, version })).active;
  }

  async rollback(model: string): Promise<ActiveVersion> {
    const query = 'mutation Rollback($model: String!) { active: rollback(model: $model) { model version } }';
    return (await this.#data<{ active: ActiveVersion }>(query, { model })).active;
  }

  /** All or nothing: whatever is refused of a question is thrown. */
  async #data<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Data> {
    const { data, errors } = await this.#ask<Data>(query, variables);
    if (errors.length > 0) throw new Refusals(errors.map(({ error }) => error));
    return data;
  }
}

interface JobsPage {
  readonly nodes: readonly JobFacts[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
