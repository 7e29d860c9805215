// Scores of any number of pictures: a few requests at a time, each of as many as the server takes. Where it has no room
// for a moment, or for this minute, the same is asked again; where a request is too much, smaller ones are made; and
// one picture's fault is that picture's alone.

import { ask } from '../api/ask';
import { isLost } from '../api/connection';
import { NoAnswer, Refusal } from '../api/refusal';
import { type Answer, SCORE } from './documents';
import type { Picture } from './gather';

export interface Entry {
  readonly picture: Picture;
  /** The class that it is taken for, if any. */
  readonly label: string | null;
}

export interface Judged extends Entry {
  readonly answer: Answer;
}

interface Options {
  readonly model: string;
  readonly version: number;
  readonly signal: AbortSignal;
  /** Each that has its answer, in no order. */
  readonly onJudged: (some: readonly Judged[]) => void;
  /** Why nothing comes for a while; undefined once it goes on. */
  readonly onWait: (why: string | undefined) => void;
}

/** Requests under way: while one is worked on, the next is sent. */
const AT_ONCE = 3;

/** Of one request; a body may have 10 MiB. */
const [MOST_PICTURES, MOST_BYTES] = [250, 6 * 2 ** 20];

/** Seconds before a full queue is asked again. */
const WAITS = [0.25, 0.5, 1, 2, 4, 8];

/** @throws Refusal of what no smaller request would mend; what `signal` was aborted with */
export async function judge(entries: readonly Entry[], options: Options): Promise<void> {
  const batches = new Batches(entries);
  const work = async () => {
    for (let batch = batches.next(); batch; batch = batches.next()) {
      options.signal.throwIfAborted();
      const part = batch;
      try {
        const answers = await patiently(() => answersFor(part, options), options);
        options.onJudged(part.map((entry, i) => ({ ...entry, answer: answers[i]! })));
      } catch (error) {
        if (!isTooMuch(error)) throw error;
        if (part.length > 1) batches.giveBack(part);
        else options.onJudged([{ ...part[0]!, answer: { code: error.code, message: error.message } }]);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

class Batches {
  readonly #left: Entry[];
  #most = MOST_PICTURES;

  constructor(entries: readonly Entry[]) {
    this.#left = entries.toReversed(); // taken from the end
  }

  next(): readonly Entry[] | undefined {
    const batch: Entry[] = [];
    let bytes = 0;
    for (let one = this.#left.at(-1); one && batch.length < this.#most; one = this.#left.at(-1)) {
      bytes += one.picture.file.size;
      if (bytes > MOST_BYTES && batch.length > 0) break;
      batch.push(one);
      this.#left.pop();
    }
    return batch.length > 0 ? batch : undefined;
  }

  /** They were too many; the others are likely to be as large. */
  giveBack(batch: readonly Entry[]): void {
    this.#most = Math.min(this.#most, Math.ceil(batch.length / 2));
    this.#left.push(...batch.toReversed());
  }
}

async function answersFor(batch: readonly Entry[], { model, version, signal }: Options): Promise<readonly Answer[]> {
  const images = batch.map(({ picture }) => picture.file);
  const labels = batch[0]!.label === null ? null : batch.map(({ label }) => label!);
  const { score } = await ask(SCORE, { model, version, images, labels }, signal);
  const late = score.find((answer) => 'code' in answer && PASSING.has(answer.code));
  if (late && 'code' in late) throw new Refusal(late.message, late.code, null);
  return score;
}

const PASSING: ReadonlySet<string> = new Set(['QUEUE_FULL', 'DEADLINE_EXCEEDED']);

/** Again while what refuses it may pass; a connection that is lost is waited for. */
async function patiently<T>(work: () => Promise<T>, { signal, onWait }: Options): Promise<T> {
  for (let tries = 0; ; ) {
    try {
      const done = await work();
      onWait(undefined);
      return done;
    } catch (error) {
      if (error instanceof NoAnswer) await connected(signal);
      else {
        const seconds = secondsToWait(error, tries++);
        if (seconds === undefined) throw error;
        onWait(`${(error as Refusal).message} It goes on by itself.`);
        await pause(seconds, signal);
      }
    }
  }
}

function secondsToWait(error: unknown, tries: number): number | undefined {
  if (!(error instanceof Refusal)) return undefined;
  if (error.code === 'RATE_LIMITED')
    return (error.details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds ?? 60;
  return PASSING.has(error.code) ? WAITS[tries] : undefined;
}

function isTooMuch(error: unknown): error is Refusal {
  if (!(error instanceof Refusal)) return false;
  const resource = (error.details as { resource?: string } | undefined)?.resource;
  return error.code === 'PAYLOAD_TOO_LARGE' || (error.code === 'BAD_USER_INPUT' && resource !== undefined);
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** When the server answers again. */
function connected(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (isLost.get()) return;
      end();
      resolve();
    };
    const end = isLost.watch(look);
    signal.addEventListener('abort', () => {
      end();
      reject(signal.reason);
    });
    look();
  });
}
