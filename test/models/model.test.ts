import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import { GanymedeError } from '../../src/errors.js';
import { Batcher } from '../../src/models/batcher.js';
import type { Capability } from '../../src/models/capabilities.js';
import type { Manifest } from '../../src/models/manifest.js';
import { type LoadedGraphs, Model } from '../../src/models/model.js';
import { manifestOf } from './checkpoints.js';
import { FakeGraph } from './fakes.js';

const float = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;
const z = (...values: number[]) => Float32Array.from(values);

/** image[pixel p of row n] = z[n][0] + 10 · (class of row n) + p / 10 */
function generator(conditional = false): FakeGraph {
  const inputs = conditional ? { z: float(-1, 3), label: float(-1, 2) } : { z: float(-1, 3) };
  return new FakeGraph('generate', inputs, { image: float(-1, 1, 2, 2) }, (feeds) => {
    const count = feeds['z']!.shape[0]!;
    const pixels = Array.from({ length: count * 4 }, (_, i) => {
      const row = Math.floor(i / 4);
      const label = conditional ? 10 * (feeds['label']!.data[row * 2 + 1] as number) : 0;
      return (feeds['z']!.data[row * 3] as number) + label + (i % 4) / 10;
    });
    return { image: float32([count, 1, 2, 2], pixels) };
  });
}

/** logit = 10 · (first pixel) − 5 */
function discriminator(): FakeGraph {
  return new FakeGraph('score', { image: float(-1, 1, 2, 2) }, { logit: float(-1) }, ({ image }) => {
    const count = image!.shape[0]!;
    return {
      logit: float32(
        [count],
        Array.from({ length: count }, (_, i) => 10 * (image!.data[i * 4] as number) - 5),
      ),
    };
  });
}

function modelOf(graphs: Partial<Record<Capability, FakeGraph>>, edit?: (manifest: Manifest) => void) {
  const files = Object.fromEntries(Object.keys(graphs).map((name) => [`${name}.onnx`, name]));
  const manifest = manifestOf('mnist', 1, files);
  edit?.(manifest);
  const loads: LoadedGraphs[] = [];
  const model = new Model(manifest, async () => {
    const loaded: LoadedGraphs = new Map(
      Object.entries(graphs).map(([name, graph]) => [name as Capability, { graph, batcher: new Batcher(graph) }]),
    );
    loads.push(loaded);
    return loaded;
  });
  return { model, loads };
}

const rounded = (images: readonly Float32Array[]) =>
  images.map((image) => Array.from(image, (v) => Math.round(v * 10) / 10));

describe('Model', () => {
  it('draws each latent as its own seed alone would, without loading a graph', () => {
    const { model, loads } = modelOf({ generate: generator() });
    const four = model.latents({ seed: 42, count: 4, truncation: 0.7 });
    expect(four).toHaveLength(4);
    expect(model.latents({ seed: 44, count: 1, truncation: 0.7 })[0]).toEqual(four[2]);
    expect(loads).toHaveLength(0);
  });

  it('generates one image for each latent, in order, in one batch', async () => {
    const graph = generator();
    const { model } = modelOf({ generate: graph });
    const images = await model.generate([z(1, 0, 0), z(2, 0, 0)]);
    expect(rounded(images)).toEqual([
      [1, 1.1, 1.2, 1.3],
      [2, 2.1, 2.2, 2.3],
    ]);
    expect(graph.runs).toHaveLength(1);
    expect(model.stats()).toMatchObject({ generate: { batches: 1, rows: 2, meanBatchSize: 2, queued: 0 } });
  });

  it('batches the images of concurrent requests together', async () => {
    const graph = generator();
    const { model } = modelOf({ generate: graph });
    await model.load();
    const [first, second] = await Promise.all([model.generate([z(1, 0, 0)]), model.generate([z(2, 0, 0)])]);
    expect([first[0]![0], second[0]![0]]).toEqual([1, 2]);
    expect(graph.runs).toHaveLength(1);
  });

  it('scores with logit, probability and log density ratio', async () => {
    const { model } = modelOf({ score: discriminator() });
    const [even, real] = await model.score([z(0.5, 0, 0, 0), z(1, 0, 0, 0)]);
    expect(even).toEqual({ logit: 0, probability: 0.5, logDensityRatio: 0, label: null, familiarity: null });
    expect(real!.logit).toBe(5);
    expect(real!.logDensityRatio).toBe(5);
    expect(real!.probability).toBeCloseTo(1 / (1 + Math.exp(-5)), 12);
  });

  it('reads the density ratio as the manifest says the discriminator was trained', async () => {
    const { model } = modelOf({ score: discriminator() }, (manifest) => {
      manifest.graphs.score!.densityRatio = 'kl';
    });
    const [score] = await model.score([z(0.6, 0, 0, 0)]);
    expect(score!.logit).toBeCloseTo(1, 5);
    expect(score!.logDensityRatio).toBeCloseTo(0, 5); // V* = 1 + ln r
    expect(score!.probability).toBeCloseTo(0.5, 5);
  });

  it('does nothing for no latents and no images', async () => {
    const { model, loads } = modelOf({ generate: generator(), score: discriminator() });
    expect(await model.generate([])).toEqual([]);
    expect(await model.score([])).toEqual([]);
    expect(loads).toHaveLength(0);
  });

  it('refuses what its checkpoint has no graph for, naming what it has', async () => {
    const { model } = modelOf({ generate: generator() });
    expect(model.capabilities).toEqual(['generate']);
    await expect(model.score([z(0, 0, 0, 0)])).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: 'Expected mnist version 1 to have the graph "score" but received only generate.',
    });
    await expect(modelOf({ score: discriminator() }).model.generate([z(0, 0, 0)])).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    });
  });

  it.each([
    { name: 'a latent of the wrong length', act: (m: Model) => m.generate([z(1, 2)]), code: 'INVALID_LATENT' },
    {
      name: 'a latent that is not finite',
      act: (m: Model) => m.generate([z(0, 0, 0), z(0, Number.NaN, 0)]),
      code: 'INVALID_LATENT',
    },
    { name: 'an image of the wrong size', act: (m: Model) => m.score([z(1, 2, 3)]), code: 'BAD_USER_INPUT' },
    {
      name: 'an image that is not finite',
      act: (m: Model) => m.score([z(0, 0, 0, Number.POSITIVE_INFINITY)]),
      code: 'BAD_USER_INPUT',
    },
    {
      name: 'labels for a model that takes none',
      act: (m: Model) => m.generate([z(1, 2, 3)], { labels: [1] }),
      code: 'BAD_USER_INPUT',
    },
  ])('refuses $name, and answers the next request', async ({ act, code }) => {
    const { model } = modelOf({ generate: generator(), score: discriminator() });
    await expect(act(model)).rejects.toMatchObject({ code });
    expect(await model.generate([z(1, 0, 0)])).toHaveLength(1);
  });

  /** Not a number where z[0] is above 0. */
  const halfDead = () =>
    new FakeGraph('generate', { z: float(-1, 3) }, { image: float(-1, 1, 2, 2) }, ({ z: latents }) => {
      const [count] = latents!.shape as [number];
      const first = (i: number) => latents!.data[Math.floor(i / 4) * 3] as number;
      const pixels = Array.from({ length: count * 4 }, (_, i) => (first(i) > 0 && i % 4 === 2 ? Number.NaN : first(i)));
      return { image: float32([count, 1, 2, 2], pixels) };
    });

  it('gives an error in the place of a sample that is not finite, and its neighbours as they are', async () => {
    const { model } = modelOf({ generate: halfDead() });
    const [before, bad, after] = await model.generateEach([z(-1, 0, 0), z(1, 0, 0), z(-2, 0, 0)]);
    expect([before, after]).toEqual([Float32Array.of(-1, -1, -1, -1), Float32Array.of(-2, -2, -2, -2)]);
    expect(bad).toMatchObject({
      code: 'NOT_FINITE',
      message: expect.stringContaining('of mnist version 1 but received NaN at index 2 of row 1.'),
      details: { model: 'mnist', version: 1, capability: 'generate', row: 1, index: 2 },
    });
  });

  it('gives no sample that is not finite, nor a request that holds one', async () => {
    const { model } = modelOf({ generate: halfDead() });
    await expect(model.generate([z(-1, 0, 0), z(1, 0, 0)])).rejects.toMatchObject({ code: 'NOT_FINITE' });
    const [fine, bad] = await Promise.allSettled([model.generate([z(-1, 0, 0)]), model.generate([z(1, 0, 0)])]);
    expect([fine.status, bad.status]).toEqual(['fulfilled', 'rejected']); // though they ran in one batch
  });

  it('gives no rows of any graph that are not finite', async () => {
    const { model } = modelOf({ generate: halfDead() });
    const rows = (first: number) => ({ z: float32([1, 3], [first, 0, 0]) });
    await expect(model.run('generate', rows(1))).rejects.toMatchObject({ code: 'NOT_FINITE' });
    expect(Object.keys(await model.run('generate', rows(-1)))).toEqual(['image']);
  });

  it('gives no score that is not finite, and those beside it', async () => {
    const broken = new FakeGraph('score', discriminator().inputs, discriminator().outputs, ({ image }) => ({
      logit: float32([image!.shape[0]!], [Number.NaN, 1].slice(0, image!.shape[0])),
    }));
    const { model } = modelOf({ score: broken });
    await expect(model.score([z(0, 0, 0, 0)])).rejects.toMatchObject({ code: 'NOT_FINITE' });
    const [bad, fine] = await model.scoreEach([z(0, 0, 0, 0), z(0, 0, 0, 0)]);
    expect(bad).toMatchObject({ code: 'NOT_FINITE' });
    expect(fine).toMatchObject({ logit: 1 });
  });

  it('takes a signal', async () => {
    const { model } = modelOf({ generate: generator() });
    await expect(model.generate([z(0, 0, 0)], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('a conditional model', () => {
  const conditional = () =>
    modelOf({ generate: generator(true) }, (manifest) => {
      manifest.labels = ['cat', 'dog'];
    }).model;

  it('gives each row its label', async () => {
    const images = await conditional().generate([z(1, 0, 0), z(2, 0, 0)], { labels: [0, 1] });
    expect([images[0]![0], images[1]![0]]).toEqual([1, 12]);
  });

  it.each([
    {
      name: 'no labels',
      labels: undefined,
      says: 'Expected a label in [0, 1] for each row of mnist but received nothing.',
    },
    { name: 'too few labels', labels: [1], says: 'Expected 2 labels, one a row but received "1 labels".' },
    {
      name: 'a class that there is not',
      labels: [0, 2],
      says: 'Expected a label to be an integer in [0, 1] but received 2.',
    },
  ])('refuses $name', async ({ labels, says }) => {
    await expect(conditional().generate([z(1, 0, 0), z(2, 0, 0)], { labels })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: says,
    });
  });
});

describe('loading and releasing', () => {
  it('loads once for concurrent first users', async () => {
    const { model, loads } = modelOf({ generate: generator() });
    await Promise.all([model.generate([z(1, 0, 0)]), model.generate([z(2, 0, 0)]), model.load()]);
    expect(loads).toHaveLength(1);
  });

  it.each([
    { code: 'ENGINE_FAILED', attempts: 2, name: 'tries again after a failure that may pass' },
    { code: 'CHECKPOINT_INVALID', attempts: 1, name: 'does not read a bad checkpoint again for every request' },
  ] as const)('$name', async ({ code, attempts }) => {
    let loads = 0;
    const model = new Model(manifestOf('m', 1, { 'generate.onnx': '' }), async () => {
      loads++;
      throw new GanymedeError(code, 'no');
    });
    for (let i = 0; i < 2; i++) await expect(model.load()).rejects.toMatchObject({ code });
    expect(loads).toBe(attempts);
    await model.release(); // nothing is loaded, so nothing is to be freed
  });

  it('finishes the work it has before it frees its graphs', async () => {
    const graph = generator();
    const { model } = modelOf({ generate: graph });
    graph.hold();
    const image = model.generate([z(1, 0, 0)]);
    await graph.started(1);
    const released = model.release();
    await expect(model.generate([z(2, 0, 0)])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(graph.released).toBe(false);
    graph.free();
    expect((await image)[0]![0]).toBe(1);
    await released;
    expect(graph.released).toBe(true);
  });
});
