// A server in a process of its own, as the benchmarks start and ask it.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerReport, Usage } from './serving-process.js';

export interface Served {
  readonly port: number;
  report(): Promise<ServerReport>;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** `mode`: see serving-process.ts. */
export async function served(mode: 'watched' | 'unwatched' = 'watched', env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const server = fork(fileURLToPath(new URL('./serving-process.js', import.meta.url)), [mode], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const told = async <T>(question: string): Promise<T> => {
    server.send(question);
    return ((await once(server, 'message')) as [T])[0];
  };
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const stop = async (): Promise<void> => {
    server.send('stop');
    await once(server, 'exit');
  };
  return { port, report: () => told('report'), usage: () => told('usage'), stop };
}
