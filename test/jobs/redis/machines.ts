// Servers and workers as they are started, each in a process of its own, over a Redis and a folder that they share.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, type Served, startServer } from '../../examples/serving.js';
import { TestRedis } from './redis.js';

export interface Worker {
  readonly name: string;
  kill(): Promise<void>;
}

export class Machines {
  readonly folder: string;
  redis: TestRedis;
  readonly #ending: (() => Promise<void>)[] = [];

  static async make(): Promise<Machines> {
    const folder = await mkdtemp(join(tmpdir(), 'ganymede-machines-'));
    for (const model of ['ring8', 'mnist']) {
      await cp(`checkpoints/${model}`, join(folder, 'models', model), { recursive: true });
    }
    return new Machines(folder, await TestRedis.start());
  }

  private constructor(folder: string, redis: TestRedis) {
    this.folder = folder;
    this.redis = redis;
  }

  async server(more: Record<string, string> = {}): Promise<Served> {
    const served = await startServer({ ...this.#settings(), ...more });
    this.#ending.push(() => served.stop());
    return served;
  }

  async worker(): Promise<Worker> {
    const child = spawn(process.execPath, ['dist/cli.js', 'worker', '--threads', '1'], {
      ...{ cwd: ROOT, env: { ...process.env, ...this.#settings() }, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    this.#ending.push(() => ended(child, 'SIGTERM'));
    let said = '';
    for await (const text of child.stdout!) {
      said += text;
      const [, name] = /^(\S+) takes jobs/m.exec(said) ?? [];
      if (name) return { name, kill: () => ended(child, 'SIGKILL') };
    }
    throw new Error(`The worker ended before it took jobs: ${said}`);
  }

  async end(): Promise<void> {
    await Promise.all(this.#ending.map((end) => end()));
    await this.redis.stop();
    await rm(this.folder, { recursive: true });
  }

  #settings(): Record<string, string> {
    return {
      REDIS_URL: this.redis.url,
      LEASE_SECONDS: '10', // who is held up for a while keeps what it has; who is killed is missed soon enough
      DATA: join(this.folder, 'data'),
      CHECKPOINTS: join(this.folder, 'models'),
      LOG_LEVEL: 'fatal',
    };
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
