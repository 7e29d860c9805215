// The program that `export --for python` writes, run by Python with packages of PyPI: the pictures are those of this
// server. Skipped where there is no Python or nothing can be installed for it.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sample } from '../../src/client/sample.js';
import { Engine } from '../../src/engine/engine.js';
import { float32 } from '../../src/engine/tensor.js';
import { latent } from '../../src/models/latent.js';
import { type Python, pythonWith } from '../python.js';
import { exported, withFolder } from './exported.js';

let python: Python | undefined;
let why: string | undefined;
beforeAll(async () => {
  const found = await pythonWith('onnxruntime', 'numpy', 'pillow');
  if ('why' in found) why = found.why;
  else python = found;
}, 300_000);
afterAll(() => python?.remove());

describe('sample.py', () => {
  it.for([
    ['mnist-conditional', 'normal latents, classes drawn'],
    ['mnist', 'uniform latents'],
    ['cifar10', 'colour'],
  ] as const)('gives the pictures of our seeds: %s, %s', { timeout: 60_000 }, async ([model], { skip }) => {
    if (!python) return skip(why!);
    await withFolder(async (folder) => {
      await exported(model, 'python', join(folder, 'python'));
      const told = await python!.run(join(folder, 'python', 'sample.py'), '7', '5', join(folder, 'theirs'));
      expect(told).toMatch(/^5 pictures in /);
      const seeds = [7, 8, 9, 10, 11];
      const outdir = join(folder, 'ours');
      await sample({ model, seeds, outdir, trunc: 1, format: 'png' });
      for (const file of await readdir(outdir)) {
        const [theirs, ours] = await Promise.all(
          [join(folder, 'theirs'), outdir].map(async (place) =>
            sharp(await readFile(join(place, file)))
              .raw()
              .toBuffer(),
          ),
        );
        expect(theirs!.length).toBe(ours!.length);
        // A level apart where another order of sums rounds to the other side.
        expect(Math.max(...theirs!.map((level, i) => Math.abs(level - ours![i]!)))).toBeLessThanOrEqual(1);
      }
    });
  });

  it('writes points as a table', { timeout: 60_000 }, async ({ skip }) => {
    if (!python) return skip(why!);
    await withFolder(async (folder) => {
      const { graphs, manifest } = await exported('ring8', 'python', join(folder, 'python'));
      await python!.run(join(folder, 'python', 'sample.py'), '0', '3', join(folder, 'theirs'));
      const table = await readFile(join(folder, 'theirs', 'points.csv'), 'utf8');
      const engine = await Engine.start();
      const graph = await engine.load('generate', graphs[0]!.onnx);
      const z = [0, 1, 2].flatMap((seed) => [...latent(seed, manifest.latent.size, manifest.latent.prior)]);
      const { point } = await graph.run({ z: float32([3, manifest.latent.size], z) });
      await engine.close();
      const points = table.trim().split(/[\n,]/).map(Number);
      expect(points).toEqual([...point!.data].map((value) => expect.closeTo(Number(value), 5)));
    });
  });
});
