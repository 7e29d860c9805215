// Runs graphs on another server, by the Open Inference Protocol of Triton, KServe, MLServer and of Ganymede itself.
// Each graph of a version is a model there. What no checkpoint holds (an index of neighbours, a gradient, the first
// layer of a generator) is run by this process. The other server may go away and come back: what is asked meanwhile
// fails, typed and in time, and nothing has to be restarted.

import pLimit from 'p-limit';
import { z } from 'zod';
import { GanymedeError, messageOf } from '../../errors.js';
import { Distribution, SECONDS, timed } from '../../measures.js';
import type { EngineNews, EngineStats, Graph, GraphEngine, Published, RemoteStatus } from '../engine.js';
import type { HostTensors } from '../tensor.js';
import { EngineUnavailable } from '../unavailable.js';
import { type Answer, Asking } from './asking.js';
import { type Signature, signatureOf } from './signature.js';
import { answerOf, columnsIn, differences, formOf, mostBytes, questionOf, refusalIn } from './wire.js';

export interface RemoteOptions {
  /** As the settings name it, for people. */
  readonly address: string;
  /** http:// or https://, with the folder in which `/v2` is. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Runs at once: one there computes while the tensors of another are on their way. */
  readonly workers?: number | undefined;
  /** How long one run may take, the way included. */
  readonly seconds?: number | undefined;
  /** Runs what no checkpoint holds; started when it is first needed. */
  readonly local: () => Promise<GraphEngine>;
  /** Between two looks at whether the other server is ready. */
  readonly lookEveryMs?: number;
}

const WORKERS = 4;
const SECONDS_OF_A_RUN = 30;
const LOOK_EVERY_MS = 2000;
/** For questions that no graph is run for. */
const TALK = { mostBytes: 1024 * 1024, deadlineMs: 5000 };

export class RemoteEngine implements GraphEngine {
  readonly device = 'remote';
  readonly workers: number;
  readonly threadsPerWorker = 0;
  readonly #options: RemoteOptions;
  readonly #deadlineMs: number;
  readonly #talk: typeof TALK;
  readonly #asking: Asking;
  readonly #inTurn: ReturnType<typeof pLimit>;
  readonly #seconds = new Map<symbol, { readonly name: string; readonly seconds: Distribution }>();
  /** What was asked for and is not there. */
  readonly #awaited = new Map<string, { readonly published: Published; readonly signature: Signature }>();
  #local: Promise<GraphEngine> | undefined;
  #server: Promise<Server> | undefined;
  #told: string | null = null;
  #ready = false;
  #closed = false;
  #closing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Looks once whether the other server is ready; that it is not is no reason to fail. */
  static async start(options: RemoteOptions): Promise<RemoteEngine> {
    const engine = new RemoteEngine(options);
    engine.#ready = await engine.#isReady();
    return engine;
  }

  private constructor(options: RemoteOptions) {
    this.#options = options;
    this.workers = options.workers ?? WORKERS;
    this.#deadlineMs = (options.seconds ?? SECONDS_OF_A_RUN) * 1000;
    this.#talk = { ...TALK, deadlineMs: Math.min(TALK.deadlineMs, this.#deadlineMs) };
    this.#inTurn = pLimit(this.workers);
    this.#asking = new Asking({ ...options, connections: this.workers + 1 }); // one to look whether it is ready
  }

  /** Whether the other server was ready when it was last asked. */
  get healthy(): boolean {
    return this.#ready && !this.#closed;
  }

  get stats(): EngineStats {
    return {
      busy: this.#inTurn.activeCount,
      waiting: this.#inTurn.pendingCount,
      crashes: 0,
      runs: new Map(Array.from(this.#seconds.values(), ({ name, seconds }) => [name, seconds])),
    };
  }

  get remote(): RemoteStatus {
    return { address: this.#options.address, server: this.#told, retries: this.#asking.retries };
  }

  /**
   * From now on looks every few seconds, and tells of what changed. A server is asked for each graph that it lacked, so
   * that one which is put there later is served without a word from anybody.
   */
  follow(onNews: (news: EngineNews) => void): void {
    const look = async () => {
      const before = this.#ready;
      this.#ready = await this.#isReady();
      const appeared = this.#ready ? await this.#appeared() : [];
      if (this.#closed) return;
      if (this.#ready !== before || appeared.length > 0) onNews({ ready: this.#ready, appeared });
      this.#timer = setTimeout(look, this.#options.lookEveryMs ?? LOOK_EVERY_MS).unref();
    };
    this.#timer = setTimeout(look, 0).unref();
  }

  /**
   * A published graph has to be there, with the inputs and outputs that its bytes have.
   * @throws EngineUnavailable where the other server cannot be asked; GanymedeError ENGINE_FAILED where the graph is
   * not there, or is another
   */
  async load(name: string, onnx: Uint8Array, published?: Published): Promise<Graph> {
    if (this.#closed) throw shuttingDown();
    if (!published) return (await this.#here()).load(name, onnx);
    const signature = signatureFrom(onnx, name);
    const key = pathOf(published);
    let columns: ReadonlySet<string>;
    try {
      columns = await this.#compare(published, signature);
      this.#awaited.delete(key);
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) this.#awaited.set(key, { published, signature });
      throw error;
    }
    return this.#graph(name, published, { ...signature, columns }, await this.#maxRows(published));
  }

  /** Running work ends, waiting work fails with SHUTTING_DOWN. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#asking.close(); // which waits for the runs that are under way; others are refused when it is their turn
    await (await this.#local?.catch(() => undefined))?.close();
  }

  #graph(name: string, published: Published, form: Form, maxRows: number | undefined): Graph {
    const id = Symbol(name);
    const seconds = new Distribution(SECONDS);
    this.#seconds.set(id, { name, seconds });
    const runWhenFree = (makeFeeds: () => HostTensors | null) =>
      this.#inTurn(async () => {
        if (this.#closed) throw shuttingDown();
        if (!this.#seconds.has(id)) throw failed(`graph "${name}" to be loaded`, 'one that was released');
        const feeds = makeFeeds();
        return feeds && timed(seconds, () => this.#infer(published, feeds, form));
      });
    return {
      ...{ name, inputs: form.inputs, outputs: form.outputs, runWhenFree },
      ...(maxRows !== undefined && { maxRows }),
      run: async (feeds) => (await runWhenFree(() => feeds)) ?? {},
      release: async () => void this.#seconds.delete(id),
    };
  }

  async #infer(published: Published, feeds: HostTensors, { outputs, columns }: Form): Promise<HostTensors> {
    const rows = Object.values(feeds)[0]?.shape[0] ?? 0;
    try {
      const { binary } = await this.#spoken();
      const answer = await this.#ask({
        ...{ method: 'POST', path: `${pathOf(published)}/infer`, ...questionOf(feeds, outputs, binary, columns) },
        ...{ mostBytes: mostBytes(rows, outputs), deadlineMs: this.#deadlineMs },
      });
      if (answer.status !== 200) throw refusal(answer, `to run ${named(published)}`);
      return answerOf(answer.body, answer.jsonLength, { rows, outputs, version: published.version });
    } catch (error) {
      this.#server = undefined; // another may have taken its place, which speaks otherwise
      throw error;
    }
  }

  /** The inputs that it wants as columns. */
  async #compare(published: Published, wanted: Signature): Promise<ReadonlySet<string>> {
    const answer = await this.#ask({ method: 'GET', path: pathOf(published), ...this.#talk });
    const what = `to have ${named(published)}, ${described(wanted)}`;
    if (answer.status !== 200) {
      if (!(await this.#isReady())) throw new EngineUnavailable(refusal(answer, 'to be ready').message);
      throw refusal(answer, what, PUT_THERE);
    }
    const faults = differences(answer.body.toString(), wanted);
    if (faults.length > 0) throw failed(`the inference server ${what}`, faults.slice(0, 5).join(', '), PUT_THERE);
    return columnsIn(answer.body.toString(), wanted.inputs);
  }

  /** Where it says how many it takes, as Triton does; nothing where it does not, or takes any number. */
  async #maxRows(published: Published): Promise<number | undefined> {
    const { status, body } = await this.#ask({ method: 'GET', path: `${pathOf(published)}/config`, ...this.#talk });
    if (status !== 200) return undefined;
    const { data } = z.object({ max_batch_size: z.int().min(1) }).safeParse(parsed(body));
    return data?.max_batch_size;
  }

  async #isReady(): Promise<boolean> {
    try {
      const { status } = await this.#asking.ask({ method: 'GET', path: '/health/ready', ...this.#talk });
      if (status !== 200) return false;
      await this.#spoken();
      return true;
    } catch (error) {
      if (!(error instanceof GanymedeError)) throw error;
      this.#server = undefined; // another may answer next
      return false;
    }
  }

  /** What it says of itself, asked once for as long as it is there. */
  #spoken(): Promise<Server> {
    this.#server ??= this.#askServer().catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    return this.#server;
  }

  async #askServer(): Promise<Server> {
    const answer = await this.#ask({ method: 'GET', path: '', ...this.#talk });
    if (answer.status !== 200) throw refusal(answer, 'to say what it is');
    const { data: said } = serverSchema.safeParse(parsed(answer.body));
    this.#told = said ? [said.name, said.version].join(' ').trim() : null;
    return { binary: said?.extensions.includes('binary_tensor_data') ?? false };
  }

  async #appeared(): Promise<string[]> {
    const appeared: string[] = [];
    for (const [key, { published, signature }] of this.#awaited) {
      try {
        await this.#compare(published, signature);
      } catch (error) {
        if (!(error instanceof GanymedeError)) throw error;
        continue; // still not
      }
      this.#awaited.delete(key);
      appeared.push(named(published));
    }
    return appeared;
  }

  /** An answer of any status. */
  async #ask(question: Parameters<Asking['ask']>[0]): Promise<Answer> {
    try {
      return await this.#asking.ask(question);
    } catch (error) {
      if (this.#closed) throw shuttingDown();
      throw error;
    }
  }

  #here(): Promise<GraphEngine> {
    this.#local ??= this.#options.local();
    return this.#local;
  }
}

interface Form extends Signature {
  /** Inputs of a number for each row that the other server wants as rows of one. */
  readonly columns: ReadonlySet<string>;
}

interface Server {
  /** Whether it takes and gives tensors as bytes. */
  readonly binary: boolean;
}

const serverSchema = z.object({
  name: z.string().max(100),
  version: z.string().max(100).default(''),
  extensions: z.array(z.string()).default([]),
});

const PUT_THERE = '"npx ganymede export --for triton" writes what has to be there.';

function pathOf({ model, version }: Published): string {
  return `/models/${encodeURIComponent(model)}/versions/${version}`;
}

function named({ model, version }: Published): string {
  return `${model} version ${version}`;
}

function described({ inputs, outputs }: Signature): string {
  const list = (specs: Signature['inputs']) =>
    Object.entries(specs)
      .map(([name, spec]) => `${name} ${formOf(spec)}`)
      .join(', ');
  return `which takes ${list(inputs)} and gives ${list(outputs)},`;
}

function signatureFrom(onnx: Uint8Array, name: string): Signature {
  try {
    return signatureOf(onnx);
  } catch (error) {
    throw failed(`graph "${name}" to say what it takes and gives`, messageOf(error));
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined; // as good as nothing said
  }
}

/** Whoever is asked for more than it can do, or by somebody whom it does not know, may answer later. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 429, 502, 503, 504]);

function refusal({ status, body }: Answer, what: string, next = ''): GanymedeError {
  const received = `${status}: ${refusalIn(body.toString('utf8', 0, 10_000))}`;
  const error = failed(`the inference server ${what}`, received, next);
  return PASSING.has(status) ? new EngineUnavailable(error.message) : error;
}

function failed(what: string, received: string, next = ''): GanymedeError {
  const end = /[.!?]$/.test(received) ? '' : '.';
  return new GanymedeError('ENGINE_FAILED', `Expected ${what} but received ${received}${end}${next ? ` ${next}` : ''}`);
}

function shuttingDown(): GanymedeError {
  return new GanymedeError('SHUTTING_DOWN', 'Expected a running server but it is stopping. Try again in a moment.');
}
