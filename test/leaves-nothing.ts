// Around all tests: what they and their programs write to the folder of temporary files goes to one of its own, which
// is removed in the end, and a process that outlives them is ended and named. `/proc` tells of those; Linux only.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-tests-'));
  for (const variable of ['TMPDIR', 'TEMP', 'TMP']) process.env[variable] = folder;
  return async () => {
    const left = await leftOver(folder);
    for (const { pid } of left) end(pid);
    await rm(folder, { recursive: true, force: true });
    if (left.length === 0) return;
    const list = left.map(({ pid, command }) => `${pid}: ${command}`).join('\n');
    throw new Error(`Expected no process to outlive the tests that began it but these did:\n${list}`);
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Those that have not ended within a minute: a job whose server is gone saves first, and yields to all else. */
async function leftOver(folder: string): Promise<Process[]> {
  for (let second = 0; ; second++) {
    const left = processesOf(folder);
    if (left.length === 0 || second === 60) return left;
    await pause(1000);
  }
}

/** Processes with this folder for temporary files, but for those that run the tests. */
function processesOf(folder: string): Process[] {
  if (!existsSync('/proc/self/environ')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${folder}`)) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command === '' || /vitest|esbuild/.test(command) ? [] : [{ pid: Number(pid), command }];
    } catch {
      return []; // it has just ended, or is somebody else's
    }
  });
}
