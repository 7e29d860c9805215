// Power cuts: a writer is stopped at a random moment, and what the disk under its folder holds by then is looked at as
// another machine would find it. What was acknowledged before is there, whole.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { openDatabase } from '../../src/jobs/sqlite.js';
import { JobStore } from '../../src/jobs/store.js';
import { built } from '../files/together.js';
import { ring8 } from '../jobs/requests.js';
import { loopDisk, NO_LOOP } from './disks.js';
import { random, SEED, TIMES } from './site.js';

if (NO_LOOP) console.warn(`Skipped: no image of a disk can be mounted here. ${NO_LOOP}`);

/** Says the id of each job once it is acknowledged. */
const ASKING = `
  const { JobStore } = await import('${built('jobs/store.js')}');
  const store = await JobStore.open(folder);
  for (;;) say(store.add(request).id);`;

/** Saves state after state, each of equal numbers, and says which once it is saved. */
const SAVING = `
  const { writeFileAtomically } = await import('${built('files/atomic.js')}');
  const { encodeSafetensors } = await import('${built('files/safetensors.js')}');
  for (let step = 1; ; step++) {
    const data = new Float32Array(50_000).fill(step);
    await writeFileAtomically(folder + '/state', encodeSafetensors({ tensors: { w: { dtype: 'float32', shape: [50_000], data } }, metadata: {} }));
    say(String(step));
  }`;

/** Versions of a model, one after the other. */
const PUBLISHING = `
  const { createDirectoryAtomically, writeAndSync } = await import('${built('files/atomic.js')}');
  for (let version = 1; ; version++) {
    await createDirectoryAtomically(folder + '/' + version, async (temporary) => {
      for (const name of ['generate', 'score']) await writeAndSync(temporary + '/' + name, String(version).repeat(500));
    });
    say(String(version));
  }`;

describe.skipIf(NO_LOOP !== null)(`after ${TIMES} power cuts (seed ${SEED})`, () => {
  test('every job that was acknowledged is in the database', async () => {
    await cuts(ASKING, async (folder, acknowledged) => {
      const database = openDatabase(join(folder, 'ganymede.db'));
      expect(Object.values(database.prepare('PRAGMA integrity_check').get() as object)).toEqual(['ok']);
      database.close();
      const store = await JobStore.open(folder);
      const kept = new Set(store.jobs({}, 1_000_000).map(({ id }) => id));
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
      await store.close();
    });
  });

  test('the state of a run is whole, and no older than the last that was said to be saved', async () => {
    await cuts(SAVING, async (folder, acknowledged) => {
      const { tensors } = decodeSafetensors(await readFile(join(folder, 'state')), 'state');
      const values = new Set(tensors['w']!.data as Float32Array);
      expect(values.size).toBe(1);
      expect(Math.max(...values)).toBeGreaterThanOrEqual(Number(acknowledged.at(-1)));
    });
  });

  test('every version that appeared is whole', async () => {
    await cuts(PUBLISHING, async (folder, acknowledged) => {
      const versions = (await readdir(folder)).filter((name) => /^\d+$/.test(name));
      expect(versions).toEqual(expect.arrayContaining(acknowledged));
      for (const version of versions) {
        for (const name of ['generate', 'score']) {
          expect(await readFile(join(folder, version, name), 'utf8')).toBe(version.repeat(500));
        }
      }
    });
  });
});

/** `check` sees the disk as it was when the power went, and what had been acknowledged by then. */
async function cuts(program: string, check: (folder: string, said: string[]) => Promise<void>): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    const disk = await loopDisk(48);
    const copy = `${disk.image}.cut`;
    const writer = start(program, join(disk.path, 'folder'));
    const said = lines(writer);
    await vi.waitFor(() => expect(said.length).toBeGreaterThan(0), { timeout: 60_000 });
    await after(random() * 1000);
    writer.kill('SIGSTOP');
    await vi.waitFor(() => expect(stateOf(writer.pid!)).toBe('T'), 20_000);
    const acknowledged = [...said];
    await copyFile(disk.image, copy);
    const gone = new Promise((resolve) => writer.once('close', resolve));
    writer.kill('SIGKILL');
    await gone;
    await disk.unmount();
    const found = await loopDisk(48, copy);
    await check(join(found.path, 'folder'), acknowledged).finally(() => found.unmount());
  }
}

function start(program: string, folder: string): ChildProcess {
  const values = { folder, request: ring8('out', 100) };
  const code = `
    import { mkdirSync, writeSync } from 'node:fs';
    const { folder, request } = ${JSON.stringify(values)};
    mkdirSync(folder, { recursive: true });
    const say = (text) => writeSync(1, text + '\\n');
    ${program}`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Whole lines that it printed, as they come. */
function lines(child: ChildProcess): string[] {
  const all: string[] = [];
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    all.push(...parts);
  });
  return all;
}

/** `T`: stopped. */
function stateOf(pid: number): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}
