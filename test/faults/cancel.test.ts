// A job is cancelled, or its data is taken away, at every point of its way: it ends, says how, and frees its device.

import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LONG, PATIENCE, random, SEED, type Server, Site } from './site.js';

let site: Site;
let server: Server;
beforeAll(async () => {
  site = await Site.make({ models: ['ring8', 'mnist'] });
  server = await site.start();
});
afterAll(() => site.remove());

const cancel = (id: string) => server.get(`mutation { cancelJob(id: "${id}") { state } }`);

async function begun(order: string): Promise<string> {
  return (await server.get(`mutation { ${order} { id } }`)).id;
}

const SHORT = 'train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 100)';
const ENDLESS = 'train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 10000000)';

/** Once the device is free, a job of one's own comes to its end. */
async function expectFree(): Promise<void> {
  expect((await server.until(await begun(SHORT), 'SUCCEEDED', 'FAILED')).state).toBe('SUCCEEDED');
}

describe('a job that is cancelled', () => {
  test('while it waits is over at once', async () => {
    const first = await begun(ENDLESS);
    const waiting = await begun(ENDLESS);
    expect((await cancel(waiting)).state).toBe('CANCELLED');
    await cancel(first);
    await server.until(first, 'CANCELLED');
    await expectFree();
  });

  test('while it is paused, and while it is pausing, is over', async () => {
    const id = await begun(ENDLESS);
    await server.underWay(id);
    await server.get(`mutation { pauseJob(id: "${id}") { id } }`);
    await server.until(id, 'PAUSED');
    expect((await cancel(id)).state).toBe('CANCELLED');
    const other = await begun(ENDLESS);
    await server.underWay(other);
    await server.get(`mutation { pauseJob(id: "${other}") { id } }`);
    const { data } = await server.ask(`mutation { cancelJob(id: "${other}") { state } }`);
    expect(['CANCELLED', 'CANCELLING']).toContain(data?.['cancelJob']?.state);
    await server.until(other, 'CANCELLED');
    await expectFree();
  });

  const moments = Array.from({ length: LONG ? 20 : 2 }, () => Math.round(random() * 4000));
  test.each(moments)(`%i ms after it was asked for (seed ${SEED}) ends, cancelled or done`, async (ms) => {
    const id = await begun('train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 1500)');
    await pause(ms);
    await server.ask(`mutation { cancelJob(id: "${id}") { state } }`); // one that is over says so
    const { state, made } = await server.until(id, 'CANCELLED', 'SUCCEEDED');
    if (state === 'SUCCEEDED') expect(made).not.toBeNull();
    await site.expectSound([id]);
  });

  test('while its version is measured ends, and its version does not take over', async () => {
    const before = (await server.get('{ model(name: "ring8") { version } }')).version;
    const shipped = (await site.versions()).length; // and what tests before made
    const id = await begun(`fineTune(model: "ring8", dataset: "builtin:ring8", steps: 100,
      promote: { when: IF, protocol: "modes", figure: "modes", better: HIGHER, notWorseBy: 100 })`);
    await vi.waitFor(async () => expect((await site.versions()).length).toBeGreaterThan(shipped), PATIENCE);
    await server.ask(`mutation { cancelJob(id: "${id}") { state } }`);
    const { state, made } = await server.until(id, 'CANCELLED', 'SUCCEEDED');
    // Where this process was held up the measurement may be over before anybody cancels.
    const expected = state === 'CANCELLED' ? before : made;
    expect((await server.get('{ model(name: "ring8") { version } }')).version).toBe(expected);
  });

  const others = LONG ? ['evaluate', 'fitEncoder', 'fitClassifier'] : ['evaluate'];
  test.each(others)('while it does %s ends', async (what) => {
    const id = await begun(`${what}(model: "mnist", dataset: "builtin:glyphs")`);
    await server.until(id, 'RUNNING');
    await pause(random() * 1500);
    await cancel(id);
    await server.until(id, 'CANCELLED');
    await expectFree();
  });
});

describe('data that is gone', () => {
  const points = join('datasets', 'points.npy');
  const order = (steps: number) => `train(model: "points", recipe: "ring8", dataset: "points.npy", steps: ${steps})`;

  beforeAll(async () => {
    await writeFile(join(site.data, points), npyOfRing());
  });

  test('while a job reads it fails the job, which says so, or changes nothing for it', async () => {
    const id = await begun(order(200));
    await pause(random() * 500);
    await rm(join(site.data, points));
    const { state, error } = await server.until(id, 'SUCCEEDED', 'FAILED');
    if (state === 'FAILED') expect(error!.code).toBe('DATASET_INVALID');
    await writeFile(join(site.data, points), npyOfRing());
    await expectFree();
  });

  test('while it is paused fails it when it goes on; once the data is back a retry goes on', async () => {
    const id = await begun(order(2_000_000));
    await server.underWay(id);
    await server.get(`mutation { pauseJob(id: "${id}") { id } }`);
    await server.until(id, 'PAUSED');
    const reached = (await server.job(id)).progress!.done;
    await rename(join(site.data, points), join(site.folder, 'away.npy'));
    await server.get(`mutation { resumeJob(id: "${id}") { id } }`);
    expect((await server.until(id, 'FAILED')).error!.code).toBe('DATASET_INVALID');
    await cp(join(site.folder, 'away.npy'), join(site.data, points));
    await server.get(`mutation { retryJob(id: "${id}") { id } }`);
    await server.underWay(id, reached);
    await cancel(id);
    await site.expectSound([id]);
  });
});

/** 2,000 points of a circle, as NumPy writes them. */
function npyOfRing(): Buffer {
  const count = 2000;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 2), }`;
  const padded = `${header.padEnd(128 - 10 - 1)}\n`;
  const head = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([padded.length, 0]),
    Buffer.from(padded),
  ]);
  const points = Float32Array.from({ length: 2 * count }, (_, i) => 0.8 * (i % 2 ? Math.sin(i) : Math.cos(i + 1)));
  return Buffer.concat([head, Buffer.from(points.buffer)]);
}
