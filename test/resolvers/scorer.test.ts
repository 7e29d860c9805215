// Scores of versions that hold a scorer fitted to their generator, through the API: "judged", of images;
// "judged-letters", whose generator is told of a class; "judged-ring", of points; "judged-alone", for which the game
// left no discriminator; and "letters", which has only that.

import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { addEvaluation } from '../../src/models/evaluations.js';
import { labelFromSeed } from '../../src/models/labels.js';
import { latent } from '../../src/models/latent.js';
import { chooseByRejection } from '../../src/models/rejection.js';
import { fillUniform, STREAMS } from '../../src/random/philox.js';
import { useServer } from '../server/harness.js';
import { TINY_LABELS } from '../server/tiny-gan.js';
import { HEIGHT, LATENT, tinyClasses, tinyImage, tinyLogit, tinyPoint, WIDTH } from '../server/tiny-graphs.js';

const FITTED = ['judged', 'judged-letters', 'judged-ring', 'judged-alone'];
const server = useServer({ models: [...FITTED, 'letters'] });
beforeEach(async () => {
  // A model with classes loads on first use; its warm-up is no run of a test.
  await Promise.all([...FITTED, 'letters'].map((name) => server.current.repository.get(name).load()));
  server.current.engine.forget();
});

interface Scored {
  readonly logit: number;
  readonly probability: number;
  readonly logDensityRatio: number;
  readonly familiarity: number | null;
  readonly calibrated: object | null;
  readonly label: {
    readonly name: string;
    readonly probability: number;
    readonly matches: boolean;
    readonly likeliest: string;
    readonly logRatio: number | null;
  } | null;
}

const FIELDS = `logit probability logDensityRatio familiarity calibrated { probability }
  label { name probability matches likeliest logRatio }`;
const QUERY = `query ($model: String!, $images: [ImageSource!], $points: [[Float!]!], $labels: [String!]) {
  score(model: $model, images: $images, points: $points, labels: $labels) {
    ... on Score { ${FIELDS} } ... on ImageError { index code } } }`;

async function scored(variables: object): Promise<readonly Scored[]> {
  const { data, errors } = await server.current.query<{ score: readonly Scored[] }>(QUERY, variables);
  expect(errors).toBeUndefined();
  return data.score;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A picture of vertical stripes: its pixels, and the file as base64. */
async function striped(width: number) {
  const levels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, p) =>
    Math.floor((p % WIDTH) / width) % 2 ? 255 : 51,
  );
  const png = await sharp(levels, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .png()
    .toBuffer();
  return { image: Float32Array.from(levels, (level) => level / 255), file: png.toString('base64') };
}

/** ln p(c|x) of the classes head of tiny-graphs.ts. */
function logsOf(image: Float32Array): number[] {
  const logits = [...tinyClasses(image)];
  const whole = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - whole);
}

function expectScore(score: Scored, logit: number, familiarity: number) {
  expect(score.logit).toBeCloseTo(logit, 4);
  expect(score.logDensityRatio).toBe(score.logit);
  expect(score.probability).toBeCloseTo(sigmoid(logit), 5);
  expect(score.familiarity).toBeCloseTo(familiarity, 5);
}

function expectLabel({ label }: Scored, image: Float32Array, asked: number, share?: number) {
  const logs = logsOf(image);
  const likeliest = logs.indexOf(Math.max(...logs));
  expect(label).toEqual({
    name: TINY_LABELS[asked],
    likeliest: TINY_LABELS[likeliest],
    matches: asked === likeliest,
    probability: expect.closeTo(Math.exp(logs[asked]!), 5),
    logRatio: share === undefined ? null : expect.closeTo(logs[asked]! - Math.log(share), 4),
  });
}

describe('a fitted scorer', () => {
  test('scores in the place of the discriminator, and says how familiar each image is', async () => {
    const [thin, thick] = [await striped(1), await striped(3)];
    const scores = await scored({ model: 'judged', images: [thin.file, thick.file] });
    for (const [i, { image }] of [thin, thick].entries()) {
      const logit = tinyLogit(image) / 2; // and not what score.onnx says
      expectScore(scores[i]!, logit, sigmoid(-logit));
      expect(scores[i]!.label).toBeNull();
    }
    expect(server.current.engine.runs).toEqual([{ graph: 'scorer', rows: 2 }]);
  });

  test('answers for the class of each image in one pass: the ratio within the class, and whether it is of it', async () => {
    const pictures = await Promise.all([1, 2, 3, 4].map(striped));
    const images = pictures.map(({ file }) => file);
    const scores = await scored({ model: 'judged-letters', images, labels: ['gamma', 'alpha', 'beta', 'alpha'] });
    for (const [i, asked] of [2, 0, 1, 0].entries()) {
      const { image } = pictures[i]!;
      expectScore(scores[i]!, tinyLogit(image) / 2 + asked, sigmoid(-tinyLogit(image) / 2));
      expectLabel(scores[i]!, image, asked);
    }
    expect(new Set(scores.map(({ label }) => label!.matches)).size).toBe(2); // or it would show little
    expect(server.current.engine.runs).toEqual([{ graph: 'scorer', rows: 4 }]);
  });

  test('need not be told a class: without one it scores against samples of all classes, and says nothing of any', async () => {
    const { image, file } = await striped(2);
    const [score] = await scored({ model: 'judged-letters', images: [file] });
    expectScore(score!, tinyLogit(image) / 2, sigmoid(-tinyLogit(image) / 2));
    expect(score!.label).toBeNull();
    const [one, other] = await scored({ model: 'judged-letters', images: [file, file], labels: ['beta'] });
    expect(one).toEqual(other);
    expectLabel(one!, image, 1);
  });

  test('is enough where the game left no discriminator, and weighs a class by its share of the data', async () => {
    const { image, file } = await striped(2);
    const scores = await scored({ model: 'judged-alone', images: [file, file], labels: ['alpha', 'gamma'] });
    expectLabel(scores[0]!, image, 0, 0.5);
    expectLabel(scores[1]!, image, 2, 0.25);
  });

  test('scores the neighbours of an entry that cannot be read, each as of its own class', async () => {
    const { image, file } = await striped(2);
    const images = await scored({
      model: 'judged-letters',
      images: [file, 'nothing', file],
      labels: ['alpha', 'beta', 'gamma'],
    });
    expect(images[1]).toEqual({ index: 1, code: 'INVALID_IMAGE' });
    expectScore(images[0]!, tinyLogit(image) / 2, sigmoid(-tinyLogit(image) / 2));
    expectScore(images[2]!, tinyLogit(image) / 2 + 2, sigmoid(-tinyLogit(image) / 2));
    expectLabel(images[2]!, image, 2);
  });

  test('refuses a class that it does not know, and any where it knows none', async () => {
    const { file } = await striped(2);
    const unknown = await server.current.refusal(QUERY, { model: 'judged-letters', images: [file], labels: ['delta'] });
    expect(unknown.message).toContain('Its classes are alpha, beta, gamma.');
    const none = await server.current.refusal(QUERY, { model: 'judged', images: [file], labels: ['alpha'] });
    expect(none.message).toMatch(/^Expected no labels, for the scorer of judged is not conditional/);
  });
});

test('points are scored by it too', async () => {
  const points = await scored({
    model: 'judged-ring',
    points: [
      [1, 3],
      [-2, 0],
    ],
  });
  expectScore(points[0]!, 2, sigmoid(-2));
  expectScore(points[1]!, -1, sigmoid(1));
});

describe('samples of a version with a fitted scorer', () => {
  const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;

  test('are scored as of their own class, the same as when they are sent as images', async () => {
    const { data } = await server.current.query<{
      sample: readonly { seed: number; score: Scored; image: { dataUri: string } }[];
    }>(`{ sample(model: "judged-letters", seed: 0, count: 8) { seed score { ${FIELDS} } image { dataUri } } }`);
    for (const { seed, score } of data.sample) {
      const asked = labelFromSeed(seed, TINY_LABELS.length);
      const image = tinyImage(latent(seed, LATENT, PRIOR), asked);
      expectScore(score, tinyLogit(image) / 2 + asked, sigmoid(-tinyLogit(image) / 2));
      expectLabel(score, image, asked);
    }
    expect(server.current.engine.runs.filter(({ graph }) => graph !== 'generate')).toEqual([
      { graph: 'scorer', rows: 8 },
    ]);
    const asked = TINY_LABELS[labelFromSeed(0, TINY_LABELS.length)];
    const [again] = await scored({ model: 'judged-letters', images: [data.sample[0]!.image.dataUri], labels: [asked] });
    // Rounding to 8 bits moves each value by at most 1/510, so the mean by no more, and the logit by 4 times that.
    expect(Math.abs(again!.logit - data.sample[0]!.score.logit)).toBeLessThan(4 / 510);
  });

  test('of a mixture of classes are scored as of none', async () => {
    const { data } = await server.current.query<{ sample: readonly { score: Scored; tensor: { data: string } }[] }>(
      `{ sample(model: "judged-letters", seed: 3, labels: [{ label: "alpha", weight: 1 }, { label: "gamma", weight: 3 }]) {
         score { ${FIELDS} } tensor { data } } }`,
    );
    const { score, tensor } = data.sample[0]!;
    const bytes = Buffer.from(tensor.data, 'base64');
    const image = Float32Array.from({ length: WIDTH * HEIGHT }, (_, p) => bytes.readFloatLE(4 * p));
    expectScore(score, tinyLogit(image) / 2, sigmoid(-tinyLogit(image) / 2));
    expect(score.label).toBeNull();
  });

  test('are picked by it in rejection sampling', async () => {
    const [first, draws] = [40, 128];
    const ratios = Float64Array.from({ length: draws }, (_, i) => {
      const [x, y] = tinyPoint(latent(first + i, LATENT, PRIOR));
      return Math.fround((x + y) / 2);
    });
    const luck = Float32Array.from({ length: draws }, (_, i) => {
      const out = new Float32Array(1);
      fillUniform(out, { seed: first + i, stream: STREAMS.rejection, counter: 0 }, 0, 1);
      return out[0]!;
    });
    const seedsBy = (values: Float64Array) => chooseByRejection(values, luck, 80).kept.map((i) => first + i);
    const { data } = await server.current.query<{ sampleWithRejection: { samples: readonly { seed: number }[] } }>(
      `{ sampleWithRejection(model: "judged-ring", seed: ${first}, draws: ${draws}, count: ${draws}) { samples { seed } } }`,
    );
    const seeds = data.sampleWithRejection.samples.map(({ seed }) => seed);
    expect(seeds).toEqual(seedsBy(ratios));
    expect(seeds).not.toEqual(seedsBy(ratios.map((ratio) => 2 * ratio))); // those that the discriminator would keep
    expect(server.current.engine.runs.map(({ graph }) => graph)).not.toContain('score');
  });
});

describe('Model.scoring', () => {
  interface Scoring {
    readonly scorer: string;
    readonly densityRatio: string;
    readonly needsLabel: boolean;
    readonly takesLabel: boolean;
    readonly measured: object | null;
    readonly unmeasured: string | null;
    readonly calibration: object | null;
    readonly uncalibrated: string | null;
  }

  async function scoringOf(model: string): Promise<Scoring> {
    const { data, errors } = await server.current.query<{ model: { scoring: Scoring } }>(
      `{ model(name: "${model}") { scoring { scorer densityRatio needsLabel takesLabel unmeasured uncalibrated
        calibration { slope }
        measured { logLoss baselineLogLoss standardError auc baselineAuc ece reliability { count } protocol seed date
          histogram { low high data samples } rivals { name logLoss auc } above { logLoss standardError } label { right chance }
          familiarity { negatives auc } ratio { correlation slope } measuredOn { data digest note measured } } } } }`,
    );
    expect(errors).toBeUndefined();
    return data.model.scoring;
  }

  test('says which scorer answers, and whether it may or must be told a class', async () => {
    const said = await Promise.all([...FITTED, 'letters', 'tiny'].map(scoringOf));
    expect(said.map(({ scorer, needsLabel, takesLabel }) => [scorer, takesLabel, needsLabel])).toEqual([
      ['FITTED', false, false],
      ['FITTED', true, false],
      ['FITTED', false, false],
      ['FITTED', true, false],
      ['GAME', true, true],
      ['GAME', false, false],
    ]);
    expect(said[0]!.densityRatio).toBe('LOGIT');
  });

  const quality = { logLoss: 0.6, auc: 0.75, ece: 0.02 };
  const evaluation = {
    seed: 7,
    dataset: { name: '/home/somebody/digits', sha256: 'ab'.repeat(32), note: 'Held out.' },
  };
  const calibration = (scorer: object, slope: number) => ({
    ...evaluation,
    protocol: 'calibration',
    date: '2026-01-02T03:04:05.000Z',
    figures: {
      ...{ slope, standardError: 0.01, offset: -1, temperature: 2, fitted: 50, measured: 50, ...scorer },
      ...{ before: { ...quality, reliability: [] }, after: { ...quality, reliability: [] } },
    },
  });
  const folder = (model: string) => join(server.current.root, model, '1');
  const digestOf = (model: string) => server.current.repository.get(model).scorer.sha256;

  test('does not correct a fitted scorer by what was measured on the discriminator, but by what was on itself', async () => {
    const { file } = await striped(2);
    const calibratedOf = async () => (await scored({ model: 'judged', images: [file] }))[0]!.calibrated;

    await addEvaluation(folder('judged'), calibration({}, 0.5)); // inherited: from before it was fitted
    expect(await calibratedOf()).toBeNull();
    expect((await scoringOf('judged')).uncalibrated).toMatch(/of another scorer/);

    await addEvaluation(folder('judged'), calibration({ scorer: 'FITTED', graph: 'of one fitted before' }, 0.5));
    expect(await calibratedOf()).toBeNull();

    await addEvaluation(folder('judged'), calibration({ scorer: 'FITTED', graph: digestOf('judged') }, 0.25));
    const [score] = await scored({ model: 'judged', images: [file] });
    expect(score!.calibrated).toEqual({ probability: expect.closeTo(sigmoid(0.25 * score!.logit - 1), 6) });
    expect(await scoringOf('judged')).toMatchObject({ calibration: { slope: 0.25 }, uncalibrated: null });
  });

  test('shows what was measured of this scorer, each figure beside what knowing nothing gets, or why nothing was', async () => {
    expect(await scoringOf('judged-letters')).toMatchObject({
      measured: null,
      unmeasured: 'Nobody measured it: npx ganymede evaluate --protocol scorer.',
    });
    const figures = {
      ...{ ...quality, reliability: [{ low: 0.6, high: 0.7, count: 100, predicted: 0.66, observed: 0.64 }] },
      baseline: { logLoss: Math.LN2, auc: 0.5 },
      standardError: 0.004,
      rivals: [{ name: 'boosted trees', logLoss: 0.58, auc: 0.78 }],
      above: { logLoss: 0.02, standardError: 0.003 },
      label: { right: 0.97, chance: 0.1 },
      histogram: { low: -4, high: 4, data: [1000, 4000], samples: [4100, 900] },
      familiarity: [{ negatives: 'noise', auc: 1 }],
      ratio: null,
      measured: 5000,
    };
    const result = { ...evaluation, protocol: 'scorer', date: '2026-03-02T03:04:05.000Z' };
    await addEvaluation(folder('judged-letters'), {
      ...result,
      figures: { ...figures, scorer: 'FITTED', graph: digestOf('judged-letters') },
    });
    // A later one, of the discriminator.
    await addEvaluation(folder('judged-letters'), {
      ...result,
      date: '2026-04-02T03:04:05.000Z',
      figures: { ...figures, scorer: 'GAME', logLoss: 0.69 },
    });
    const { baseline, measured, ...shown } = figures;
    expect(await scoringOf('judged-letters')).toMatchObject({
      unmeasured: null,
      measured: {
        ...shown,
        reliability: [{ count: 100 }],
        ...{ baselineLogLoss: baseline.logLoss, baselineAuc: baseline.auc },
        ...{ protocol: 'scorer', seed: 7, date: '2026-03-02T03:04:05.000Z' },
        measuredOn: { data: 'digits', digest: 'ab'.repeat(32), note: 'Held out.', measured },
      },
    });
  });
});

test('a version without a fitted scorer goes on with the discriminator, which says nothing of familiarity', async () => {
  const { image, file } = await striped(2);
  const [score] = await scored({ model: 'letters', images: [file], labels: ['gamma'] });
  expect(score!.logit).toBeCloseTo(tinyLogit(image, 2), 4);
  expect(score).toMatchObject({ familiarity: null, label: null });
  const { extensions } = await server.current.refusal(QUERY, { model: 'letters', images: [file] });
  expect(extensions.code).toBe('BAD_USER_INPUT');
});

test('GET answers as POST does', async () => {
  const { data } = await server.current.query(`{ sample(model: "judged-letters", seed: 4) { score { ${FIELDS} } } }`);
  const query = encodeURIComponent(`{ sample(model: "judged-letters", seed: 4) { score { ${FIELDS} } } }`);
  const reply = await server.current.app.inject({
    url: `/graphql?query=${query}`,
    headers: { accept: 'application/graphql-response+json', 'apollo-require-preflight': 'true' },
  });
  expect(reply.json().data).toEqual(data);
  expect(reply.json().data.sample[0].score.familiarity).toBeGreaterThan(0);
});

test('requests that wait at the same time share one run, with and without a class', async () => {
  const pictures = await Promise.all([1, 2, 3].map(striped));
  const release = server.current.engine.hold();
  const asked = [
    scored({ model: 'judged-letters', images: [pictures[0]!.file], labels: ['gamma'] }),
    scored({ model: 'judged-letters', images: [pictures[1]!.file] }),
    scored({ model: 'judged-letters', images: [pictures[2]!.file], labels: ['alpha'] }),
  ];
  const queued = () => server.current.repository.get('judged-letters').stats().scorer?.queued;
  await vi.waitFor(() => expect(queued()).toBe(3), 20_000);
  release();
  const [gamma, none, alpha] = (await Promise.all(asked)).map(([score]) => score!);
  expectScore(gamma!, tinyLogit(pictures[0]!.image) / 2 + 2, sigmoid(-tinyLogit(pictures[0]!.image) / 2));
  expectScore(none!, tinyLogit(pictures[1]!.image) / 2, sigmoid(-tinyLogit(pictures[1]!.image) / 2));
  expectScore(alpha!, tinyLogit(pictures[2]!.image) / 2, sigmoid(-tinyLogit(pictures[2]!.image) / 2));
  expect(server.current.engine.runs).toEqual([{ graph: 'scorer', rows: 3 }]);
});
