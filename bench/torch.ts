// PyTorch as a contender: bench/peers/gan.py in a process of its own, which makes steps when it is told to. PYTHON
// names the interpreter that has PyTorch. It is set up as its experts would: as many threads as ours, which sleep
// rather than spin while it is our turn (OMP_WAIT_POLICY=PASSIVE), fused optimizers, both layouts of images, eager and
// compiled.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contender } from './measure.js';

export type Program = 'dcgan' | 'paper';

export interface Peer {
  /** How it is set up: "eager, channels_last". */
  readonly setup: string;
  readonly version: string;
  /** The GPU it runs on; null for the processor. */
  readonly card: string | null;
  contender(steps: number): Contender;
  stop(): void;
}

const SETUPS: Readonly<Record<Program, readonly (readonly string[])[]>> = {
  dcgan: [[], ['--channels-last'], ['--compile'], ['--compile', '--channels-last']],
  paper: [[], ['--compile']],
};

/** Compiling takes a minute or two; what takes longer does not work here. */
const START_MS = 180_000;

/** Every setup of a program that works here; `tell` hears why another does not. */
export async function openPeers(
  program: Program,
  options: { readonly threads: number; readonly device: 'cpu' | 'cuda' },
  tell: (text: string) => void,
): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const flags of SETUPS[program]) {
    const setup = nameOf(flags);
    const opened = await open(program, flags, options);
    if (typeof opened !== 'string') peers.push({ setup, ...opened });
    else tell(`PyTorch, ${program}, ${setup}: left out, ${opened}`);
  }
  return peers;
}

function nameOf(flags: readonly string[]): string {
  return [
    flags.includes('--compile') ? 'compile' : 'eager',
    ...(flags.includes('--channels-last') ? ['channels_last'] : []),
  ].join(', ');
}

/** The running peer, or why there is none. */
async function open(
  program: Program,
  flags: readonly string[],
  { threads, device }: { readonly threads: number; readonly device: string },
): Promise<Omit<Peer, 'setup'> | string> {
  const script = fileURLToPath(new URL('../../bench/peers/gan.py', import.meta.url));
  const python = process.env.PYTHON ?? 'python3';
  const child = spawn(python, [script, program, '--threads', String(threads), '--device', device, ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: String(threads), OMP_WAIT_POLICY: 'PASSIVE' },
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  child.once('error', ({ message }) => {
    complaint = message; // no such program, for one
  });
  const lines = createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  const hello = await nextLine<{ torch: string; card: string | null }>(child, lines);
  clearTimeout(timer);
  if (!hello) return complaint.trim().split('\n').at(-1) || `${python} did not start in ${START_MS / 1000} s`;
  const run = async (steps: number) => {
    child.stdin.write(`${steps}\n`);
    if (!(await nextLine(child, lines))) throw new Error(`PyTorch ended in the middle of its turn: ${complaint}`);
  };
  return {
    version: hello.torch,
    card: hello.card,
    contender: (steps) => ({ name: nameOf(flags), run: () => run(steps), per: steps }),
    stop: () => child.stdin.end(),
  };
}

/** Null when the process ends, or cannot be started, before it says anything. */
async function nextLine<T>(child: ChildProcess, lines: Interface): Promise<T | null> {
  const asked = new AbortController();
  const line = once(lines, 'line', asked).then(([text]) => JSON.parse(text as string) as T);
  const end = once(child, 'close', asked).then(
    () => null,
    () => null,
  );
  try {
    return await Promise.race([line, end]);
  } finally {
    asked.abort();
    line.catch(() => null); // the loser of the race is told to stop, which it reports
  }
}
