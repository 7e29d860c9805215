import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { exportGraph } from '../../src/engine/export.js';
import * as tf from '../../src/engine/tf.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { memorisation } from '../../src/evaluation/memorisation.js';
import { encodeTensor } from '../../src/images/tensor-file.js';
import { type Manifest, writeManifest } from '../../src/models/manifest.js';
import { finished, idxBytes, printing, temporaryFolder } from '../training/helpers.js';

describe('memorisation', () => {
  it('is the share of pairs of which the example of the training scores higher, ties half', () => {
    // 1 beats 0; 2 beats 0 and ties with 2; 3 beats both: 4½ of 6 pairs.
    const { auc, baseline, trained, heldOut } = memorisation([1, 2, 3], [0, 2]);
    expect(auc).toBeCloseTo(4.5 / 6, 12);
    expect(baseline).toEqual({ auc: 0.5, standardError: Math.sqrt(6 / 72) });
    expect([trained, heldOut]).toEqual([
      { examples: 3, logit: 2 },
      { examples: 2, logit: 1 },
    ]);
  });
});

const COUNT = 60;
const HELD = 20;

/** Points (i, 0). The last 20 are held out. */
async function writePoints(first = 0): Promise<string> {
  const path = join(await temporaryFolder(), 'points.npy');
  const values = Float32Array.from({ length: 2 * COUNT }, (_, k) => (k % 2 === 0 ? first + k / 2 : 0));
  await writeFile(path, encodeTensor('npy', [COUNT, 2], [values]));
  return path;
}

interface Kind {
  readonly held?: number;
  readonly score?: (x: tf.Tensor, label?: tf.Tensor) => tf.Tensor;
  readonly labels?: string[];
  /** Of images of a row of two pixels; of points without it. */
  readonly mirror?: boolean;
}

async function writeModel(data: string, { held = HELD, score, labels, mirror }: Kind): Promise<string> {
  const path = join(await temporaryFolder(), 'line', '1');
  await mkdir(path, { recursive: true });
  const row = (...shape: number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const told = labels ? { label: row(labels.length) } : {};
  const [tensor, shape] = mirror === undefined ? (['point', [2]] as const) : (['image', [1, 1, 2]] as const);
  const x = (example: tf.Tensor) => tf.reshape(tf.slice(tf.reshape(example, [-1, 2]), [0, 0], [-1, 1]), [-1]);
  const graphs: Record<string, Uint8Array> = {
    generate: exportGraph((_, { z }) => ({ [tensor]: tf.reshape(z!, [-1, ...shape]) }), {
      ...{ params: {}, name: 'generate', inputs: { z: row(2) } },
    }),
    ...(score && {
      score: exportGraph((_, { label, ...of }) => ({ logit: score(x(of[tensor]!), label) }), {
        ...{ params: {}, name: 'score' },
        inputs: { [tensor]: row(...shape), ...told },
      }),
    }),
  };
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const [name, bytes] of Object.entries(graphs)) {
    await writeFile(join(path, `${name}.onnx`), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files[`${name}.onnx`] = { bytes: bytes.length, sha256 };
  }
  const { sha256 } = await openDataset(data);
  const manifest: Manifest = {
    format: 1,
    ...{ model: 'line', version: 1, title: 'Line', description: 'A fixture.', license: 'CC0-1.0' },
    created: '2026-01-02T03:04:05Z',
    latent: { size: 2, prior: { kind: 'normal' } },
    ...(mirror === undefined ? { point: { size: 2 } } : { image: { width: 2, height: 1, channels: 1, range: [0, 1] } }),
    ...(labels ? { labels } : {}),
    graphs: {
      generate: { file: 'generate.onnx' },
      ...(score ? { score: { file: 'score.onnx', densityRatio: 'none' } } : {}),
    },
    files,
    training: {
      recipe: { data: { validation: held }, ...(mirror === undefined ? {} : { augment: { mirror } }) },
      ...{ seed: 1, step: 1, kimg: 1, dataset: { sha256 }, figures: {} },
    },
    evaluations: [],
  };
  await writeManifest(path, manifest);
  return path;
}

const measured = async (checkpoint: string, data: string, lines: string[] = []) => {
  const options = { checkpoint, data, protocol: 'memorisation' as const, threads: 1 };
  const [result] = await finished(evaluate(options, printing(lines)));
  return result!;
};

describe('the protocol memorisation', () => {
  it('finds a discriminator, a critic too, that knows what it was trained on, and one that does not', async () => {
    const data = await writePoints();
    const knowing = await writeModel(data, { score: (x) => tf.cast(tf.less(x, COUNT - HELD), 'float32') });
    const lines: string[] = [];
    const { figures, dataset } = await measured(knowing, data, lines);
    expect(figures).toMatchObject({
      auc: 1,
      baseline: { auc: 0.5 },
      trained: { examples: 40, logit: 1 },
      heldOut: { examples: 20, logit: 0 },
    });
    expect(dataset).toMatchObject({ training: 'points.npy[0:40]', held: 'points.npy[40:60]' });
    expect(lines.join()).toContain(
      'AUC of 40 training over 20 held-out examples 1.000 (remembering nothing: 0.5 ± 0.08',
    );

    const even = await writeModel(data, { score: (x) => tf.cos(tf.mul(x, Math.PI)) });
    expect((await measured(even, data)).figures['auc']).toBe(0.5);
  });

  it('of a recipe that mirrors takes the mean of an example and its mirror image, which D was shown as often', async () => {
    const folder = await temporaryFolder();
    const levels = Uint8Array.from({ length: 2 * COUNT }, (_, i) => (i * 37) % 256); // images of a row of two pixels
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idxBytes(0x0803, [COUNT, 1, 2], levels));
    const logits = async (mirror: boolean) => {
      const checkpoint = await writeModel(folder, { score: (left) => tf.mul(2, left), mirror });
      const { trained, heldOut } = (await measured(checkpoint, folder)).figures as Record<string, { logit: number }>;
      return [trained!.logit, heldOut!.logit];
    };
    const meanOf = (from: number, to: number, of: (left: number, right: number) => number) => {
      const images = Array.from({ length: to - from }, (_, i) => [
        levels[2 * (from + i)]!,
        levels[2 * (from + i) + 1]!,
      ]);
      return expect.closeTo(images.reduce((sum, [a, b]) => sum + of(a! / 255, b! / 255), 0) / (to - from), 5) as number;
    };
    const both = (of: (left: number, right: number) => number) => [meanOf(0, 40, of), meanOf(40, 60, of)];
    expect(await logits(true)).toEqual(both((left, right) => left + right));
    expect(await logits(false)).toEqual(both((left) => 2 * left));
  });

  it('refuses where nothing was held out, other data, classes that the data lacks, and a model without discriminator', async () => {
    const data = await writePoints();
    const score = (x: tf.Tensor) => x;
    const told = (x: tf.Tensor, label?: tf.Tensor) => tf.add(x, tf.sum(label!, 1));
    const refusals: [checkpoint: string, data: string, because: string][] = [
      [await writeModel(data, { score, held: 0 }), data, 'its recipe held nothing out'],
      [await writeModel(data, { score }), await writePoints(7), 'this is not the data that it was trained on'],
      [await writeModel(data, { score: told, labels: ['a', 'b'] }), data, 'classes that this data lacks'],
      [await writeModel(data, {}), data, 'it has no discriminator'],
    ];
    for (const [checkpoint, points, because] of refusals) {
      await expect(measured(checkpoint, points)).rejects.toMatchObject({
        code: 'CAPABILITY_MISSING',
        message: expect.stringContaining(because),
      });
    }
  });
});
