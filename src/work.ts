// The one form of every long work (training, fitting, measuring, downloading): plain options in, typed events on the
// way, a result out. A work stops cleanly when its signal fires. Who listens, a terminal or a server, is not its
// business.

import { Pacer, type View, waitsAt } from './pace.js';

export interface WorkContext {
  /** Stops the work at the next place where nothing is lost. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: WorkEvent) => void;
  /** Is told the path of a version that is ready; it appears there once the answer has come. */
  readonly onVersion?: (path: string) => Promise<void>;
  /** How it goes on while somebody watches; works that do not know it go on as they do. */
  readonly pacer?: Pacer;
}

export type Work<Options, Result> = (options: Options, context?: WorkContext) => Promise<Result>;

/**
 * `at`: how far the work was, in its unit. `text`: a line or several for a person, or nothing. Every work that does not
 * fail ends with `finished`.
 */
export type WorkEvent =
  | { readonly kind: 'started'; readonly text: string }
  | ({ readonly kind: 'progress' } & WorkProgress)
  | {
      readonly kind: 'metric';
      readonly name: string;
      readonly at: number;
      readonly values: Readonly<Record<string, unknown>>;
      readonly text: string;
    }
  | { readonly kind: 'picture'; readonly at: number; readonly path: string }
  | ({ readonly kind: 'view' } & View)
  | { readonly kind: 'warning'; readonly at: number; readonly name: string; readonly message: string }
  /** Something that lasts: a state to go on from, a version, a file. */
  | { readonly kind: 'checkpoint'; readonly at: number; readonly path: string }
  | { readonly kind: 'finished'; readonly outcome: 'done' | 'stopped'; readonly text: string };

export interface WorkProgress {
  /** What is being done; works of several parts count each from 0. */
  readonly phase: string;
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
  /** What is counted: steps, images, bytes. */
  readonly unit: string;
  /** Of this phase since it began; null before anything was done. */
  readonly perSecond: number | null;
  readonly secondsLeft: number | null;
}

/** Progress is reported at most so often, however fast the work is; the end of a phase, and where it waits, always. */
const PROGRESS_MS = 200;

/** Runs `body` as a work: where the signal stops it, the outcome is `stopped` and the result null. */
export async function working<Result>(
  context: WorkContext | undefined,
  body: (report: Reporter) => Promise<Result>,
): Promise<Result | null> {
  const report = new Reporter(context ?? {});
  try {
    const result = await body(report).finally(() => report.cleanUp());
    report.finish(report.early ? 'stopped' : 'done');
    return result;
  } catch (error) {
    if (!report.stopped || !comesOf(error, report.signal?.reason)) throw error;
    report.finish('stopped');
    return null;
  }
}

/** Some calls throw the signal's reason itself, others an error of their own that it caused. */
function comesOf(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  return error instanceof Error && error.cause !== undefined && comesOf(error.cause, reason);
}

/** What a work says of itself while it runs. */
export class Reporter {
  readonly signal: AbortSignal | undefined;
  readonly pacer: Pacer;
  #onEvent: (event: WorkEvent) => void;
  #phase: { name: string; total: number | null; unit: string; from: number; since: number } | undefined;
  #done = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  readonly #onVersion: (path: string) => Promise<void>;
  readonly #cleanUps: (() => Promise<void>)[] = [];
  #texts = { done: '', stopped: 'Stopped.' };

  constructor({ signal, onEvent = () => {}, onVersion = async () => {}, pacer = new Pacer() }: WorkContext) {
    this.signal = signal;
    this.pacer = pacer;
    this.#onVersion = onVersion;
    this.#onEvent = onEvent;
  }

  get stopped(): boolean {
    return this.signal?.aborted ?? false;
  }

  /** For a place where nothing would be lost. `working` turns it into the outcome. */
  throwIfStopped(): void {
    this.signal?.throwIfAborted();
  }

  /** Another who hears of it from now on, after those who do already. */
  also(listener: (event: WorkEvent) => void): void {
    const others = this.#onEvent;
    this.#onEvent = (event) => {
      others(event);
      listener(event);
    };
  }

  started(text: string): void {
    this.#onEvent({ kind: 'started', text });
  }

  /** Begins a part of the work; `done` is more than 0 where it goes on from an earlier time. */
  phase(name: string, unit: string, total: number | null, done = 0): void {
    this.#phase = { name, unit, total, from: done, since: performance.now() };
    this.#reportedAt = Number.NEGATIVE_INFINITY;
    this.progress(done);
  }

  /** `done` in all, of the phase. */
  progress(done: number): void {
    const phase = this.#phase;
    if (!phase) return;
    this.#done = done;
    const now = performance.now();
    const isEnd = done === phase.total || waitsAt(done, this.pacer.pace);
    if (now - this.#reportedAt < PROGRESS_MS && !isEnd) return;
    this.#reportedAt = now;
    const seconds = (now - phase.since) / 1000;
    const perSecond = done > phase.from && seconds > 0 ? (done - phase.from) / seconds : null;
    const secondsLeft = perSecond === null || phase.total === null ? null : (phase.total - done) / perSecond;
    const { name, total, unit } = phase;
    this.#onEvent({ kind: 'progress', phase: name, done, total, unit, perSecond, secondsLeft });
  }

  metric(name: string, values: Readonly<Record<string, unknown>>, text: string): void {
    this.#onEvent({ kind: 'metric', name, at: this.#done, values, text });
  }

  picture(path: string): void {
    this.#onEvent({ kind: 'picture', at: this.#done, path });
  }

  view(view: View): void {
    this.#onEvent({ kind: 'view', ...view });
  }

  warning(name: string, message: string): void {
    this.#onEvent({ kind: 'warning', at: this.#done, name, message });
  }

  checkpoint(path: string): void {
    this.#onEvent({ kind: 'checkpoint', at: this.#done, path });
  }

  /** Before a version appears: whoever is killed now can know afterwards that it was theirs. */
  async version(path: string): Promise<void> {
    await this.#onVersion(path);
  }

  /** What is to be given back however the work ends. */
  atEnd(cleanUp: () => Promise<void>): void {
    this.#cleanUps.push(cleanUp);
  }

  async cleanUp(): Promise<void> {
    for (const each of this.#cleanUps.splice(0)) await each();
  }

  /** What the end will say, such as how to go on. */
  endsWith(texts: { readonly done?: string; readonly stopped?: string }): void {
    this.#texts = { ...this.#texts, ...texts };
  }

  /** For a body that returns although it was stopped before its end, because it has a result worth returning. */
  early = false;

  finish(outcome: 'done' | 'stopped'): void {
    this.#onEvent({ kind: 'finished', outcome, text: this.#texts[outcome] });
  }
}

/** 45s, 3m 20s, 2h 05m, 1d 03h: the two largest units. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${two((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d ${two((s % 86_400) / 3600)}h`;
}
