// A server with the tiny GAN (versions 1 and 2), a model without a discriminator and what else a test names, driven
// in-process, without a port.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect } from 'vitest';
import type { MetricsConfig } from '../../src/config.js';
import { Uploads } from '../../src/images/uploads.js';
import { ModelRepository } from '../../src/models/repository.js';
import type { ConnectionLimits } from '../../src/server/connections.js';
import type { CorsOptions } from '../../src/server/cors.js';
import { Metrics } from '../../src/server/metrics.js';
import type { PersistedOptions } from '../../src/server/persisted.js';
import { buildServer } from '../../src/server/server.js';
import { Traffic } from '../../src/server/traffic.js';
import { FakeEngine } from './fake-engine.js';
import type { Reply } from './replies.js';
import { writeTinyGan } from './tiny-gan.js';

/** `Data`: what the query selects, where it is not fields of the schema under their own names. */
export interface GraphQLReply<Data = Reply> {
  readonly status: number;
  readonly data: Data;
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly errors: readonly GraphQLReplyError[] | undefined;
}

export interface GraphQLReplyError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions: { code: string; requestId?: string; details?: Record<string, unknown> };
}

type Parts = Pick<Harness, 'app' | 'engine' | 'repository' | 'log' | 'root' | 'traffic' | 'metrics'>;

export class Harness {
  readonly app: FastifyInstance;
  readonly engine: FakeEngine;
  readonly repository: ModelRepository;
  /** Lines of the log, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** The folder of the models. */
  readonly root: string;

  readonly traffic: Traffic;
  readonly metrics: Metrics;

  constructor({ app, engine, repository, log, root, traffic, metrics }: Parts) {
    this.app = app;
    this.engine = engine;
    this.repository = repository;
    this.log = log;
    this.root = root;
    this.traffic = traffic;
    this.metrics = metrics;
  }

  async query<Data = Reply>(
    query: string,
    variables?: object,
    headers: Record<string, string> = {},
  ): Promise<GraphQLReply<Data>> {
    return this.post(JSON.stringify({ query, variables }), headers);
  }

  /** A body as it stands: JSON.stringify would turn 1e999 and NaN into null. */
  async post<Data = Reply>(payload: string, headers: Record<string, string> = {}): Promise<GraphQLReply<Data>> {
    const reply = await this.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
      payload,
    });
    return { status: reply.statusCode, ...reply.json() };
  }

  /** The one error of a query that must be refused; afterwards the server still has to answer. */
  async refusal(query: string, variables?: object): Promise<GraphQLReplyError> {
    return this.onlyError(await this.query(query, variables));
  }

  async onlyError({ errors, data }: GraphQLReply<unknown>): Promise<GraphQLReplyError> {
    expect(errors, `received ${JSON.stringify(data)}`).toHaveLength(1);
    await this.expectAlive();
    return (errors as readonly GraphQLReplyError[])[0] as GraphQLReplyError;
  }

  async expectAlive(): Promise<void> {
    const { data, errors } = await this.query(
      '{ sample(model: "tiny", seed: 1) { seed z score { logit } image { bytes } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.sample[0]?.seed).toBe(1);
  }
}

export interface ServerOptions extends Partial<ConnectionLimits & CorsOptions & PersistedOptions> {
  readonly publicUrl?: string;
  readonly introspection?: boolean;
  /** Where /metrics is; nowhere by default. */
  readonly metrics?: MetricsConfig;
  /** The clock of uploads. */
  readonly now?: () => number;
  /** More models, by the names in tiny-gan.ts. */
  readonly models?: readonly string[];
}

/** Starts the server before the tests of a file and stops it after them; read `.current` inside tests. */
export function useServer({ models = [], now, ...options }: ServerOptions = {}): { readonly current: Harness } {
  let harness: Harness | undefined;
  let root = '';

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'ganymede-server-'));
    await writeTinyGan(root, { version: 1 });
    await writeTinyGan(root, { version: 2 });
    for (const model of ['blind', ...models]) await writeTinyGan(root, { model });
    const engine = new FakeEngine();
    const repository = await ModelRepository.open(root, engine);
    const log: Record<string, unknown>[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) });
    const traffic = new Traffic(logger);
    const metrics = new Metrics({ repository, engine, traffic });
    const uploads = new Uploads(join(root, '.uploads'), now);
    const config = { introspection: true, checkpoints: [root], ...options };
    const app = await buildServer({ repository, engine, config, uploads, logger, traffic, metrics });
    harness = new Harness({ app, engine, repository, log, root, traffic, metrics });
  });

  afterAll(async () => {
    await harness?.app.close();
    await harness?.repository.close();
    await rm(root, { recursive: true, force: true });
  });

  return {
    get current(): Harness {
      if (!harness) throw new Error('The server starts before the first test: read it inside a test.');
      return harness;
    },
  };
}
