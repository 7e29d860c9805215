import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { slice } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { Engine } from '../../src/engine/engine.js';
import { Session } from '../../src/engine/session.js';
import { float32 } from '../../src/engine/tensor.js';
import { type Manifest, readManifest } from '../../src/models/manifest.js';
import { ModelRepository } from '../../src/models/repository.js';
import type { Recipe } from '../../src/recipes/recipe.js';
import { type CompletionRow, measureCompletions } from '../../src/training/fit/completions.js';
import { discriminatorFeatures, featuresGraph } from '../../src/training/fit/feature-sources.js';
import { fitClassifier } from '../../src/training/fit/fit-classifier.js';
import { fitEncoder } from '../../src/training/fit/fit-encoder.js';
import { fitInpainter } from '../../src/training/fit/fit-inpainter.js';
import { openFixed } from '../../src/training/fit/fixed-model.js';
import { inpaintGraph, trainInpainter } from '../../src/training/fit/inpainter.js';
import { publishRun } from '../../src/training/publish.js';
import { train } from '../../src/training/trainer.js';
import { writeHalves } from '../evaluation/halves.js';
import { barsRecipe, type Changes, writeBars } from '../training/bars.js';
import { finished, inFolderOfItsOwn, printing, temporaryFolder } from '../training/helpers.js';

/** 28 × 28 characters, 36 classes in turn; the last 72 are held out. */
const GLYPHS = 'builtin:glyphs,count=792';

function glyphRecipe(changes: Changes = {}): Recipe {
  const { generator, discriminator } = barsRecipe();
  const judge = discriminator.network;
  if (generator.network.kind !== 'mlp' || judge.kind !== 'mlp') throw new Error('Expected MLPs.');
  const layers = [generator.network.layers[0]!, { ...generator.network.layers[1]!, units: 784 }];
  return barsRecipe({
    data: { range: [0, 1], validation: 72, scale: 1 },
    generator: { network: { kind: 'mlp', layers }, outputBias: 'marginals' },
    ...changes,
  });
}

async function published(recipe: Recipe, data: string): Promise<{ folder: string; checkpoint: string }> {
  const folder = await temporaryFolder();
  const run = join(folder, 'run');
  const dataset = await openDataset(data, { range: recipe.data.range });
  await train({ recipe, dataset, runDirectory: run, model: 'bars', seed: 3, steps: 200, threads: 1 });
  const options = { run, out: join(folder, 'models', 'glyphs') };
  return { folder, checkpoint: (await publishRun(options)).path };
}

function figuresOf(manifest: Manifest, protocol: string): Record<string, unknown> {
  return manifest.evaluations.find((evaluation) => evaluation.protocol === protocol)!.figures;
}

// A fit that fails leaves its run in runs/ of the working directory.
inFolderOfItsOwn();

describe('ganymede fit', () => {
  it('adds an encoder, then a classifier, each as the next version, with its figures; both are served', async () => {
    const { folder, checkpoint } = await published(glyphRecipe(), GLYPHS);
    const lines: string[] = [];
    const context = printing(lines);
    const common = { data: GLYPHS, threads: 1 };

    const second = await finished(fitEncoder({ ...common, checkpoint, steps: 300, refine: 40 }, context));
    const third = await finished(
      fitClassifier({ ...common, checkpoint: second, on: 'both', layer: 1, labels: [36, 72], draws: 2 }, context),
    );
    expect([second, third]).toEqual([2, 3].map((version) => join(folder, 'models', 'glyphs', String(version))));
    expect(lines.filter((line) => /^step \d00 {2}left in z \d\.\d{3} {2}in x 0\.\d{3}/.test(line))).toHaveLength(3);

    const [one, manifest] = [await readManifest(checkpoint), await readManifest(third)];
    expect(Object.keys(one.graphs)).toEqual(['generate', 'score']);
    expect(Object.keys(manifest.graphs).sort()).toEqual(['classify', 'encode', 'features', 'generate', 'score']);
    expect(manifest.files['generate.onnx']).toEqual(one.files['generate.onnx']);
    expect(manifest.labels).toHaveLength(36);
    expect(manifest.evaluations.map(({ protocol }) => protocol)).toEqual(['encoder', 'probe']);

    const encoder = figuresOf(manifest, 'encoder') as Record<string, number> & {
      refined: { examples: number; steps: number; before: number; after: number };
    };
    expect(encoder['examples']).toBe(72);
    expect(encoder['sampleLatentError']).toBeLessThan(0.9);
    expect(encoder['sampleError']).toBeLessThan(encoder['errorOfMean']!);
    expect(encoder.refined).toMatchObject({ examples: 72, steps: 40 });
    expect(encoder.refined.before).toBeCloseTo(encoder['error']!, 5); // the traced generator and the served one agree
    expect(encoder.refined.after).toBeLessThan(encoder.refined.before);

    const probe = figuresOf(manifest, 'probe');
    expect(probe).toMatchObject({ features: 'discriminator, hidden layer 1 and encoder', size: 24 + 64 });
    expect(probe['modelSawLabels']).toBe(false);
    const rows = probe['rows'] as { labels: number; features: { mean: number } }[];
    expect(rows.map(({ labels }) => labels)).toEqual([36, 72]);
    expect(rows[1]!.features.mean).toBeGreaterThan(4 / 36); // four times chance

    const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
    try {
      const repository = await ModelRepository.open(join(folder, 'models'), engine);
      expect(repository.problems).toEqual([]);
      expect(repository.get('glyphs').version).toBe(3);
      expect(repository.get('glyphs').capabilities).toEqual(expect.arrayContaining(['encode', 'features', 'classify']));
    } finally {
      await engine.close();
    }
  });

  it('classifies by the very features that it exports', async () => {
    const { checkpoint } = await published(glyphRecipe(), GLYPHS);
    const options = { checkpoint, data: GLYPHS, threads: 1, labels: [360], draws: 1 };
    const version = await finished(fitClassifier(options));
    const data = await openDataset(GLYPHS);
    const image = new Float32Array(72 * 784);
    await data.read(
      Array.from({ length: 72 }, (_, i) => 720 + i),
      image,
    );
    const session = await Session.load(await readFile(join(version, 'classify.onnx')));
    const { logits } = await session.run({ image: float32([72, 1, 28, 28], image) });
    await session.release();
    let right = 0;
    for (let i = 0; i < 72; i++) {
      const own = [...(logits!.data as Float32Array).subarray(36 * i, 36 * i + 36)];
      if (own.indexOf(Math.max(...own)) === data.labels![720 + i]) right++;
    }
    const [row] = figuresOf(await readManifest(version), 'probe')['rows'] as { features: { mean: number } }[];
    expect(right / 72).toBe(row!.features.mean);
  });

  it('reads any hidden layer of an MLP: the last by number is the last by default, the first what its weights say', async () => {
    const hidden = { units: 5, activation: 'relu', keep: 1 } as const;
    const layers = [hidden, { ...hidden, units: 3 }, { units: 1, activation: 'linear' as const, keep: 1 }];
    const { checkpoint } = await published(
      glyphRecipe({ discriminator: { network: { kind: 'mlp', layers }, freeze: 0 } }),
      GLYPHS,
    );
    const fixed = await openFixed(checkpoint);
    const image = Float32Array.from({ length: 784 }, (_, i) => (i % 7) / 7);
    const see = async (layer?: number) => {
      const session = await Session.load(featuresGraph(fixed, discriminatorFeatures(fixed, layer)));
      const { features } = await session.run({ image: float32([1, 1, 28, 28], image.slice()) });
      await session.release();
      return [...(features!.data as Float32Array)];
    };
    const weight = fixed.weights['discriminator/layer1/weight']!.data as Float32Array;
    const bias = fixed.weights['discriminator/layer1/bias']!.data as Float32Array;
    const first = Array.from({ length: 5 }, (_, u) =>
      Math.max(
        0,
        image.reduce((sum, value, i) => sum + value * weight[5 * i + u]!, bias[u]!),
      ),
    );
    expect(await see(1)).toEqual(first.map((value) => expect.closeTo(value, 3)));
    expect(await see(2)).toEqual(await see());
    expect(await see()).toHaveLength(3);
    await expect(finished(fitClassifier({ checkpoint, data: GLYPHS, on: 'encoder', layer: 1 }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(finished(fitClassifier({ checkpoint, data: GLYPHS, on: 'both' }))).rejects.toThrow(
      'Run "npx ganymede fit encoder" first.',
    );
    expect(() => discriminatorFeatures(fixed, 3)).toThrow(
      'hidden layer of an MLP but the discriminator of glyphs is one of 2',
    );
  });

  it('encodes for a generator that is told of classes, by the classes of the data', async () => {
    const concat = { kind: 'concat', size: 4 } as const;
    const recipe = glyphRecipe({ conditional: { generator: concat, discriminator: concat } });
    const { checkpoint } = await published(recipe, GLYPHS);
    const version = await finished(fitEncoder({ checkpoint, data: GLYPHS, threads: 1, steps: 20, refine: 20 }));
    const manifest = await readManifest(version);
    const { error, refined } = figuresOf(manifest, 'encoder') as { error: number; refined: { before: number } };
    expect(refined.before).toBeCloseTo(error, 5);
    // Its discriminator cannot see an example without a class.
    await expect(finished(fitClassifier({ checkpoint, data: GLYPHS }))).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    });
    await expect(finished(fitEncoder({ checkpoint, data: 'builtin:ring8' }))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
    });
  });

  it('adds an inpainter with its figures and a picture, and leaves known pixels alone', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 288);
    const { folder: models, checkpoint } = await published(barsRecipe(), folder);
    const picture = join(folder, 'completions.png');
    const lines: string[] = [];
    const context = printing(lines);
    const version = await finished(
      fitInpainter({ checkpoint, data: folder, threads: 1, steps: 200, picture }, context),
    );
    expect(lines.filter((line) => /^step \d00 {2}loss D \d\.\d{3} G \d\.\d{3}/.test(line))).toHaveLength(2);
    const manifest = await readManifest(version);
    expect(Object.keys(manifest.graphs)).toEqual(['generate', 'score', 'inpaint']);
    const rows = figuresOf(manifest, 'inpainter')['rows'] as CompletionRow[];
    expect(rows.map(({ mask }) => mask)).toEqual(['box', 'surroundings', 'half', 'pixels']);
    expect(rows.map(({ known }) => known)).toEqual([0, 0, 0, 0]);
    expect(rows[2]!.hidden).toBe(0.5);
    // 12 rows of 10 pictures of 8 pixels, 2 between them.
    const png = await readFile(picture);
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([10 * 8 + 9 * 2, 12 * 8 + 11 * 2]);

    const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
    try {
      const repository = await ModelRepository.open(join(models, 'models'), engine);
      expect(repository.problems).toEqual([]);
      expect(repository.get('glyphs').capabilities).toContain('inpaint');
    } finally {
      await engine.close();
    }
    await expect(finished(fitInpainter({ checkpoint, data: GLYPHS }, context))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
    });
    const features = await writeHalves(folder, 8);
    const read = fitInpainter({ checkpoint, data: folder, features, run: join(folder, 'read') }, context);
    await expect(finished(read)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'Expected --features with a classifier of the classes of labelled data but halves knows up,down.',
    });
  });

  it('completes a bar of which some pixels are known, and draws another bar each time where none is', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 288);
    const { checkpoint } = await published(barsRecipe(), folder);
    const fixed = await openFixed(checkpoint);
    const data = await openDataset(folder);
    const options = { fixed, seed: 1, threads: 1 };
    const [train, held] = [slice(data, 0, 256), slice(data, 256, 288)];
    const params = await trainInpainter({ ...options, data: train, steps: 700, batch: 32, learningRate: 0.002 });
    const [box, surroundings, , pixels] = await measureCompletions({
      ...options,
      held,
      inpaint: inpaintGraph(fixed, params),
    });
    // A box leaves the ends of the bar to be seen.
    expect(box!.error).toBeLessThan(box!.errorOfMean / 4);
    // Of single pixels one of the bar is enough; where none is known, the bar may be anywhere.
    expect(pixels!.nearest).toBeLessThan(pixels!.errorOfMean / 4);
    expect(pixels!.spread).toBeGreaterThan(pixels!.spreadOfImages / 20);
    // All but a box hidden, the bar may be anywhere outside.
    expect(surroundings!.spread).toBeGreaterThan(surroundings!.spreadOfImages / 20);
    expect(surroundings!.nearest).toBeLessThan(surroundings!.error);
  });

  it('trains an inpainter further that a version holds, and refuses a version without one', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 288);
    const { checkpoint } = await published(barsRecipe(), folder);
    const fixed = await openFixed(checkpoint);
    const data = slice(await openDataset(folder), 0, 256);
    const options = { fixed, data, seed: 1, threads: 1, steps: 20, batch: 32 };
    const newest = await trainInpainter(options);
    const start = { source: 'bars version 2', newest, average: newest };
    const further = await trainInpainter({ ...options, seed: 2, learningRate: 1e-9, start });
    const last = (params: typeof newest) => Array.from(params['generator/image/filter']!.data as Float32Array);
    expect(last(further)).toEqual(last(newest).map((weight) => expect.closeTo(weight, 6)));
    const older = Object.fromEntries(Object.entries(newest).filter(([name]) => !name.includes('/overview')));
    const grown = await trainInpainter({ ...options, learningRate: 1e-9, start: { ...start, newest: older } });
    expect(last(grown)).toEqual(last(newest).map((weight) => expect.closeTo(weight, 6)));

    const classes = ['left', 'right'];
    const labels = Int32Array.from({ length: 256 }, (_, i) => Number(i % 8 > 3));
    const read = await trainInpainter({ ...options, data: { ...data, classes, labels } });
    expect(last(read)).not.toEqual(last(newest)); // what a reader makes of completions moves G too

    const from = fitInpainter({ checkpoint, from: checkpoint, data: folder, threads: 1 });
    await expect(finished(from)).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  });

  it('takes the weights that the checkpoint serves', async () => {
    const { checkpoint } = await published(glyphRecipe(), GLYPHS);
    const { weights, generator, discriminator } = await openFixed(checkpoint);
    const names = [generator, discriminator].flatMap((network) =>
      Object.keys(weights).filter((name) => name.startsWith(`${network.name}/`)),
    );
    expect(names).toHaveLength(8);
    await expect(openFixed(join(checkpoint, '..'))).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  });
});
