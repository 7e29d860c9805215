// Images held or read as 8-bit rows → a Dataset of floats: the one place where a byte becomes a value. Every image format ends
// here. It knows no format.
import { expected, GanymedeError } from '../errors.js';
import type { Dataset } from './dataset.js';

export interface ByteImages {
  readonly name: string;
  readonly count: number;
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Order of a row's bytes: [C, H, W] planes, or [H, W, C] interleaved. */
  readonly layout: 'chw' | 'hwc';
  readonly sha256: string;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
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

/** Refuses indices outside the data, and an `out` that cannot hold what they ask for. */
export function checkRead(
  name: string,
  count: number,
  size: number,
  indices: ArrayLike<number>,
  out: Float32Array,
): void {
  if (out.length < indices.length * size) {
    throw expected(`room for ${indices.length * size} values of ${name}`, out.length, 'INTERNAL_SERVER_ERROR');
  }
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw expected(`an example of ${name} in [0, ${count})`, index, 'DATASET_INVALID');
    }
  }
}

/** "Expected X in FILE but received Y." — the refusal of every reader. */
export function invalid(file: string, wanted: string, received: string, cause?: unknown): GanymedeError {
  return new GanymedeError('DATASET_INVALID', `Expected ${wanted} in ${file} but received ${received}.`, {
    cause,
    details: { file },
  });
}

/** "0" … "highest": names of classes that a file only numbers. */
export function numberedClasses(labels: ArrayLike<number>): string[] {
  let highest = 0;
  for (let i = 0; i < labels.length; i++) highest = Math.max(highest, labels[i]!);
  return Array.from({ length: highest + 1 }, (_, index) => String(index));
}
