import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { addEvaluation } from '../../src/models/evaluations.js';
import { useServer } from '../server/harness.js';
import { HEIGHT, tinyLogit, WIDTH } from '../server/tiny-graphs.js';

const server = useServer();
beforeEach(() => server.current.engine.forget());

const QUERY =
  'query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) { ... on Score { logit probability logDensityRatio } } }';

function pngOf(level: number): Promise<Buffer> {
  return flat(WIDTH, HEIGHT, level).png().toBuffer();
}

function flat(width: number, height: number, level: number) {
  return sharp({ create: { width, height, channels: 3, background: { r: level, g: level, b: level } } });
}

describe('score', () => {
  test('scores images given as base64 and as data URIs, in order', async () => {
    const white = (await pngOf(255)).toString('base64');
    const black = (await flat(WIDTH, HEIGHT, 0).webp({ lossless: true }).toBuffer()).toString('base64');
    const { data, errors } = await server.current.query(QUERY, { images: [white, `data:image/webp;base64,${black}`] });
    expect(errors).toBeUndefined();
    const pixels = WIDTH * HEIGHT;
    expect(data.score[0].logit).toBeCloseTo(tinyLogit(new Float32Array(pixels).fill(1)), 5); // 4
    expect(data.score[1].logit).toBeCloseTo(-4, 5);
    expect(data.score[0].probability).toBeCloseTo(1 / (1 + Math.exp(-4)), 6);
    expect(data.score[0].logDensityRatio).toBeCloseTo(4, 5);
    expect(server.current.engine.runs).toEqual([{ graph: 'score', rows: 2 }]);
  });

  test('resizes an image of another size to that of the model', async () => {
    const large = (await flat(80, 60, 255).png().toBuffer()).toString('base64');
    const { data } = await server.current.query(QUERY, { images: [large] });
    expect(data.score[0].logit).toBeCloseTo(4, 5);
  });

  test('gives a generated image the score of its sample, but for its 8 bits', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "tiny", seed: 3) { image { dataUri } score { logit } } }',
    );
    const again = await server.current.query(QUERY, { images: [data.sample[0].image.dataUri] });
    // Rounding to 8 bits moves each value by at most 1/510, so the mean by no more, and the logit by 8 times that.
    expect(Math.abs(again.data.score[0].logit - data.sample[0].score.logit)).toBeLessThan(8 / 510);
  });
});

/** What stands in the place of an image that cannot be used, after one that can. */
async function answerTo(image: string) {
  const { data, errors } = await server.current.query(
    `query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) {
      ... on Score { logit } ... on ImageError { index code message } } }`,
    { images: [(await pngOf(255)).toString('base64'), image] },
  );
  expect(errors).toBeUndefined();
  expect(data.score[0].logit).toBeCloseTo(4, 5);
  const { logit, ...error } = data.score[1];
  expect(logit).toBeUndefined();
  expect(error.index).toBe(1);
  return error;
}

test('an image that is read although it is damaged is named beside the data, the first time and again', async () => {
  const jpeg = await flat(WIDTH, HEIGHT, 255).jpeg().toBuffer();
  const end = jpeg.indexOf(Buffer.of(0xff, 0xda));
  const odd = Buffer.from(jpeg);
  odd[end + 2 + jpeg.readUInt16BE(end + 2) - 2] = 62; // the scan ends one coefficient early, it says
  const images = [jpeg, odd].map((image) => image.toString('base64'));
  for (let time = 0; time < 2; time++) {
    const { data, extensions } = await server.current.query(QUERY, { images });
    expect(data.score[0]).toEqual(data.score[1]);
    expect(extensions).toEqual({
      damagedImages: [{ argument: 'images[1]', damage: 'Invalid SOS parameters for sequential JPEG' }],
    });
  }
  expect(await server.current.query(QUERY, { images: images.slice(0, 1) })).not.toHaveProperty('extensions');
});

test('base64 in lines, with an end of line behind it, or escaped in a data URI is the same image', async () => {
  const whole = (await pngOf(255)).toString('base64');
  const lines = whole.replaceAll(/.{20}/g, '$&\r\n');
  const images = [
    whole,
    lines,
    `${whole}\n`,
    `data:image/png;base64,\n${lines}`,
    `data:image/png;base64,${encodeURIComponent(whole)}`,
  ];
  const { data, errors } = await server.current.query(QUERY, { images });
  expect(errors).toBeUndefined();
  expect(new Set(data.score.map(({ logit }) => logit)).size).toBe(1);
  expect(data.score).toHaveLength(images.length);
});

describe('the answer is an error of its own entry, and the others are scored, for', () => {
  test('text that is not base64, an empty string and an empty data URI', async () => {
    for (const image of [
      'not an image!',
      '',
      'data:image/png;base64,',
      'data:image/png,abc',
      'https://example.com/a.png',
    ]) {
      expect((await answerTo(image)).code).toBe('INVALID_IMAGE');
    }
  });

  test('bytes that are no image', async () => {
    const { code, message } = await answerTo(Buffer.from('hello, world').toString('base64'));
    expect(code).toBe('INVALID_IMAGE');
    expect(message).toMatch(/^Expected a still PNG.* but received 12 bytes that begin 68 65 6c/);
  });

  test('a truncated image', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    expect((await answerTo(whole.subarray(0, whole.length / 2).toString('base64'))).code).toBe('INVALID_IMAGE');
  });

  test('an SVG', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><rect width="8" height="6"/></svg>';
    expect((await answerTo(Buffer.from(svg).toString('base64'))).code).toBe('UNSUPPORTED_IMAGE');
  });

  test('an animated image', async () => {
    const frames = Buffer.from(Array.from({ length: 8 * 12 * 3 }, (_, i) => (i < 144 ? 0 : 255)));
    const gif = await sharp(frames, { raw: { width: 8, height: 12, channels: 3, pageHeight: 6 } })
      .webp({ delay: [100, 100] })
      .toBuffer();
    expect((await answerTo(gif.toString('base64'))).code).toBe('UNSUPPORTED_IMAGE');
  });

  test('an image 100,000 pixels wide, and one of 144 megapixels in a few bytes', async () => {
    const wide = await flat(100_000, 1, 7).png().toBuffer();
    const bomb = await flat(12_000, 12_000, 0).png().toBuffer();
    for (const image of [wide, bomb]) {
      expect((await answerTo(image.toString('base64'))).code).toBe('IMAGE_TOO_LARGE');
    }
  });

  test('every image, where none can be used: then no graph runs', async () => {
    const { data } = await server.current.query(
      QUERY.replace('... on Score {', '... on ImageError { code } ... on Score {'),
      {
        images: ['x', 'y'],
      },
    );
    expect(data.score.map(({ code }) => code)).toEqual(['INVALID_IMAGE', 'INVALID_IMAGE']);
    expect(server.current.engine.runs).toEqual([]);
  });
});

test('a thousand images come back in order, ten of them as errors in their places', async () => {
  const black = (await pngOf(0)).toString('base64');
  const white = (await pngOf(255)).toString('base64');
  const images = Array.from({ length: 1000 }, (_, i) => (i % 100 === 7 ? `no image ${i}` : i % 2 ? white : black));
  const { data, errors } = await server.current.query(
    `query ($i: [ImageSource!]!) { score(model: "tiny", images: $i) { __typename
      ... on Score { logit } ... on ImageError { index code } } }`,
    { i: images },
  );
  expect(errors).toBeUndefined();
  expect(data.score).toHaveLength(1000);
  for (const [i, one] of [...data.score].entries()) {
    if (i % 100 === 7) expect(one).toEqual({ __typename: 'ImageError', index: i, code: 'INVALID_IMAGE' });
    else expect(one.logit).toBeCloseTo(i % 2 ? 4 : -4, 5);
  }
});

describe('score refuses', () => {
  test('no image, or more than it takes at once', async () => {
    const one = (await pngOf(1)).toString('base64');
    for (const images of [[], Array(1001).fill(one)]) {
      const { message, extensions } = await server.current.refusal(QUERY, { images });
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toBe(`Expected 1 to 1000 images but received ${images.length}.`);
    }
  });

  test.each(['null', '[null]', '[7]', '[{}]', '[["a"]]', '{}', 'true'])(
    'images that are no text, as a variable: %s',
    async (i) => {
      const query = 'query ($i: [ImageSource!]!) { score(model: "tiny", images: $i) { __typename } }';
      const reply = await server.current.post(`{"query":${JSON.stringify(query)},"variables":{"i":${i}}}`);
      expect((await server.current.onlyError(reply)).extensions.code).toBe('BAD_USER_INPUT');
    },
  );

  test.each(['7', '[1.5]', '[true]', '[[""]]', '{}'])(
    'images that are no text, in the document: %s',
    async (literal) => {
      const { extensions } = await server.current.refusal(
        `{ score(model: "tiny", images: ${literal}) { __typename } }`,
      );
      expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(extensions.code);
    },
  );

  test('a model without a discriminator', async () => {
    const { extensions } = await server.current.refusal(
      'query ($i: [ImageSource!]!) { score(model: "blind", images: $i) { ... on Score { logit } } }',
      {
        i: [(await pngOf(1)).toString('base64')],
      },
    );
    expect(extensions.code).toBe('CAPABILITY_MISSING');
  });
});

describe('a calibration that was measured', () => {
  const CALIBRATED = `query ($images: [ImageSource!]!) {
    score(model: "tiny", images: $images) { ... on Score { logDensityRatio calibrated { probability logDensityRatio } } }
    sample(model: "tiny", seed: 3) { score { logDensityRatio calibrated { probability logDensityRatio } } }
    sampleWithRejection(model: "tiny", count: 1, method: TOP, draws: 2) {
      samples { score { logDensityRatio calibrated { probability logDensityRatio } } } }
    model(name: "tiny") { scoring { uncalibrated calibration { slope standardError offset temperature protocol seed
      measuredOn { data digest note fitted measured } logLoss auc ece reliability { low high count predicted observed }
      histogram { low high data samples }
      before { logLoss auc ece reliability { count } histogram { low high data samples } } } } }
  }`;

  interface Scored {
    readonly logDensityRatio: number;
    readonly calibrated: { readonly probability: number; readonly logDensityRatio: number } | null;
  }

  interface Answer {
    readonly score: readonly Scored[];
    readonly sample: readonly { readonly score: Scored }[];
    readonly sampleWithRejection: { readonly samples: readonly { readonly score: Scored }[] };
    readonly model: { readonly scoring: { readonly uncalibrated: string | null; readonly calibration: object | null } };
  }

  async function ask() {
    const images = [(await pngOf(255)).toString('base64'), (await pngOf(0)).toString('base64')];
    const { data, errors } = await server.current.query<Answer>(CALIBRATED, { images });
    expect(errors).toBeUndefined();
    const { score, sample, sampleWithRejection, model } = data;
    const scores = [...score, ...[...sample, ...sampleWithRejection.samples].map((one) => one.score)];
    return { scores, scoring: model.scoring };
  }

  const bin = { low: 0.6, high: 0.7, count: 100, predicted: 0.66, observed: 0.64 };
  const histogram = { low: -2, high: 3, data: [1, 20, 29], samples: [30, 15, 5] };
  const quality = { logLoss: 0.6, auc: 0.75, ece: 0.02, reliability: [bin], histogram };
  const before = { logLoss: 0.7, auc: 0.75, ece: 0.2, reliability: [bin, bin] };
  const result = {
    protocol: 'calibration',
    seed: 7,
    date: '2026-01-02T03:04:05.000Z',
    dataset: { name: '/home/somebody/digits', sha256: 'ab'.repeat(32), note: 'Held out from training.', real: 'x' },
    figures: {
      ...{ slope: 0.5, standardError: 0.01, offset: -1, temperature: 2, before, after: quality },
      ...{ fitted: 50, measured: 50, baseline: { logLoss: Math.LN2, auc: 0.5 } },
    },
  };

  test('corrects each score wherever there is one, from the moment that it lies beside the version', async () => {
    const without = await ask();
    expect(without.scores.map(({ calibrated }) => calibrated)).toEqual([null, null, null, null]);
    expect(without.scoring).toMatchObject({
      uncalibrated: expect.stringContaining('evaluate --protocol calibration'),
      calibration: null,
    });

    await addEvaluation(join(server.current.root, 'tiny', '2'), result);
    const { scores, scoring } = await ask();
    expect(scores).toHaveLength(4);
    for (const { logDensityRatio, calibrated } of scores) {
      expect(calibrated!.logDensityRatio).toBeCloseTo(0.5 * logDensityRatio - 1, 12);
      expect(calibrated!.probability).toBeCloseTo(1 / (1 + Math.exp(1 - 0.5 * logDensityRatio)), 12);
    }
    expect(scoring).toEqual({
      uncalibrated: null,
      calibration: {
        ...{ slope: 0.5, standardError: 0.01, offset: -1, temperature: 2, protocol: 'calibration', seed: 7 },
        measuredOn: {
          ...{ data: 'digits', digest: 'ab'.repeat(32), note: 'Held out from training.', fitted: 50, measured: 50 },
        },
        ...quality,
        before: { ...before, reliability: [{ count: 100 }, { count: 100 }], histogram: null }, // of before it was kept
      },
    });
  });

  test('that cannot be read leaves the scores as they are, and is named', async () => {
    const damaged = { ...result, date: '2026-02-02T03:04:05.000Z', figures: { slope: 'steep' } };
    await addEvaluation(join(server.current.root, 'tiny', '2'), damaged);
    const { scores, scoring } = await ask();
    expect(scores.map(({ calibrated }) => calibrated)).toEqual([null, null, null, null]);
    expect(scoring.uncalibrated).toContain('2026-02-02');
  });
});

describe('an entry that cannot be used', () => {
  test('is counted by its code, as an error of a request is, and named in the line of the log', async () => {
    const { current } = server;
    const counted = () => current.traffic.errors.graphql.get('INVALID_IMAGE')!;
    const before = counted();
    await answerTo('not an image!');
    await answerTo('nor this');
    expect(counted() - before).toBe(2);
    expect(current.log).toContainEqual(expect.objectContaining({ codes: ['INVALID_IMAGE'], status: 200 }));
  });

  test('tells in details what a program can act on, as errors do', async () => {
    const wide = (await flat(100_000, 1, 7).png().toBuffer()).toString('base64');
    const { data } = await server.current.query<{ score: readonly unknown[] }>(
      'query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) { ... on ImageError { code details } } }',
      { images: ['upload:none', wide, 'not an image!'] },
    );
    expect(data.score).toEqual([
      { code: 'UPLOAD_NOT_FOUND', details: { id: 'none' } },
      { code: 'IMAGE_TOO_LARGE', details: expect.objectContaining({ width: 100_000, height: 1 }) },
      { code: 'INVALID_IMAGE', details: null },
    ]);
  });
});
