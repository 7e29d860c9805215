// Clients in a process of their own, so that what they do does not slow the one client that is timed.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answersPerSecond, asking } from './client.js';

export interface Load {
  readonly port: number;
  readonly query: string;
  readonly clients: number;
  readonly ms: number;
}

/** Runs `work` while clients ask; it begins when the first of them have had answers. */
export async function during<T>(load: Load, work: () => Promise<T>): Promise<T> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(load)], { stdio: 'inherit' });
  const ended = once(child, 'exit') as Promise<[number]>;
  await Promise.race([once(child, 'message'), ended]);
  const result = await work();
  if (child.exitCode !== null && child.exitCode !== 0) throw new Error('The clients of the load failed.');
  child.kill();
  await ended;
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port, query, clients, ms } = JSON.parse(process.argv[2]!) as Load;
  const asked = asking(port, query);
  setTimeout(() => process.send?.('started'), 300);
  await answersPerSecond(asked, clients, ms);
  process.disconnect();
}
