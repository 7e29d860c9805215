// The server that attacks are made on: the built program in a process of its own, with small models, and what can be
// seen of it from outside.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reply } from '../server/replies.js';
import { writeTinyGan } from '../server/tiny-gan.js';

/** `npm run test:attack` sets it; `npm test` attacks with less. */
export const LONG = process.env['ATTACK'] === 'long';

export function program(path: string): string {
  return fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
}

export interface Victim {
  readonly origin: string;
  readonly port: number;
  /** The folder of images that clients send ahead. */
  readonly uploads: string;
  /** Memory that it has in use, and the most it ever had, in MB. Linux only. */
  memory(): Promise<Memory>;
  /** False once it has ended by itself. */
  alive(): boolean;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Open to anybody, and by any name. */
const SETTINGS = { PORT: '0', LOG_LEVEL: 'silent', AUTH: 'none', RATE_LIMIT: 'none' };

/** Serves `tiny`, which makes and scores images of 8×6. */
export async function startVictim(environment: Record<string, string> = {}): Promise<Victim> {
  const checkpoints = await mkdtemp(join(tmpdir(), 'ganymede-attack-'));
  await writeTinyGan(checkpoints);
  const uploads = `${checkpoints}-uploads`;
  const child = spawn(process.execPath, [program('main.js')], {
    env: { ...process.env, ...SETTINGS, CHECKPOINTS: checkpoints, UPLOADS: uploads, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child);
  return {
    port,
    uploads,
    origin: `http://127.0.0.1:${port}`,
    memory: () => memoryOf(child.pid!),
    signal: (name) => void child.kill(name),
    alive: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      const exit = once(child, 'exit');
      if (child.kill('SIGKILL')) await exit;
      await rm(checkpoints, { recursive: true });
      await rm(uploads, { recursive: true, force: true });
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  let text = '';
  for await (const chunk of child.stdout!) {
    text += chunk;
    const [, port] = /http:\/\/127\.0\.0\.1:(\d+)\/graphql/.exec(text) ?? [];
    if (port) return Number(port);
  }
  throw new Error(`The server ended before it said where it listens: ${text}`);
}

export interface Memory {
  readonly now: number;
  readonly most: number;
}

/** A line for bench/RESULTS.md. */
export function measured(what: string, before: Memory, after: Memory): void {
  const megabytes = [before.now, after.now, after.most].map((value) => `${Math.round(value)} MB`);
  process.stdout.write(`attack: ${what}; memory ${megabytes[0]} → ${megabytes[1]}, at most ${megabytes[2]}\n`);
}

export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) / 1024;
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
}

export interface Answer {
  readonly data?: Partial<Reply> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export async function ask(victim: Victim, body: unknown): Promise<{ status: number; body: Answer }> {
  const reply = await fetch(`${victim.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: reply.status, body: (await reply.json()) as Answer };
}

/** Calls `work` for 0 … count − 1, so many at a time. */
export async function inTurns(count: number, atATime: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

/** Numbers in [0, 1) that follow from the seed alone: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
