// The package as somebody gets it who has only its tarball: packed, installed into an empty folder, its command called
// through npx.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/**
 * A stranger's environment: without the settings that npm hands from this project to the programs that it starts, and
 * with a dead end for whatever ONNX Runtime's script would download, also where its host could be reached.
 */
const deadEnd = 'http://127.0.0.1:9';
export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|onnxruntime_)/i.test(name))),
  ...{ GLOBAL_AGENT_HTTP_PROXY: deadEnd, GLOBAL_AGENT_HTTPS_PROXY: deadEnd },
};

export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Packs into `folder` what the last build left. */
export async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: ROOT, env: environment });
  const answer = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
  return Object.values(answer)[0] as Packed; // a list, or from npm 12 on a table by name
}

/** Undefined, or why nothing can be installed here. */
export async function whyNoRegistry(): Promise<string | undefined> {
  const ask = ['view', 'onnxruntime-node', 'version', '--fetch-retries=0', '--fetch-timeout=20000'];
  try {
    await run('npm', ask, { env: environment });
    return undefined;
  } catch (error) {
    return `npm reaches no registry: ${String((error as { stderr?: unknown }).stderr ?? error).split('\n')[0]}`;
  }
}

export async function emptyFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'ganymede-package-'));
}

export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true });

/** Where the tarball is installed. */
export class Installed {
  private constructor(readonly folder: string) {}

  static async into(folder: string, tarball: string, ...options: readonly string[]): Promise<Installed> {
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await run('npm', ['install', tarball, '--no-audit', '--no-fund', ...options], { cwd: folder, env: environment });
    return new Installed(folder);
  }

  /** What `npx ganymede …` prints. */
  async ganymede(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('npx', ['--no-install', 'ganymede', ...args], { cwd: this.folder, env: environment });
    return stdout;
  }

  /** `npx ganymede serve` on any free port, until `stop`. */
  async serve(...args: readonly string[]): Promise<{ url: string; stop(): Promise<unknown> }> {
    const command = ['--no-install', 'ganymede', 'serve', '--port', '0', ...args];
    // A group of its own: npx, the shell that it may start, and the server.
    const child = spawn('npx', command, { cwd: this.folder, env: environment, detached: true });
    const ended = once(child, 'close'); // of the whole group: each of it holds the pipe
    const url = await addressOf(child, ended);
    return {
      url,
      stop: () => {
        process.kill(-child.pid!, 'SIGTERM');
        return ended;
      },
    };
  }

  /** Names of the packages that came along. */
  async packages(): Promise<string[]> {
    const names = await readdir(join(this.folder, 'node_modules'));
    const scopes = names.filter((name) => name.startsWith('@'));
    const scoped = scopes.map(async (scope) =>
      (await readdir(join(this.folder, 'node_modules', scope))).map((name) => `${scope}/${name}`),
    );
    return [...names, ...(await Promise.all(scoped)).flat()];
  }

  /** Bytes of all files below `path`. */
  async bytes(path: string): Promise<number> {
    const entries = await readdir(join(this.folder, path), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}

function addressOf(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        printed += chunk;
        const found = /at (http:\/\/[^/\s,]+)/.exec(printed)?.[1];
        if (found) resolve(found);
      });
    }
    void ended.then(() => reject(new Error(`The server ended before it was ready: ${printed}`)));
  });
}
