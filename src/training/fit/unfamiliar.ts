// What the familiarity of a scorer is trained to tell from data and samples: images that were damaged, moved or taken
// apart, images of nothing (noise, flats, slopes, stripes, scribbles), and points far from any. Each comes with
// strengths drawn anew, so that no one of them can be learnt by heart.

import { fillStream, type NoiseSpec, type Stream, streamOf } from '../../random/noise.js';
import { isColour } from '../../recipes/image-sizes.js';

/** Uniform and normal numbers, and others made of them: a pure function of the stream. */
export class Draws {
  readonly unit: () => number;
  readonly normal: () => number;

  constructor(stream: Stream) {
    this.unit = drawn(stream, { kind: 'uniform', low: 0, high: 1, shape: [] });
    this.normal = drawn(stream, { kind: 'normal', shape: [] });
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** An integer, both ends included. */
  integer(low: number, high: number): number {
    return low + Math.min(high - low, Math.floor(this.unit() * (high - low + 1)));
  }

  is(probability: number): boolean {
    return this.unit() < probability;
  }

  of<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)]!;
  }
}

/** One number after another, drawn by the block. */
function drawn({ seed, name, counter }: Stream, noise: NoiseSpec): () => number {
  const buffer = new Float32Array(4096);
  let [next, block] = [buffer.length, 0];
  return () => {
    if (next === buffer.length) {
      fillStream(buffer, streamOf(seed, `${name}/${noise.kind}/${block++}`, counter), noise);
      next = 0;
    }
    return buffer[next++]!;
  };
}

/** An image in [0, 1], channels first. */
interface Canvas {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** Changes `image` in place. `other` gives a copy of a second image. */
type Damage = (image: Canvas, draws: Draws, other: () => Canvas) => void;

/** In words, for the record of a version. */
export const UNFAMILIAR_IMAGES: Readonly<Record<string, Damage>> = {
  flat,
  slope,
  noise,
  'blocks of noise': blocks,
  'salt and pepper': specks,
  stripes,
  shapes,
  scribble,
  'noise added': noisy,
  shifted,
  shuffled,
  mosaic,
  inverted,
  contrast,
  blurred,
  pixelated,
  turned,
  resized,
  covered,
  mixed,
};

/** Of points. */
export const UNFAMILIAR_POINTS = ['far away', 'anywhere about', 'noise added'] as const;

export interface UnfamiliarImages {
  readonly shape: readonly number[];
  readonly range: readonly [low: number, high: number];
}

/** How many times as often as others what is hardest to tell comes. In colour all meet their negatives anyhow. */
const GREY = kindsOf([shifted, 12], [inverted, 12]);
const COLOUR = kindsOf([shifted, 6], [turned, 4], [blurred, 2]);

function kindsOf(...hard: readonly (readonly [Damage, times: number])[]): readonly Damage[] {
  const times = new Map(hard);
  return Object.values(UNFAMILIAR_IMAGES).flatMap((kind) => new Array<Damage>(times.get(kind) ?? 1).fill(kind));
}

/** Makes an unfamiliar image of `image`, in the units of both, in place. */
export function damage(
  image: Float32Array,
  other: Float32Array,
  { shape, range: [low, high] }: UnfamiliarImages,
  draws: Draws,
): void {
  const [channels, height, width] = shape as [number, number, number];
  const canvas = (data: Float32Array): Canvas => {
    for (let i = 0; i < data.length; i++) data[i] = (data[i]! - low) / (high - low);
    return { channels, height, width, data };
  };
  draws.of(isColour(shape) ? COLOUR : GREY)(canvas(image), draws, () => canvas(other.slice()));
  for (let i = 0; i < image.length; i++) image[i] = low + (high - low) * Math.min(1, Math.max(0, image[i]!));
}

/** Moves a point away: `spread` is the data's deviation along each axis, `centre` its mean. */
export function estrange(
  point: Float32Array,
  { centre, spread }: { readonly centre: readonly number[]; readonly spread: readonly number[] },
  draws: Draws,
): void {
  const kind = draws.of(UNFAMILIAR_POINTS);
  // From a tenth to a thousand deviations, each power of ten as often.
  const reach =
    kind === 'far away' ? 10 ** draws.between(0.5, 3) : kind === 'noise added' ? 10 ** draws.between(-1, 1) : 0;
  for (let i = 0; i < point.length; i++) {
    if (kind === 'noise added') point[i] = point[i]! + spread[i]! * reach * draws.normal();
    else if (kind === 'far away') point[i] = centre[i]! + spread[i]! * reach * draws.normal();
    else point[i] = centre[i]! + spread[i]! * draws.between(-3, 3);
  }
}

/** One colour; black and white as often as all others together. */
function flat(image: Canvas, draws: Draws): void {
  const colour = colourOf(image, draws);
  const grain = draws.is(0.5) ? 0 : draws.between(0, 0.05);
  paint(image, (channel) => colour[channel]! + (grain && grain * draws.normal()));
}

function colourOf({ channels }: Canvas, draws: Draws): number[] {
  const extreme = draws.unit();
  const grey = extreme < 0.25 ? 0 : extreme < 0.5 ? 1 : draws.unit();
  const isGrey = channels === 1 || draws.is(0.5);
  return Array.from({ length: channels }, () => (isGrey ? grey : draws.unit()));
}

/** From one colour to another, in any direction. */
function slope(image: Canvas, draws: Draws): void {
  const [from, to] = [colourOf(image, draws), colourOf(image, draws)];
  const angle = draws.between(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(angle) / image.width, Math.sin(angle) / image.height];
  paint(image, (channel, y, x) => {
    const along = Math.min(1, Math.max(0, 0.5 + (x - image.width / 2) * dx + (y - image.height / 2) * dy));
    return from[channel]! + along * (to[channel]! - from[channel]!);
  });
}

/** Uniform or normal, of any contrast about any grey; each channel by itself, or all alike. */
function noise(image: Canvas, draws: Draws): void {
  const [middle, reach] = draws.is(0.5) ? [0.5, 0.5] : [draws.unit(), draws.between(0.05, 0.5)];
  const isNormal = draws.is(0.5);
  const each = () => middle + (isNormal ? (reach / 2) * draws.normal() : draws.between(-reach, reach));
  perPlace(image, draws, 1, each);
}

/** Noise in squares of several pixels. */
function blocks(image: Canvas, draws: Draws): void {
  const isBinary = draws.is(0.3);
  perPlace(image, draws, draws.integer(2, Math.max(2, image.width >> 2)), () =>
    isBinary ? Number(draws.is(0.5)) : draws.unit(),
  );
}

/** A number for each square of so many pixels, the same or another in each channel. */
function perPlace(image: Canvas, draws: Draws, side: number, each: () => number): void {
  const columns = Math.ceil(image.width / side);
  const isGrey = image.channels === 1 || draws.is(0.3);
  const places = columns * Math.ceil(image.height / side);
  const values = Float32Array.from({ length: places * (isGrey ? 1 : image.channels) }, each);
  paint(image, (channel, y, x) => {
    const place = Math.floor(y / side) * columns + Math.floor(x / side);
    return values[(isGrey ? 0 : channel * places) + place]!;
  });
}

/** On nothing, or on the image. */
function specks(image: Canvas, draws: Draws): void {
  if (draws.is(0.3)) flat(image, draws);
  const share = draws.between(0.05, 0.5);
  for (let i = 0; i < image.data.length; i++) if (draws.is(share)) image.data[i] = Number(draws.is(0.5));
}

/** Bars, waves or a chequerboard. */
function stripes(image: Canvas, draws: Draws): void {
  const [dark, light] = [colourOf(image, draws), colourOf(image, draws)];
  const [fx, fy] = [draws.between(0.1, 2), draws.between(0.1, 2)];
  const form = draws.integer(0, 3);
  const phase = draws.between(0, 2 * Math.PI);
  const waveAt = (y: number, x: number) =>
    form === 0
      ? Math.sin(fx * x + phase)
      : form === 1
        ? Math.sin(fy * y + phase)
        : form === 2
          ? Math.sin(fx * x + fy * y + phase)
          : Math.sin(fx * x + phase) * Math.sin(fx * y + phase);
  const isHard = draws.is(0.5);
  paint(image, (channel, y, x) => {
    const wave = waveAt(y, x);
    const share = isHard ? Number(wave > 0) : (wave + 1) / 2;
    return dark[channel]! + share * (light[channel]! - dark[channel]!);
  });
}

/** Rectangles and discs, on a flat. */
function shapes(image: Canvas, draws: Draws): void {
  flat(image, draws);
  for (let left = draws.integer(1, 5); left > 0; left--) {
    const colour = colourOf(image, draws);
    const [cx, cy] = [draws.between(0, image.width), draws.between(0, image.height)];
    const [rx, ry] = [draws.between(1, image.width / 2), draws.between(1, image.height / 2)];
    const isRound = draws.is(0.5);
    const isInside = (y: number, x: number) =>
      isRound ? ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1 : Math.abs(x - cx) < rx && Math.abs(y - cy) < ry;
    repaint(image, isInside, (channel) => colour[channel]!);
  }
}

/** Strokes of a pen that writes nothing, on a flat or over the image, in ink that can be seen on it. */
function scribble(image: Canvas, draws: Draws): void {
  if (draws.is(0.7)) flat(image, draws);
  const ground = cornerOf(image);
  const ink = colourOf(image, draws).map((value, i) =>
    Math.abs(value - ground[i]!) > 0.1 ? value : 1 - Math.round(value),
  );
  const thickness = draws.between(0.5, Math.max(1, image.width / 14));
  let [x, y, angle] = [draws.between(0, image.width), draws.between(0, image.height), draws.between(0, 7)];
  for (let left = draws.integer(10, 3 * image.width); left > 0; left--) {
    angle += draws.between(-0.6, 0.6);
    x = Math.min(image.width, Math.max(0, x + Math.cos(angle)));
    y = Math.min(image.height, Math.max(0, y + Math.sin(angle)));
    const [px, py] = [x, y];
    repaintNear(image, px, py, thickness, ink);
    if (draws.is(0.03)) [x, y] = [draws.between(0, image.width), draws.between(0, image.height)];
  }
}

function repaintNear(image: Canvas, cx: number, cy: number, reach: number, ink: readonly number[]): void {
  const { channels, height, width, data } = image;
  for (let y = Math.max(0, Math.floor(cy - reach)); y <= Math.min(height - 1, cy + reach); y++) {
    for (let x = Math.max(0, Math.floor(cx - reach)); x <= Math.min(width - 1, cx + reach); x++) {
      if ((x - cx) ** 2 + (y - cy) ** 2 > reach * reach) continue;
      for (let c = 0; c < channels; c++) data[(c * height + y) * width + x] = ink[c]!;
    }
  }
}

/** From hardly visible to nearly all. */
function noisy(image: Canvas, draws: Draws): void {
  const deviation = 10 ** draws.between(-0.9, 0);
  for (let i = 0; i < image.data.length; i++) image.data[i]! += deviation * draws.normal();
}

/**
 * What is moved by so many pixels is no longer in its place; a seventh of the side where images are smaller than 28.
 */
const LEAST_SHIFT = 4;

/**
 * Along a line or aslant, three times of four by hardly more than the least, where it is hardest to see; filled with
 * one colour, or by what is at the edge or comes round from the other.
 */
function shifted(image: Canvas, draws: Draws): void {
  const least = Math.max(2, Math.min(LEAST_SHIFT, Math.round(image.width / 7)));
  const most = () => (draws.is(0.75) ? least + 1 : image.width >> 1);
  const far = () => draws.of([-1, 1]) * draws.integer(least, Math.max(least, most()));
  const near = () => (draws.is(0.4) ? 0 : draws.integer(-least, least));
  const isDown = draws.is(0.5);
  const [along, across] = [far(), draws.is(0.3) ? far() : near()];
  const [dy, dx] = isDown ? [along, across] : [across, along];
  const colour = draws.is(0.5) ? cornerOf(image) : colourOf(image, draws);
  const fill = draws.of(['colour', 'colour', 'edge', 'round', 'mirror'] as const);
  resample(image, (y, x) => [y - dy, x - dx], fill, colour);
}

type Fill = 'colour' | 'edge' | 'round' | 'mirror';

/** Each pixel from another place; `fill` says what lies beyond the image. */
function resample(
  image: Canvas,
  from: (y: number, x: number) => readonly [y: number, x: number],
  fill: Fill,
  colour: readonly number[],
): void {
  const before = image.data.slice();
  const { channels, height, width, data } = image;
  for (let place = 0; place < height * width; place++) {
    const [y, x] = from(Math.floor(place / width), place % width);
    const [row, column] = [placeIn(Math.round(y), height, fill), placeIn(Math.round(x), width, fill)];
    const isOutside = row < 0 || column < 0;
    for (let channel = 0; channel < channels; channel++) {
      const start = channel * height * width;
      data[start + place] = isOutside ? colour[channel]! : before[start + row * width + column]!;
    }
  }
}

/** −1 where nothing is. */
function placeIn(place: number, size: number, fill: Fill): number {
  if (place >= 0 && place < size) return place;
  if (fill === 'colour') return -1;
  if (fill === 'edge') return place < 0 ? 0 : size - 1;
  if (fill === 'round') return ((place % size) + size) % size;
  return Math.min(size - 1, Math.max(0, place < 0 ? -1 - place : 2 * size - 1 - place));
}

function cornerOf({ channels, height, width, data }: Canvas): number[] {
  return Array.from({ length: channels }, (_, channel) => data[channel * height * width]!);
}

/** Pixels in any order, or squares of them, or rows. */
function shuffled(image: Canvas, draws: Draws): void {
  const { height, width } = image;
  const side = draws.of([1, 2, 4, 7, width >> 1].filter((each) => each < width));
  const [across, down] = draws.is(0.2) ? [width, 1] : [side, side];
  const [columns, rows] = [Math.max(1, Math.floor(width / across)), Math.max(1, Math.floor(height / down))];
  const order = Array.from({ length: columns * rows }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = draws.integer(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  resample(
    image,
    (y, x) => {
      const [row, column] = [Math.floor(y / down), Math.floor(x / across)];
      if (row >= rows || column >= columns) return [y, x];
      const tile = order[row * columns + column]!;
      return [Math.floor(tile / columns) * down + (y % down), (tile % columns) * across + (x % across)];
    },
    'edge',
    [],
  );
}

/** Squares of two images in turn, or the halves of both. */
function mosaic(image: Canvas, draws: Draws, other: () => Canvas): void {
  const { height, width } = image;
  const side = draws.of([4, 7, 8, width >> 1]);
  const form = draws.integer(0, 2);
  const takesOther = (y: number, x: number) =>
    form === 0
      ? y >= height / 2
      : form === 1
        ? x >= width / 2
        : (Math.floor(y / side) + Math.floor(x / side)) % 2 === 1;
  // Moved besides, so that halves of alike images do not meet by chance.
  const move = draws.integer(2, Math.max(2, width >> 2));
  const { data } = other();
  repaint(image, takesOther, (c, y, x) => data[(c * height + y) * width + ((x + move) % width)]!);
}

/** All of it, or what is brighter than some grey. */
function inverted(image: Canvas, draws: Draws): void {
  const from = draws.is(0.7) ? 0 : draws.between(0.2, 0.6);
  for (let i = 0; i < image.data.length; i++) if (image.data[i]! >= from) image.data[i] = 1 - image.data[i]!;
}

/** Faded towards a grey, or made hard. */
function contrast(image: Canvas, draws: Draws): void {
  const factor = draws.is(0.6) ? draws.between(0.05, 0.5) : draws.between(2.5, 6);
  const about = draws.is(0.5) ? 0.5 : draws.unit();
  const bias = draws.between(-0.3, 0.3);
  for (let i = 0; i < image.data.length; i++) image.data[i] = about + bias + factor * (image.data[i]! - about);
}

/** By a box, once or several times: a few pixels wide to a third of the image. */
function blurred(image: Canvas, draws: Draws): void {
  const reach = draws.integer(1, Math.max(2, image.width >> 3));
  const times = reach === 1 ? draws.integer(2, 3) : draws.integer(1, 3);
  for (let time = 0; time < times; time++) {
    boxBlur(image, reach, 1, image.width, image.width, image.height);
    boxBlur(image, reach, image.width, image.height, 1, image.width);
  }
}

/** Mean of what lies within `reach` along lines of `length` pixels `step` apart. */
function boxBlur(
  { channels, height, width, data }: Canvas,
  reach: number,
  step: number,
  length: number,
  stride: number,
  lines: number,
): void {
  const before = new Float32Array(length);
  for (let line = 0; line < channels * lines; line++) {
    const start = Math.floor(line / lines) * height * width + (line % lines) * stride;
    for (let i = 0; i < length; i++) before[i] = data[start + i * step]!;
    for (let i = 0; i < length; i++) {
      const [from, to] = [Math.max(0, i - reach), Math.min(length - 1, i + reach)];
      let sum = 0;
      for (let j = from; j <= to; j++) sum += before[j]!;
      data[start + i * step] = sum / (to - from + 1);
    }
  }
}

function pixelated(image: Canvas, draws: Draws): void {
  const side = draws.integer(3, Math.max(3, image.width >> 2));
  resample(image, (y, x) => [y - (y % side), x - (x % side)], 'edge', []);
}

/** Upside down, by a quarter, or by some 30° to 150°. A picture that is mirrored may well be one of the data. */
function turned(image: Canvas, draws: Draws): void {
  const { height, width } = image;
  const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
  const form = draws.integer(0, 2);
  const angle =
    form === 0 ? Math.PI : form === 1 ? draws.of([-1, 1]) * (Math.PI / 2) : draws.of([-1, 1]) * draws.between(0.6, 2.6);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turn = (y: number, x: number) =>
    [cy + (y - cy) * cos - (x - cx) * sin, cx + (y - cy) * sin + (x - cx) * cos] as const;
  resample(
    image,
    form === 0 && draws.is(0.5) ? (y, x) => [height - 1 - y, x] : turn,
    draws.of(['colour', 'edge', 'mirror']),
    cornerOf(image),
  );
}

/** Too small, several times over, too large, or drawn out. */
function resized(image: Canvas, draws: Draws): void {
  const { height, width } = image;
  const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
  const size = () => (draws.is(0.5) ? draws.between(1.4, 3) : draws.between(0.3, 0.65));
  const down = size();
  const right = draws.is(0.5) ? down : size();
  const isTiled = draws.is(0.3);
  resample(
    image,
    (y, x) => [cy + (y - cy) * down, cx + (x - cx) * right],
    isTiled ? 'round' : draws.of(['colour', 'edge'] as const),
    draws.is(0.7) ? cornerOf(image) : colourOf(image, draws),
  );
}

/** A rectangle of a third of the side or more, of one colour or of noise. */
function covered(image: Canvas, draws: Draws): void {
  const { height, width } = image;
  const [h, w] = [draws.integer(Math.ceil(height / 3), height), draws.integer(Math.ceil(width / 3), width)];
  const [top, left] = [draws.integer(0, height - h), draws.integer(0, width - w)];
  const colour = colourOf(image, draws);
  const isNoise = draws.is(0.3);
  const isInside = (y: number, x: number) => y >= top && y < top + h && x >= left && x < left + w;
  repaint(image, isInside, (channel) => (isNoise ? draws.unit() : colour[channel]!));
}

/** Two images at once. */
function mixed(image: Canvas, draws: Draws, other: () => Canvas): void {
  const share = draws.between(0.3, 0.7);
  const isSum = draws.is(0.4);
  const { data } = other();
  for (let i = 0; i < image.data.length; i++) {
    const [a, b] = [image.data[i]!, data[i]!];
    image.data[i] = isSum ? Math.max(a, b) : a + share * (b - a);
  }
}

function paint(image: Canvas, colour: (channel: number, y: number, x: number) => number): void {
  repaint(image, () => true, colour);
}

function repaint(
  { channels, height, width, data }: Canvas,
  isInside: (y: number, x: number) => boolean,
  colour: (channel: number, y: number, x: number) => number,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInside(y, x)) continue;
      for (let channel = 0; channel < channels; channel++)
        data[(channel * height + y) * width + x] = colour(channel, y, x);
    }
  }
}
