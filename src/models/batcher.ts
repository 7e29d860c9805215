// Gathers rows of concurrent requests into batches for one graph. While the engine is busy requests wait; when a worker
// frees, the largest allowed batch goes: no fixed delay. It knows rows of tensors, never what they mean.
//
// Terms: an *entry* is one submit. An entry of more than maxBatch rows is cut into *pieces*; any other is one piece. A
// piece is never split: it waits in the queue, then runs in one batch. Small entries go before large ones, but of runs
// that leave out a large one that waits there are at most MOST_OVERTAKING in a row.

import type { Graph } from '../engine/engine.js';
import type { HostTensors } from '../engine/tensor.js';
import { EngineUnavailable } from '../engine/unavailable.js';
import { expected, GanymedeError } from '../errors.js';
import { Distribution, ROWS, SECONDS } from '../measures.js';
import { checkRows, joinBatches, sliceBatch } from './batch.js';

export interface BatcherOptions {
  /** Most rows of one run. */
  readonly maxBatch: number;
  /** Most rows waiting, those already in a run not counted. */
  readonly maxQueue: number;
  /** Longest time from submit to result, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * 64 rows: a single sample waits for the runs before it, and behind eight clients of 512 faces each that is 239 ms at
 * the 99th percentile where runs of 256 rows made it 871. Of large requests as many are done in the same time.
 */
export const DEFAULT_BATCHER_OPTIONS: BatcherOptions = { maxBatch: 64, maxQueue: 4096, deadlineMs: 30_000 };

/** Rows of an entry that goes before larger ones. */
export const SMALL_ROWS = 8;

/** Runs in a row that may leave out the large pieces that wait: of five runs one at least has the oldest of them. */
export const MOST_OVERTAKING = 4;

export interface SubmitOptions {
  /** When it aborts, the entry leaves the queue and fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** May shorten the batcher's own deadline, never lengthen it. */
  readonly deadlineMs?: number | undefined;
}

export interface BatcherStats {
  /** Runs started, and the rows in them; a row that is retried counts again. */
  readonly batches: number;
  readonly rows: number;
  /** rows / batches; 0 before the first run. */
  readonly meanBatchSize: number;
  /** Rows waiting now. */
  readonly queued: number;
  /** Rows of each run started. */
  readonly sizes: Distribution;
  /** Seconds that each piece waited which went into a run. */
  readonly waits: Distribution;
}

export class Batcher {
  readonly #graph: Graph;
  readonly #options: BatcherOptions;
  /** Pieces that wait, oldest first. */
  readonly #lanes: Readonly<Record<Lane, Piece[]>> = { alone: [], small: [], large: [] };
  /** Runs in a row that left the large pieces out. */
  #overtaking = 0;
  #queuedRows = 0;
  readonly #sizes = new Distribution(ROWS);
  readonly #waits = new Distribution(SECONDS);
  /**
   * Whether the engine was asked for a worker and has not taken a batch yet. Asking once at a time keeps batches large.
   */
  #asking = false;
  #open = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(graph: Graph, options: Partial<BatcherOptions> = {}) {
    this.#graph = graph;
    const given = { ...DEFAULT_BATCHER_OPTIONS, ...options };
    this.#options = { ...given, maxBatch: Math.min(given.maxBatch, graph.maxRows ?? given.maxBatch) };
    for (const name of ['maxBatch', 'maxQueue', 'deadlineMs'] as const) {
      const value = this.#options[name];
      if (!(Number.isInteger(value) && value >= 1 && value < 2 ** 31)) {
        throw expected(`${name} to be an integer in [1, 2^31)`, value, 'CONFIG_INVALID'); // also the limit of timers
      }
    }
  }

  /**
   * Runs n rows: every tensor of `rows` has the same leading dimension n ≥ 1. Outputs have that leading dimension too,
   * in the same order; their data may be views of a whole batch's output. `rows` are copied when a batch forms, so
   * they must not change before the promise settles. Fails with BAD_USER_INPUT (wrong names, types or shapes),
   * QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED, SHUTTING_DOWN or the engine's error, and never fails another entry.
   */
  submit(rows: HostTensors, options: SubmitOptions = {}): Promise<HostTensors> {
    return new Promise((resolve, reject) => {
      const count = checkRows(rows, this.#graph); // throwing here rejects the promise
      if (this.#closed) throw new GanymedeError('SHUTTING_DOWN', `Graph ${this.#graph.name} is being released.`);
      if (options.signal?.aborted) throw cancelled(options.signal);
      this.#checkSpace(count);
      const deadlineMs = Math.min(options.deadlineMs ?? Number.POSITIVE_INFINITY, this.#options.deadlineMs);
      const entry = new Entry(count, deadlineMs, options.signal, resolve, reject, (failed) =>
        this.#onSettled(entry, failed),
      );
      this.#open++;
      const since = performance.now();
      for (let start = 0; start < count; start += this.#options.maxBatch) {
        const end = Math.min(start + this.#options.maxBatch, count);
        const feeds = sliceBatch(rows, start, end);
        this.#enqueue({
          entry,
          feeds,
          count: end - start,
          start,
          lane: count <= SMALL_ROWS ? 'small' : 'large',
          since,
        });
      }
      this.#askForWorker();
    });
  }

  get stats(): BatcherStats {
    const { count: batches, sum: rows } = this.#sizes;
    return {
      batches,
      rows,
      meanBatchSize: batches === 0 ? 0 : rows / batches,
      queued: this.#queuedRows,
      sizes: this.#sizes,
      waits: this.#waits,
    };
  }

  /** Takes no more entries; resolves when those it has are settled. Deadlines bound the wait. */
  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      const earlier = this.#drained;
      this.#drained = () => {
        earlier?.();
        resolve();
      };
      if (this.#open === 0) this.#drained();
    });
  }

  #checkSpace(count: number): void {
    const { maxQueue } = this.#options;
    if (this.#queuedRows + count <= maxQueue) return;
    const next = count > maxQueue ? 'Ask for fewer at a time.' : 'Try again later.';
    throw new GanymedeError(
      'QUEUE_FULL',
      `Expected at most ${maxQueue} rows to wait for ${this.#graph.name} but received ${count} with ${this.#queuedRows} waiting. ${next}`,
      { details: { rows: count, queued: this.#queuedRows, maxQueue } },
    );
  }

  #enqueue(piece: Piece): void {
    this.#lanes[piece.lane].push(piece);
    this.#queuedRows += piece.count;
  }

  #askForWorker(): void {
    if (this.#asking || this.#queuedRows === 0) return;
    this.#asking = true;
    // After the event loop's present round of I/O, so that requests which arrived together go together.
    setImmediate(() => void this.#runOneBatch());
  }

  /** Never rejects: every failure goes to the entries it concerns. */
  async #runOneBatch(): Promise<void> {
    let batch: Piece[] | undefined;
    try {
      const outputs = await this.#graph.runWhenFree(() => {
        batch = this.#takeBatch();
        this.#asking = false;
        this.#askForWorker(); // what did not fit may go to another worker at once
        if (batch.length === 0) return null;
        // New buffers: the engine keeps what it is given, and a retry needs the originals.
        return joinBatches(
          batch.map((piece) => piece.feeds),
          totalOf(batch),
        );
      });
      if (batch && outputs) deliver(batch, outputs, this.#graph.name);
    } catch (error) {
      if (batch) this.#onBatchFailed(batch, error);
      else this.#failQueue(error);
    }
  }

  /** Whole pieces while they fit, each lane first in, first out. */
  #takeBatch(): Piece[] {
    const batch: Piece[] = [];
    const now = performance.now();
    const [alone] = this.#takeFrom('alone', 1, now);
    if (alone) batch.push(alone);
    else {
      for (const lane of this.#order())
        batch.push(...this.#takeFrom(lane, this.#options.maxBatch - totalOf(batch), now));
      const overtakes = this.#lanes.large.length > 0 && !batch.some((piece) => piece.lane === 'large');
      this.#overtaking = overtakes ? this.#overtaking + 1 : 0;
    }
    if (batch.length > 0) this.#sizes.add(totalOf(batch));
    return batch;
  }

  #order(): readonly Lane[] {
    return this.#overtaking < MOST_OVERTAKING ? ['small', 'large'] : ['large', 'small'];
  }

  /** Up to `room` rows; a piece that is to run alone, whatever its size. */
  #takeFrom(lane: Lane, room: number, now: number): Piece[] {
    const queue = this.#lanes[lane];
    const taken: Piece[] = [];
    while (queue.length > 0 && room > 0) {
      const piece = queue[0]!;
      // The timer may be late when the event loop is busy, so the deadline is checked here as well.
      if (piece.entry.expireIfLate(now)) continue; // settling took it out of the queue
      if (lane !== 'alone' && piece.count > room) break;
      queue.shift();
      this.#queuedRows -= piece.count;
      this.#waits.add((now - piece.since) / 1000);
      taken.push(piece);
      room -= piece.count;
    }
    return taken;
  }

  /** One bad entry must not fail the others: what failed together with others is tried again alone, once. */
  #onBatchFailed(batch: readonly Piece[], error: unknown): void {
    const retry = batch.length > 1 && mayBeOfOneEntry(error);
    for (const piece of batch) {
      if (piece.entry.settled) continue;
      if (retry) this.#enqueue({ ...piece, lane: 'alone', since: performance.now() });
      else piece.entry.fail(error);
    }
    this.#askForWorker();
  }

  /** The engine refused before it took a batch (it is stopping, say): nobody may be left hanging. */
  #failQueue(error: unknown): void {
    this.#asking = false;
    for (const piece of Object.values(this.#lanes).flat()) piece.entry.fail(error);
  }

  #onSettled(entry: Entry, failed: boolean): void {
    if (failed) for (const queue of Object.values(this.#lanes)) this.#remove(entry, queue);
    this.#open--;
    if (this.#open === 0) this.#drained?.();
  }

  #remove(entry: Entry, queue: Piece[]): void {
    for (let i = queue.length - 1; i >= 0; i--) {
      if (queue[i]!.entry !== entry) continue;
      this.#queuedRows -= queue[i]!.count;
      queue.splice(i, 1);
    }
  }
}

function mayBeOfOneEntry(error: unknown): boolean {
  if (error instanceof EngineUnavailable) return false;
  return error instanceof GanymedeError && error.code === 'ENGINE_FAILED';
}

/** `alone`: pieces of a batch that failed, each in a run of its own, before all others. */
type Lane = 'alone' | 'small' | 'large';

interface Piece {
  readonly entry: Entry;
  /** Views of the entry's rows. */
  readonly feeds: HostTensors;
  readonly count: number;
  /** Index of its first row within the entry. */
  readonly start: number;
  readonly lane: Lane;
  /** When it began to wait, by `performance.now()`. */
  readonly since: number;
}

/** One submit: settles once, by results, failure, deadline or abort, and lets go of its timer and listener. */
class Entry {
  settled = false;
  readonly #count: number;
  readonly #expiresAt: number;
  readonly #deadlineMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.fail(cancelled(this.#signal));
  readonly #resolve: (outputs: HostTensors) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onSettled: (failed: boolean) => void;
  readonly #parts: { start: number; outputs: HostTensors }[] = [];
  #received = 0;

  constructor(
    count: number,
    deadlineMs: number,
    signal: AbortSignal | undefined,
    resolve: (outputs: HostTensors) => void,
    reject: (error: unknown) => void,
    onSettled: (failed: boolean) => void,
  ) {
    this.#count = count;
    this.#deadlineMs = deadlineMs;
    this.#expiresAt = performance.now() + deadlineMs;
    this.#timer = setTimeout(() => this.fail(this.#late()), deadlineMs);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onSettled = onSettled;
  }

  expireIfLate(now: number): boolean {
    if (now < this.#expiresAt) return false;
    this.fail(this.#late());
    return true;
  }

  receive(start: number, count: number, outputs: HostTensors): void {
    if (this.settled) return;
    this.#parts.push({ start, outputs });
    this.#received += count;
    if (this.#received < this.#count) return;
    const parts = this.#parts.toSorted((a, b) => a.start - b.start).map((part) => part.outputs);
    this.#settle(false, () => this.#resolve(parts.length === 1 ? parts[0]! : joinBatches(parts, this.#count)));
  }

  fail(error: unknown): void {
    if (!this.settled) this.#settle(true, () => this.#reject(error));
  }

  /** The caller hears of it before the batcher does, so that what waits for the batcher comes after. */
  #settle(failed: boolean, tell: () => void): void {
    this.settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    tell();
    this.#onSettled(failed);
  }

  #late(): GanymedeError {
    return new GanymedeError(
      'DEADLINE_EXCEEDED',
      `Expected a result within ${this.#deadlineMs} ms but received none.`,
      {
        details: { deadlineMs: this.#deadlineMs },
      },
    );
  }
}

function cancelled(signal: AbortSignal | undefined): GanymedeError {
  return new GanymedeError('CANCELLED', 'The request was cancelled before its work was done.', {
    cause: signal?.reason,
  });
}

/** Hands each piece its rows of the batch's outputs, as views. */
function deliver(batch: readonly Piece[], outputs: HostTensors, graph: string): void {
  const total = totalOf(batch);
  for (const [name, { shape }] of Object.entries(outputs)) {
    if (shape[0] !== total) {
      throw expected(`output "${name}" of ${graph} to have ${total} rows`, `[${shape.join(', ')}]`, 'ENGINE_FAILED');
    }
  }
  let start = 0;
  for (const piece of batch) {
    piece.entry.receive(piece.start, piece.count, sliceBatch(outputs, start, start + piece.count));
    start += piece.count;
  }
}

function totalOf(batch: readonly Piece[]): number {
  return batch.reduce((sum, piece) => sum + piece.count, 0);
}
