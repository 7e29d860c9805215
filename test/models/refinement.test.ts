// Refinement of z as the server does it, against the one that `fit encoder` measures, which is another implementation:
// Adam inside a traced graph. On shipped checkpoints, whose generators are traced by the process that serves traces.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { oneHot } from '../../src/models/labels.js';
import type { Model } from '../../src/models/model.js';
import { meanSquaredError, nearestSeeds, type Refined, refineEach } from '../../src/models/refinement.js';
import { ModelRepository } from '../../src/models/repository.js';
import { openFixed } from '../../src/training/fit/fixed-model.js';
import { refine } from '../../src/training/fit/refine.js';
import { shippedVersion } from '../shipped.js';

const checkpoints = fileURLToPath(new URL('../../checkpoints', import.meta.url));
const STEPS = 40;
const COUNT = 6;

let engine: Engine;
let repository: ModelRepository;
beforeAll(async () => {
  engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  repository = await ModelRepository.open(checkpoints, engine);
});
afterAll(async () => {
  await repository.close();
  await engine.close();
});

const stacked = (rows: readonly Float32Array[]) => Float32Array.from(rows.flatMap((row) => [...row]));
const refined = (results: readonly (Refined | Error)[]): Refined[] =>
  results.map((result) => {
    if (result instanceof Error) throw result;
    return result;
  });

/** Samples of other seeds as examples, so that there is a z which gives them exactly. */
async function examplesOf(model: Model): Promise<{ examples: Float32Array[]; labels: number[] | undefined }> {
  const labels = (await model.takesLabel('generate')) ? Array.from({ length: COUNT }, (_, i) => i) : undefined;
  return { examples: await model.generate(model.latents({ seed: 900, count: COUNT }), { labels }), labels };
}

describe.each(['mnist-conditional', 'ring8'])('refinement of %s', (name) => {
  test('is as good as that which fit encoder measures, from the same z after the same steps', async () => {
    const model = repository.get(name);
    const { examples, labels } = await examplesOf(model);
    const starts = model.latents({ seed: 0, count: COUNT });
    const ours = refined(await refineEach(model, examples, starts, { steps: STEPS, labels }));

    const fixed = await openFixed(`${checkpoints}/${name}/${model.version}`);
    const size = examples[0]!.length;
    const theirs = await refine({
      fixed,
      examples: { data: stacked(examples), size },
      z: { data: stacked(starts), size: model.manifest.latent.size },
      ...(labels && { labels: { data: oneHot(labels, fixed.classes!.length), size: fixed.classes!.length } }),
      steps: STEPS,
      threads: 1,
    });
    const [low, high] = model.manifest.image?.range ?? [0, 1];
    const unit = (high - low) ** 2;
    for (const [i, { before, after }] of ours.entries()) {
      expect(before).toBeCloseTo(theirs.before[i]! / unit, 5);
      // Theirs is the last z, ours the best on the way: of a digit the same, of a point perhaps before Adam overshot.
      const last = theirs.after[i]! / unit;
      if (name === 'ring8') expect(after).toBeLessThanOrEqual(Math.min(before, last) * 1.001);
      else expect(after / last).toBeCloseTo(1, 2);
    }
  });
});

test('an example becomes the same among others as alone, and its error is that of the z returned', async () => {
  const model = repository.get('mnist-conditional');
  const { examples, labels } = await examplesOf(model);
  const starts = model.latents({ seed: 0, count: COUNT });
  const together = refined(await refineEach(model, examples, starts, { steps: STEPS, labels }));
  const [alone] = refined(
    await refineEach(model, [examples[2]!], [starts[2]!], { steps: STEPS, labels: [labels![2]!] }),
  );
  expect(alone!.after / together[2]!.after).toBeCloseTo(1, 3);
  for (const [i, { z, after }] of together.entries()) {
    const [made] = await model.generate([z], { labels: [labels![i]!] });
    expect(meanSquaredError(made!, examples[i]!, model) / after).toBeCloseTo(1, 4);
  }
});

test('z stays within the bounds of a uniform prior', async () => {
  const model = repository.get('mnist');
  const { prior } = model.manifest.latent;
  if (prior.kind !== 'uniform') throw new Error('the prior of mnist is uniform');
  const white = new Float32Array(28 * 28).fill(1); // far from any digit: z is driven to its bounds
  const [{ z }] = refined(await refineEach(model, [white], model.latents({ seed: 3, count: 1 }), { steps: 200 })) as [
    Refined,
  ];
  expect(Math.max(...z)).toBe(Math.fround(prior.high));
  expect(Math.min(...z)).toBe(Math.fround(prior.low));
});

test('the nearest of seeds is the seed that an example was made from', async () => {
  const model = repository.get('mnist-conditional');
  const wanted = [5, 0, 31];
  const labels = [7, 7, 2];
  const latents = wanted.map((seed) => model.latents({ seed, count: 1 })[0]!);
  const examples = await model.generate(latents, { labels });
  expect(await nearestSeeds(model, examples, 32, { labels })).toEqual(latents);
});

test('many who ask for the first time share one process', async () => {
  const fresh = await ModelRepository.open(checkpoints, engine);
  const model = fresh.get('ring8');
  const loads: string[] = [];
  const load = engine.load.bind(engine);
  engine.load = (graph, onnx) => {
    loads.push(graph);
    return load(graph, onnx);
  };
  const point = Float32Array.of(1, 0);
  const ask = () => refineEach(model, [point], model.latents({ seed: 1, count: 1 }), { steps: 2 });
  await Promise.all([ask(), ask(), ask()]);
  engine.load = load;
  expect(loads).toEqual([`ring8/${shippedVersion('ring8')}/descent`]);
  await fresh.close();
});

test('who leaves takes no more steps', async () => {
  const model = repository.get('ring8');
  const leaving = new AbortController();
  const asked = refineEach(model, [Float32Array.of(1, 0)], model.latents({ seed: 1, count: 1 }), {
    steps: 1000,
    signal: leaving.signal,
  });
  setImmediate(() => leaving.abort());
  await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
});
