// Graphs that PyTorch, Keras and ONNX's own tools wrote, each with what Python gives for it.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import type { ImportOptions } from '../../src/import/import-model.js';
import { expectClose, Site } from './graphs.js';

const data = process.env['GANYMEDE_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const folder = join(data, 'foreign');
const missing = !existsSync(folder);
const why = missing ? ` (skipped: no folder ${folder}; set GANYMEDE_DATA to one that holds foreign/)` : '';

interface Expected {
  readonly outputs: Readonly<Record<string, { readonly first: readonly number[] }>>;
}

describe.skipIf(missing)(`graphs of other tools${why}`, () => {
  let site: Site;
  beforeEach(async () => {
    site = await Site.open();
  });
  afterEach(() => site.close());

  it.each<[file: string, output: string, options?: Partial<ImportOptions>]>([
    ['dcgan-g.legacy.onnx', 'output'],
    ['dcgan-g.opset11.onnx', 'output'],
    ['dcgan-g.opset23.onnx', 'output'],
    ['dcgan-g.batch1.onnx', 'output'],
    ['external/model.onnx', 'tanh'],
    ['style-g.unfused.onnx', 'img', { set: { truncation_psi: 0.5 } }],
    ['flat-g.onnx', 'y'],
    ['wide-g.onnx', 'image'],
    ['progressive-g.onnx', 'rgb32'],
    ['keras-generator.onnx', 'Identity:0'],
  ])('%s gives what it gives in Python', async (file, output, options = {}) => {
    const expected: Record<string, Expected> = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
    const imported = await site.importFile(join(folder, file), options);
    const { latent } = await site.manifest(imported);
    const z = float32(
      [1, latent.size],
      Float32Array.from({ length: latent.size }, (_, i) => Math.sin(0.37 * i)),
    );
    const { image } = await site.run(imported, 'generate', { z });
    // The first row of an image in which a row has at least six pixels, grey or with channels first.
    const first = (expected[file]!.outputs[output] ?? Object.values(expected[file]!.outputs)[0]!).first;
    expectClose(image!, first, 5);
  });

  it('int8-qdq-g.onnx, which each release of the runtime rounds in its own way, is within one grey level', async () => {
    const imported = await site.importFile(join(folder, 'int8-qdq-g.onnx'));
    const z = float32(
      [1, 16],
      Float32Array.from({ length: 16 }, (_, i) => Math.sin(0.37 * i)),
    );
    const { image } = await site.run(imported, 'generate', { z });
    const expected: Record<string, Expected> = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
    const { first } = expected['int8-qdq-g.onnx']!.outputs['image']!;
    for (const [i, value] of first.entries()) expect(Math.abs(Number(image!.data[i]) - value)).toBeLessThan(2 / 255);
  });

  it.each([
    ['noisy-g.onnx', "noise_mode='const'"],
    ['trainmode-g.onnx', 'model.eval()'],
    ['bfloat16-g.onnx', 'Export in float32'],
    ['nan-g.onnx', 'NaN in'],
    ['trap-batch-statistics.onnx', 'model.eval()'],
    ['trap-constant.onnx', 'collapsed'],
    ['external-leak.onnx', 'in its folder'],
  ])('%s is refused, with the remedy', async (file, remedy) => {
    await expect(site.importFile(join(folder, file))).rejects.toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringContaining(remedy),
    });
  });
});
