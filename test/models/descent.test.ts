// The process that traces a gradient, replaced by small programs that die, hang or refuse.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Session } from '../../src/engine/session.js';
import { traceDescent } from '../../src/models/descent.js';
import { type Manifest, readManifest } from '../../src/models/manifest.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { shippedFolder } from '../shipped.js';

const RING = shippedFolder('ring8');

let root = '';
let ring: Manifest;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-descent-'));
  ring = await readManifest(RING);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function program(text: string): Promise<URL> {
  const file = join(root, `${Math.random()}.mjs`);
  await writeFile(file, text);
  return pathToFileURL(file);
}

describe('tracing the gradient of a generator', () => {
  test('rebuilds a model that does not say how it is made from its graph', async () => {
    await writeTinyGan(root);
    const path = join(root, 'tiny', '1');
    const session = await Session.load(await traceDescent(path, await readManifest(path)));
    expect(Object.keys(session.inputs)).toEqual(['z', 'image']);
    await session.release();
  });

  test('tells what the process said when it died, and tries anew the next time', async () => {
    const dying = await program('process.stderr.write("no memory left"); process.exitCode = 7;');
    const traced = traceDescent(RING, ring, { program: dying });
    await expect(traced).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /code 7: no memory left/ });
    expect((await traceDescent(RING, ring)).length).toBeGreaterThan(1000);
  });

  test('ends a process that takes too long', async () => {
    const hanging = await program('setInterval(() => {}, 1000)');
    const traced = traceDescent(RING, ring, { program: hanging, deadlineMs: 300 });
    await expect(traced).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /more than 300 ms/ });
  });

  test('ends the process when the version is released', async () => {
    const hanging = await program('setInterval(() => {}, 1000)');
    const released = new AbortController();
    const traced = traceDescent(RING, ring, { program: hanging, signal: released.signal });
    setImmediate(() => released.abort());
    await expect(traced).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /SIGKILL/ });
  });

  test('repeats why a checkpoint cannot be traced', async () => {
    const refusing = await program(
      'process.send({ refusal: "no generator of that kind" }, () => process.disconnect())',
    );
    const traced = traceDescent(RING, ring, { program: refusing });
    await expect(traced).rejects.toMatchObject({ code: 'CAPABILITY_MISSING', message: /no generator of that kind/ });
  });
});
