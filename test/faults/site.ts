// A folder with models and data on which servers are started, killed and started again, and what must hold whatever
// happened to them: nothing acknowledged is lost, no job is stuck, no half version is visible, no process is left over,
// and what was served is served as before.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { openDatabase } from '../../src/jobs/sqlite.js';
import { versionIn } from '../../src/models/numbers.js';
import { openCheckpoint } from '../../src/models/verified.js';
import { program, randomOf } from '../attack/victim.js';

/** `npm run test:faults` sets it; `npm test` does the same with less. */
export const LONG = process.env['FAULTS'] === 'long';

/** Of all moments that are random; the name of a test that uses it says it. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? 11);
export const random = randomOf(SEED);

/** Kills, cuts and the like. */
export const TIMES = LONG ? 20 : 2;

export const PATIENCE = { timeout: LONG ? 1_000_000 : 200_000, interval: 50 };

/** Fields of a reply, as far as tests read them. */
export interface Answer {
  readonly id: string;
  readonly state: string;
  readonly made: number | null;
  readonly model: string;
  readonly version: number;
  readonly versions: readonly number[];
  readonly attempt: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly progress: { readonly phase: string; readonly done: number } | null;
  readonly nodes: readonly Answer[];
}

export interface Reply {
  readonly data: Readonly<Record<string, Answer>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export class Server {
  readonly url: string;
  readonly exit: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  readonly #child: ChildProcess;

  constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    this.exit = ended(child) ? Promise.resolve([child.exitCode, child.signalCode]) : (once(child, 'exit') as never);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async ask(query: string, variables?: object): Promise<Reply> {
    const reply = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await reply.json()) as Reply;
  }

  /** The one field of an answer without errors. */
  async get(query: string, variables?: object): Promise<Answer> {
    const { data, errors } = await this.ask(query, variables);
    expect(errors, query).toBeUndefined();
    return Object.values(data!)[0]!;
  }

  /** The code of a refusal. */
  async refusal(query: string): Promise<string | undefined> {
    return (await this.ask(query)).errors?.[0]?.extensions.code;
  }

  job(id: string): Promise<Answer> {
    return this.get(
      `{ job(id: "${id}") { id state made model attempt error { code message } progress { phase done } } }`,
    );
  }

  async until(id: string, ...states: string[]): Promise<Answer> {
    return vi.waitFor(async () => {
      const job = await this.job(id);
      expect(states, JSON.stringify(job)).toContain(job.state);
      return job;
    }, PATIENCE);
  }

  /** Resolves when the job has done more than so much of its training. */
  async underWay(id: string, done = 0): Promise<void> {
    await vi.waitFor(async () => {
      const { progress } = await this.job(id);
      expect(progress?.done ?? 0).toBeGreaterThan(done);
    }, PATIENCE);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit;
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM');
    await this.exit;
  }
}

export interface SiteOptions {
  readonly models?: readonly string[];
  /** Where DATA and CHECKPOINTS are, if not in the folder. */
  readonly data?: string;
  readonly checkpoints?: string;
}

export class Site {
  readonly data: string;
  readonly checkpoints: string;
  #server: Server | undefined;
  /** Model → what it drew before anything happened. */
  readonly #drawn = new Map<string, unknown>();
  #shipped = 0;

  /** With the shipped model `ring8`, or others. */
  static async make({ models = ['ring8'], ...places }: SiteOptions = {}): Promise<Site> {
    const site = new Site(await mkdtemp(join(tmpdir(), 'ganymede-faults-')), places);
    for (const folder of [join(site.data, 'datasets'), site.checkpoints]) await mkdir(folder, { recursive: true });
    for (const model of models) await cp(`checkpoints/${model}`, join(site.checkpoints, model), { recursive: true });
    await site.shipped();
    return site;
  }

  /** What is there now is what the folder came with. */
  async shipped(): Promise<void> {
    this.#shipped = (await this.versions()).length;
  }

  private constructor(
    readonly folder: string,
    { data = join(folder, 'data'), checkpoints = join(folder, 'checkpoints') }: SiteOptions,
  ) {
    this.data = data;
    this.checkpoints = checkpoints;
  }

  /** The one that was started last. */
  get server(): Server {
    return this.#server!;
  }

  /** Resolves when it answers. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    const child = spawn(process.execPath, [program('main.js')], {
      env: {
        ...process.env,
        ...{
          PORT: '0',
          DATA: this.data,
          CHECKPOINTS: this.checkpoints,
          LOG_LEVEL: 'fatal',
          UPLOADS: join(this.folder, 'uploads'),
          SMALL_JOBS: '0', // one job after the other: what waits, waits
        },
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = new Server(await addressOf(child), child);
    for (const { name } of await this.versions()) {
      if (!this.#drawn.has(name)) this.#drawn.set(name, await this.#sample(name));
    }
    return this.#server;
  }

  /** Folders of versions that can be seen, of all models. */
  async versions(): Promise<{ readonly name: string; readonly version: number; readonly path: string }[]> {
    const names = (await readdir(this.checkpoints)).filter((name) => !name.startsWith('.'));
    const lists = await Promise.all(
      names.map(async (name) =>
        (await readdir(join(this.checkpoints, name))).flatMap((each) => {
          const version = versionIn(each);
          return version === null ? [] : [{ name, version, path: join(this.checkpoints, name, each) }];
        }),
      ),
    );
    return lists.flat();
  }

  /** `acknowledged`: ids of jobs that clients were told. Waits until every job is over. */
  async expectSound(acknowledged: Iterable<string>): Promise<void> {
    const jobs = await this.#over();
    const known = new Set(jobs.map(({ id }) => id));
    expect(Array.from(acknowledged).filter((id) => !known.has(id))).toEqual([]);
    const made = jobs.flatMap(({ model, made: version }) => (version === null ? [] : [`${model}/${version}`]));
    expect(new Set(made).size, 'versions that two jobs made').toBe(made.length);
    await this.#expectWhole(made);
    for (const [model, drawn] of this.#drawn) expect(await this.#sample(model)).toEqual(drawn);
    await this.expectAlone([this.server.pid]);
  }

  /** No process of this folder but these. Linux only: elsewhere nobody can tell. */
  async expectAlone(pids: readonly number[]): Promise<void> {
    if (!existsSync('/proc/self/environ')) return;
    await vi.waitFor(() => expect(processesWith(`DATA=${this.data}`)).toEqual([...pids]), PATIENCE);
  }

  /** Stops the server; what it leaves must be in order. */
  async remove(): Promise<void> {
    await this.#server?.stop();
    await this.expectAlone([]);
    const path = join(this.data, 'ganymede.db');
    if (existsSync(path)) {
      const database = openDatabase(path);
      expect(Object.values(database.prepare('PRAGMA integrity_check').get() as object)).toEqual(['ok']);
      database.close();
    }
    await rm(this.folder, { recursive: true });
  }

  async #over(): Promise<readonly Answer[]> {
    return vi.waitFor(async () => {
      const { nodes } = await this.server.get('{ jobs(first: 100) { nodes { id state made model } } }');
      expect(nodes.filter(({ state }) => !['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(state))).toEqual([]);
      return nodes;
    }, PATIENCE);
  }

  /** What can be seen is whole, and is what came with the folder and what jobs say that they made. */
  async #expectWhole(made: readonly string[]): Promise<void> {
    const versions = await this.versions();
    for (const { path } of versions) {
      const { manifest, file } = await openCheckpoint(path);
      for (const name of Object.keys(manifest.files)) await file(name);
    }
    const seen = versions.map(({ name, version }) => `${name}/${version}`);
    expect(seen).toEqual(expect.arrayContaining([...made]));
    expect(seen).toHaveLength(this.#shipped + made.length);
  }

  /** As the version with which the folder came answers: later ones have higher numbers. */
  async #sample(model: string): Promise<unknown> {
    const versions = (await this.versions()).filter(({ name }) => name === model);
    const first = Math.min(...versions.map(({ version }) => version));
    return this.server.get(
      `{ sample(model: "${model}", version: ${first}, seed: 7, count: 3) { z tensor { data } score { logit } } }`,
    );
  }
}

function ended({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function addressOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stderr!.on('data', (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      text += chunk;
      const [, url] = /at (http:\/\/[^/\s,]+)/.exec(text) ?? [];
      if (url) resolve(url);
    });
    child.once('exit', () => reject(new Error(`The server ended before it was ready: ${text}`)));
  });
}

/** Numbers of the processes that were started with such a variable, directly or by one that was. */
function processesWith(variable: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable) ? [Number(pid)] : [];
    } catch {
      return []; // it has just ended, or is somebody else's
    }
  });
}
