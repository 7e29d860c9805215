// Asks the models in this process: the schema and the engine that a server has, without a port, HTTP or a price. Only
// the model that is asked is loaded.

import { randomUUID } from 'node:crypto';
import { type DocumentNode, type ExecutionResult, execute, parse } from 'graphql';
import type { Config } from '../config.js';
import { Engine } from '../engine/engine.js';
import { GanymedeError } from '../errors.js';
import { ModelRepository } from '../models/repository.js';
import { createSchema } from '../resolvers/schema.js';
import { RequestScope } from '../resolvers/scope.js';
import { VERSION } from '../version.js';
import type { Reply } from './answer.js';
import type { Ask } from './http.js';

export interface EmbeddedOptions {
  readonly model: string;
  readonly config: Pick<Config, 'checkpoints' | 'device' | 'workers' | 'threadsPerWorker'>;
  readonly signal?: AbortSignal | undefined;
  /** Hears of versions that cannot be served. */
  readonly onProblem: (message: string) => void;
}

export interface Embedded {
  readonly ask: Ask;
  close(): Promise<void>;
}

export async function embedded({ model, config, signal, onProblem }: EmbeddedOptions): Promise<Embedded> {
  const { device, workers, threadsPerWorker, checkpoints } = config;
  const engine = await Engine.start({
    device,
    ...(workers !== undefined && { workers }),
    ...(threadsPerWorker !== undefined && { threadsPerWorker }),
  });
  try {
    const log = { info: () => {}, warn: (details: object, message: string) => onProblem(sentence(details, message)) };
    const repository = await ModelRepository.open(checkpoints, engine, { log, only: model });
    const ask = asker(repository, engine, signal ?? new AbortController().signal);
    const close = async () => {
      await repository.close();
      await engine.close();
    };
    return { ask, close };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function asker(repository: ModelRepository, engine: Engine, signal: AbortSignal): Ask {
  const { device, workers, threadsPerWorker } = engine;
  const server = { codeVersion: VERSION, device, workers, threadsPerWorker, engine };
  const hidePaths = <T>(value: T): T => value; // they are those of whoever asks
  const schema = createSchema();
  const documents = new Map<string, DocumentNode>();
  return async (query, variables) => {
    const document = documents.get(query) ?? parse(query);
    documents.set(query, document);
    const here = { repository, server, hidePaths, origin: '', signal: () => signal };
    const scope = new RequestScope({ ...here, requestId: randomUUID() });
    const result = await execute({ schema, document, variableValues: variables, contextValue: { scope } });
    signal.throwIfAborted();
    return replyOf(result);
  };
}

/** A fault of ours has no code: it is thrown as it is, with its stack. */
function replyOf({ data, errors = [] }: ExecutionResult): Reply {
  const told = errors.map(({ message, path, originalError }) => {
    if (originalError && !(originalError instanceof GanymedeError)) throw originalError;
    const { code = 'BAD_USER_INPUT', details = {} } = originalError ?? {}; // without one, graphql-js refused a variable
    return { message, path, extensions: { code, details } };
  });
  return { data, errors: told };
}

function sentence(details: object, message: string): string {
  const { path, reason } = details as { path?: string; reason?: string };
  return [path, message, reason].filter((part) => part !== undefined).join(': ');
}
