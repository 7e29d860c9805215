// Python for tests that hold our files against other people's programs: a virtual environment with packages of PyPI, or
// the interpreter that PYTHON names. Where there is none, tests are skipped and say why.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../src/errors.js';

const run = promisify(execFile);

export interface Python {
  /** What it prints. */
  run(script: string, ...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** An environment of its own, or why there is none. */
export async function pythonWith(...packages: readonly string[]): Promise<Python | { readonly why: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-python-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const program = join(folder, 'bin', 'python');
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(program, ['-m', 'pip', 'install', '--quiet', ...packages], { timeout: 240_000 });
  } catch (error) {
    await remove();
    return { why: `${packages.join(', ')} cannot be had here: ${messageOf(error).slice(0, 200)}` };
  }
  return { run: (script, ...args) => runPython(program, script, ...args), remove };
}

/** The interpreter of this machine, or that of PYTHON. */
export const INSTALLED = process.env['PYTHON'] ?? 'python3';

/** Why it lacks a module; undefined where it has it. */
export async function whyNoModule(name: string): Promise<string | undefined> {
  try {
    await run(INSTALLED, ['-c', `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`]);
    return undefined;
  } catch {
    return `${INSTALLED} has no module ${name}; PYTHON names another interpreter`;
  }
}

export async function runPython(program: string, script: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, [script, ...args], { maxBuffer: 2 ** 27 });
  return stdout;
}
