import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { FeatureNet, MNIST_FEATURES } from '../../src/evaluation/features.js';
import { trainFeatureNet } from '../../src/training/fit/feature-net.js';
import { finished, inFolderOfItsOwn, printing, temporaryFolder } from '../training/helpers.js';

/** 28 × 28 characters made by the project itself: 36 classes, in turn. */
const GLYPHS = 'builtin:glyphs,count=2800';

// A training that fails leaves its run in runs/ of the working directory.
inFolderOfItsOwn();

describe('ganymede feature-net', () => {
  it('learns to tell images apart and exports features and logits of the same net', async () => {
    const out = join(await temporaryFolder(), 'nets', 'glyphs.onnx');
    const lines: string[] = [];
    const options = { data: GLYPHS, out, license: 'CC0-1.0', epochs: 4, validation: 400, threads: 1 };
    const { accuracy, images } = await finished(trainFeatureNet(options, printing(lines)));
    expect(images).toBe(400);
    expect(accuracy).toBeGreaterThan(0.5); // chance is 0.03
    expect(lines.at(-1)).toBe(`${out}: ${(100 * accuracy).toFixed(2)} % of 400 held-out images classified as labelled`);
    expect(lines.filter((line) => line.startsWith('epoch'))).toHaveLength(4);

    const manifest = JSON.parse(await readFile(out.replace('.onnx', '.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      license: 'CC0-1.0',
      training: { seed: 1, epochs: 4, validation: { images: 400, accuracy } },
    });

    const data = await openDataset(GLYPHS);
    const net = await FeatureNet.open(out, 1);
    try {
      const all = { data: (await readAll(data)).subarray(2400 * 784), size: 784 };
      const { features, classes } = await net.see(all, { channels: 1, height: 28, width: 28 });
      expect(features.size).toBe(128);
      const right = classes!.reduce((sum, found, i) => sum + (found === data.labels![2400 + i] ? 1 : 0), 0);
      expect(right / 400).toBe(accuracy);
    } finally {
      await net.close();
    }
  });

  it('refuses data without labels, a name that is no ONNX file, and no licence', async () => {
    const folder = await temporaryFolder();
    const run = (data: string, out: string, license = 'CC0-1.0') =>
      finished(trainFeatureNet({ data, out: join(folder, out), license }));
    await expect(run('builtin:swissroll', 'x.onnx')).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    await expect(run(GLYPHS, 'x.bin')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(run('/nowhere', 'x.onnx', ' ')).rejects.toThrow('Expected --license with a name');
  });
});

describe('the shipped feature net', () => {
  it('opens, is of MNIST digits, and says how well it does on images it was not trained on', async () => {
    const net = await FeatureNet.open(MNIST_FEATURES, 1);
    await net.close();
    expect(net.manifest.labels).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    const { validation } = net.manifest.training as { validation: { images: number; accuracy: number } };
    expect(validation.images).toBe(10_000);
    expect(validation.accuracy).toBeGreaterThan(0.985);
  });
});
