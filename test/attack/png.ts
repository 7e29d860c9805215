// PNG files put together chunk by chunk, so that any part of one can say what it should not.

import { crc32, deflateSync } from 'node:zlib';

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(8 + data.length + 4);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), 8 + data.length);
  return out;
}

export interface Header {
  readonly width: number;
  readonly height: number;
  readonly interlaced?: boolean;
  /** 0 grey, 2 RGB, 6 RGBA. */
  readonly colour?: number;
}

/** Of 8 bits a channel. `before` come between the header and the pixels. */
export function png(
  { width, height, interlaced = false, colour = 0 }: Header,
  pixels: Uint8Array,
  before: readonly Uint8Array[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', pixels),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Grey rows, each after its filter byte. */
export function greyPixels(width: number, height: number): Buffer {
  return deflateSync(Buffer.alloc((width + 1) * height, 0));
}
