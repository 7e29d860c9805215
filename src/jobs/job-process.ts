// A job's process as the server sees it: begun, told to stop, and how it ended. What it says is plain data; a process
// that says nothing for too long is ended.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, type ErrorCode, GanymedeError } from '../errors.js';
import type { Pace } from '../pace.js';
import type { WorkEvent } from '../work.js';
import { type Excess, Guard, type JobLimits, NO_LIMITS } from './guard.js';
import type { JobKind } from './job.js';
import type { Found, FromChild, ToChild } from './protocol.js';

/** How a process ended. `crashed`: without a last word. */
export type Ending =
  | Extract<FromChild, { say: 'ended' | 'checked' | 'failed' }>
  | { readonly say: 'crashed'; readonly message: string };

export interface ProcessOptions {
  /** `check` asks whether the work would begin. */
  readonly say: 'start' | 'check';
  readonly kind: JobKind;
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a work that several machines might do: whoever has the lease may. */
  readonly lease?: string;
  /** At what pace it begins; as fast as it can without it. */
  readonly pace?: Pace | null;
  readonly onEvent?: (event: WorkEvent) => void;
  /** Megabytes of JavaScript's heap; what tensors take is outside of it. */
  readonly heapMb?: number;
  /** A process that says nothing for so long is ended: it hangs, or was stopped from outside. */
  readonly silentMs?: number;
  readonly limits?: JobLimits;
}

/** @throws GanymedeError with the code by which the work would refuse */
export async function checkWork(
  kind: JobKind,
  options: ProcessOptions['options'],
  limits: JobLimits = NO_LIMITS,
): Promise<Found> {
  const ending = await new JobProcess({ say: 'check', kind, options, limits }).ending;
  if (ending.say === 'checked') return ending.found;
  if (ending.say === 'failed' && isCode(ending.code)) {
    throw new GanymedeError(ending.code, ending.message, { details: { ...ending.details } });
  }
  throw new Error(ending.say === 'ended' ? 'A check ended as a work does.' : ending.message);
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

const PROGRAM = fileURLToPath(new URL('../../dist/jobs/child.js', import.meta.url));
const SILENT_MS = 120_000;
/** Kept of what it printed, to say why it crashed. */
const PRINTED_CHARACTERS = 4000;

export class JobProcess {
  readonly ending: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #guard: Guard;
  #printed = '';
  #lastWord: Ending | undefined;
  #excess: Excess | undefined;

  constructor({ say, kind, options, onEvent = () => {}, ...others }: ProcessOptions) {
    const { heapMb = 2048, silentMs = SILENT_MS, limits = NO_LIMITS, lease, pace } = others;
    this.#child = fork(PROGRAM, [], {
      execArgv: [`--max-old-space-size=${heapMb}`], // none of this process's own flags, such as an inspector's port
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#printed = (this.#printed + text).slice(-PRINTED_CHARACTERS);
      });
    }
    const run = typeof options['run'] === 'string' ? options['run'] : undefined;
    const onExcess = (excess: Excess): void => this.#onExcess(excess);
    this.#guard = new Guard({ pid: this.#child.pid, limits, run, silentMs, onExcess });
    this.#child.on('message', (message: FromChild) => {
      this.#guard.heard(message.say === 'alive' ? message.residentBytes : undefined);
      if (message.say === 'event') onEvent(message.event);
      else if (message.say !== 'alive') this.#lastWord = message;
    });
    this.ending = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ say: 'crashed', message: error.message }));
      this.#child.once('close', (code, signal) => {
        this.#guard.end();
        resolve(this.#endingBy(code, signal));
      });
    });
    this.#say(say === 'check' ? { say, kind, options } : { say, kind, options, lease, pace: pace ?? undefined });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It saves, and ends with `stopped` at the next place where nothing is lost. */
  stop(): void {
    this.#guard.stopping();
    this.#say({ say: 'stop' });
  }

  /** How it goes on from here. */
  pace(pace: Pace): void {
    this.#say({ say: 'pace', pace });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #onExcess(excess: Excess): void {
    this.#excess ??= excess;
    if (excess.by === 'kill') this.kill();
    else this.#say({ say: 'stop' });
  }

  /** What it said last, unless it was ended for what it took: then its limit is why, and would be again. */
  #endingBy(code: number | null, signal: NodeJS.Signals | null): Ending {
    const said = this.#lastWord;
    const whole = said && !(said.say === 'ended' && said.outcome === 'stopped');
    if (whole) return said;
    if (this.#excess?.code) {
      return { say: 'failed', refusal: true, details: {}, code: this.#excess.code, message: this.#excess.message };
    }
    return said ?? { say: 'crashed', message: this.#whyCrashed(code, signal) };
  }

  #say(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // one that is gone shows by its ending
  }

  #whyCrashed(code: number | null, signal: NodeJS.Signals | null): string {
    const how = this.#excess ? `was ended by the server. ${this.#excess.message}` : endedBy(code, signal);
    const last = this.#printed.trim().split('\n').slice(-5).join('\n');
    return `Its process ${how}${last ? ` It printed: ${last}` : ''}`;
  }
}

function endedBy(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === null) return `ended with code ${code}.`;
  return `was ended by ${signal}${signal === 'SIGKILL' ? ', as when memory runs out' : ''}.`;
}
