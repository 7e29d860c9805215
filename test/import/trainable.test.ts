// What is imported is fitted and trained further as what was trained here is: small graphs, a few steps.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import { encodeImage } from '../../src/images/image.js';
import { fitEncoder } from '../../src/training/fit/fit-encoder.js';
import { fitScorer } from '../../src/training/fit/fit-scorer.js';
import { trainModel } from '../../src/training/train-model.js';
import { floats, type Graph, input, integers, Site, step } from './graphs.js';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
});
afterEach(() => site.close());

const wave = (size: number, scale: number) => Array.from({ length: size }, (_, i) => scale * Math.sin(0.7 * i + scale));

/** z [N, 4] → grey images of 8×8 pixels. */
const GENERATOR: Graph = {
  inputs: [input('z', [-1, 4])],
  outputs: [input('picture', [-1, 1, 8, 8])],
  nodes: [
    step('Gemm', ['z', 'w'], 'a'),
    step('Reshape', ['a', 'maps'], 'b'),
    step('BatchNormalization', ['b', 'scale', 'shift', 'mean', 'variance'], 'c'),
    step('Relu', ['c'], 'd'),
    step('ConvTranspose', ['d', 'up'], 'e', { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [4, 4] }),
    step('Tanh', ['e'], 'picture'),
  ],
  constants: {
    ...{ w: floats([4, 48], wave(192, 0.5)), maps: integers(-1, 3, 4, 4), up: floats([3, 1, 4, 4], wave(48, 0.6)) },
    ...{ scale: floats([3], [1, 0.9, 1.1]), shift: floats([3], [0.1, 0, 0.2]) },
    ...{ mean: floats([3], [0, 0.1, -0.1]), variance: floats([3], [1, 0.8, 1.2]) },
  },
};

/** Images → a probability. */
const DISCRIMINATOR: Graph = {
  inputs: [input('picture', [-1, 1, 8, 8])],
  outputs: [input('p', [-1, 1])],
  nodes: [
    step('Conv', ['picture', 'w'], 'a', { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [4, 4] }),
    step('LeakyRelu', ['a'], 'b', { alpha: { float: 0.2 } }),
    step('Flatten', ['b'], 'c'),
    step('Gemm', ['c', 'last'], 'd'),
    step('Sigmoid', ['d'], 'p'),
  ],
  constants: { w: floats([4, 1, 4, 4], wave(64, 0.4)), last: floats([64, 1], wave(64, 0.1)) },
};

/** Grey images of squares in several places. */
async function squares(): Promise<string> {
  const folder = join(site.folder, 'squares');
  await mkdir(folder);
  for (let i = 0; i < 200; i++) {
    const data = Uint8Array.from({ length: 64 }, (_, at) => {
      const [x, y] = [(at % 8) - (i % 5), Math.floor(at / 8) - (Math.floor(i / 5) % 5)];
      return x >= 0 && x < 3 && y >= 0 && y < 3 ? 255 - (i % 50) : i % 7;
    });
    const pixels = { width: 8, height: 8, channels: 1, data } as const;
    await writeFile(join(folder, `${i}.png`), await encodeImage(pixels, { format: 'png' }));
  }
  return folder;
}

async function imported(more: { discriminator?: boolean; trainable?: boolean }): Promise<string> {
  const discriminator = await site.write('d.onnx', DISCRIMINATOR);
  const { path } = await site.import(GENERATOR, {
    ...(more.discriminator && { discriminator }),
    ...(more.trainable && { trainable: true }),
  });
  return path!;
}

const tuning = (from: string, data: string) => ({
  ...{ from, data, out: join(site.folder, 'tuned'), run: join(site.folder, 'run'), threads: 1, seed: 1, steps: 20 },
  overrides: {
    batch: 16,
    'run.stepsPerRun': 10,
    'run.reportEverySteps': 10,
    'run.previewEverySteps': 20,
    'run.saveEverySteps': 20,
  },
});

describe('a model that was imported as trainable', () => {
  it('gives what its graph gives, says of what layers it is, and is trained further', async () => {
    const plain = await imported({ discriminator: true });
    const path = await imported({ discriminator: true, trainable: true });
    const z = float32([3, 4], wave(12, 1));
    const [before, after] = await Promise.all(
      [plain, path].map((each) => site.run({ path: each, sheet: null, decisions: [] }, 'generate', { z })),
    );
    expect([...after!['image']!.data]).toEqual([...before!['image']!.data]);
    const { training } = await site.manifest({ path, sheet: null, decisions: [] });
    expect(training.recipe.generator.network.nodes.map(({ op }: { op: string }) => op)).toContain('deconv');
    expect(training.recipe.discriminator.network.kind).toBe('graph');

    await trainModel(tuning(path, await squares()));
    const tuned = { path: join(site.folder, 'tuned', '1'), sheet: null, decisions: [] };
    expect((await site.manifest(tuned)).lineage.parent).toEqual({ model: 'faces', version: 2 });
    const { image } = await site.run(tuned, 'generate', { z });
    const moved = image!.data.some((value, i) => Math.abs(Number(value) - Number(before!['image']!.data[i])) > 1e-4);
    expect(moved).toBe(true);
  });

  it('without a discriminator is trained against a new one, and says so', async () => {
    const path = await imported({ trainable: true });
    const manifest = await site.manifest({ path, sheet: null, decisions: [] });
    expect(manifest.training.figures).toMatchObject({ discriminator: 'anew' });
    expect(manifest.graphs.score).toBeUndefined();
    await trainModel(tuning(path, await squares()));
    const tuned = await site.manifest({ path: join(site.folder, 'tuned', '1'), sheet: null, decisions: [] });
    expect(tuned.graphs.score).toBeDefined();
  });

  it('is refused where its layers are none of ours, by the operator, and together with a truncation', async () => {
    const nodes = [...GENERATOR.nodes.slice(0, -1), step('Tanh', ['e'], 'f'), step('Round', ['f'], 'picture')];
    await expect(site.import({ ...GENERATOR, nodes }, { trainable: true })).rejects.toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringMatching(/operator Round.*Leave --trainable out/),
    });
    await expect(site.import(GENERATOR, { trainable: true, truncation: 'psi' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('a model that was imported as it is', () => {
  it('is refused as the beginning of a training, with what to do', async () => {
    const training = trainModel(tuning(await imported({}), await squares()));
    await expect(training).rejects.toMatchObject({ message: expect.stringContaining('--trainable') });
  });

  it('gets an encoder and a scorer', async () => {
    const checkpoint = await imported({});
    const common = { checkpoint, data: await squares(), threads: 1, steps: 20 };
    const encoded = await fitEncoder({ ...common, run: join(site.folder, 'encoder'), refine: 0 });
    const scored = await fitScorer({ ...common, run: join(site.folder, 'scorer') });
    for (const [path, graph] of [
      [encoded, 'encode'],
      [scored, 'scorer'],
    ] as const) {
      const manifest = await site.manifest({ path, sheet: null, decisions: [] });
      expect(Object.keys(manifest.graphs)).toContain(graph);
    }
  });
});
