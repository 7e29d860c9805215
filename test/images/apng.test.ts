// Animated PNGs taken apart by hand: each frame becomes a still PNG of its own, which sharp decodes, and is laid over
// what was there.

import zlib from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { encodeAnimation, type Pixels } from '../../src/images/image.js';
import { kindOf } from '../../src/images/kind.js';

interface Chunk {
  readonly name: string;
  readonly data: Buffer;
}

function chunksOf(file: Buffer): Chunk[] {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const chunks: Chunk[] = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const named = file.subarray(at + 4, at + 8 + length);
    expect(file.readUInt32BE(at + 8 + length)).toBe(zlib.crc32(named));
    chunks.push({ name: named.subarray(0, 4).toString('latin1'), data: named.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(zlib.crc32(named), 4);
  return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)]);
}

/** The frames as a viewer shows them, and for how long. */
async function shown(
  bytes: Uint8Array,
): Promise<{ frames: number[][]; delays: number[]; plays: number; areas: number[] }> {
  const [header, animation, ...others] = chunksOf(Buffer.from(bytes));
  expect([header!.name, animation!.name, others.at(-1)!.name]).toEqual(['IHDR', 'acTL', 'IEND']);
  const width = header!.data.readUInt32BE(0);
  const channels = header!.data[9] === 0 ? 1 : 3;
  const canvas = new Uint8Array(width * header!.data.readUInt32BE(4) * channels);
  const [frames, delays, areas]: [number[][], number[], number[]] = [[], [], []];
  let sequence = 0;
  for (let i = 0; i < others.length - 1; i += 2) {
    const [control, image] = [others[i]!, others[i + 1]!];
    expect([control.name, image.name]).toEqual(['fcTL', i === 0 ? 'IDAT' : 'fdAT']);
    expect(control.data.readUInt32BE(0)).toBe(sequence++);
    if (i > 0) expect(image.data.readUInt32BE(0)).toBe(sequence++);
    const [w, h, left, top] = [4, 8, 12, 16].map((at) => control.data.readUInt32BE(at)) as [
      number,
      number,
      number,
      number,
    ];
    expect([...control.data.subarray(24)]).toEqual([0, 0]); // stays, and replaces
    delays.push((1000 * control.data.readUInt16BE(20)) / control.data.readUInt16BE(22));
    areas.push(w * h);
    const own = Buffer.from(header!.data);
    own.writeUInt32BE(w, 0);
    own.writeUInt32BE(h, 4);
    const data = i === 0 ? image.data : image.data.subarray(4);
    const still = Buffer.concat([
      bytes.subarray(0, 8),
      chunk('IHDR', own),
      chunk('IDAT', data),
      chunk('IEND', Buffer.alloc(0)),
    ]);
    const part = await sharp(still)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();
    for (let y = 0; y < h; y++) {
      canvas.set(part.subarray(y * w * channels, (y + 1) * w * channels), ((top + y) * width + left) * channels);
    }
    frames.push([...canvas]);
  }
  expect(animation!.data.readUInt32BE(0)).toBe(frames.length);
  return { frames, delays, plays: animation!.data.readUInt32BE(4), areas };
}

const frameOf = (width: number, height: number, channels: 1 | 3, data: Uint8Array): Pixels => ({
  width,
  height,
  channels,
  data,
});

describe('an animated PNG', () => {
  test('shows every frame as it was, whatever is in it', async () => {
    const animation = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom<1 | 3>(1, 3))
      .chain(([width, height, channels]) => {
        const size = width * height * channels;
        const frame = fc.uint8Array({ minLength: size, maxLength: size, max: 3 });
        return fc
          .array(frame, { minLength: 1, maxLength: 5 })
          .map((list) => list.map((data) => frameOf(width, height, channels, data)));
      });
    await fc.assert(
      fc.asyncProperty(animation, async (frames) => {
        const bytes = await encodeAnimation(frames, { format: 'apng', fps: 10, loop: 3 });
        const { frames: seen, delays, plays } = await shown(bytes);
        expect(seen).toEqual(frames.map(({ data }) => [...data]));
        expect(delays).toEqual(frames.map(() => 100));
        expect(plays).toBe(3);
      }),
      { numRuns: 40 },
    );
  });

  test('holds no more of a frame than what changed', async () => {
    const black = new Uint8Array(100);
    const dot = black.slice().fill(9, 34, 36); // row 3, columns 4 and 5
    const frames = [black, dot, dot].map((data) => frameOf(10, 10, 1, data));
    const { areas } = await shown(await encodeAnimation(frames, { format: 'apng', fps: 30 }));
    expect(areas).toEqual([100, 2, 1]);
  });

  test('is enlarged like a still image, keeps time, and plays for ever unless told otherwise', async () => {
    const frames = [10, 20, 30].map((level) => frameOf(2, 2, 3, new Uint8Array(12).fill(level)));
    const bytes = await encodeAnimation(frames, { format: 'apng', fps: 30, size: 6 });
    const { frames: seen, delays, plays } = await shown(bytes);
    expect(seen).toEqual([10, 20, 30].map((level) => new Array(6 * 6 * 3).fill(level)));
    expect(delays).toEqual([33, 34, 33]);
    expect(plays).toBe(0);
  });

  test('is known as one when it is sent back, and is a still PNG to whoever knows no better', async () => {
    const frames = [10, 20].map((level) => frameOf(2, 2, 1, new Uint8Array(4).fill(level)));
    const bytes = await encodeAnimation(frames, { format: 'apng', fps: 10 });
    expect(kindOf(bytes)).toBe('animated PNG');
    expect((await sharp(bytes).metadata()).format).toBe('png');
  });
});
