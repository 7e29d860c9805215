// Images as a feature net wants them: its size, channels, range and layout. Plain arithmetic on images [C, H, W] with
// values from 0 to 1.

import { expected } from '../errors.js';
import type { Channels } from '../images/pixels.js';
import { countOf, type Rows, rowAt } from './rows.js';

export interface ImageForm {
  readonly channels: Channels;
  readonly height: number;
  readonly width: number;
}

/**
 * What a feature net takes: black and full intensity become `range`, then a mean is taken off and a deviation divided
 * by.
 */
export interface NetInput extends ImageForm {
  readonly range: readonly [number, number];
  /** One number a channel. */
  readonly mean?: readonly number[] | undefined;
  readonly deviation?: readonly number[] | undefined;
  readonly layout: 'NCHW' | 'NHWC';
}

/**
 * Grey is repeated for a net of colours; colour is refused by a net of greys, because dropping it would hide faults. A
 * net that knows no transparency sees images on black.
 */
export function adaptImages(images: Rows, form: ImageForm, input: NetInput): Float32Array<ArrayBuffer> {
  if (form.channels !== 1 && input.channels === 1)
    throw expected('grey images for this feature net', `images of ${form.channels} channels`);
  const count = countOf(images);
  const size = input.channels * input.height * input.width;
  const out = new Float32Array(count * size);
  const same = form.height === input.height && form.width === input.width;
  for (let i = 0; i < count; i++) {
    const image = rowAt(images, i);
    for (let channel = 0; channel < input.channels; channel++) {
      const source = planeOf(image, channel, form, input);
      fillChannel(out.subarray(i * size, (i + 1) * size), channel, same ? source : resize(source, form, input), input);
    }
  }
  return out;
}

/** What the net is to see as its channel of an image. */
function planeOf(image: Float32Array, channel: number, { channels, height, width }: ImageForm, to: ImageForm) {
  const size = height * width;
  const plane = (index: number) => image.subarray(index * size, (index + 1) * size);
  if (channels === 4 && to.channels === 3) return plane(channel).map((value, i) => value * image[3 * size + i]!);
  if (to.channels === 4 && channel === 3 && channels !== 4) return new Float32Array(size).fill(1);
  return plane(channels === 1 ? 0 : channel);
}

/** One channel of an image, from values in [0, 1], to where and as what the net has it. */
function fillChannel(image: Float32Array, channel: number, values: Float32Array, input: NetInput): void {
  const [low, high] = input.range;
  const [mean, deviation] = [input.mean?.[channel] ?? 0, input.deviation?.[channel] ?? 1];
  const [start, step] = input.layout === 'NCHW' ? [channel * values.length, 1] : [channel, input.channels];
  for (let p = 0; p < values.length; p++) {
    image[start + p * step] = (low + (high - low) * values[p]! - mean) / deviation;
  }
}

/** Bilinear with half-pixel centres, as torch's interpolate(align_corners=False) without antialiasing. */
function resize(
  source: Float32Array,
  from: { height: number; width: number },
  to: { height: number; width: number },
): Float32Array {
  const rows = weights(from.height, to.height);
  const columns = weights(from.width, to.width);
  const out = new Float32Array(to.height * to.width);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const at = (r: number, c: number) => source[r * from.width + c]!;
      const above = at(row.low, column.low) * (1 - column.share) + at(row.low, column.high) * column.share;
      const below = at(row.high, column.low) * (1 - column.share) + at(row.high, column.high) * column.share;
      out[y * to.width + x] = above * (1 - row.share) + below * row.share;
    }
  }
  return out;
}

/** For each place along an axis of the result, the two source places around it and the share of the second. */
function weights(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    return { low, high: Math.min(low + 1, from - 1), share: place - low };
  });
}
