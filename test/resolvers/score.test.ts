import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { useServer } from '../server/harness.js';
import { HEIGHT, tinyLogit, WIDTH } from '../server/tiny-graphs.js';

const server = useServer();
beforeEach(() => server.current.engine.forget());

const QUERY =
  'query ($images: [String!]!) { score(model: "tiny", images: $images) { logit probability logDensityRatio } }';

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

describe('score refuses', () => {
  const refused = (image: string) => server.current.refusal(QUERY, { images: [image] });

  test('text that is not base64, an empty string and an empty data URI', async () => {
    for (const image of [
      'not an image!',
      '',
      'data:image/png;base64,',
      'data:image/png,abc',
      'https://example.com/a.png',
    ]) {
      expect((await refused(image)).extensions.code).toBe('INVALID_IMAGE');
    }
  });

  test('bytes that are no image, saying which', async () => {
    const good = (await pngOf(9)).toString('base64');
    const { message, extensions } = await server.current.refusal(QUERY, {
      images: [good, Buffer.from('hello, world').toString('base64')],
    });
    expect(extensions.code).toBe('INVALID_IMAGE');
    expect(extensions.details).toMatchObject({ index: 1 });
    expect(message).toMatch(/^images\[1\]: /);
    expect(server.current.engine.runs.filter(({ graph }) => graph === 'score')).toHaveLength(1); // that of expectAlive
  });

  test('a truncated image', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    expect((await refused(whole.subarray(0, whole.length / 2).toString('base64'))).extensions.code).toBe(
      'INVALID_IMAGE',
    );
  });

  test('an SVG', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><rect width="8" height="6"/></svg>';
    expect((await refused(Buffer.from(svg).toString('base64'))).extensions.code).toBe('UNSUPPORTED_IMAGE');
  });

  test('an animated image', async () => {
    const frames = Buffer.from(Array.from({ length: 8 * 12 * 3 }, (_, i) => (i < 144 ? 0 : 255)));
    const gif = await sharp(frames, { raw: { width: 8, height: 12, channels: 3, pageHeight: 6 } })
      .webp({ delay: [100, 100] })
      .toBuffer();
    expect((await refused(gif.toString('base64'))).extensions.code).toBe('UNSUPPORTED_IMAGE');
  });

  test('an image 100,000 pixels wide, and one of 144 megapixels in a few bytes', async () => {
    const wide = await flat(100_000, 1, 7).png().toBuffer();
    const bomb = await flat(12_000, 12_000, 0).png().toBuffer();
    for (const image of [wide, bomb]) {
      expect((await refused(image.toString('base64'))).extensions.code).toBe('IMAGE_TOO_LARGE');
    }
  });

  test('no image, or more than it takes at once', async () => {
    const one = (await pngOf(1)).toString('base64');
    for (const images of [[], Array(65).fill(one)]) {
      const { message, extensions } = await server.current.refusal(QUERY, { images });
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toBe(`Expected 1 to 64 images but received ${images.length}.`);
    }
  });

  test('a model without a discriminator', async () => {
    const { extensions } = await server.current.refusal(
      'query ($i: [String!]!) { score(model: "blind", images: $i) { logit } }',
      {
        i: [(await pngOf(1)).toString('base64')],
      },
    );
    expect(extensions.code).toBe('CAPABILITY_MISSING');
  });
});
