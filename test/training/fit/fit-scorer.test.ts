// `ganymede fit scorer` from end to end, on bars of 8 × 8 pixels against a generator that hardly learnt.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/datasets/open.js';
import { Engine } from '../../../src/engine/engine.js';
import { readManifest } from '../../../src/models/manifest.js';
import { ModelRepository } from '../../../src/models/repository.js';
import { scorerFigures } from '../../../src/models/scorer-figures.js';
import { fitScorer } from '../../../src/training/fit/fit-scorer.js';
import { openFixed } from '../../../src/training/fit/fixed-model.js';
import { partsOf } from '../../../src/training/fit/scorer-data.js';
import { publishRun } from '../../../src/training/publish.js';
import { train } from '../../../src/training/trainer.js';
import type { WorkEvent } from '../../../src/work.js';
import { barsRecipe, type Changes, writeBars } from '../bars.js';
import { finished, inFolderOfItsOwn, temporaryFolder } from '../helpers.js';

inFolderOfItsOwn();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeBars(folder, 480);
});

async function published(changes: Changes = {}): Promise<string> {
  const run = join(folder, 'run');
  const recipe = barsRecipe(changes);
  const dataset = await openDataset(folder);
  await train({ recipe, dataset, runDirectory: run, model: 'bars', seed: 3, steps: 20, threads: 1 });
  return (await publishRun({ run, out: join(folder, 'models', 'bars') })).path;
}

const optionsOf = (checkpoint: string) => ({ checkpoint, data: folder, threads: 1, steps: 300 });

describe('ganymede fit scorer', () => {
  it('adds the graph as the next version, which is served, with figures that keep to the schema', async () => {
    const checkpoint = await published();
    const path = await finished(fitScorer(optionsOf(checkpoint)));
    const [before, after] = [await readManifest(checkpoint), await readManifest(path)];
    expect(after).toMatchObject({ version: 2, lineage: { parent: { model: 'bars', version: 1 } } });
    expect(after.files['generate.onnx']).toEqual(before.files['generate.onnx']);

    const { protocol, figures, dataset } = after.evaluations.at(-1)!;
    expect(protocol).toBe('scorer');
    const read = scorerFigures.parse(figures);
    expect(read).toMatchObject({ scorer: 'FITTED', graph: after.files['scorer.onnx']!.sha256, measured: 32 });
    // Twenty steps made no bars: nearly every sample is known for one.
    expect(read.logLoss).toBeLessThan(0.2);
    expect(read.auc).toBeGreaterThan(0.97);
    expect(read.label).toBeNull();
    const kinds = read.familiarity!.map(({ negatives }) => negatives);
    expect(kinds).toEqual(expect.arrayContaining(['uniform noise', 'inverted', 'shifted 4 px', 'black', 'letters']));
    expect(dataset).toMatchObject({ note: 'Held out from training.' });
    expect(figures['fitted']).toMatchObject({ steps: 300, network: 'usual', examples: 348, aside: 100 });

    const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
    try {
      const repository = await ModelRepository.open(join(folder, 'models'), engine);
      const model = repository.get('bars');
      expect(repository.problems).toEqual([]);
      expect(model.capabilities).toEqual(['generate', 'score', 'scorer']);
      const bar = Float32Array.from({ length: 64 }, (_, at) => Number(at % 8 === 3));
      const sample = (await model.generate(model.latents({ seed: 1, count: 1 })))[0]!;
      const [real, made] = (await model.readEach('scorer', 'logit', [bar, sample])) as Float32Array[];
      expect(real![0]).toBeGreaterThan(0);
      expect(made![0]).toBeLessThan(0);
      const [known, black] = (await model.readEach('scorer', 'familiarity', [bar, bar.map(() => 0)])) as Float32Array[];
      expect(known![0]).toBeGreaterThan(black![0]!);
    } finally {
      await engine.close();
    }
  }, 60_000);

  it('goes on bit for bit where it was stopped', async () => {
    const options = { ...optionsOf(await published()), steps: 80 };
    const straight = await finished(fitScorer({ ...options, run: join(folder, 'straight') }));
    const run = join(folder, 'parts');
    const stop = new AbortController();
    const onEvent = (event: WorkEvent) => {
      if (event.kind === 'progress' && event.phase === 'training the scorer' && event.done >= 20) stop.abort();
    };
    expect(await fitScorer({ ...options, run }, { signal: stop.signal, onEvent })).toBeNull();
    const resumed = await finished(fitScorer({ ...options, run, resume: true }));
    const bytes = (path: string) => readFile(join(path, 'scorer.onnx'), 'base64');
    expect(await bytes(resumed)).toBe(await bytes(straight));
  }, 60_000);

  it('takes the network of the recipe, or of a file, and refuses what is none', async () => {
    const checkpoint = await published();
    const options = { ...optionsOf(checkpoint), steps: 20 };
    const file = join(folder, 'net.json');
    await writeFile(
      file,
      JSON.stringify({
        kind: 'mlp',
        layers: [
          { units: 8, activation: 'relu', keep: 0.5 },
          { units: 1, activation: 'linear' },
        ],
      }),
    );
    const networkIn = async (path: string) =>
      ((await readManifest(path)).evaluations.at(-1)!.figures['fitted'] as Record<string, unknown>)['network'];
    expect(await networkIn(await finished(fitScorer({ ...options, network: 'recipe' })))).toMatchObject({
      layers: [{ activation: 'maxout', units: 24 }, {}],
    });
    expect(await networkIn(await finished(fitScorer({ ...options, network: file })))).toMatchObject({
      layers: [{ units: 8 }, {}],
    });
    await expect(finished(fitScorer({ ...options, network: join(folder, 'none.json') }))).rejects.toThrow(
      /^Expected --network recipe, or a JSON file of the network of a discriminator, but received "ENOENT/,
    );
    await writeFile(file, JSON.stringify({ kind: 'dcgan-discriminator', width: 0 }));
    await expect(finished(fitScorer({ ...options, network: file }))).rejects.toThrow(
      `Expected width of ${file} to be at least 1 but received 0.`,
    );
  }, 60_000);

  it('holds out a tenth of the data, and says so, where the recipe held nothing out', async () => {
    const checkpoint = await published({ data: { range: [0, 1], validation: 0, scale: 1 } });
    const events: WorkEvent[] = [];
    const path = await finished(
      fitScorer({ ...optionsOf(checkpoint), steps: 20 }, { onEvent: (event) => events.push(event) }),
    );
    expect(events.find((event) => event.kind === 'warning')).toMatchObject({
      message: expect.stringContaining('Held out from the scorer alone'),
    });
    const { dataset, figures } = (await readManifest(path)).evaluations.at(-1)!;
    expect(dataset['note']).toBe('Held out from the scorer alone: the generator was trained on them.');
    expect(figures['measured']).toBe(48);
  }, 60_000);

  it('never learns from what it is stopped by or measured on', async () => {
    const fixed = await openFixed(await published());
    // An example that says which one it is.
    const numbered = {
      ...(await openDataset(folder)),
      read: async (indices: ArrayLike<number>, out: Float32Array) => out.set(Array.from(indices)),
    };
    for (const validation of [undefined, 100]) {
      const { train: learnt, aside, held } = partsOf(fixed, numbered, validation);
      const idsOf = async ({ count, read }: typeof learnt) => {
        const out = new Float32Array(count);
        await read(
          Array.from({ length: count }, (_, i) => i),
          out,
        );
        return [...out];
      };
      const all = [...(await idsOf(learnt)), ...(await idsOf(aside)), ...(await idsOf(held))];
      expect(held.count).toBe(validation ?? 32);
      expect(new Set(all).size).toBe(480);
      expect(all).toHaveLength(480);
    }
  });
});
