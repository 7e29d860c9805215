// Large pictures are enlarged and written as PNG on threads of their own, so that the thread which answers requests is
// never away for long. They start when the first large picture comes, and keep no process alive.

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { GanymedeError, messageOf } from '../errors.js';
import type { Timing } from './apng.js';
import type { Drawing, Drawn } from './drawing.js';
import type { Pixels } from './pixels.js';

/** More would not be faster, and would take the cores from the engine; turns.ts lets three pictures be made at once. */
const THREADS = Math.min(3, availableParallelism());

/** The frame as a PNG file. */
export async function drawPng(frame: Pixels, height: number): Promise<Uint8Array> {
  const drawn = await onAThread({ frames: [frame], height, as: 'png' });
  if (drawn.kind !== 'file') throw failed(drawn);
  return drawn.bytes;
}

/** The frames as one animated PNG file. */
export async function drawApng(frames: readonly Pixels[], height: number, timing: Timing): Promise<Uint8Array> {
  const drawn = await onAThread({ frames, height, as: timing });
  if (drawn.kind !== 'file') throw failed(drawn);
  return drawn.bytes;
}

/** Frames `height` pixels tall, one below the other. */
export async function drawPixels(frames: readonly Pixels[], height: number): Promise<Pixels> {
  const drawn = await onAThread({ frames, height, as: 'pixels' });
  if (drawn.kind !== 'pixels') throw failed(drawn);
  return drawn.pixels;
}

const idle: Worker[] = [];
const waiting: ((thread: Worker) => void)[] = [];
let started = 0;

async function onAThread(drawing: Drawing): Promise<Drawn> {
  const thread = await freeThread();
  thread.ref(); // the process waits for a picture under way
  const ended = new AbortController();
  try {
    thread.postMessage(drawing);
    const [drawn] = await Promise.race([
      once(thread, 'message', ended) as Promise<[Drawn]>, // rejects with the error of a thread that crashes
      once(thread, 'exit', ended).then(([code]) => {
        throw new Error(`exit code ${code}`);
      }),
    ]);
    thread.unref();
    free(thread);
    return drawn;
  } catch (cause) {
    started--;
    void thread.terminate();
    if (waiting.length > 0) free(startThread());
    throw new GanymedeError(
      'ENGINE_FAILED',
      `Expected a picture to be drawn but its thread ended with ${messageOf(cause)}. It is replaced; try again.`,
      { cause },
    );
  } finally {
    ended.abort();
  }
}

async function freeThread(): Promise<Worker> {
  const thread = idle.pop();
  if (thread) return thread;
  if (started < THREADS) return startThread();
  return new Promise((resolve) => waiting.push(resolve));
}

function startThread(): Worker {
  started++;
  const thread = new Worker(new URL('../../dist/images/thread.js', import.meta.url), { name: 'ganymede-images' });
  thread.unref();
  return thread;
}

/** For whoever has waited longest. */
function free(thread: Worker): void {
  const next = waiting.shift();
  if (next) next(thread);
  else idle.push(thread);
}

function failed(drawn: Drawn): Error {
  return new Error(drawn.kind === 'failed' ? drawn.message : `Expected another drawing than ${drawn.kind}.`);
}
