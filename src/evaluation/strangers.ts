// What is neither data nor sample, so that a scorer may be asked how familiar it finds it: noise, flats, images that
// were moved or damaged, pictures of other things, points of other places. Of each kind as many as there are real
// examples, made of those where they are made of something. Images are [C, H, W] in [0, 1].

import { readAll, slice } from '../datasets/dataset.js';
import { openDataset } from '../datasets/open.js';
import type { Channels } from '../images/pixels.js';
import { fillStream, streamOf } from '../random/noise.js';
import { adaptImages, type ImageForm } from './net-input.js';
import { countOf, deviationRow, meanRow, type Rows, rowAt } from './rows.js';

/** Pixels by which images are moved: each image in one of four directions in turn, right, down, left and up. */
const SHIFT = 4;
const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;
/** Deviation of the blur, as a share of the width: two pixels of 28. */
const BLUR = 2 / 28;
/** Pixels of a square of the checkerboard. */
const SQUARE = 4;
const GREYS = [0.25, 0.5, 0.75];
/** Deviations of the data: how wide points are strewn, and how far away others lie. */
const [WIDE, FAR] = [3, 10];
/** Of builtin:glyphs, those behind the digits, which a model of digits may well find familiar. */
const FIRST_LETTER = 10;
const GLYPHS = 36;

/** Kinds by name. `data`: what the model was trained on, whose own pictures are no strangers. */
export async function strangersOf(real: Rows, shape: readonly number[], seed: number, data: string) {
  return shape.length === 3 ? strangeImages(real, shape, seed, data) : strangePoints(real, seed);
}

async function strangeImages(real: Rows, shape: readonly number[], seed: number, data: string) {
  const [channels, height, width] = shape as [Channels, number, number];
  const form = { channels, height, width };
  const drawn = (name: string, kind: 'uniform' | 'normal') => noiseLike(real, `strangers/${name}`, kind, seed);
  const normal = drawn('normal', 'normal').data.map((value) => clamped(0.5 + value / 4));
  const kinds: Record<string, Rows> = {
    'uniform noise': drawn('uniform', 'uniform'),
    'normal noise': { ...real, data: normal },
    inverted: { ...real, data: real.data.map((value) => 1 - value) },
    [`shifted ${SHIFT} px`]: moved(real, form, (x, y, i) => {
      const [right, down] = DIRECTIONS[i % DIRECTIONS.length]!;
      return [x - SHIFT * right, y - SHIFT * down];
    }),
    black: flat(real, 0),
    white: flat(real, 1),
    ...Object.fromEntries(GREYS.map((grey) => [`grey ${grey}`, flat(real, grey)])),
    'rotated 90°': moved(real, form, (x, y) => [y, height - 1 - x]),
    blurred: blurred(real, form),
    checkerboards: { ...real, data: real.data.map((_, i) => checkered(i, form)) },
  };
  return data === 'builtin:glyphs' ? kinds : { ...kinds, letters: await letters(countOf(real), form) };
}

/** Points over a box that holds all data and is as wide again, and points far from any. */
function strangePoints(real: Rows, seed: number): Record<string, Rows> {
  const centre = meanRow(real);
  const spread = deviationRow(real, centre);
  const uniform = noiseLike(real, 'strangers/uniform', 'uniform', seed).data;
  const normal = noiseLike(real, 'strangers/normal', 'normal', seed).data;
  const around = (offsets: (i: number) => number) => ({
    ...real,
    data: real.data.map((_, i) => centre[i % real.size]! + spread[i % real.size]! * offsets(i)),
  });
  return {
    strewn: around((i) => WIDE * (2 * uniform[i]! - 1)),
    'far away': around((i) => FAR * (normal[i]! < 0 ? -1 : 1) + normal[i]!),
  };
}

function noiseLike({ data, size }: Rows, name: string, kind: 'uniform' | 'normal', seed: number): Rows {
  const out = new Float32Array(data.length);
  fillStream(
    out,
    streamOf(seed, name),
    kind === 'uniform' ? { kind, low: 0, high: 1, shape: [] } : { kind, shape: [] },
  );
  return { data: out, size };
}

function flat({ data, size }: Rows, value: number): Rows {
  return { data: new Float32Array(data.length).fill(value), size };
}

/** Each pixel from the place that `from` says of the i-th image, black from beyond the edge. */
function moved(rows: Rows, form: ImageForm, from: (x: number, y: number, i: number) => [number, number]): Rows {
  const { height, width } = form;
  const plane = height * width;
  const data = rows.data.map((_, at) => {
    const [fromX, fromY] = from(at % width, Math.floor((at % plane) / width), Math.floor(at / rows.size));
    const isInside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
    return isInside ? rows.data[at - (at % plane) + fromY * width + fromX]! : 0;
  });
  return { data, size: rows.size };
}

/** By a Gaussian along rows, then along columns; beyond the edge lies what is at the edge. */
function blurred(rows: Rows, { height, width }: ImageForm): Rows {
  const deviation = BLUR * width;
  const reach = Math.ceil(3 * deviation);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)));
  const sum = taps.reduce((a, b) => a + b);
  const along = (data: Float32Array<ArrayBuffer>, length: number, step: number) =>
    data.map((_, at) => {
      const place = Math.floor(at / step) % length;
      let value = 0;
      for (let i = -reach; i <= reach; i++) {
        const other = Math.min(length - 1, Math.max(0, place + i));
        value += taps[i + reach]! * data[at + (other - place) * step]!;
      }
      return value / sum;
    });
  return { data: along(along(rows.data, width, 1), height, width), size: rows.size };
}

function checkered(at: number, { height, width }: ImageForm): number {
  const [x, y] = [at % width, Math.floor(at / width) % height];
  return (Math.floor(x / SQUARE) + Math.floor(y / SQUARE)) % 2;
}

async function letters(count: number, form: ImageForm): Promise<Rows> {
  const turns = Math.ceil(count / (GLYPHS - FIRST_LETTER));
  const glyphs = await openDataset(`builtin:glyphs,count=${turns * GLYPHS}`, { range: [0, 1] });
  const chosen = Array.from(glyphs.labels!.keys()).filter((i) => glyphs.labels![i]! >= FIRST_LETTER);
  const [, height, width] = glyphs.shape as [1, number, number];
  const all = { data: await readAll(slice(glyphs, 0, glyphs.count)), size: height * width };
  const data = new Float32Array(count * all.size);
  for (let i = 0; i < count; i++) data.set(rowAt(all, chosen[i]!), i * all.size);
  const adapted = adaptImages(
    { data, size: all.size },
    { channels: 1, height, width },
    { ...form, range: [0, 1], layout: 'NCHW' },
  );
  return { data: adapted, size: form.channels * form.height * form.width };
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value));
}
