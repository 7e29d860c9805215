import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { exportGraph } from '../../src/engine/export.js';
import type { TensorSpecs } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { calibrate } from '../../src/evaluation/calibration.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { encodeTensor } from '../../src/images/tensor-file.js';
import { calibrationIn } from '../../src/models/calibration.js';
import type { DensityRatio } from '../../src/models/density.js';
import { evaluationsOf } from '../../src/models/evaluations.js';
import { type Manifest, readManifest, writeManifest } from '../../src/models/manifest.js';
import { scorerOf } from '../../src/models/scoring.js';
import { finished, temporaryFolder } from '../training/helpers.js';

describe('calibrate', () => {
  it('fits to even places and measures at odd ones', () => {
    // Even places tell real from samples, odd ones tell the opposite.
    const real = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 + (i % 3) : -1));
    const samples = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? -1 - (i % 3) : 1));
    const { slope, after, fitted, measured } = calibrate({ real, samples });
    expect(slope).toBeGreaterThan(0);
    expect(after.auc).toBe(0);
    expect({ fitted, measured }).toEqual({ fitted: 100, measured: 100 });
  });

  it('has no temperature where the scorer knows nothing, and stays finite', () => {
    const nothing = calibrate({ real: new Array(100).fill(2), samples: new Array(100).fill(2) });
    expect(nothing).toMatchObject({ slope: 0, offset: 0, temperature: null, after: { auc: 0.5, ece: 0 } });
    expect(nothing.after.logLoss).toBeCloseTo(Math.LN2, 12);
    const wrong = calibrate({ real: [-1, -1, 0, 1, -2, -2], samples: [1, 1, 0, 2, -1, 3] });
    expect(wrong.slope).toBeLessThan(0);
    expect(wrong.temperature).toBeNull();
  });

  it('has no temperature where the slope is above 0 by chance alone', () => {
    const { slope, standardError, temperature } = calibrate({ real: [2, 0, -1, 0, 1, 0], samples: [1, 0, 0, 0, 0, 0] });
    expect(slope).toBeGreaterThan(0);
    expect(slope).toBeLessThan(3 * standardError);
    expect(temperature).toBeNull();
  });
});

const MODES = 8;
const [SIGMA, WIDE] = [0.01, 0.02]; // standard deviations of ring8's modes, and of the generator's

/** The manifest numbers the classes of the data from behind. */
const LABELS = Array.from({ length: MODES }, (_, label) => String(MODES - 1 - label));
const centers = LABELS.flatMap((name) => {
  const angle = (2 * Math.PI * Number(name)) / MODES;
  return [Math.cos(angle), Math.sin(angle)];
});
const centerOf = (label: tf.Tensor) => tf.matMul(label as tf.Tensor2D, tf.tensor2d(centers, [MODES, 2]));

interface Kind {
  readonly densityRatio?: DensityRatio;
  readonly labels?: readonly string[];
  /** Has a fitted scorer too, which says half of the exact ln p/q. */
  readonly fitted?: boolean;
  /** Of the training data. */
  readonly sha256?: string;
}

/**
 * ring8 by a generator that is right but for its width. Its discriminator knows the exact ln p/q of a point and its
 * class, and says twice that plus one.
 */
async function writeRing(kind: Kind = {}): Promise<string> {
  const { densityRatio = 'logit', labels = LABELS, sha256 = '', fitted = false } = kind;
  const path = join(await temporaryFolder(), 'ring', '1');
  await mkdir(path, { recursive: true });
  const row = (...shape: number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const graphs = {
    generate: exportGraph((_, { z, label }) => ({ point: tf.add(centerOf(label!), tf.mul(z!, WIDE)) }), {
      ...{ params: {}, name: 'generate' },
      inputs: { z: row(2), label: row(MODES) },
    }),
    score: exportGraph(
      (_, { point, label }) => {
        const squares = tf.sum(tf.square(tf.sub(point!, centerOf(label!))), 1);
        const ratio = tf.sub(2 * Math.log(WIDE / SIGMA), tf.mul(squares, (SIGMA ** -2 - WIDE ** -2) / 2));
        return { logit: tf.add(tf.mul(ratio, 2), 1) };
      },
      { params: {}, name: 'score', inputs: { point: row(2), label: row(MODES) } },
    ),
    ...(fitted && { scorer: halfSure(row(2)) }),
  };
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const [name, bytes] of Object.entries(graphs)) {
    await writeFile(join(path, `${name}.onnx`), bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    files[`${name}.onnx`] = { bytes: bytes.length, sha256: digest };
  }
  const manifest: Manifest = {
    format: 1,
    ...{ model: 'ring', version: 1, title: 'Ring', description: 'A fixture.', license: 'CC0-1.0' },
    created: '2026-01-02T03:04:05Z',
    latent: { size: 2, prior: { kind: 'normal' } },
    point: { size: 2 },
    labels: [...labels],
    graphs: {
      generate: { file: 'generate.onnx' },
      score: { file: 'score.onnx', densityRatio },
      ...(fitted && { scorer: { file: 'scorer.onnx' } }),
    },
    files,
    training: { recipe: { data: { validation: 0 } }, seed: 1, step: 1, kimg: 1, dataset: { sha256 }, figures: {} },
    evaluations: [],
  };
  await writeManifest(path, manifest);
  return path;
}

/** Of each class half of the exact ln p/q. */
function halfSure(point: TensorSpecs[string]): Uint8Array {
  const scorer = (_: unknown, { point: x }: Record<string, tf.Tensor>) => {
    const offsets = tf.sub(tf.expandDims(x!, 1), tf.reshape(tf.tensor1d(centers), [1, MODES, 2]));
    const squares = tf.sum(tf.square(offsets), 2);
    const given = tf.sub(Math.log(WIDE / SIGMA), tf.mul(squares, (SIGMA ** -2 - WIDE ** -2) / 4));
    const logit = tf.max(given, 1);
    return { logit, familiarity: tf.neg(logit), given, classes: tf.logSoftmax(given) };
  };
  return exportGraph(scorer, { params: {}, name: 'scorer', inputs: { point } });
}

function calibrateRing(checkpoint: string, data = 'builtin:ring8', samples?: number) {
  const options = { checkpoint, data, protocol: 'calibration', seed: 5, threads: 1 };
  return finished(evaluate({ ...options, ...(samples ? { samples } : {}) }));
}

describe('the protocol calibration', () => {
  it('undoes what a discriminator says too much, class by class, on points drawn anew', async () => {
    const trainedOn = await openDataset('builtin:ring8');
    const path = await writeRing({ sha256: trainedOn.sha256 });
    const [result] = await calibrateRing(path);
    const { slope, offset, before, after, fitted, measured } = result!.figures as never as {
      readonly [name: string]: number;
    } & Record<'before' | 'after', Record<'logLoss' | 'auc' | 'ece', number>>;
    // logit = 2 ln p/q + 1, so ln p/q = logit/2 − 1/2.
    expect(Math.abs(slope! - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(offset! + 0.5)).toBeLessThan(0.05);
    expect([fitted, measured]).toEqual([5000, 5000]);
    expect(after.ece).toBeLessThan(0.02);
    expect(after.logLoss).toBeLessThan(before.logLoss);
    // r²/2σ² is exponential of rate 1 for data and ¼ for samples: a real point is nearer with probability 4/5.
    expect(after.auc).toBeCloseTo(0.8, 1);
    expect(Math.abs(after.auc - 0.8)).toBeLessThan(0.02);

    const fresh = await openDataset('builtin:ring8,seed=771001');
    expect(result!.dataset).toMatchObject({ name: 'builtin:ring8', sha256: fresh.sha256 });
    expect(result!.dataset['sha256']).not.toBe(trainedOn.sha256);

    const scorer = scorerOf(await readManifest(path))!;
    const { result: calibration } = calibrationIn(await evaluationsOf(path), scorer);
    expect(calibration).toMatchObject({ slope, offset, seed: 5, fitted: 5000, data: { name: 'builtin:ring8' } });
  });

  it('measures the fitted scorer where there is one, and says so', async () => {
    const path = await writeRing({ fitted: true });
    const [result] = await calibrateRing(path);
    const figures = result!.figures as { readonly slope: number; readonly offset: number };
    // It says half of ln p/q, class by class: the line doubles it.
    expect(Math.abs(figures.slope - 2)).toBeLessThan(0.12);
    expect(Math.abs(figures.offset)).toBeLessThan(0.05);
    const manifest = await readManifest(path);
    expect(figures).toMatchObject({ scorer: 'FITTED', graph: manifest.files['scorer.onnx']!.sha256 });
    const { result: calibration } = calibrationIn(await evaluationsOf(path), scorerOf(manifest)!);
    expect(calibration?.slope).toBe(figures.slope);
  });

  it('refuses a critic, and data without the classes that the discriminator is told of', async () => {
    const critic = await writeRing({ densityRatio: 'none' });
    await expect(calibrateRing(critic)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringContaining('the objective of its critic determines no density ratio'),
    });
    await expect(calibrateRing(await writeRing(), 'builtin:swissroll')).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringContaining('its data does not have them'),
    });
    const others = await writeRing({ labels: LABELS.map((name) => `mode ${name}`) });
    await expect(calibrateRing(others)).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  });

  it('refuses data that it was trained on, and too little of any other', async () => {
    const points = async (count: number) => {
      const path = join(await temporaryFolder(), 'points.npy');
      await writeFile(path, encodeTensor('npy', [count, 2], [new Float32Array(2 * count)]));
      return path;
    };
    const enough = await points(200);
    const { sha256 } = await openDataset(enough);
    await expect(calibrateRing(await writeRing({ sha256 }), enough)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringContaining('its recipe held nothing out'),
    });
    await expect(calibrateRing(await writeRing(), 'builtin:ring8', 99)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Expected at least 100 samples but received 99.'),
    });
  });
});
