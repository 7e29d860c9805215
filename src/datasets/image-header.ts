// Size and channels of a PNG, JPEG or WebP image from its header, without decoding a pixel: a million headers take
// seconds. They are those of the decoded image, so EXIF orientation counts. Decoding is the work of src/images.

export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey; palettes and everything else count as colour. */
  readonly channels: 1 | 3;
  /** Whether pixels may be transparent. */
  readonly transparent?: boolean;
  /** What is wrong with it, where the header tells and every viewer shows it all the same. */
  readonly damage?: string;
}

/** Throws an Error that says what is wrong; the caller knows the image's name. */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = parse(view);
  if (header.width < 1 || header.height < 1) throw new Error(`an image of ${header.width}×${header.height} pixels`);
  return header;
}

function parse(bytes: Buffer): ImageHeader {
  if (bytes.length === 0) throw new Error('0 bytes');
  const text = (at: number, length: number) => bytes.toString('latin1', at, at + length);
  try {
    if (text(0, 8) === '\x89PNG\r\n\x1a\n') return pngHeader(bytes);
    if (text(0, 3) === '\xff\xd8\xff') return jpegHeader(bytes);
    if (text(0, 4) === 'RIFF' && text(8, 4) === 'WEBP') return webpHeader(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw new Error('a header that ends too early: the file is truncated', { cause });
    throw cause;
  }
  throw new Error(`bytes that begin ${bytes.toString('hex', 0, 8)}, which is no PNG, JPEG or WebP image`);
}

/** PNG §11.2: IHDR comes first; §11.3.7: an eXIf chunk may come anywhere. */
function pngHeader(bytes: Buffer): ImageHeader {
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') throw new Error('a PNG whose first chunk is not IHDR');
  const size = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  const colourType = bytes.readUInt8(25);
  const channels = colourType === 0 || colourType === 4 ? 1 : 3;
  let [alpha, orientation] = [colourType >= 4, 1];
  for (let at = 33; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const name = bytes.toString('latin1', at + 4, at + 8);
    if (name === 'tRNS') alpha = true;
    if (name === 'eXIf') orientation = orientationOf(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  return oriented({ ...size, channels, ...(alpha && { transparent: true }) }, orientation);
}

/**
 * ITU-T T.81: segments of marker and length, until a start of frame gives the size. Exif comes before, in APP1. Bytes
 * between segments are none of them; decoders skip them with a warning.
 */
function jpegHeader(bytes: Buffer): ImageHeader {
  let orientation = 1;
  let damage: string | undefined;
  let at = 2;
  for (;;) {
    if (bytes.readUInt8(at) !== 0xff) {
      damage = 'bytes between the segments of a JPEG';
      at += 1;
      continue;
    }
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2; // markers that stand alone
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) throw new Error('a JPEG without a frame header');
    const length = bytes.readUInt16BE(at + 2);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
      damage ??= isSequential(marker) ? damageOfScan(bytes, at + 2 + length) : undefined;
      const channels = bytes.readUInt8(at + 9) === 1 ? 1 : 3;
      return oriented({ ...size, channels, ...(damage === undefined ? {} : { damage }) }, orientation);
    }
    if (marker === 0xe1 && bytes.toString('latin1', at + 4, at + 10) === 'Exif\0\0') {
      orientation = orientationOf(bytes.subarray(at + 10, at + 2 + length));
    }
    at += 2 + length;
  }
}

/** Baseline and extended frames, whose scans hold all coefficients of a block (T.81 table B.1). */
function isSequential(marker: number): boolean {
  return marker === 0xc0 || marker === 0xc1;
}

/** T.81 §B.2.3: the first scan of a sequential frame goes from coefficient 0 to 63, without approximation. */
function damageOfScan(bytes: Buffer, from: number): string | undefined {
  for (let at = from; at + 4 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    if (bytes[at + 1] !== 0xda) continue;
    const last = at + 1 + bytes.readUInt16BE(at + 2);
    const [first, end, bits] = bytes.subarray(last - 2, last + 1);
    return first === 0 && end === 63 && bits === 0 ? undefined : 'a JPEG scan with parameters that its kind has not';
  }
  return undefined;
}

/** RFC 9649: a simple file holds one VP8 or VP8L chunk; an extended one begins with VP8X and may hold EXIF. */
function webpHeader(bytes: Buffer): ImageHeader {
  const kind = bytes.toString('latin1', 12, 16);
  switch (kind) {
    case 'VP8 ': // RFC 6386 §9.1: 3 bytes of tag, 3 of start code, then 14 bits each
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, channels: 3 };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return {
        width: (bits & 0x3fff) + 1,
        height: ((bits >>> 14) & 0x3fff) + 1,
        channels: 3,
        ...(bits & 0x1000_0000 && { transparent: true }),
      };
    }
    case 'VP8X': {
      const size = {
        width: bytes.readUIntLE(24, 3) + 1,
        height: bytes.readUIntLE(27, 3) + 1,
        channels: 3,
        ...(bytes.readUInt8(20) & 0x10 && { transparent: true }),
      } as const;
      for (let at = 30; at + 8 <= bytes.length; ) {
        const length = bytes.readUInt32LE(at + 4);
        if (bytes.toString('latin1', at, at + 4) === 'EXIF') {
          return oriented(size, orientationOf(withoutExifPrefix(bytes.subarray(at + 8, at + 8 + length))));
        }
        at += 8 + length + (length & 1);
      }
      return size;
    }
    default:
      throw new Error(`a WebP file whose first chunk is ${JSON.stringify(kind)}`);
  }
}

/** Some writers put JPEG's six-byte prefix before the TIFF structure in WebP, too. */
function withoutExifPrefix(exif: Buffer): Buffer {
  return exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
}

/** Orientations 5 to 8 exchange rows and columns. */
function oriented(header: ImageHeader, orientation: number): ImageHeader {
  return orientation >= 5 && orientation <= 8 ? { ...header, width: header.height, height: header.width } : header;
}

const ORIENTATION_TAG = 0x0112;

/** Types of whole numbers by their codes (TIFF 6.0 §2), and their bytes: the decoder's library takes each of them. */
const BYTES: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4 };

/** Reads the orientation from a TIFF structure's first directory; 1, upright, when it is not there. */
function orientationOf(tiff: Buffer): number {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return 1;
  const number = (at: number, bytes: 1 | 2 | 4) => {
    if (at + bytes > tiff.length) return 1;
    return order === 'II' ? tiff.readUIntLE(at, bytes) : tiff.readUIntBE(at, bytes);
  };
  const directory = number(4, 4);
  if (directory + 2 > tiff.length) return 1;
  const entries = number(directory, 2);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (number(at, 2) !== ORIENTATION_TAG) continue;
    const bytes = BYTES[number(at + 2, 2)];
    // What does not fit into the four bytes of the entry lies elsewhere.
    return bytes === undefined ? 1 : number(bytes * number(at + 4, 4) > 4 ? number(at + 8, 4) : at + 8, bytes);
  }
  return 1;
}
