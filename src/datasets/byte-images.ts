// Images held or read as rows of 8-bit pixels, as a Dataset of floats. Every reader of images ends here, so this is the
// one place where a byte becomes a value.
import type { Channels, Flattening } from '../images/pixels.js';
import { checkRead, type Dataset } from './dataset.js';

export interface ByteImages {
  readonly name: string;
  readonly count: number;
  readonly channels: Channels;
  readonly height: number;
  readonly width: number;
  /** Order of a row's bytes: [C, H, W] planes, or [H, W, C] interleaved. */
  readonly layout: 'chw' | 'hwc';
  readonly sha256: string;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly damaged?: () => number;
  readonly alpha?: Flattening;
  /** Calls `use` once for each position in `indices`, in any order; `bytes` is the caller's only during the call. */
  rows(indices: ArrayLike<number>, use: (position: number, bytes: Uint8Array) => void): void | Promise<void>;
}

/** Byte 0 becomes the low end of `range` and 255 its high end. */
export function byteImages(images: ByteImages, range: readonly [number, number]): Dataset {
  const { name, count, channels, height, width, layout, sha256, labels, classes } = images;
  const plane = height * width;
  const size = channels * plane;
  const [low, high] = range;
  const levels = Float32Array.from({ length: 256 }, (_, byte) => low + (byte / 255) * (high - low));
  const interleaved = layout === 'hwc' && channels > 1;
  return {
    name,
    count,
    shape: [channels, height, width],
    range,
    sha256,
    ...(labels ? { labels } : {}),
    ...(classes ? { classes } : {}),
    ...(images.alpha ? { alpha: images.alpha } : {}),
    ...(images.damaged ? { damaged: images.damaged } : {}),
    async read(indices, out) {
      checkRead(name, count, size, indices, out);
      await images.rows(indices, (position, bytes) => {
        const at = position * size;
        if (!interleaved) {
          for (let i = 0; i < size; i++) out[at + i] = levels[bytes[i]!]!;
          return;
        }
        for (let channel = 0; channel < channels; channel++) {
          for (let i = 0; i < plane; i++) out[at + channel * plane + i] = levels[bytes[i * channels + channel]!]!;
        }
      });
    },
  };
}
