// Several processes that do the same thing at the same moment: each says when it is ready, and all are let go at once.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** URL of a built module, for scripts. */
export function built(path: string): string {
  return new URL(`../../dist/${path}`, import.meta.url).href;
}

/** `script` is a module whose default export is called at once in each process, with `args`; its results. */
export async function together<Result>(count: number, script: string, ...args: readonly unknown[]): Promise<Result[]> {
  const children = Array.from({ length: count }, () => start(script));
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const results = children.map(async (child) => (await once(child, 'message'))[0] as Result);
    for (const child of children) child.send(args);
    return await Promise.all(results);
  } finally {
    await Promise.all(children.map(killed));
  }
}

/** A process that makes something of its arguments, says so, and is then killed like any that dies. */
export async function killedAfter<Result>(script: string, ...args: readonly unknown[]): Promise<Result> {
  const [result] = await together<Result>(1, script, ...args);
  return result!;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** It lives until it is killed. */
function start(script: string): ChildProcess {
  const code = `const { default: work } = await import(${JSON.stringify(`data:text/javascript,${encodeURIComponent(script)}`)});
    process.on('message', async (args) => process.send((await work(...args)) ?? null));
    process.send('ready');`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
