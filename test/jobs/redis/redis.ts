// A Redis of a test's own: Debian's redis-server, or the one that REDIS_SERVER names, on a free port, with a folder of
// its own, so that it can be killed and begun again with what it kept.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-port.js';

const PROGRAM = process.env['REDIS_SERVER'] ?? 'redis-server';

/** Why tests of Redis are skipped; undefined where they are not. */
export const withoutRedis: string | undefined =
  spawnSync(PROGRAM, ['--version']).status === 0
    ? undefined
    : `there is no ${PROGRAM}: install Debian's redis-server, or name one in REDIS_SERVER`;

/** Appended to the title of what is skipped. */
export const why = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;

export class TestRedis {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  /** Loses nothing, unless `settings` say otherwise: `['--appendfsync', 'everysec']`. */
  static async start(...settings: readonly string[]): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), 'ganymede-redis-')), settings);
    await redis.start();
    return redis;
  }

  private constructor(port: number, folder: string, settings: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const fixed = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''];
    const kept = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const child = spawn(PROGRAM, [...fixed, ...kept, ...this.#settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    let said = '';
    for await (const text of child.stdout!) {
      said += text;
      if (said.includes('Ready to accept connections')) return;
    }
    throw new Error(`Redis ended before it was ready: ${said}`);
  }

  async kill(): Promise<void> {
    const exit = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await exit;
  }

  async stop(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.kill();
    await rm(this.#folder, { recursive: true });
  }
}
