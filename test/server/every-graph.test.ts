// A checkpoint with all graphs, through the repository: on the fake engine, which computes each by its formula, and
// on the real one, which runs its ONNX nodes. A query on a graph that is new to the API finds both ready.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import { CAPABILITIES, type Capability } from '../../src/models/capabilities.js';
import type { Model } from '../../src/models/model.js';
import { ModelRepository } from '../../src/models/repository.js';
import { exampleLabels, labelChoice } from '../../src/pictures/label-choice.js';
import { FakeEngine } from './fake-engine.js';
import { kindOf, writeTinyGan } from './tiny-gan.js';
import {
  HEIGHT,
  LATENT,
  LAYERS,
  STYLE,
  tinyClasses,
  tinyCompletion,
  tinyFeatures,
  tinyImage,
  tinyLatent,
  tinyLogit,
  tinyScores,
  tinyStyles,
  tinySynthesis,
  WIDTH,
} from './tiny-graphs.js';

const PIXELS = WIDTH * HEIGHT;
const TOLD = kindOf('whole').conditional;
const LABELS = [2, 0];

/** Two rows of z, of images, and of masks that keep every third pixel. */
const z = [0, 1].map((row) => Float32Array.from({ length: LATENT }, (_, k) => Math.sin(row + 3 * k)));
const images = [0, 1].map((row) => Float32Array.from({ length: PIXELS }, (_, p) => ((p * 7 + row) % 11) / 10));
const masks = [0, 1].map((row) => Float32Array.from({ length: PIXELS }, (_, p) => Number((p + row) % 3 === 0)));
const styles = [0, 1].map((row) => Float32Array.from({ length: LAYERS * STYLE }, (_, k) => Math.cos(2 * row + k)));

const stacked = (rows: readonly Float32Array[]) => Float32Array.from(rows.flatMap((row) => [...row]));
const Z = float32([2, LATENT], stacked(z));
const W = float32([2, LAYERS, STYLE], stacked(styles));
const IMAGES = float32([2, 1, HEIGHT, WIDTH], stacked(images));
const MASKS = float32([2, 1, HEIGHT, WIDTH], stacked(masks));

/** What goes in, and by name what has to come out, worked out row by row. */
const CASES: Record<Capability, [feeds: HostTensors, row: (i: number) => Record<string, ArrayLike<number>>]> = {
  generate: [{ z: Z }, (i) => ({ image: tinyImage(z[i]!, LABELS[i]) })],
  score: [{ image: IMAGES }, (i) => ({ logit: [tinyLogit(images[i]!, LABELS[i])] })],
  scorer: [{ image: IMAGES }, (i) => tinyScores(images[i]!)],
  features: [{ image: IMAGES }, (i) => ({ features: tinyFeatures(images[i]!) })],
  encode: [{ image: IMAGES }, (i) => ({ z: tinyLatent(images[i]!, LABELS[i]) })],
  classify: [{ image: IMAGES }, (i) => ({ logits: tinyClasses(images[i]!) })],
  inpaint: [
    { image: IMAGES, mask: MASKS, z: Z },
    (i) => ({ completed: tinyCompletion(images[i]!, masks[i]!, z[i]!, LABELS[i]) }),
  ],
  map: [{ z: Z }, (i) => ({ w: tinyStyles(z[i]!, LABELS[i]) })],
  synthesize: [{ w: W }, (i) => ({ image: tinySynthesis(styles[i]!) })],
};

let root = '';
const engines: { name: string; engine: FakeEngine | Engine; repository: ModelRepository }[] = [];
const modelOn = (name: string): Model => engines.find((one) => one.name === name)!.repository.get('whole');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-graphs-'));
  await writeTinyGan(root, { model: 'whole' });
  const real = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  for (const [name, engine] of [['fake', new FakeEngine()] as const, ['real', real] as const]) {
    engines.push({ name, engine, repository: await ModelRepository.open(root, engine) });
  }
});
afterAll(async () => {
  for (const { engine, repository } of engines) {
    await repository.close();
    if (engine instanceof Engine) await engine.close();
  }
  await rm(root, { recursive: true, force: true });
});

describe.each(['fake', 'real'])('on the %s engine', (name) => {
  test('every graph is there', () => {
    expect(modelOn(name).capabilities).toEqual(CAPABILITIES);
  });

  test.each(CAPABILITIES)('%s gives what its formula does, and is told of classes where it may be', async (graph) => {
    const [feeds, row] = CASES[graph];
    expect(await modelOn(name).takesLabel(graph)).toBe(TOLD.includes(graph));
    const outputs = await modelOn(name).run(graph, feeds, TOLD.includes(graph) ? { labels: LABELS } : {});
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(row(0)).sort());
    for (const [output, { data }] of Object.entries(outputs)) {
      const wanted = [0, 1].flatMap((i) => Array.from(row(i)[output]!));
      expect(data).toHaveLength(wanted.length);
      for (const [i, value] of wanted.entries()) expect(Number(data[i])).toBeCloseTo(value, 4);
    }
  });
});

describe('labels for any graph', () => {
  test.each(CAPABILITIES)('%s takes them, or refuses them and names its network', async (graph) => {
    const model = modelOn('fake');
    if (TOLD.includes(graph)) {
      expect(await exampleLabels(['gamma', 'alpha'], 2, model, graph)).toEqual([2, 0]);
      expect(await labelChoice('beta', model, graph)).toBe(1);
      await expect(exampleLabels(null, 2, model, graph)).rejects.toThrow(/^Expected labels, for the \w+ of whole/);
    } else {
      expect(await exampleLabels(null, 2, model, graph)).toBeUndefined();
      await expect(exampleLabels(['beta'], 2, model, graph)).rejects.toThrow(
        /^Expected no labels, for the [\w ]+ of whole/,
      );
      await expect(labelChoice('beta', model, graph)).rejects.toThrow(/^Expected no label, for the [\w ]+ of whole/);
    }
  });

  test('are refused in the name of the encoder, say, and not of the discriminator', async () => {
    await expect(exampleLabels(null, 1, modelOn('fake'), 'encode')).rejects.toThrow('for the encoder of whole');
    await expect(labelChoice('beta', modelOn('fake'), 'classify')).rejects.toThrow('for the classifier of whole');
  });
});
