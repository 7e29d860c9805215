// The program as a person starts it, with what it logs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from '../examples/serving.js';

export async function startLogged(environment: Readonly<Record<string, string>>) {
  const env = { ...process.env, PORT: '0', ...environment };
  const child = spawn(process.execPath, ['dist/main.js'], { cwd: ROOT, env });
  const exit = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /at (http:\/\/[^/\s]+)\/graphql/.exec(text)?.[1];
      if (found) resolve(found);
    });
    void exit.then(() => reject(new Error(`ended before it was ready: ${log}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exit;
  };
  return { url, stop, log: () => log };
}
