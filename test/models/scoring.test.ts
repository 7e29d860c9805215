// What a fitted scorer says of an example, from one row of its graph; and scores of many, some of which do not come
// out.

import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import { Batcher } from '../../src/models/batcher.js';
import type { Manifest } from '../../src/models/manifest.js';
import { manifestSchema } from '../../src/models/manifest.js';
import { Model } from '../../src/models/model.js';
import { fittedScore, scorerOf } from '../../src/models/scoring.js';
import { float, manifestOf } from './checkpoints.js';
import { FakeGraph } from './fakes.js';

/** Of three classes: ln p/q is 0.5 over all, and 1, 2 and 3 within them; p(c|x) is 1/2, 1/8 and 3/8. */
const ROW = {
  logit: Float32Array.of(0.5),
  familiarity: Float32Array.of(Math.log(3)),
  given: Float32Array.of(1, 2, 3),
  classes: Float32Array.of(0.5, 0.125, 0.375).map(Math.log),
};

describe('what a fitted scorer says', () => {
  it('without a class is ln p/q over all, and how familiar the example is', () => {
    const score = fittedScore(ROW, undefined, undefined);
    expect(score).toMatchObject({ logit: 0.5, logDensityRatio: 0.5, label: null });
    expect(score.probability).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 12);
    expect(score.familiarity).toBeCloseTo(0.75, 6);
  });

  it('of a class is ln p/q within it, and how probable it is itself', () => {
    const score = fittedScore(ROW, 2, [0.2, 0.3, 0.5]);
    expect(score).toMatchObject({ logit: 3, logDensityRatio: 3, label: { label: 2, likeliest: 0 } });
    expect(score.label!.probability).toBeCloseTo(0.375, 6);
    expect(score.label!.logRatio).toBeCloseTo(Math.log(0.375 / 0.5), 6); // rarer given x than among the data
    expect(fittedScore(ROW, 0, [0.2, 0.3, 0.5]).label!.likeliest).toBe(0);
  });

  it('leaves out how much likelier a class is where nobody says how common it is, or it never is', () => {
    expect(fittedScore(ROW, 1, undefined).label!.logRatio).toBeNull();
    expect(fittedScore(ROW, 1, [0.5, 0, 0.5]).label!.logRatio).toBeNull();
  });

  it('takes a class for the likeliest where others are as likely, and no probability above 1', () => {
    const even = { ...ROW, classes: Float32Array.of(-1, -1, -2) };
    expect([0, 1, 2].map((label) => fittedScore(even, label, undefined).label!.likeliest)).toEqual([0, 1, 0]);
    const rounded = { ...ROW, classes: Float32Array.of(1e-7, -30, -30) };
    expect(fittedScore(rounded, 0, undefined).label!.probability).toBe(1);
  });
});

const withScorer = (edit: (manifest: Manifest) => void = () => {}): Manifest => {
  const manifest = manifestOf('judged', 1, { 'score.onnx': 'score', 'scorer.onnx': 'scorer' });
  manifest.graphs.scorer = { file: 'scorer.onnx' };
  edit(manifest);
  return manifest;
};

describe('the scorer of a version', () => {
  it('is the fitted one where there is one, whatever the objective of the game was', () => {
    const sha256 = withScorer().files['scorer.onnx']!.sha256;
    const critic = withScorer((manifest) => {
      manifest.graphs.score!.densityRatio = 'none';
    });
    expect(scorerOf(critic)).toEqual({ kind: 'FITTED', graph: 'scorer', densityRatio: 'logit', sha256 });
  });

  it('is the discriminator without one, and nothing without either', () => {
    const game = withScorer(({ graphs }) => delete graphs.scorer);
    expect(scorerOf(game)).toMatchObject({ kind: 'GAME', graph: 'score', densityRatio: 'logit' });
    expect(scorerOf(withScorer((manifest) => Object.assign(manifest, { graphs: {} })))).toBeUndefined();
  });

  it.each([
    ['are of other classes', ['a', 'b', 'c'], [0.5, 0.5]],
    ['do not add up to 1', ['a', 'b'], [0.5, 0.4]],
    ['are of no classes', undefined, [1]],
  ])('is refused where its shares %s', (_, labels, shares) => {
    const manifest = withScorer((one) =>
      Object.assign(one, { labels, graphs: { scorer: { file: 'scorer.onnx', shares } } }),
    );
    const { error } = manifestSchema.safeParse(manifest);
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['graphs.scorer.shares']);
  });
});

describe('scores of many', () => {
  /** Within class c ln p/q is 10 · (first pixel) + c; no number where the first pixel is above 1. */
  const graph = () => {
    const outputs = { logit: float(-1), familiarity: float(-1), given: float(-1, 2), classes: float(-1, 2) };
    return new FakeGraph('scorer', { image: float(-1, 1, 2, 2) }, outputs, ({ image }) => {
      const count = image!.shape[0]!;
      const first = Array.from({ length: count }, (_, i) => 10 * Number(image!.data[4 * i]));
      const sound = first.map((value) => (value > 10 ? Number.NaN : value));
      return {
        logit: float32([count], first),
        familiarity: float32([count], first),
        given: float32(
          [count, 2],
          sound.flatMap((value) => [value, value + 1]),
        ),
        classes: float32(
          [count, 2],
          first.flatMap(() => [-Math.LN2, -Math.LN2]),
        ),
      };
    });
  };
  const modelOf = (scorer: FakeGraph, edit?: (manifest: Manifest) => void) => {
    const manifest = withScorer((one) => Object.assign(one, { labels: ['a', 'b'] }));
    edit?.(manifest);
    return new Model(manifest, async () => new Map([['scorer', { graph: scorer, batcher: new Batcher(scorer) }]]));
  };
  const image = (first: number) => Float32Array.of(first, 0, 0, 0);

  it('are errors where an example is none or its numbers are none, and leave the others theirs', async () => {
    const scorer = graph();
    const examples = [image(0.1), image(2), new Error('unreadable'), Float32Array.of(1), image(0.3)];
    const scores = await modelOf(scorer).scoreEach(examples, { labels: [1, 0, 0, 0, 1] });
    expect(scores).toMatchObject([
      { logit: 2, label: { label: 1 } },
      { code: 'NOT_FINITE' },
      { message: 'unreadable' },
      { code: 'BAD_USER_INPUT' },
      { logit: 4, label: { label: 1 } },
    ]);
    expect(scorer.runs).toHaveLength(1);
  });

  it('need no number that nobody asked for: without a class the ratios within classes may be none', async () => {
    expect(await modelOf(graph()).scoreEach([image(2)])).toMatchObject([{ logit: 20, label: null }]);
  });

  it('refuse classes where the scorer knows none, and another number of them than of examples', async () => {
    const unlabelled = modelOf(graph(), (manifest) => delete manifest.labels);
    await expect(unlabelled.scoreEach([image(0)], { labels: [0] })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(modelOf(graph()).scoreEach([image(0)], { labels: [0, 1] })).rejects.toThrow(
      'Expected 1 labels, one a row but received',
    );
  });
});
