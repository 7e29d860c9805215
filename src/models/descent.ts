// The graph `descent` of a version: the error of G(z) against an example, and its gradient by z. No checkpoint holds
// it: it is as large as the generator, takes a fraction of a second to trace, and every version that says how it was
// made has it for the asking. TensorFlow.js traces it, in a process of its own that lives only that long.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { GanymedeError } from '../errors.js';
import type { Manifest } from './manifest.js';
import { refuseUnsafe } from './verified.js';

/** What the process sends. */
export type DescentAnswer = { readonly onnx: Uint8Array } | { readonly refusal: string };

export interface TraceOptions {
  /** Ends the process: the version is released. */
  readonly signal?: AbortSignal;
  /** Longest time that it may take. */
  readonly deadlineMs?: number;
  /** The process's program; another one only for tests. */
  readonly program?: URL;
}

/** The largest shipped model takes 3 s on a busy machine of two cores. */
const DEADLINE_MS = 60_000;

/** Of JavaScript's heap; weights lie outside it, and are as large as the files that the server has read already. */
const HEAP_MIB = 512;

/** One process at a time, however many versions are asked for at once. */
const oneAtATime = pLimit(1);

/**
 * ONNX of the graph. @throws GanymedeError CAPABILITY_MISSING where the version does not say how it was made: asking
 * again gives the same. ENGINE_FAILED where the process died or was too slow: asking again may help.
 */
export async function traceDescent(path: string, manifest: Manifest, options: TraceOptions = {}): Promise<Uint8Array> {
  const answer = await oneAtATime(() => answerOf(path, manifest, options));
  if ('refusal' in answer) throw cannotBeTraced(manifest, answer.refusal);
  refuseUnsafe(answer.onnx, `the graph "descent" of ${manifest.model} version ${manifest.version}`);
  return answer.onnx;
}

async function answerOf(path: string, manifest: Manifest, options: TraceOptions): Promise<DescentAnswer> {
  const { signal, deadlineMs = DEADLINE_MS } = options;
  const program = options.program ?? new URL('../../dist/training/fit/trace-descent.js', import.meta.url);
  const child = fork(fileURLToPath(program), [path], {
    // Without the flags of this process, which may be an inspector's port or a program.
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, deadlineMs);
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  try {
    return await firstMessage(child, manifest, () => (late ? `it took more than ${deadlineMs} ms` : undefined));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** What the process sends before it ends; the end of its stderr where it sends nothing. */
async function firstMessage(
  child: ChildProcess,
  manifest: Manifest,
  reason: () => string | undefined,
): Promise<DescentAnswer> {
  let answer: DescentAnswer | undefined;
  let said = '';
  child.once('message', (message) => {
    answer = message as DescentAnswer;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-SAID);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (answer) return answer;
  const why = reason() ?? `the process ended with ${signal ?? `code ${code}`}${said ? `: ${said.trim()}` : ''}`;
  throw new GanymedeError(
    'ENGINE_FAILED',
    `Expected the gradient of ${manifest.model} version ${manifest.version} to be traced but ${why}. Try again.`,
    { details: { model: manifest.model, version: manifest.version } },
  );
}

/** Characters of stderr that a message repeats. */
const SAID = 500;

function cannotBeTraced({ model, version }: Manifest, why: string): GanymedeError {
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a model that says how its generator is made, for z to be refined by its gradient, but of ${model} version ${version}: ${why}. Ask without refine, or publish it from its run with "npx ganymede publish".`,
    { details: { model, version, capability: 'refine' } },
  );
}
