import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { exportGraph } from '../../src/engine/export.js';
import * as tf from '../../src/engine/tf.js';
import { logDensities } from '../../src/evaluation/density-estimate.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { HELD_FROM_SCORER } from '../../src/evaluation/material.js';
import type { Rival } from '../../src/evaluation/rivals.js';
import type { Rows } from '../../src/evaluation/rows.js';
import { strangersOf } from '../../src/evaluation/strangers.js';
import { agreementWith, trueRatio } from '../../src/evaluation/true-ratio.js';
import { encodeTensor } from '../../src/images/tensor-file.js';
import { type Evaluation, type Manifest, writeManifest } from '../../src/models/manifest.js';
import { scorerFigures } from '../../src/models/scorer-figures.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { finished, temporaryFolder } from '../training/helpers.js';

function normals(name: string, count: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  fillStream(out, streamOf(7, name), { kind: 'normal', shape: [] });
  return out;
}

interface Blob {
  readonly centre: readonly [number, number];
  readonly deviation: number;
}

/** Points of equally likely blobs, in turn, and ln of their density. */
function mixture(blobs: readonly Blob[], count: number, name: string) {
  const noise = normals(name, 2 * count);
  const data = noise.map((z, i) => {
    const { centre, deviation } = blobs[(i >> 1) % blobs.length]!;
    return centre[i % 2]! + deviation * z;
  });
  const log = ([x, y]: ArrayLike<number> & Iterable<number>) =>
    Math.log(
      blobs.reduce((sum, { centre, deviation: s }) => {
        const square = (x! - centre[0]) ** 2 + (y! - centre[1]) ** 2;
        return sum + Math.exp(-square / (2 * s ** 2)) / (2 * Math.PI * s ** 2) / blobs.length;
      }, 0),
    );
  return { points: { data, size: 2 } satisfies Rows, log };
}

/** Modes one unit wide, and those of a generator that makes them narrower, moved, and one of them too wide. */
const DATA: readonly Blob[] = [
  { centre: [0, 0], deviation: 1 },
  { centre: [40, 0], deviation: 1 },
];
const MADE: readonly Blob[] = [
  { centre: [0.4, 0.3], deviation: 0.6 },
  { centre: [40, -0.3], deviation: 1.3 },
];

describe('the true ln p/q from samples', () => {
  const [p, q] = [mixture(DATA, 500, 'p'), mixture(MADE, 200_000, 'q')];
  const known = mixture(MADE, 2, 'unused').log;
  const places = p.points;
  const at = (i: number) => places.data.subarray(2 * i, 2 * i + 2);
  const exact = Float64Array.from({ length: 500 }, (_, i) => p.log(at(i)) - known(at(i)));
  const truth = trueRatio(places, (point) => p.log(point as Float32Array), logDensities(q.points, places));

  it('is that of closed forms: the estimate correlates with it by .99 and more, and tells its own error', () => {
    const { correlation, slope, spread, noise } = agreementWith({ ...truth, values: exact }, truth.values) as Required<
      NonNullable<ReturnType<typeof agreementWith>>
    >;
    expect(correlation).toBeGreaterThan(0.99);
    expect(Math.abs(slope - 1)).toBeLessThan(0.03);
    const error = Math.sqrt(exact.reduce((sum, value, i) => sum + (value - truth.values[i]!) ** 2, 0) / exact.length);
    expect(error).toBeLessThan(0.15 * spread!);
    expect(noise).toBeGreaterThan(error / 2);
    expect(noise).toBeLessThan(2 * error);
  });

  it('is followed by who says it, twice by who says it twice, and not by who knows nothing', () => {
    expect(agreementWith(truth, truth.values)).toMatchObject({
      correlation: expect.closeTo(1, 9),
      slope: expect.closeTo(1, 9),
    });
    const doubled = truth.values.map((value) => 2 * value + 3);
    expect(agreementWith(truth, doubled)).toMatchObject({
      correlation: expect.closeTo(1, 9),
      slope: expect.closeTo(2, 9),
    });
    expect(agreementWith(truth, new Float64Array(500).fill(4))).toMatchObject({ correlation: 0, slope: 0 });
  });

  it('is exact for one Gaussian on a line, far out as well', () => {
    const samples = { data: normals('line', 50_000), size: 1 };
    const places = { data: Float32Array.of(0, 1, 2.5), size: 1 };
    const found = logDensities(samples, places).values;
    for (const [i, x] of [0, 1, 2.5].entries()) {
      expect(Math.abs(found[i]! + x ** 2 / 2 + Math.log(2 * Math.PI) / 2)).toBeLessThan(0.12);
    }
  });

  it('is next to nothing far from all samples, however many there are', () => {
    const samples = { data: normals('cloud', 200_000), size: 2 };
    const places = { data: Float32Array.from({ length: 200 }, (_, i) => 40 + i), size: 2 };
    for (const value of logDensities(samples, places).values) expect(value).toBeLessThan(-500);
  });

  it('is that of a fold which two more latents blur, and tells its own error', () => {
    // x = 0.8|z| + 0.6w along each axis, of four latents: the skew normal, q(x) = 2 φ(x) Φ(4x/3) (Azzalini 1985).
    const [z, w] = [normals('folded', 600_000), normals('blur', 600_000)];
    const samples = { data: z.map((value, i) => 0.8 * Math.abs(value) + 0.6 * w[i]!), size: 2 };
    const log = (x: number) => Math.LN2 - x ** 2 / 2 - Math.log(2 * Math.PI) / 2 + Math.log(below((4 * x) / 3));
    const asked = { data: samples.data.subarray(0, 400), size: 2 };
    const { values, coarser } = logDensities(samples, asked);
    const errors = values.map((value, i) => value - log(asked.data[2 * i]!) - log(asked.data[2 * i + 1]!));
    const error = rms(errors);
    expect(error).toBeLessThan(0.1);
    const told = rms(values.map((value, i) => value - coarser[i]!));
    expect(told).toBeGreaterThan(error / 2);
    expect(told).toBeLessThan(2 * error);
  });
});

function rms(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}

/** Φ: the share of the standard normal below x, by Simpson's rule from 0 in steps of x/100. */
function below(x: number): number {
  const heights = Array.from({ length: 101 }, (_, i) => Math.exp(-(((i / 100) * x) ** 2) / 2));
  const sum = heights.reduce((all, height, i) => all + (i % 100 === 0 ? 1 : i % 2 === 0 ? 2 : 4) * height, 0);
  return 0.5 + ((x / 300) * sum) / Math.sqrt(2 * Math.PI);
}

/** G(z) = 2z beside the standard normal: ln p/q = ln 2 − 3x²/8. The discriminator says so, times `factor`. */
async function writeLine(factor: number, fitted = false, held?: Held): Promise<string> {
  const path = join(await temporaryFolder(), 'line', '1');
  await mkdir(path, { recursive: true });
  const row = { dtype: 'float32', shape: [-1, 1] } as const;
  const ratio = (x: tf.Tensor) => tf.mul(tf.sub(Math.LN2, tf.mul(tf.sum(tf.square(x), 1), 3 / 8)), factor);
  const graphs: Record<string, Uint8Array> = {
    generate: exportGraph((_, { z }) => ({ point: tf.mul(z!, 2) }), { params: {}, name: 'g', inputs: { z: row } }),
    score: exportGraph((_, { point }) => ({ logit: ratio(point!) }), { params: {}, name: 's', inputs: { point: row } }),
    ...(fitted && {
      scorer: exportGraph(
        (_, { point }) => ({ logit: ratio(point!), familiarity: tf.sub(9, tf.sum(tf.square(point!), 1)) }),
        { params: {}, name: 'f', inputs: { point: row } },
      ),
    }),
  };
  const files: Manifest['files'] = {};
  for (const [name, bytes] of Object.entries(graphs)) {
    await writeFile(join(path, `${name}.onnx`), bytes);
    files[`${name}.onnx`] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  await writeManifest(path, {
    format: 1,
    ...{ model: 'line', version: 1, title: 'Line', description: 'A fixture.', license: 'CC0-1.0' },
    created: '2026-01-02T03:04:05Z',
    latent: { size: 1, prior: { kind: 'normal' } },
    point: { size: 1 },
    graphs: {
      generate: { file: 'generate.onnx' },
      score: { file: 'score.onnx', densityRatio: 'logit' },
      ...(fitted && { scorer: { file: 'scorer.onnx' } }),
    },
    files,
    training: {
      recipe: { data: { validation: 0 } },
      ...{ seed: 1, step: 1, kimg: 1, dataset: { sha256: held?.data.sha256 ?? '' }, figures: {} },
    },
    evaluations: held ? [recordOf(held, files[held.by]!.sha256)] : [],
  });
  return path;
}

/** Data of which `fit scorer` held the last `examples` out, as a version's record of one graph says. */
interface Held {
  readonly data: Dataset;
  readonly examples: number;
  readonly by: 'score.onnx' | 'scorer.onnx';
}

function recordOf({ data, examples }: Held, graph: string): Evaluation {
  return {
    ...{ protocol: 'scorer', seed: 1, date: '2026-01-02T03:04:05Z' },
    dataset: { name: 'held', sha256: data.sha256, note: HELD_FROM_SCORER },
    figures: {
      ...{ scorer: 'FITTED', graph, logLoss: 0.5, auc: 0.9, ece: 0, reliability: [], measured: examples },
      ...{ baseline: { logLoss: Math.LN2, auc: 0.5 }, rivals: [], label: null, familiarity: null, ratio: null },
    },
  };
}

/** It says the truth, three times too loud and one off, which what it checks itself with mends. */
const loud: Rival = {
  name: 'loud',
  train:
    async () =>
    async ({ rows }) =>
      Float64Array.from(rows.data, (x) => 3 * (Math.LN2 - (3 / 8) * x ** 2) + 1),
};

async function figuresOf(checkpoint: string, rivals: readonly Rival[] = []) {
  const [result] = await finished(
    evaluate({ checkpoint, data: 'builtin:gaussian1d', protocol: 'scorer', rivals, threads: 1 }),
  );
  return scorerFigures.parse(result!.figures);
}

describe('the protocol scorer', () => {
  it('finds that a scorer which says the truth is calibrated, follows it, and is no worse than the best other', async () => {
    const figures = await figuresOf(await writeLine(1), [loud]);
    // ½ E_p ln(1 + q/p) + ½ E_q ln(1 + p/q) of N(0, 1) and N(0, 2²), by the trapezoid rule.
    expect(Math.abs(figures.logLoss - bestLogLoss())).toBeLessThan(3 * figures.standardError!);
    expect(figures.ece).toBeLessThan(0.02);
    expect(figures.ratio!.correlation).toBeGreaterThan(0.99);
    expect(Math.abs(figures.ratio!.slope - 1)).toBeLessThan(0.03);
    expect(figures.rivals).toHaveLength(1);
    expect(Math.abs(figures.above!.logLoss)).toBeLessThan(0.003);
    expect(figures).toMatchObject({ scorer: 'GAME', label: null, familiarity: null, measured: 5000 });
    expect(figures.byProbability!.map(({ negatives }) => negatives)).toEqual(['strewn', 'far away']);
  });

  it('finds that one which knows nothing has a log loss of ln 2, an AUC of a half, and lies above who knows', async () => {
    const figures = await figuresOf(await writeLine(0), [loud]);
    expect(figures.logLoss).toBeCloseTo(Math.LN2, 9);
    expect(figures).toMatchObject({ auc: 0.5, ece: 0, ratio: { correlation: 0, slope: 0 } });
    expect(figures.above!.logLoss).toBeCloseTo(Math.LN2 - figures.rivals[0]!.logLoss, 9);
    expect(figures.above!.logLoss).toBeGreaterThan(0.05);
  });

  it('measures the fitted scorer where there is one, and its familiarity; without rivals nothing is above', async () => {
    const figures = await figuresOf(await writeLine(2, true));
    expect(figures).toMatchObject({ scorer: 'FITTED', rivals: [], above: null });
    expect(Math.abs(figures.ratio!.slope - 2)).toBeLessThan(0.06);
    expect(figures.ece).toBeGreaterThan(0.02);
    const far = figures.familiarity!.find(({ negatives }) => negatives === 'far away')!;
    expect(far.auc).toBe(1); // ten deviations off, where 9 − x² is −91 on average
  });
});

describe('a scorer of a model whose recipe held nothing out', () => {
  const values = normals('held from the scorer', 400);

  async function fileOfPoints(): Promise<{ data: Dataset; path: string }> {
    const path = join(await temporaryFolder(), 'points.npy');
    await writeFile(path, encodeTensor('npy', [400, 1], [values]));
    return { data: await openDataset(path), path };
  }

  it('is measured on what it alone was not shown, which no rival learns from either', async () => {
    const { data, path } = await fileOfPoints();
    const checkpoint = await writeLine(1, true, { data, examples: 40, by: 'scorer.onnx' });
    const seen: number[] = [];
    const curious: Rival = {
      name: 'curious',
      train: async (contest) => {
        seen.push(...contest.learn.real.rows.data, ...contest.check.real.rows.data);
        return loud.train(contest);
      },
    };
    const options = { checkpoint, data: path, protocol: 'scorer', rivals: [curious], threads: 1 };
    const [result] = await finished(evaluate(options));
    expect(result!.dataset).toMatchObject({ note: HELD_FROM_SCORER });
    expect(scorerFigures.parse(result!.figures)).toMatchObject({ scorer: 'FITTED', measured: 40 });
    expect(seen).toEqual([...values.subarray(0, 360)]);
  });

  it('is not measured where the record is of another scorer: who knows what that one was shown', async () => {
    const { data, path } = await fileOfPoints();
    const checkpoint = await writeLine(1, true, { data, examples: 40, by: 'score.onnx' });
    const measured = finished(evaluate({ checkpoint, data: path, protocol: 'scorer', threads: 1 }));
    await expect(measured).rejects.toThrow('its recipe held nothing out');
  });
});

describe('strangers', () => {
  it('are made of real images by known moves', async () => {
    const ramp = Float32Array.from({ length: 64 }, (_, i) => i / 64); // 8 × 8, row by row
    const kinds = (await strangersOf({ data: ramp, size: 64 }, [1, 8, 8], 1, 'builtin:glyphs')) as Record<string, Rows>;
    const pixel = (name: string, x: number, y: number) => kinds[name]!.data[8 * y + x];
    expect(pixel('inverted', 0, 0)).toBe(1);
    // A quarter of a turn: what was at the left of the lowest row comes to the left above.
    expect([pixel('rotated 90°', 0, 0), pixel('rotated 90°', 7, 0)]).toEqual([ramp[56], ramp[0]]);
    expect([pixel('checkerboards', 0, 0), pixel('checkerboards', 4, 0), pixel('checkerboards', 4, 4)]).toEqual([
      0, 1, 0,
    ]);
    expect(new Set(kinds['grey 0.25']!.data)).toEqual(new Set([0.25]));
    const mean = (values: Float32Array) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(kinds['blurred']!.data)).toBeCloseTo(mean(ramp), 6); // a blur moves light about, and a ramp is even
    expect(kinds).not.toHaveProperty('letters');
  });

  it('are moved by four pixels to the right, down, to the left and up in turn, and black comes in', async () => {
    const places = Array.from({ length: 5 * 64 }, (_, at) => ((at % 64) + 1) / 64);
    const real = { data: Float32Array.from(places), size: 64 };
    const kinds = (await strangersOf(real, [1, 8, 8], 1, 'builtin:glyphs')) as Record<string, Rows>;
    const { data } = kinds['shifted 4 px']!;
    const from = [
      [-4, 0],
      [0, -4],
      [4, 0],
      [0, 4],
      [-4, 0],
    ] as const;
    const wanted = from.flatMap(([right, down]) =>
      Array.from({ length: 64 }, (_, at) => {
        const [x, y] = [(at % 8) + right, Math.floor(at / 8) + down];
        return x < 0 || x > 7 || y < 0 || y > 7 ? 0 : (8 * y + x + 1) / 64;
      }),
    );
    expect([...data]).toEqual(wanted);
  });

  it('hold pictures of letters for a model that was not trained on them', async () => {
    const kinds = await strangersOf({ data: new Float32Array(2 * 3 * 64), size: 3 * 64 }, [3, 8, 8], 1, 'photographs');
    const letters = (kinds as Record<string, Rows>)['letters']!;
    expect(letters.data).toHaveLength(2 * 3 * 64);
    expect(Math.max(...letters.data)).toBeGreaterThan(0.5);
  });
});

function bestLogLoss(): number {
  const density = (x: number, s: number) => Math.exp(-(x ** 2) / (2 * s ** 2)) / (s * Math.sqrt(2 * Math.PI));
  const step = 0.001;
  let sum = 0;
  for (let x = -20; x <= 20; x += step) {
    const [p, q] = [density(x, 1), density(x, 2)];
    sum += (step / 2) * (p * Math.log1p(q / p) + q * Math.log1p(p / q));
  }
  return sum;
}
