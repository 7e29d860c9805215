// The program as a person starts it, on a free port, with the shipped checkpoints or others; and examples run against
// it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Served {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
  /** At once, without a last word. */
  kill(): Promise<void>;
}

/** Resolves when the program has printed its address. DATA and UPLOADS, if not given, are of this server alone. */
export async function startServer(environment: Readonly<Record<string, string>> = {}): Promise<Served> {
  const own = await mkdtemp(join(tmpdir(), 'ganymede-served-'));
  const settings = { PORT: '0', DATA: join(own, 'data'), UPLOADS: join(own, 'uploads'), ...environment };
  const server = await startNode(['dist/main.js'], /at (http:\/\/[^/\s]+)\/graphql/, settings);
  return { ...server, stop: () => server.stop().finally(() => rm(own, { recursive: true, force: true })) };
}

/** A Node program that prints an address when it is ready. */
export async function startNode(
  command: readonly string[],
  address: RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const child = spawn(process.execPath, command, { cwd: ROOT, env: { ...process.env, ...environment } });
  const exit = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    const output = collect(child, (text) => {
      const found = address.exec(text)?.[1];
      if (found) resolve(found);
    });
    void exit.then(() => reject(new Error(`${command.join(' ')} ended before it was ready: ${output()}`)));
  });
  return {
    url,
    pid: child.pid as number,
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program of the project's folder to its end. */
export async function runExample(program: string, ...args: readonly string[]): Promise<Outcome> {
  const child = spawn(program, args, { cwd: ROOT });
  const output = collect(child);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output: output() };
}

function collect(child: ChildProcess, onText: (text: string) => void = () => {}): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
      onText(text);
    });
  }
  return () => text;
}
