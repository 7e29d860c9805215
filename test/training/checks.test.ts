import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Checked,
  checkClassifying,
  checkEncoding,
  checkInpainting,
  checkScoring,
  checkTraining,
} from '../../src/training/checks.js';
import { fitClassifier } from '../../src/training/fit/fit-classifier.js';
import { fitEncoder } from '../../src/training/fit/fit-encoder.js';
import { fitInpainter } from '../../src/training/fit/fit-inpainter.js';
import { fitScorer } from '../../src/training/fit/fit-scorer.js';
import type { FitOptions } from '../../src/training/fit/fitting.js';
import { shippedFolder } from '../shipped.js';
import { temporaryFolder } from './helpers.js';

/** The command, and what a job of it asks before there is one. */
const FITS: Readonly<
  Record<string, readonly [(options: never) => Promise<unknown>, (options: never) => Promise<Checked>]>
> = {
  encoder: [fitEncoder, checkEncoding],
  classifier: [fitClassifier, checkClassifying],
  inpainter: [fitInpainter, checkInpainting],
  scorer: [fitScorer, checkScoring],
};

async function ring(): Promise<{ folder: string; options: FitOptions }> {
  const folder = await temporaryFolder();
  const checkpoint = join(folder, 'ring8', '1');
  await cp(shippedFolder('ring8'), checkpoint, { recursive: true });
  return { folder, options: { checkpoint, data: 'builtin:ring8', run: join(folder, 'run'), threads: 1 } };
}

describe('what is known before a fit', () => {
  it.each([
    ['encoder', {}, { data: 'builtin:two-gaussians' }, 'DATASET_INVALID', /points of shape \[2\]/],
    ['classifier', { on: 'encoder' }, {}, 'CAPABILITY_MISSING', /a checkpoint with an encoder/],
    ['classifier', { on: 'encoder', layer: 1 }, {}, 'CONFIG_INVALID', /no --layer with --on encoder/],
    ['inpainter', {}, {}, 'CONFIG_INVALID', /a model of images, whose pixels a mask can hide/],
    ['scorer', { network: '/nowhere.json' }, {}, 'CONFIG_INVALID', /--network recipe, or a JSON file/],
  ])('is refused by the command and by the check of a job alike: %s %j', async (what, own, common, code, message) => {
    const { folder, options } = await ring();
    for (const work of FITS[what]!) {
      const refused = work({ ...options, ...common, ...own } as never);
      await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect(await readdir(folder)).toEqual(['ring8']);
  });

  it.each(Object.keys(FITS))('is refused where the next version could not be written: %s', async (what) => {
    const { folder, options } = await ring();
    const out = join(folder, 'in-the-way', 'ring8');
    await writeFile(join(folder, 'in-the-way'), '');
    for (const work of FITS[what]!) {
      await expect(work({ ...options, out } as never)).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
    }
  });

  it.each(Object.keys(FITS))(
    'is refused where there is nothing to go on with, before the data is read: %s',
    async (what) => {
      const { options } = await ring();
      const [work] = FITS[what]!;
      const refused = work({ ...options, data: '/nowhere', resume: true } as never);
      await expect(refused).rejects.toThrow(/to hold a fit to go on with but there is no .*fit\.safetensors/);
    },
  );
});

describe('what is known before a training that a job does', () => {
  it('says what it would be, and leaves no trace', async () => {
    const folder = await temporaryFolder();
    const options = { data: 'builtin:ring8', config: 'ring8', out: join(folder, 'models', 'ring8') };
    expect(await checkTraining(options)).toMatchObject({ recipe: 'ring8', examples: 100_000 });
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'models'), '');
    await expect(checkTraining(options)).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
    await rm(join(folder, 'models'));
    await expect(checkTraining({ ...options, out: join(folder, 'Ring 8') })).rejects.toThrow(/Say .*ring-8;/);
  });
});
