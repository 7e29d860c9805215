// Which version a run becomes, and who may work in its directory meanwhile.
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { Engine } from '../../src/engine/engine.js';
import { lockDirectory } from '../../src/files/lock.js';
import { ModelRepository } from '../../src/models/repository.js';
import { mixEach, stylesOf } from '../../src/models/styles.js';
import { fitEncoder } from '../../src/training/fit/fit-encoder.js';
import { publishRun } from '../../src/training/publish.js';
import { trainModel } from '../../src/training/train-model.js';
import { type TrainOptions, train } from '../../src/training/trainer.js';
import { barsRecipe, writeBars } from './bars.js';
import { temporaryFolder } from './helpers.js';

async function barsRun(): Promise<{ folder: string; run: string; options: TrainOptions }> {
  const folder = await temporaryFolder();
  await writeBars(folder, 288);
  const dataset = await openDataset(folder);
  const run = join(folder, 'run');
  return {
    folder,
    run,
    options: { recipe: barsRecipe(), dataset, runDirectory: run, model: 'bars', seed: 3, steps: 20, threads: 1 },
  };
}

it('a run that is published is byte for byte what the run itself wrote to be served', async () => {
  const { folder, run, options } = await barsRun();
  await train(options);
  const { path } = await publishRun({ run, out: join(folder, 'models', 'bars') });
  for (const graph of ['generate.onnx', 'score.onnx']) {
    expect(await readFile(join(path, graph))).toEqual(await readFile(join(run, 'checkpoints', 'bars', '20', graph)));
  }
});

it('a run of a generator in layers of styles is served with its halves, whose styles can be mixed', async () => {
  const { folder, run, options } = await barsRun();
  const network = {
    kind: 'style-generator',
    width: 2,
    most: 512,
    style: 3,
    mapping: 1,
    mixing: 0.9,
    output: 'tanh',
  } as const;
  await train({ ...options, recipe: { ...options.recipe, generator: { network, outputBias: 'zero' } }, steps: 40 });
  await publishRun({ run, out: join(folder, 'models', 'bars'), float16: true });
  const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  const repository = await ModelRepository.open(join(folder, 'models'), engine);
  try {
    expect(repository.problems).toEqual([]);
    const model = repository.get('bars');
    expect(model.capabilities).toEqual(['generate', 'score', 'map', 'synthesize']);
    const { layers } = stylesOf(model);
    const [first, second] = model.latents({ seed: 1, count: 2 }).map((z) => ({ z, label: null }));
    const whole = await model.generate([first!.z, second!.z]);
    const every = (source: number) => new Array<number>(layers).fill(source);
    const crossed = every(0).map((_, layer) => Number(layer > 0));
    const mixes = [every(0), every(1), crossed];
    const made = await mixEach(model, { sources: [first!, second!], truncation: 1, mixes });
    const distance = (a: Float32Array, b: Float32Array | Error) =>
      Math.max(...a.map((value, i) => Math.abs(value - (b as Float32Array)[i]!)));
    for (const i of [0, 1]) {
      expect(distance(whole[i]!, made[i]!)).toBeLessThan(1e-4);
      expect(distance(whole[i]!, made[2]!)).toBeGreaterThan(1e-3);
    }
  } finally {
    await repository.close();
    await engine.close();
  }
});

it('a training and a fit are refused a directory in which another works, and leave it as it is', async () => {
  const { folder, run, options } = await barsRun();
  await train(options);
  const { path } = await publishRun({ run, out: join(folder, 'models', 'bars') });
  const state = await readFile(join(run, 'state.safetensors'));
  const lock = await lockDirectory(run, 'another');
  const refusal = { code: 'RUN_IN_USE', message: expect.stringContaining('another (process') };
  await expect(train({ ...options, resume: true, steps: 40 })).rejects.toMatchObject(refusal);
  await expect(fitEncoder({ checkpoint: path, data: folder, run, steps: 20, threads: 1 })).rejects.toMatchObject(
    refusal,
  );
  expect(await readFile(join(run, 'state.safetensors'))).toEqual(state);
  await lock.release();
  expect((await train({ ...options, resume: true, steps: 40 })).step).toBe(40);
});

it('a training that was refused or failed gives the directory back', async () => {
  const { run, options } = await barsRun();
  await expect(train({ ...options, resume: true })).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  await train(options);
  await expect(train(options)).rejects.toThrow('holds a run at step 20');
  await (await lockDirectory(run, 'the next')).release();
});

it('a run is refused as the next version of a model of another kind: by publish, and by train before it begins', async () => {
  const { folder, run, options } = await barsRun();
  await train(options);
  const out = join(folder, 'models', 'bars');
  const first = await publishRun({ run, out });
  const recipe = { ...options.recipe, latent: { ...options.recipe.latent, size: options.recipe.latent.size + 1 } };
  const other = join(folder, 'other');
  await train({ ...options, recipe, runDirectory: other });
  const refusal = {
    code: 'MODEL_MISMATCH',
    message: expect.stringContaining(
      `Expected a version like ${first.path}, of latent ${recipe.latent.size - 1} numbers, but received one of latent ${recipe.latent.size} numbers.`,
    ),
    details: expect.objectContaining({ differences: [expect.objectContaining({ what: 'latent' })] }),
  };
  await expect(publishRun({ run: other, out })).rejects.toMatchObject(refusal);
  const config = join(folder, 'wider.json');
  await writeFile(config, JSON.stringify(recipe));
  const begun = join(folder, 'begun');
  await expect(trainModel({ data: folder, config, out, run: begun, steps: 20, threads: 1 })).rejects.toMatchObject(
    refusal,
  );
  expect(existsSync(begun)).toBe(false);
  expect((await readdir(out)).filter((name) => /^\d+$/.test(name))).toEqual(['1']);
});
