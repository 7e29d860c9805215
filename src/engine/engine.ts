// Runs graphs in worker threads, so that the thread that serves requests never computes. Work waits in one line until
// a worker is free. A worker that crashes fails the one run it held and is replaced.

import './no-telemetry.js';

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { GanymedeError, messageOf } from '../errors.js';
import { Distribution, SECONDS } from '../measures.js';
import { buffersOf, type Reply, type Request, type WorkerSettings } from './protocol.js';
import type { Device } from './session.js';
import { type HostTensors, sizeOf, type TensorSpecs } from './tensor.js';

export type { Device } from './session.js';

export interface EngineOptions {
  readonly device?: Device;
  /** Worker threads; 1 by default. */
  readonly workers?: number;
  /** Threads inside each run. By default the cores, shared out among the workers. */
  readonly threadsPerWorker?: number;
  /** Told of every crash, after which the worker is replaced. */
  readonly onWorkerCrash?: (error: GanymedeError) => void;
  /** The worker's program; another one only for tests. */
  readonly workerProgram?: URL;
}

/** What runs graphs: threads of this process, as here, or another server (remote/remote-engine.ts). */
export interface GraphEngine {
  readonly device: Device | 'remote';
  /** Runs at once. */
  readonly workers: number;
  /** 0 where another server computes. */
  readonly threadsPerWorker: number;
  /** Whether it can run anything now. */
  readonly healthy: boolean;
  readonly stats: EngineStats;
  /** Of the server that computes; absent where threads of this process do. */
  readonly remote?: RemoteStatus;
  /** `published` where the graph is one that other servers have, too. @throws GanymedeError ENGINE_FAILED */
  load(name: string, onnx: Uint8Array, published?: Published): Promise<Graph>;
  /** From now on hears of changes; absent where nothing changes by itself. */
  follow?(onNews: (news: EngineNews) => void): void;
  close(): Promise<void>;
}

/** What another server does that changes what can be served. */
export interface EngineNews {
  readonly ready: boolean;
  /** Graphs that it lacked, or had in another form, and now has. */
  readonly appeared: readonly string[];
}

/** By what other servers know a graph: a model of the Open Inference Protocol is one graph. */
export interface Published {
  readonly model: string;
  readonly version: number;
}

export interface RemoteStatus {
  /** As the settings name it. */
  readonly address: string;
  /** Name and version, as it says; null until it has. */
  readonly server: string | null;
  /** Runs that were asked for again, because a connection was lost. */
  readonly retries: number;
}

/** A graph that is loaded. */
export interface Graph {
  readonly name: string;
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
  /** Most rows of one run, where there is such a limit. */
  readonly maxRows?: number;
  /** The buffers of `feeds` are transferred: the caller may not touch them afterwards. */
  run(feeds: HostTensors): Promise<HostTensors>;
  /**
   * Calls `makeFeeds` at the moment a worker is free, so that a batch can grow until then; null means nothing to do.
   */
  runWhenFree(makeFeeds: () => HostTensors | null): Promise<HostTensors | null>;
  release(): Promise<void>;
}

/** What the engine does now, and has done since it started. */
export interface EngineStats {
  /** Workers that run a graph now. */
  readonly busy: number;
  /** Runs that wait for a worker now. */
  readonly waiting: number;
  /** Workers that crashed. */
  readonly crashes: number;
  /** Graph that is loaded → seconds of each run, failed ones included. */
  readonly runs: ReadonlyMap<string, Distribution>;
}

/** Crashes in a row, with no run between them that succeeded, after which the engine gives up. */
const CRASH_LIMIT = 5;

export class Engine implements GraphEngine {
  readonly workers: number;
  readonly threadsPerWorker: number;
  readonly device: Device;
  private readonly pool: PooledWorker[] = [];
  private readonly line: Task[] = [];
  private readonly graphs = new Map<number, LoadedGraph>();
  private graphCount = 0;
  private crashes = 0; // in a row
  private crashesInAll = 0;
  private phase: 'running' | 'failed' | 'closed' = 'running';

  private constructor(private readonly options: EngineOptions) {
    this.workers = options.workers ?? 1;
    this.threadsPerWorker = options.threadsPerWorker ?? Math.max(1, Math.floor(availableParallelism() / this.workers));
    this.device = options.device ?? 'cpu';
  }

  static async start(options: EngineOptions = {}): Promise<Engine> {
    const engine = new Engine(options);
    // Here, lest a worker's first session keep it from the thread that trains. Who starts no engine needs no runtime.
    await (await import('./session.js')).flushDenormals();
    for (let i = 0; i < engine.workers; i++) engine.pool.push(engine.startWorker());
    return engine;
  }

  /** False once workers keep crashing; every request then fails with ENGINE_FAILED. */
  get healthy(): boolean {
    return this.phase === 'running';
  }

  get stats(): EngineStats {
    return {
      busy: this.pool.filter((worker) => worker.busy).length,
      waiting: this.line.length,
      crashes: this.crashesInAll,
      runs: new Map(Array.from(this.graphs.values(), ({ name, seconds }) => [name, seconds])),
    };
  }

  /** Loads a graph into every worker. @throws GanymedeError ENGINE_FAILED when the runtime refuses it. */
  async load(name: string, onnx: Uint8Array): Promise<Graph> {
    this.refuseUnlessRunning();
    const graph = this.graphCount++;
    const replies = await this.inEachWorker(graph, onnx);
    this.graphs.set(graph, { name, onnx, seconds: new Distribution(SECONDS) });
    const reply = replies[0];
    if (reply?.kind !== 'loaded')
      throw new GanymedeError('ENGINE_FAILED', `Expected graph "${name}" to load but no worker answered.`);
    const runWhenFree = (makeFeeds: () => HostTensors | null) => this.enqueue(name, graph, makeFeeds);
    return {
      name,
      inputs: reply.inputs,
      outputs: reply.outputs,
      runWhenFree,
      run: async (feeds) => (await runWhenFree(() => feeds)) ?? {},
      release: async () => {
        if (!this.graphs.delete(graph)) return;
        await Promise.all(this.pool.map((worker) => worker.send({ kind: 'release', id: 0, graph })));
      },
    };
  }

  /** All or none: where one worker refuses the graph, the others let it go again. */
  private async inEachWorker(graph: number, onnx: Uint8Array): Promise<Reply[]> {
    const load = (worker: PooledWorker) => worker.send({ kind: 'load', id: 0, graph, onnx });
    const replies = await Promise.allSettled(this.pool.map(load));
    const failed = replies.find((reply) => reply.status === 'rejected');
    if (!failed) return replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
    const release = (worker: PooledWorker) => worker.send({ kind: 'release', id: 0, graph });
    await Promise.allSettled(this.pool.map(release)); // a worker that is gone holds nothing
    throw failed.reason;
  }

  /** Running work ends, waiting work fails with SHUTTING_DOWN, workers stop between runs. */
  async close(): Promise<void> {
    this.phase = 'closed';
    for (const task of this.line.splice(0)) task.reject(shuttingDown());
    await Promise.all(this.pool.map((worker) => worker.stop()));
  }

  private enqueue(name: string, graph: number, makeFeeds: () => HostTensors | null): Promise<HostTensors | null> {
    return new Promise((resolve, reject) => {
      this.refuseUnlessRunning(); // throwing here rejects the promise
      const loaded = this.graphs.get(graph);
      if (!loaded)
        throw new GanymedeError('ENGINE_FAILED', `Expected graph "${name}" to be loaded but it was released.`);
      this.line.push({ graph, seconds: loaded.seconds, makeFeeds, resolve, reject });
      this.dispatch();
    });
  }

  private dispatch() {
    for (const worker of this.pool) {
      while (!worker.busy && this.phase === 'running') {
        const task = this.line.shift();
        if (!task) return;
        this.assign(worker, task);
      }
    }
  }

  private assign(worker: PooledWorker, { graph, seconds, makeFeeds, resolve, reject }: Task) {
    let feeds: HostTensors | null;
    try {
      feeds = makeFeeds();
      checkWhole(feeds ?? {});
    } catch (error) {
      reject(error);
      return;
    }
    if (!feeds) {
      resolve(null);
      return;
    }
    const started = performance.now();
    worker
      .send({ kind: 'run', id: 0, graph, feeds }, buffersOf(feeds))
      .finally(() => seconds.add((performance.now() - started) / 1000))
      .then((reply) => {
        this.crashes = 0;
        resolve(reply.kind === 'ran' ? reply.outputs : {});
      }, reject)
      .finally(() => this.dispatch());
  }

  private startWorker(): PooledWorker {
    const settings: WorkerSettings = { device: this.device, threads: this.threadsPerWorker };
    const program = this.options.workerProgram ?? new URL('../../dist/engine/worker.js', import.meta.url);
    const worker: PooledWorker = new PooledWorker(program, settings, (error) => this.replace(worker, error));
    for (const [graph, { onnx }] of this.graphs) {
      // A graph that cannot be loaded again fails when it is run, too.
      worker
        .send({ kind: 'load', id: 0, graph, onnx })
        .catch((error) => this.options.onWorkerCrash?.(engineFailure(error)));
    }
    return worker;
  }

  private replace(worker: PooledWorker, error: GanymedeError) {
    if (this.phase === 'closed') return;
    this.options.onWorkerCrash?.(error);
    this.crashes++;
    this.crashesInAll++;
    const index = this.pool.indexOf(worker);
    if (this.crashes >= CRASH_LIMIT) {
      this.phase = 'failed';
      for (const task of this.line.splice(0)) task.reject(error);
      return;
    }
    this.pool[index] = this.startWorker();
    this.dispatch();
  }

  private refuseUnlessRunning() {
    if (this.phase === 'closed') throw shuttingDown();
    if (this.phase === 'failed') {
      throw new GanymedeError(
        'ENGINE_FAILED',
        `Expected a working engine but its workers crashed ${CRASH_LIMIT} times in a row. Restart the server and read its log.`,
      );
    }
  }
}

interface LoadedGraph {
  readonly name: string;
  readonly onnx: Uint8Array;
  /** Of each run. */
  readonly seconds: Distribution;
}

interface Task {
  readonly graph: number;
  readonly seconds: Distribution;
  readonly makeFeeds: () => HostTensors | null;
  readonly resolve: (outputs: HostTensors | null) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread and the requests it has not answered yet. */
class PooledWorker {
  private readonly thread: Worker;
  private readonly waiting = new Map<
    number,
    { run: boolean; resolve: (reply: Reply) => void; reject: (error: GanymedeError) => void }
  >();
  private nextId = 1;
  private stopped: Promise<void> | undefined;
  private phase: 'running' | 'stopping' | 'gone' = 'running';

  constructor(program: URL, settings: WorkerSettings, onCrash: (error: GanymedeError) => void) {
    this.thread = new Worker(program, { workerData: settings, name: 'ganymede-engine' });
    let cause: unknown;
    this.thread.on('message', (reply: Reply) => this.settle(reply));
    this.thread.on('error', (error) => {
      cause = error;
    });
    this.thread.on('exit', (exitCode) => {
      const expectedExit = this.phase === 'stopping';
      this.phase = 'gone';
      const error = new GanymedeError(
        'ENGINE_FAILED',
        `Expected the worker to finish its run but it ended with ${cause === undefined ? `exit code ${exitCode}` : messageOf(cause)}. It has been replaced; try again.`,
        { cause },
      );
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
      if (!expectedExit) onCrash(error);
    });
  }

  /** Whether a run is under way. Loading does not count: a run may queue behind it. */
  get busy(): boolean {
    return this.phase !== 'running' || [...this.waiting.values()].some(({ run }) => run);
  }

  send(request: Request, transfer: ArrayBuffer[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.phase === 'gone') {
        reject(new GanymedeError('ENGINE_FAILED', 'Expected a running worker but it has ended.'));
        return;
      }
      const id = this.nextId++;
      this.waiting.set(id, { run: request.kind === 'run', resolve, reject });
      try {
        this.thread.postMessage({ ...request, id }, transfer);
      } catch (error) {
        this.waiting.delete(id);
        reject(engineFailure(error));
      }
    });
  }

  /** Callers share one stop: a worker that is gone would never answer a second. */
  stop(): Promise<void> {
    this.stopped ??= this.stopOnce();
    return this.stopped;
  }

  private async stopOnce(): Promise<void> {
    if (this.phase === 'gone') return;
    const exited = new Promise<void>((resolve) => this.thread.once('exit', () => resolve()));
    this.phase = 'stopping';
    // A worker that crashes instead of answering has stopped as well, and its runs are told why.
    this.send({ kind: 'stop', id: 0 }).catch(() => undefined);
    await exited;
  }

  private settle(reply: Reply) {
    const entry = this.waiting.get(reply.id);
    if (!entry) return;
    this.waiting.delete(reply.id);
    if (reply.kind === 'failed') entry.reject(new GanymedeError(reply.code, reply.message));
    else entry.resolve(reply);
  }
}

/** A buffer that was sent before is empty here, and a message that holds one never arrives. */
function checkWhole(feeds: HostTensors): void {
  for (const [name, { shape, data }] of Object.entries(feeds)) {
    if (data.length === sizeOf(shape)) continue;
    throw new GanymedeError(
      'ENGINE_FAILED',
      `Expected ${sizeOf(shape)} values of input "${name}" of shape [${shape.join(', ')}] but received ${data.length}. ` +
        'A run takes the buffers of its inputs: give each run its own.',
    );
  }
}

function engineFailure(error: unknown): GanymedeError {
  return error instanceof GanymedeError
    ? error
    : new GanymedeError('ENGINE_FAILED', messageOf(error), { cause: error });
}

function shuttingDown(): GanymedeError {
  return new GanymedeError(
    'SHUTTING_DOWN',
    'Expected a running server but it is stopping. Try again in a moment, or another server.',
  );
}
