// Which version answers, changed by mutations under load: no request fails, each answer is of one version, and what
// may not be served does not take over.

import { copyFile, cp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../src/models/files.js';
import { memoryOf } from '../attack/victim.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { Load } from './load.js';
import { LONG, type Server, Site } from './site.js';

const PROMOTIONS = LONG ? 200 : 20;
const MOST_GROWTH_MB = 50;

let site: Site;
let server: Server;
beforeAll(async () => {
  site = await Site.make({ models: [] });
  for (const version of [1, 2]) await writeTinyGan(site.checkpoints, { version });
  await site.shipped();
  server = await site.start();
});
afterAll(() => site.remove());

const promote = (version: number) => `mutation { promote(model: "tiny", version: ${version}) { version } }`;
const ROLLBACK = 'mutation { rollback(model: "tiny") { version } }';

test(`${PROMOTIONS} promotions and rollbacks under load fail no request, and keep no memory`, async () => {
  await server.get(promote(1));
  const load = new Load(server, 'tiny');
  let before = 0;
  for (let i = 0; i < PROMOTIONS; i++) {
    if (i === Math.floor(PROMOTIONS / 4)) before = (await memoryOf(server.pid)).now;
    const { version } = await server.get(i % 2 === 0 ? promote(2) : ROLLBACK);
    expect(version).toBe(i % 2 === 0 ? 2 : 1);
    await load.answered(20);
  }
  await load.stop();
  expect(load.faults).toEqual([]);
  expect([...load.seen].sort()).toEqual([1, 2]);
  expect((await memoryOf(server.pid)).now - before).toBeLessThan(MOST_GROWTH_MB);
  await site.expectSound([]);
});

/** Each makes version 3 of what is a copy of version 2. */
const BAD: Readonly<Record<string, (path: string) => Promise<void>>> = {
  'a byte is another': async (path) => {
    const bytes = await readFile(join(path, 'generate.onnx'));
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(join(path, 'generate.onnx'), bytes);
  },
  'a file is cut short': async (path) => {
    const bytes = await readFile(join(path, 'generate.onnx'));
    await writeFile(join(path, 'generate.onnx'), bytes.subarray(0, bytes.length / 2));
  },
  'the weights are not numbers': async (path) => {
    await changed(path, (bytes) => {
      for (let at = bytes.length % 4; at + 4 <= bytes.length; at++) {
        if (Math.abs(bytes.readFloatLE(at)) > 1e-3 && Math.abs(bytes.readFloatLE(at)) < 10)
          bytes.writeFloatLE(Number.NaN, at);
      }
    });
  },
  'the graph is of another shape': async (path) => {
    await writeTinyGan(site.folder, { model: 'ring', version: 3 });
    await changed(path, undefined, join(site.folder, 'ring', '3', 'generate.onnx'));
  },
};

/** With the digest that belongs to what the graph is then: as somebody who wrote it so would have it. */
async function changed(path: string, change: ((bytes: Buffer) => void) | undefined, other?: string): Promise<void> {
  const file = join(path, 'generate.onnx');
  if (other) await copyFile(other, file);
  const bytes = await readFile(file);
  change?.(bytes);
  await writeFile(file, bytes);
  const manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));
  await writeFile(
    join(path, 'manifest.json'),
    JSON.stringify({ ...manifest, files: { ...manifest.files, 'generate.onnx': digestOf(bytes) } }),
  );
}

test.each(Object.keys(BAD))(
  'a version in which %s is refused, named, and the one that answers goes on',
  async (fault) => {
    const load = new Load(server, 'tiny');
    const before = (await server.get('{ model(name: "tiny") { version } }')).version;
    const made = join(site.folder, 'made');
    await cp(join(site.checkpoints, 'tiny', '2'), made, { recursive: true });
    const manifest = JSON.parse(await readFile(join(made, 'manifest.json'), 'utf8'));
    await writeFile(join(made, 'manifest.json'), JSON.stringify({ ...manifest, version: 3 }));
    await BAD[fault]!(made);
    const bad = join(site.checkpoints, 'tiny', '3');
    await rename(made, bad);
    try {
      const { data, errors } = await server.ask(promote(3));
      expect(data?.['promote'] ?? null).toBeNull();
      expect(['CHECKPOINT_INVALID', 'NOT_FINITE', 'MODEL_MISMATCH']).toContain(errors?.[0]?.extensions.code);
      expect(await server.refusal('{ sample(model: "tiny", version: 3, seed: 1) { image { bytes } } }')).toBeDefined();
      await load.answered(20);
      await load.stop();
      expect(load.faults).toEqual([]);
      expect((await server.get('{ model(name: "tiny") { version } }')).version).toBe(before);
    } finally {
      await rename(bad, join(site.folder, `bad ${fault}`));
    }
    await server.get('mutation { refreshModels { version } }');
    await site.expectSound([]);
  },
);
