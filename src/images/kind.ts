// Names what a run of bytes is by its first bytes, so that a refusal can say what came. It decodes nothing, never reads
// past the bytes it is given, and promises nothing about the rest of the file.

export type ImageKind =
  | 'PNG'
  | 'animated PNG'
  | 'JPEG'
  | 'WebP'
  | 'animated WebP'
  | 'AVIF'
  | 'animated AVIF'
  | 'GIF'
  | 'SVG'
  | 'TIFF'
  | 'BMP'
  | 'HEIC'
  | 'JPEG XL'
  | 'JPEG 2000'
  | 'unknown';

/** The formats that are read, as a sentence names them. */
export const ACCEPTED = 'a still PNG, JPEG, WebP or AVIF image';

export type AcceptedKind = 'PNG' | 'JPEG' | 'WebP' | 'AVIF';

const ACCEPTED_KINDS: ReadonlySet<ImageKind> = new Set<AcceptedKind>(['PNG', 'JPEG', 'WebP', 'AVIF']);

export function isAccepted(kind: ImageKind): kind is AcceptedKind {
  return ACCEPTED_KINDS.has(kind);
}

export function kindOf(bytes: Uint8Array): ImageKind {
  const at = (offset: number, text: string): boolean => latin1(bytes, offset, text.length) === text;
  if (at(0, '\x89PNG\r\n\x1a\n')) return hasAnimationChunk(bytes) ? 'animated PNG' : 'PNG';
  if (at(0, '\xff\xd8\xff')) return 'JPEG';
  if (at(0, 'RIFF') && at(8, 'WEBP')) return at(12, 'VP8X') && (bytes[20] ?? 0) & 0x02 ? 'animated WebP' : 'WebP';
  if (at(0, 'GIF87a') || at(0, 'GIF89a')) return 'GIF';
  if (at(0, 'II*\0') || at(0, 'MM\0*') || at(0, 'II+\0') || at(0, 'MM\0+')) return 'TIFF';
  if (at(0, 'BM') && at(6, '\0\0\0\0')) return 'BMP';
  if (at(0, '\xff\x0a') || at(4, 'JXL \r\n')) return 'JPEG XL';
  if (at(4, 'jP  \r\n')) return 'JPEG 2000';
  if (at(4, 'ftyp')) return kindOfBrands(bytes);
  return isSvg(bytes) ? 'SVG' : 'unknown';
}

/** ISO base media file: the major brand at 8, compatible brands from 16 to the end of the `ftyp` box. */
function kindOfBrands(bytes: Uint8Array): ImageKind {
  const major = latin1(bytes, 8, 4);
  if (major === 'avis') return 'animated AVIF';
  if (major === 'avif') return 'AVIF';
  const end = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), 256);
  const brands = [major];
  for (let offset = 16; offset < end; offset += 4) brands.push(latin1(bytes, offset, 4));
  if (brands.includes('avif')) return 'AVIF';
  return brands.some((brand) => /^(hei|hev|mif1|msf1)/.test(brand)) ? 'HEIC' : 'unknown';
}

const ACTL = 0x61_63_54_4c; // the four letters as one big-endian number
const IDAT = 0x49_44_41_54;

/** An animated PNG says so by an acTL chunk before its first IDAT; a chunk is length, name, data, CRC. */
function hasAnimationChunk(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 8; offset + 8 <= bytes.length; offset += 12 + view.getUint32(offset)) {
    const name = view.getUint32(offset + 4);
    if (name === ACTL) return true;
    if (name === IDAT) return false;
  }
  return false;
}

/** Text that opens with a tag and has `<svg` near its start. NULs are dropped, so UTF-16 is seen through as well. */
function isSvg(bytes: Uint8Array): boolean {
  const text = latin1(bytes, 0, 4096)
    .replaceAll('\0', '')
    .replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '')
    .trimStart();
  return text.startsWith('<') && /<([a-z]+:)?svg[\s>/]/i.test(text);
}

function latin1(bytes: Uint8Array, offset: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', offset, offset + length);
}
