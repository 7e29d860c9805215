import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/engine/session.js';
import { freeBytes, requireBytes } from '../../src/files/room.js';
import { latent } from '../../src/models/latent.js';
import { readManifest } from '../../src/models/manifest.js';
import { loadRecipe, parseRecipe } from '../../src/recipes/check-recipe.js';
import { publishRun } from '../../src/training/publish.js';
import { type TrainModelOptions, trainModel } from '../../src/training/train-model.js';
import { barsRecipe, type Changes, distanceToBar, SIDE, writeBars, writeRecipe } from '../training/bars.js';
import { finished, printing, temporaryFolder } from '../training/helpers.js';

const COUNT = 200;

/** Mean squared distance of samples to the nearest bar. */
async function distanceToBars(checkpoint: string): Promise<number> {
  const { latent: space } = await readManifest(checkpoint);
  const session = await Session.load(await readFile(join(checkpoint, 'generate.onnx')));
  const z = new Float32Array(COUNT * space.size);
  for (let seed = 0; seed < COUNT; seed++) z.set(latent(seed, space.size, space.prior), seed * space.size);
  const { image } = await session.run({ z: { dtype: 'float32', shape: [COUNT, space.size], data: z } });
  await session.release();
  const pixels = image!.data as Float32Array;
  const distances = Array.from({ length: COUNT }, (_, n) =>
    distanceToBar(pixels.subarray(n * SIDE ** 2, (n + 1) * SIDE ** 2)),
  );
  return distances.reduce((sum, distance) => sum + distance, 0) / COUNT;
}

describe('ganymede train', () => {
  it('turns noise into bars: samples come at least 4 times as near to one', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 544);
    const config = await writeRecipe(folder);
    const lines: string[] = [];
    const command = (steps: number, resume: boolean) =>
      finished(
        trainModel(
          {
            data: folder,
            config,
            out: join(folder, 'models', 'bars'),
            run: join(folder, 'run'),
            steps,
            resume,
            threads: 1,
            seed: 2,
          },
          printing(lines),
        ),
      );

    const before = await command(10, false);
    const after = await command(3000, true);

    expect([before.version, after.version]).toEqual([
      join(folder, 'models', 'bars', '1'),
      join(folder, 'models', 'bars', '2'),
    ]);
    const [untrained, trained] = [await distanceToBars(before.version!), await distanceToBars(after.version!)];
    expect(untrained).toBeGreaterThan(4 * trained);
    expect(lines.find((line) => line.startsWith('step'))).toMatch(
      /^step +20\/3,000 {2}epoch 1\.3 {2}kimg 0\.6 {2}loss D \d\.\d{3} G \d\.\d{3} {2}D\(real\) 0\.\d\d D\(fake\) 0\.\d\d {2}accuracy \d\.\d\d diversity \d\.\d\d {2}[\d,]+ images\/s {2}ETA \d+s$/,
    );

    const manifest = await readManifest(after.version!);
    expect(manifest).toMatchObject({
      model: 'bars',
      version: 2,
      image: { width: 8, height: 8, channels: 1, range: [0, 1] },
    });
    expect(manifest.training).toMatchObject({
      seed: 2,
      step: 3000,
      kimg: 96,
      recipe: { name: 'bars' },
      dataset: { count: 512 },
    });
    expect(manifest.training!.figures).toMatchObject({
      lossD: expect.any(Number),
      dFake: expect.any(Number),
      weights: 'average',
    });
  });

  it('says in a sentence what goes wrong, when a generator gives one image for every z', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 192);
    const dull = (units: number, activation: 'relu' | 'sigmoid') => ({ units, activation, irange: 1e-4, keep: 1 });
    const config = await writeRecipe(folder, {
      generator: {
        network: { kind: 'mlp', layers: [dull(4, 'relu'), dull(SIDE * SIDE, 'sigmoid')] },
        outputBias: 'marginals',
      },
      optimizer: { ...barsRecipe().optimizer, generator: { kind: 'momentum', learningRate: 0, momentum: 0 } },
    });
    const lines: string[] = [];
    await finished(
      trainModel(
        { data: folder, config, out: join(folder, 'models', 'bars'), run: join(folder, 'run'), steps: 80, threads: 1 },
        printing(lines),
      ),
    );
    const warnings = lines.filter((line) => line.startsWith('warning'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^warning {2}collapse: The generator makes nearly one image of every z: samples differ only 0\.\d+ times as much as the data do/,
    );
  });

  it('publishes a run in half precision with images that differ by less than a grey level', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 96);
    const config = await writeRecipe(folder);
    const options = {
      data: folder,
      config,
      out: join(folder, 'models', 'bars'),
      run: join(folder, 'run'),
      steps: 200,
      threads: 1,
    };
    const { version } = await finished(trainModel(options));
    const { path: half } = await publishRun({ run: options.run, out: options.out, float16: true });
    const imagesOf = async (checkpoint: string) => {
      const session = await Session.load(await readFile(join(checkpoint, 'generate.onnx')));
      const { image } = await session.run({
        z: { dtype: 'float32', shape: [1, 8], data: latent(3, 8, { kind: 'uniform', low: -1, high: 1 }) },
      });
      await session.release();
      return Array.from(image!.data as Float32Array);
    };
    const [full, small] = [await imagesOf(version!), await imagesOf(half)];
    expect(Math.max(...full.map((value, i) => Math.abs(value - small[i]!)))).toBeLessThan(1 / 255);
    const bytes = async (checkpoint: string) => (await readManifest(checkpoint)).files['generate.onnx']!.bytes;
    expect(await bytes(half)).toBeLessThan(0.7 * (await bytes(version!)));
  });

  it('asks for a recipe by name, and names what is wrong with one', async () => {
    await expect(loadRecipe('nothing-like-it')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^No recipe named nothing-like-it in recipes\/\. "npx ganymede recipes" lists all/,
      ),
    });
    await expect(loadRecipe('face')).rejects.toMatchObject({
      message: expect.stringContaining('Near to it are faces, faces-mlp, faces-held-out.'),
    });
    const misspelt = { ...barsRecipe(), bathc: 5 };
    expect(() => parseRecipe(JSON.stringify(misspelt), 'bars.json')).toThrow('bathc');
    const uneven = barsRecipe({ ema: { decay: 0.9, everySteps: 15 } });
    expect(() => parseRecipe(JSON.stringify(uneven), 'bars.json')).toThrow(
      'Expected ema.everySteps in the recipe bars.json to be a multiple of run.stepsPerRun (10) but received 15.',
    );
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'broken.json'), '{');
    await expect(loadRecipe(join(folder, 'broken.json'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('ships recipes that are valid and carry the name of their file', async () => {
    const files = (await readdir(new URL('../../recipes/', import.meta.url))).filter((file) => file.endsWith('.json'));
    expect(files).toContain('mnist-mlp.json');
    for (const file of files) expect(`${(await loadRecipe(file.replace('.json', ''))).name}.json`).toBe(file);
  });

  it("has the paper's recipe: 1200 relu twice, maxout 240×5 twice, dropout, momentum and decay", async () => {
    const recipe = await loadRecipe('mnist-mlp');
    expect(recipe.generator.network).toMatchObject({
      kind: 'mlp',
      layers: [
        { units: 1200, activation: 'relu', irange: 0.05 },
        { units: 1200, activation: 'relu', irange: 0.05 },
        { units: 784, activation: 'sigmoid', irange: 0.05 },
      ],
    });
    expect(recipe.discriminator.network).toMatchObject({
      kind: 'mlp',
      layers: [
        { units: 240, activation: 'maxout', pieces: 5, keep: 0.8, irange: 0.005 },
        { units: 240, activation: 'maxout', pieces: 5, keep: 0.5, irange: 0.005 },
        { units: 1, activation: 'linear', keep: 0.5, irange: 0.005 },
      ],
    });
    expect(recipe).toMatchObject({ batch: 100, objective: 'non-saturating', data: { validation: 10_000 } });
  });
});

describe('what is known before the first step', () => {
  const asked = async (changes: Partial<TrainModelOptions> & { readonly recipe?: Changes } = {}) => {
    const folder = await temporaryFolder();
    await writeBars(folder, 192);
    const { recipe = {}, ...options } = changes;
    const config = await writeRecipe(folder, recipe);
    const own = { data: folder, config, out: join(folder, 'models', 'bars'), run: join(folder, 'run'), threads: 1 };
    const lines: string[] = [];
    return { folder, lines, work: trainModel({ ...own, steps: 20, ...options }, printing(lines)) };
  };

  it.each([
    ['a folder that no model may be called after', { out: 'out/My Faces' }, /"My Faces"\. Say out\/my-faces;/],
    ['a name of 65 letters', { out: `out/${'a'.repeat(65)}` }, /at most 64/],
    ['a folder behind a file', { out: join(import.meta.filename, 'bars') }, /a file lies where a folder should be/],
    ['a run behind a file', { run: join(import.meta.filename, 'run') }, /a file lies where a folder should be/],
    ['two ends', { epochs: 2 }, /Expected --steps or --epochs but received both, 20 and 2/],
    ['a change of what does not go on', { override: { batch: 8 } }, /Expected --override with --resume/],
    ['a run that is not there', { resume: true }, /state\.safetensors cannot be read/],
    ['an empty licence', { overrides: { license: ' ' } }, /Expected license .* to be a text that says something/],
  ])('is refused before the data is looked at: %s', async (_, changes, message) => {
    const { work, lines } = await asked({ data: '/nowhere', ...changes });
    await expect(work).rejects.toMatchObject({ message: expect.stringMatching(message) });
    expect(lines).toEqual([]);
  });

  it('leaves no folder behind where it is refused', async () => {
    const { folder, work } = await asked({ recipe: { batch: 161 } });
    await expect(work).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    expect((await readdir(folder)).sort()).toEqual(['bars.json', 'train-images-idx3-ubyte.gz']);
  });

  it('is refused where the disk has no room for the states', () => {
    const folder = tmpdir();
    const free = freeBytes(folder);
    expect(() => requireBytes(join(folder, 'not', 'there'), 2 * free, 'the states of the run')).toThrow(
      expect.objectContaining({ code: 'INSUFFICIENT_STORAGE', details: expect.objectContaining({ bytes: 2 * free }) }),
    );
    requireBytes(folder, 0, 'nothing');
  });
});

describe('a run that goes on', () => {
  const begun = async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 192);
    const config = await writeRecipe(folder);
    const own = { data: folder, out: join(folder, 'models', 'bars'), run: join(folder, 'run'), threads: 1 };
    const lines: string[] = [];
    const go = (options: Partial<TrainModelOptions>) => trainModel({ ...own, ...options }, printing(lines));
    await go({ config, steps: 20 });
    return { folder, config, lines, go };
  };

  it('is refused another recipe, seed or weights, with what differs and what to say instead', async () => {
    const { folder, config, go } = await begun();
    const refused: [Partial<TrainModelOptions>, RegExp][] = [
      [{ seed: 2 }, /Expected the seed of the run in .*, 1, but received 2/],
      [{ from: config }, /Expected no --from with --resume/],
      [{ overrides: { batch: 16 } }, /it has batch 32, not 16\. Say that it is to change \(--override batch=16\)/],
      [{ config, overrides: { 'latent.size': 9 } }, /it has latent\.size 8, not 9\. Leave --config and --set out/],
      [{ config: 'ring8' }, /it has name "bars", not "ring8"; /],
      [{ override: { 'latent.size': 9 } }, /may change on its way .* but received latent\.size/],
      [{ steps: 10 }, /Expected at least the 20 steps that the run in .* has made but 10 steps/],
    ];
    for (const [options, message] of refused) {
      await expect(go({ resume: true, steps: 40, ...options })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(message),
      });
    }
    expect(await readdir(join(folder, 'models', 'bars'))).not.toContain('2');
  });

  it('may say again what it has, and makes no second version of the same step', async () => {
    const { folder, config, lines, go } = await begun();
    const again = await finished(go({ config, seed: 1, overrides: { batch: 32 }, steps: 20, resume: true }));
    expect(again.version).toBe(join(folder, 'models', 'bars', '1'));
    expect(lines.at(-1)).toContain('at step 20 already');
    await rm(join(folder, 'models', 'bars', '1'), { recursive: true });
    const anew = await finished(go({ steps: 20, resume: true }));
    expect(anew.version).toBe(join(folder, 'models', 'bars', '2')); // a number is not given twice
  });

  it('with another batch and learning rate says so in the run and in the manifest', async () => {
    const { config, lines, go } = await begun();
    const override = { batch: 16, 'optimizer.generator.learningRate': 0.001 };
    const { version } = await finished(go({ override, steps: 40, resume: true }));
    expect(lines).toContain(
      'From step 20 on with optimizer.generator.learningRate 0.001 (was 0.002), batch 16 (was 32).',
    );
    const { training } = await readManifest(version!);
    expect(training).toMatchObject({
      kimg: 0.96, // 20 steps of 32 and 20 of 16
      recipe: { batch: 16, optimizer: { generator: { learningRate: 0.001 }, discriminator: { learningRate: 0.002 } } },
      segments: [{ fromStep: 20, epochs: 4, examples: 640, changed: { batch: { from: 32, to: 16 } } }],
    });
    // The recipe that it began with is still its recipe, with what was changed.
    await finished(go({ config, steps: 50, resume: true }));
  });
});
