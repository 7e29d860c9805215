// Hot swap under full load: version after version of a model takes over while many clients ask for samples. No request
// fails, each is answered by one version, and what was served before gives its memory back.

import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyGan } from '../server/tiny-gan.js';
import { LATENT } from '../server/tiny-graphs.js';
import { type Answer, inTurns, LONG, measured, startVictim, type Victim } from './victim.js';

const SWAPS = LONG ? 100 : 10;
const CLIENTS = 16;
/** Before memory is first looked at: caches fill, and code is compiled. */
const WARM_UP = LONG ? 20 : 4;
const MOST_GROWTH_MB = 50;

let folder: string;
let victim: Victim;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-swaps-'));
  await mkdir(join(folder, 'models'));
  await publish(1);
  victim = await startVictim({ CHECKPOINTS: join(folder, 'models') });
});
afterAll(async () => {
  await victim.stop();
  await rm(folder, { recursive: true });
});

/** Appears at once and whole, as the program's own versions do. */
async function publish(version: number): Promise<void> {
  await writeTinyGan(join(folder, 'made'), { version });
  await mkdir(join(folder, 'models', 'tiny'), { recursive: true });
  await rename(join(folder, 'made', 'tiny', `${version}`), join(folder, 'models', 'tiny', `${version}`));
}

/** Every field and every address of an answer comes of one version, and of the one that it names. */
const QUERY = `{
  model(name: "tiny") { version }
  models { name version }
  first: sample(model: "tiny", seed: 1, count: 4) { z score { logit } image { url } }
  again: sample(model: "tiny", seed: 2) { image { url dataUri } }
  sampleGrid(model: "tiny", rows: 2, columns: 2) { url dataUri }
}`;

interface Pictured {
  readonly z?: readonly number[];
  readonly image: { readonly url: string };
}

type Data = {
  readonly model: { readonly version: number };
  readonly models: readonly { readonly version: number }[];
  readonly first: readonly Pictured[];
  readonly again: readonly Pictured[];
  readonly sampleGrid: { readonly url: string };
};

/** The versions that an answer names. */
function versionsIn({ model, models, first, again, sampleGrid }: Data): Set<number> {
  const urls = [...first, ...again].map(({ image }) => image.url).concat(sampleGrid.url);
  const named = urls.map((url) => Number(/\/images\/tiny\/(\d+)\//.exec(url)?.[1]));
  return new Set([model.version, ...models.map(({ version }) => version), ...named]);
}

class Load {
  answers = 0;
  readonly faults: string[] = [];
  /** Versions that answered. */
  readonly seen = new Set<number>();
  #going = true;
  readonly #clients: Promise<void>;

  constructor() {
    this.#clients = inTurns(CLIENTS, CLIENTS, () => this.#ask());
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#clients;
  }

  /** Resolves when a version has answered. */
  async sees(version: number): Promise<void> {
    while (!this.seen.has(version)) await this.#one();
  }

  async #ask(): Promise<void> {
    while (this.#going) await this.#one();
  }

  async #one(): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${victim.origin}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: QUERY }),
    });
    const { data, errors } = (await reply.json()) as Answer;
    this.answers++;
    if (reply.status !== 200 || errors || !data) {
      this.faults.push(JSON.stringify(errors ?? reply.status));
      return;
    }
    const answer = data as unknown as Data;
    const versions = versionsIn(answer);
    if (versions.size !== 1) this.faults.push(`one answer names versions ${[...versions].join(' and ')}`);
    if (answer.first.some(({ z }) => z?.length !== LATENT)) this.faults.push('a latent of another length');
    for (const version of versions) this.seen.add(version);
  }
}

test(`${SWAPS} swaps under full load: no request fails, every answer is of one version`, async () => {
  const load = new Load();
  let before = await victim.memory();
  for (let version = 2; version <= WARM_UP + SWAPS + 1; version++) {
    if (version === WARM_UP + 2) before = await victim.memory();
    await publish(version);
    victim.signal('SIGHUP');
    await load.sees(version);
    // An address of the version before it goes on naming it, and loads it again.
    const old = await fetch(`${victim.origin}/images/tiny/${version - 1}/7.png`);
    if (old.status !== 200) load.faults.push(`an address of version ${version - 1}: ${old.status}`);
    await old.arrayBuffer();
    if (version > 4) await rm(join(folder, 'models', 'tiny', `${version - 3}`), { recursive: true });
  }
  await load.stop();
  const after = await victim.memory();
  measured(`${SWAPS} swaps, ${load.answers} requests of ${CLIENTS} clients`, before, after);
  expect(load.faults).toEqual([]);
  expect(load.seen.size).toBe(WARM_UP + SWAPS + 1);
  expect(after.now - before.now).toBeLessThan(MOST_GROWTH_MB);
});

test('a version whose warm-up fails leaves the one that is served in its place', async () => {
  const versions = (await readdir(join(folder, 'models', 'tiny'))).map(Number).filter((version) => version > 0);
  const latest = Math.max(...versions);
  await publish(latest + 1);
  await writeFile(join(folder, 'models', 'tiny', `${latest + 1}`, 'generate.onnx'), 'damaged');
  await publish(latest + 2);
  await writeFile(join(folder, 'models', 'tiny', 'active'), `${latest + 1}\n`);
  const load = new Load();
  victim.signal('SIGHUP');
  await rm(join(folder, 'models', 'tiny', 'active'));
  victim.signal('SIGHUP');
  await load.sees(latest + 2);
  await load.stop();
  expect(load.faults).toEqual([]);
  expect(load.seen).not.toContain(latest + 1);
});
