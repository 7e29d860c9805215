// The process of one job: takes what to do from the server, does it, tells how it goes (protocol.ts), ends. It yields
// to the server that answers requests, and when that is gone it saves and ends, too.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { isDispossessed, workUnderLease } from '../files/lock.js';
import { refusalOf } from '../files/unusable.js';
import { Pacer } from '../pace.js';
import type { Work, WorkContext } from '../work.js';
import type { JobKind } from './job.js';
import { ALIVE_MS, type Found, type FromChild, type ToChild } from './protocol.js';

/** Plain JSON, checked before the job was made and again by the work itself. */
type Options = Readonly<Record<string, unknown>>;

/** Kind → its work. Each returns the folder of the version that it made; null where it makes none or was stopped. */
const WORKS: Readonly<Record<JobKind, (options: Options, context: WorkContext) => Promise<string | null>>> = {
  train: trainModel,
  'fine-tune': trainModel,
  'fit-encoder': async (options, context) =>
    run((await import('../training/fit/fit-encoder.js')).fitEncoder, options, context),
  'fit-classifier': async (options, context) =>
    run((await import('../training/fit/fit-classifier.js')).fitClassifier, options, context),
  'fit-inpainter': async (options, context) =>
    run((await import('../training/fit/fit-inpainter.js')).fitInpainter, options, context),
  'fit-scorer': async (options, context) =>
    run((await import('../training/fit/fit-scorer.js')).fitScorer, options, context),
  evaluate: async (options, context) => {
    await run((await import('../training/rivals/evaluate.js')).evaluateAmongRivals, withoutRun(options), context);
    return null;
  },
  index: async (options, context) => {
    await run((await import('../evaluation/index-neighbours.js')).indexNeighbours, withoutRun(options), context);
    return null;
  },
};

/** Kind → the check of its work, which writes nothing. */
const CHECKS: Readonly<Record<JobKind, (options: Options) => Promise<Found>>> = {
  train: async (options) => check((await import('../training/checks.js')).checkTraining, options),
  'fine-tune': async (options) => check((await import('../training/checks.js')).checkTraining, options),
  'fit-encoder': async (options) => check((await import('../training/checks.js')).checkEncoding, options),
  'fit-classifier': async (options) => check((await import('../training/checks.js')).checkClassifying, options),
  'fit-inpainter': async (options) => check((await import('../training/checks.js')).checkInpainting, options),
  'fit-scorer': async (options) => check((await import('../training/checks.js')).checkScoring, options),
  evaluate: async (options) => check((await import('../training/checks.js')).checkEvaluation, options),
  index: async (options) => check((await import('../evaluation/index-neighbours.js')).checkIndexing, options),
};

/** What a run that can be gone on with has in its folder. */
const STATES = ['state.safetensors', 'fit.safetensors'];

const stop = new AbortController();
const pacer = new Pacer();
let checking = false;
process.on('disconnect', () => (checking ? process.exit() : stop.abort())); // nobody waits for a check any more
process.once('SIGTERM', () => stop.abort());
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the server says what is to be done
setInterval(() => tell({ say: 'alive', residentBytes: process.memoryUsage.rss() }), ALIVE_MS).unref();
yieldToOthers();
goFirstWhenMemoryRunsOut();

process.on('message', (message: ToChild) => {
  if (message.say === 'stop') stop.abort();
  else if (message.say === 'pace') pacer.change(message.pace);
  else void lastWord(message).then((last) => tell(last, () => process.disconnect()));
});

/** Does what it is told; whatever goes wrong is a last word, too. */
async function lastWord(message: Extract<ToChild, { say: 'start' | 'check' }>): Promise<FromChild> {
  try {
    checking = message.say === 'check';
    if (message.say === 'check') return { say: 'checked', found: await CHECKS[message.kind](message.options) };
    if (message.lease !== undefined) heed(message.lease);
    if (message.pace) pacer.change(message.pace);
    const made = await madeBefore(message.options);
    if (made !== null) return { say: 'ended', outcome: 'done', made };
    return await work(message.kind, goingOn(message.options));
  } catch (error) {
    return { say: 'failed', ...failureOf(error) };
  }
}

async function work(kind: JobKind, options: Options): Promise<FromChild> {
  let outcome: 'done' | 'stopped' = 'stopped';
  const made = await WORKS[kind](options, {
    ...{ signal: stop.signal, pacer },
    onEvent: (event) => {
      if (event.kind === 'finished') outcome = event.outcome;
      tell({ say: 'event', event });
    },
    onVersion: (path) => noteMade(options, path),
  });
  return { say: 'ended', outcome, made };
}

/**
 * To the server, whatever its own priority. Linux gives each thread one, and those of V8 are there before this runs;
 * later ones inherit it.
 */
function yieldToOthers(): void {
  const threads = existsSync('/proc/self/task') ? readdirSync('/proc/self/task').map(Number) : [0];
  const nicer = Math.min(constants.priority.PRIORITY_LOW, getPriority() + constants.priority.PRIORITY_BELOW_NORMAL);
  for (const thread of threads) setPriority(thread, nicer);
}

/**
 * Where another machine has the lease now, this one was taken for lost: it must write no more. What it writes is whole
 * or not there, so it may end at any moment.
 */
function heed(lease: string): void {
  workUnderLease(lease);
  setInterval(async () => {
    if (await isDispossessed()) process.kill(process.pid, 'SIGKILL');
  }, ALIVE_MS).unref();
}

/** Linux: rather than the server. Others have no such order. */
function goFirstWhenMemoryRunsOut(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '800'); // of -1000 to 1000; 1000 would be before everything else
  } catch {
    // no /proc, or none that may be written
  }
}

/** Busy and gone are of the moment: the same may work later. */
const PASSING: ReadonlySet<string> = new Set(['RUN_IN_USE', 'ENGINE_FAILED', 'DEVICE_UNAVAILABLE']);

function failureOf(thrown: unknown) {
  const error = refusalOf(thrown) ?? thrown;
  const code = error instanceof GanymedeError ? error.code : 'INTERNAL_SERVER_ERROR';
  // What the system says of files on the way may pass, too; a full disk is told to a person.
  const isSaid = thrown instanceof GanymedeError || code === 'INSUFFICIENT_STORAGE';
  const refusal = isSaid && !PASSING.has(code);
  const details = error instanceof GanymedeError ? error.details : {};
  return { code, message: messageOf(error), refusal, details };
}

/** In the folder of a run: the version that it makes, written before that appears. */
const MADE_FILE = 'made';

async function noteMade({ run }: Options, version: string): Promise<void> {
  if (typeof run === 'string') await writeFileAtomically(join(run, MADE_FILE), version);
}

/** The version that a process before this one made, which was killed before it could say so: it is not made twice. */
async function madeBefore({ run }: Options): Promise<string | null> {
  const note = typeof run === 'string' ? join(run, MADE_FILE) : '';
  if (!existsSync(note)) return null;
  const version = await readFile(note, 'utf8');
  return existsSync(version) ? version : null;
}

/** A run that was begun has its own recipe and settings. */
function goingOn(options: Options): Options {
  const { run: folder, config, overrides, from, ...others } = options;
  if (typeof folder !== 'string' || !STATES.some((file) => existsSync(join(folder, file)))) return options;
  return { ...others, run: folder, resume: true };
}

async function trainModel(options: Options, context: WorkContext): Promise<string | null> {
  const { trainModel: train } = await import('../training/train-model.js');
  const trained = await run(train, options, context);
  return trained?.version ?? null;
}

/** The two places where plain JSON becomes options. */
function run<Known, Result>(work: Work<Known, Result>, options: Options, context: WorkContext): Promise<Result> {
  return work(options as Known, context);
}

function check<Known>(of: (options: Known) => Promise<Found>, options: Options): Promise<Found> {
  return of(options as Known);
}

function withoutRun({ run: _, resume: __, ...options }: Options): Options {
  return options;
}

/** To a server that is gone nothing is told. */
function tell(message: FromChild, told: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, told);
}
