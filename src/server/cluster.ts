// Several server processes on one port. The first process serves nobody: it starts the others, replaces those that
// crash, passes signals on and lets them tell each other their numbers. What they share is the folder of models.

import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import { GanymedeError } from '../errors.js';

/** Before a process that could not be replaced is tried again, doubled each time up to the longest. */
const AGAIN_MS = { first: 500, longest: 30_000 } as const;

/** Numbers of a process that does not tell them in time are left out. */
const NUMBERS_MS = 2000;

/** `numbers`: what Metrics keeps, as JSON. */
type FromServer =
  | { readonly kind: 'ready'; readonly welcome: string }
  | { readonly kind: 'gather'; readonly id: number }
  | { readonly kind: 'numbers'; readonly id: number; readonly numbers: unknown };

type ToServer =
  | { readonly kind: 'stop' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'tell'; readonly id: number }
  | { readonly kind: 'gathered'; readonly id: number; readonly all: readonly unknown[] };

export interface ProcessesOptions {
  /** The program that each runs. */
  readonly program: string;
  readonly count: number;
  readonly logger: Pick<FastifyBaseLogger, 'error'>;
}

/** In the first process. */
export class Processes {
  readonly #options: ProcessesOptions;
  readonly #waiting = new Set<NodeJS.Timeout>();
  #stopping = false;
  #gatherings = 0;

  private constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  /** One alone first: what stops one from starting is told once. Resolves with its welcome when all are ready. */
  static async start(options: ProcessesOptions): Promise<{ processes: Processes; welcome: string }> {
    cluster.setupPrimary({ exec: options.program, args: [] });
    const processes = new Processes(options);
    try {
      const welcome = await processes.#startOne();
      await Promise.all(Array.from({ length: options.count - 1 }, () => processes.#startOne()));
      return { processes, welcome };
    } catch (error) {
      await processes.stop();
      throw error;
    }
  }

  refresh(): void {
    for (const server of servers()) send(server, { kind: 'refresh' });
  }

  /** Resolves when all have ended, each in its own grace. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#waiting) clearTimeout(timer);
    const ended = servers().map((server) => once(server, 'exit'));
    for (const server of servers()) send(server, { kind: 'stop' });
    await Promise.all(ended);
  }

  #startOne(): Promise<string> {
    const server = cluster.fork();
    return new Promise((resolve, reject) => {
      let ready = false;
      server.on('message', (message: FromServer) => {
        if (message.kind === 'ready') {
          ready = true;
          resolve(message.welcome);
        }
        if (message.kind === 'gather') void this.#gather(server, message.id);
      });
      server.once('exit', (code: number | null, signal: string | null) => {
        const ending = `Expected a server process to go on but it ended with ${signal ?? `exit code ${code}`}.`;
        const error = new GanymedeError('ENGINE_FAILED', ending);
        reject(error); // of one that was ready: has no effect
        if (!this.#stopping && ready) this.#replace(error);
      });
    });
  }

  /** As often as it takes: what stops one from starting, a lack of memory or of files, may pass. */
  #replace(error: GanymedeError, pause: number = AGAIN_MS.first): void {
    this.#options.logger.error({ err: error }, 'A server process ended and is being replaced.');
    this.#startOne().catch((again: GanymedeError) => {
      if (this.#stopping) return;
      const timer = setTimeout(() => {
        this.#waiting.delete(timer);
        this.#replace(again, Math.min(2 * pause, AGAIN_MS.longest));
      }, pause);
      this.#waiting.add(timer);
    });
  }

  /** Asks all but the one that wants to know. */
  async #gather(asker: Worker, id: number): Promise<void> {
    const others = servers().filter((server) => server !== asker);
    const told = await Promise.all(others.map((server) => this.#numbersOf(server)));
    send(asker, { kind: 'gathered', id, all: told.filter((numbers) => numbers !== undefined) });
  }

  #numbersOf(server: Worker): Promise<unknown> {
    const id = this.#gatherings++;
    return new Promise((resolve) => {
      const settle = (numbers: unknown): void => {
        clearTimeout(timer);
        server.off('message', onMessage).off('exit', onExit);
        resolve(numbers);
      };
      const onMessage = (message: FromServer): void => {
        if (message.kind === 'numbers' && message.id === id) settle(message.numbers);
      };
      const onExit = (): void => settle(undefined);
      const timer = setTimeout(settle, NUMBERS_MS, undefined);
      server.on('message', onMessage).on('exit', onExit);
      send(server, { kind: 'tell', id });
    });
  }
}

/** Whether this process is one of several that serve. */
export function isMember(): boolean {
  return cluster.isWorker;
}

/** Undefined in a process that serves alone. */
export function membership(): Membership | undefined {
  return isMember() ? new Membership() : undefined;
}

export class Membership {
  #gatherings = 0;

  ready(welcome: string): void {
    tell({ kind: 'ready', welcome });
  }

  /**
   * Signals are for the first process: a terminal sends them to all, and each would be told twice. When the first one
   * is gone, Node ends the others.
   */
  obey(orders: { stop(): void; refresh(): void; numbers(): Promise<unknown> }): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
    process.on('message', async (message: ToServer) => {
      if (message.kind === 'stop') orders.stop();
      if (message.kind === 'refresh') orders.refresh();
      if (message.kind === 'tell') tell({ kind: 'numbers', id: message.id, numbers: await orders.numbers() });
    });
  }

  /** Once closed: the channel to the first process would keep this one alive. */
  leave(): void {
    cluster.worker?.disconnect();
  }

  /** The numbers of the other processes. */
  gather(): Promise<readonly unknown[]> {
    const id = this.#gatherings++;
    return new Promise((resolve) => {
      const onMessage = (message: ToServer): void => {
        if (message.kind !== 'gathered' || message.id !== id) return;
        process.off('message', onMessage);
        resolve(message.all);
      };
      process.on('message', onMessage);
      tell({ kind: 'gather', id });
    });
  }
}

function servers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((server) => server !== undefined);
}

/** One that is ending hears nothing any more. */
function send(server: Worker, message: ToServer): void {
  if (server.isConnected()) server.send(message, () => undefined);
}

function tell(message: FromServer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
