import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { useServer } from '../server/harness.js';
import { HEIGHT, tinyImage, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['whole'] });
beforeEach(() => server.current.engine.forget());

const PIXELS = WIDTH * HEIGHT;
const QUERY = `query ($model: String! = "whole", $image: ImageSource!, $mask: Mask!, $count: Int! = 1, $seed: Seed, $label: String) {
  inpaint(model: $model, image: $image, mask: $mask, count: $count, seed: $seed, label: $label) { __typename
    ... on Completion { seed label image { dataUri width height bytes format } } ... on ImageError { index code message } } }`;

/** Every level of grey has its turn over `seed`s. */
const levels = (seed = 0) => Uint8Array.from({ length: PIXELS }, (_, p) => (p * 5 + seed * 48) % 256);

async function pngOf(data: Uint8Array): Promise<string> {
  const png = sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).png();
  return (await png.toBuffer()).toString('base64');
}

async function pixelsOf(dataUri: string): Promise<number[]> {
  const { data } = await sharp(Buffer.from(dataUri.split(',')[1]!, 'base64'))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data];
}

describe('inpaint', () => {
  test('gives known pixels back bit for bit, whatever their level, and hidden ones from each seed', async () => {
    for (const turn of [0, 1, 2, 3, 4, 5]) {
      const sent = levels(turn);
      const { data, errors } = await server.current.query(QUERY, {
        ...{ image: await pngOf(sent), mask: { half: 'LEFT' }, count: 3, seed: 7, label: 'beta' },
      });
      expect(errors).toBeUndefined();
      expect(data.inpaint.map(({ seed, label }) => [seed, label])).toEqual([7, 8, 9].map((seed) => [seed, 'beta']));
      const [{ z }] = (await server.current.query('{ sample(model: "whole", seed: 8, label: "beta") { z } }')).data
        .sample;
      const drawn = tinyImage(Float32Array.from(z), 1).map((value) => Math.round(value * 255));
      const pixels = await pixelsOf(data.inpaint[1].image.dataUri);
      for (const [p, level] of pixels.entries()) {
        if (p % WIDTH >= WIDTH / 2) expect(level).toBe(sent[p]);
        else expect(Math.abs(level - drawn[p]!)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('takes masks as images, white where their name says', async () => {
    const image = await pngOf(levels());
    const white = await pngOf(Uint8Array.from({ length: PIXELS }, (_, p) => (p < WIDTH ? 255 : 0)));
    const base = { image, seed: 1, label: 'beta' };
    const completed = async (mask: object) => {
      const { data } = await server.current.query(QUERY, { ...base, mask });
      return pixelsOf(data.inpaint[0].image.dataUri);
    };
    const firstRowHidden = await completed({ hidden: white });
    expect(firstRowHidden.slice(WIDTH)).toEqual([...levels()].slice(WIDTH));
    expect(firstRowHidden.slice(0, WIDTH)).not.toEqual([...levels()].slice(0, WIDTH));
    const firstRowKnown = await completed({ known: white });
    expect(firstRowKnown.slice(0, WIDTH)).toEqual([...levels()].slice(0, WIDTH));
    expect(await completed({ rectangle: { x: 0, y: 0, width: WIDTH, height: 1 } })).toEqual(firstRowHidden);
  });

  test('draws a class from each seed where none is given, and enlarges the picture as samples are', async () => {
    const query = QUERY.replace(
      'image { dataUri width height bytes format }',
      'image(size: 12, format: WEBP) { width height format }',
    );
    const { data } = await server.current.query(query, {
      ...{ image: await pngOf(levels()), mask: { half: 'TOP' }, count: 8, seed: 0 },
    });
    const labels = await server.current.query('{ sample(model: "whole", seed: 0, count: 8) { label } }');
    expect(data.inpaint.map(({ label }) => label)).toEqual(labels.data.sample.map(({ label }) => label));
    expect(data.inpaint[0].image).toEqual({ width: 16, height: 12, format: 'WEBP' });
  });
});

describe('inpaint refuses', () => {
  const refused = async (variables: object) => {
    const image = await pngOf(levels());
    return server.current.refusal(QUERY, { image, mask: { half: 'TOP' }, label: 'beta', ...variables });
  };

  test('masks that hide nothing, everything, what lies outside, or are two at once', async () => {
    const [white, black] = [await pngOf(new Uint8Array(PIXELS).fill(255)), await pngOf(new Uint8Array(PIXELS))];
    const all = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
    for (const [mask, message] of [
      [{ hidden: white }, /no known pixel/],
      [{ known: white }, /no hidden pixel/],
      [{ hidden: black }, /no hidden pixel/],
      [{ rectangle: all }, /no known pixel/],
      [{ rectangle: { ...all, x: 1 } }, /within the model’s 8×6 but received "8×6 pixels at \(1, 0\)"/],
      [{ hidden: 'no image' }, /^mask\.hidden: /],
      [{}, /Exactly one key/],
      [{ half: 'TOP', hidden: white }, /Exactly one key/],
      [{ half: 'MIDDLE' }, /"MIDDLE" does not exist in "Half" enum/],
    ] as const) {
      expect((await refused({ mask })).message).toMatch(message);
    }
  });

  test('an image that cannot be read, a count and a seed outside their ranges, an unknown class', async () => {
    expect(await refused({ image: 'x' })).toMatchObject({ message: /^image: /, extensions: { code: 'INVALID_IMAGE' } });
    for (const count of [0, 257])
      expect((await refused({ count })).message).toMatch(/count to be an integer in \[1, 256\]/);
    expect((await refused({ count: 2, seed: 2 ** 32 - 1 })).message).toMatch(/seed \+ count − 1/);
    expect((await refused({ label: 'delta' })).message).toMatch(/a class of whole/);
  });

  test('a model without an inpainter', async () => {
    expect((await refused({ model: 'tiny', label: null })).extensions).toMatchObject({
      code: 'CAPABILITY_MISSING',
      details: { capability: 'inpaint' },
    });
  });
});
