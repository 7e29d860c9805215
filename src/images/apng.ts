// Animated PNG: lossless, of any number of colours, shown by every browser. Each frame after the first holds only the
// rectangle that changed. It only writes, on the calling thread.
// Format: PNG specification, third edition, https://www.w3.org/TR/png-3/#apng-frame-based-animation

import zlib from 'node:zlib';
import { checkSameShape, type Pixels } from './pixels.js';
import { compressed, headerOf, SIGNATURE } from './png.js';

export interface Timing {
  /** Milliseconds that each frame shows. */
  readonly delays: readonly number[];
  /** Times that the animation plays; 0 = for ever. */
  readonly plays: number;
}

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function writeApng(frames: readonly Pixels[], { delays, plays }: Timing): Uint8Array<ArrayBuffer> {
  const shape = checkSameShape(frames, 'an animation');
  let sequence = 0; // of fcTL and fdAT chunks together
  const shown = frames.flatMap((frame, i) => {
    const area = i === 0 ? { left: 0, top: 0, ...shape } : changed(frames[i - 1]!, frame);
    const control = chunk('fcTL', controlOf(sequence++, area, delays[i]!));
    const data = compressed(cut(frame, area));
    return [control, i === 0 ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([uint32(sequence++), data]))];
  });
  const head = [chunk('IHDR', headerOf(shape)), chunk('acTL', Buffer.concat([uint32(frames.length), uint32(plays)]))];
  const file = Buffer.concat([Buffer.from(SIGNATURE), ...head, ...shown, chunk('IEND', Buffer.alloc(0))]);
  return Uint8Array.from(file);
}

/** What is to be shown where and how long; it replaces what is there, and stays. */
function controlOf(sequence: number, { left, top, width, height }: Rectangle, delay: number): Buffer {
  const [NONE, SOURCE] = [0, 0];
  const times = Buffer.alloc(4);
  times.writeUInt16BE(delay, 0);
  times.writeUInt16BE(1000, 2); // of a second
  return Buffer.concat([...[sequence, width, height, left, top].map(uint32), times, Buffer.of(NONE, SOURCE)]);
}

/** The smallest rectangle in which two images differ; one pixel of equal ones, for a frame cannot be empty. */
function changed(before: Pixels, after: Pixels): Rectangle {
  const { width, height, channels } = after;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let i = 0; i < after.data.length; i++) {
    if (before.data[i] === after.data[i]) continue;
    const pixel = Math.floor(i / channels);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), y];
  }
  if (right < 0) return { left: 0, top: 0, width: 1, height: 1 };
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function cut({ width, channels, data }: Pixels, area: Rectangle): Pixels {
  const rowBytes = area.width * channels;
  const part = new Uint8Array(area.height * rowBytes);
  for (let y = 0; y < area.height; y++) {
    const from = ((area.top + y) * width + area.left) * channels;
    part.set(data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { width: area.width, height: area.height, channels, data: part };
}

/** Length, name, data, CRC over name and data (PNG §5). */
function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  return Buffer.concat([uint32(data.length), named, uint32(zlib.crc32(named))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
