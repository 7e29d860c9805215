// Zip archives as sets of files. yauzl reads the directory and refuses names that climb out of the archive; links,
// bombs and doubled names, which it lets through, are refused here. Nothing is extracted to disk.
import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import yauzl, { type Entry } from 'yauzl';
import { GanymedeError, messageOf } from '../errors.js';
import type { FileSet } from './file-set.js';
import { begins, LISTING, type Opening, type Place } from './format.js';
import { invalid } from './refusal.js';
import { SharedFile } from './shared-file.js';

export interface ZipLimits {
  readonly entries: number;
  /** Of one entry, unpacked. */
  readonly entryBytes: number;
  /** Unpacked bytes for each packed one. */
  readonly ratio: number;
}

/** For archives of images, which hardly shrink: a million of them fit, and a bomb does not. */
export const IMAGE_LIMITS: ZipLimits = { entries: 2_000_000, entryBytes: 2 ** 26, ratio: 100 };

export interface ZipArchive extends FileSet {
  /** Where an entry lies in the file, so that a part of it can be read; null for one that is compressed. */
  section(index: number): Promise<{ offset: number; length: number } | null>;
}

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1; // bit 0 of the general purpose flags (APPNOTE 4.4.4)
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
/** Bytes of extra field that most writers stay below: time stamps, Zip64 sizes. */
const LIKELY_EXTRA = 64;
const FILE_TYPE = 0o170000; // of a Unix mode, in the upper half of the external attributes
const REGULAR = 0o100000;

const inflateRaw = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(zlib.inflateRaw);

/** By its first local header, or by the end record of an archive without entries. */
export function isZip(place: Place): boolean {
  return begins(place, 'PK\x03\x04') || begins(place, 'PK\x05\x06');
}

/** For a file that its name alone makes an archive. */
export function refuseUnlessZip(place: Place): void {
  if (isZip(place) || place.kind !== 'file') return;
  const start = place.start.toString('hex', 0, 8);
  throw invalid(basename(place.path), 'a zip archive, which begins PK,', start === '' ? '0 bytes' : start);
}

export async function openZip(
  path: string,
  limits: ZipLimits = IMAGE_LIMITS,
  opening: Opening = {},
): Promise<ZipArchive> {
  const name = basename(path);
  const file = new SharedFile(path);
  const index = await readDirectory(file, name, limits, opening);
  const count = index.names.length;

  /** The packed bytes. One read takes the local header along, whose extra field may differ from the directory's. */
  const packedBytes = async (entry: number): Promise<Uint8Array> => {
    const at = index.offsets[entry]!;
    const size = index.packed[entry]!;
    const likely = LOCAL_HEADER_BYTES + Buffer.byteLength(index.names[entry]!) + LIKELY_EXTRA + size;
    const read = await file.readAhead(at, likely);
    const start = dataStart(read);
    if (start + size <= read.length) return read.subarray(start, start + size);
    return file.read(at + start, size);
  };

  const read = async (entry: number): Promise<Uint8Array> => {
    try {
      const packed = await packedBytes(entry);
      const size = index.sizes[entry]!;
      const bytes = index.deflated[entry] ? await inflateRaw(packed, { maxOutputLength: Math.max(size, 1) }) : packed;
      if (bytes.length !== size) throw new Error(`${bytes.length} bytes instead of ${size}`);
      if (zlib.crc32(bytes) !== index.crc32[entry]) throw new Error('bytes that do not match their checksum');
      return bytes;
    } catch (cause) {
      throw invalid(name, `a readable ${index.names[entry]}`, messageOf(cause), cause);
    }
  };

  return {
    name,
    count,
    nameAt: (entry) => index.names[entry]!,
    whileOpen: (work) => file.use(work),
    read,
    start: read,
    async section(entry) {
      if (index.deflated[entry]) return null;
      const at = index.offsets[entry]!;
      return { offset: at + dataStart(await file.read(at, LOCAL_HEADER_BYTES)), length: index.sizes[entry]! };
    },
  };
}

/** Where the data begins, counted from the local header (APPNOTE 4.3.7). */
function dataStart(bytes: Uint8Array): number {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER) {
    throw new Error('no local header where the directory says');
  }
  return LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/** What is kept of the directory: 33 bytes an entry besides its name. */
class EntryIndex {
  readonly names: string[] = [];
  readonly offsets: Float64Array;
  readonly packed: Float64Array;
  readonly sizes: Float64Array;
  readonly crc32: Uint32Array;
  readonly deflated: Uint8Array;

  constructor(entries: number) {
    this.offsets = new Float64Array(entries);
    this.packed = new Float64Array(entries);
    this.sizes = new Float64Array(entries);
    this.crc32 = new Uint32Array(entries);
    this.deflated = new Uint8Array(entries);
  }

  add(entry: Entry, name: string): void {
    const at = this.names.push(name) - 1;
    this.offsets[at] = entry.relativeOffsetOfLocalHeader;
    this.packed[at] = entry.compressedSize;
    this.sizes[at] = entry.uncompressedSize;
    this.crc32[at] = entry.crc32;
    this.deflated[at] = entry.compressionMethod === DEFLATED ? 1 : 0;
  }
}

function readDirectory(
  file: SharedFile,
  name: string,
  limits: ZipLimits,
  { signal, onProgress }: Opening,
): Promise<EntryIndex> {
  return file.use(async (handle) => {
    try {
      const { size } = await handle.stat();
      const options = { strictFileNames: true, lazyEntries: true };
      const zip = await yauzl.fromRandomAccessReaderPromise(new BlockReader(file), size, options);
      if (zip.entryCount > limits.entries) {
        throw invalid(name, `at most ${limits.entries} entries`, String(zip.entryCount));
      }
      const index = new EntryIndex(zip.entryCount);
      const seen = new Set<string>();
      for await (const entry of zip.eachEntry()) {
        onProgress?.(LISTING, index.names.length, zip.entryCount);
        signal?.throwIfAborted();
        if (entry.fileName.endsWith('/')) continue;
        check(entry, name, limits, size);
        const path = pathOf(entry);
        const folded = path.normalize('NFC').toLowerCase();
        if (seen.has(folded)) throw invalid(name, 'entries whose names differ by more than case', `${path} twice`);
        seen.add(folded);
        index.add(entry, path);
      }
      return index;
    } catch (cause) {
      if (cause instanceof GanymedeError || signal?.aborted) throw cause;
      throw invalid(name, 'a whole and harmless zip archive', messageOf(cause), cause);
    }
  });
}

const NAMES_ARE_UTF8 = 0x800; // bit 11 (APPNOTE 4.4.4)

/**
 * Names without that bit are CP437 by the letter of APPNOTE D.1; macOS and many libraries write UTF-8 all the same, and
 * hardly any text that is not UTF-8 looks like it.
 */
function pathOf({ fileName, fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): string {
  if (generalPurposeBitFlag & NAMES_ARE_UTF8 || !isUtf8(fileNameRaw)) return fileName;
  return yauzl.getFileNameLowLevel(generalPurposeBitFlag | NAMES_ARE_UTF8, fileNameRaw, extraFields, true);
}

/** Serves yauzl's many small reads from blocks; it owns nothing, so closing it does nothing. */
class BlockReader extends yauzl.RandomAccessReader {
  constructor(private readonly file: SharedFile) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.file.readAhead(position, length).then(
      (bytes) => {
        if (bytes.length < length) return callback(new Error('the file ends too early'));
        buffer.set(bytes, offset);
        callback(null);
      },
      (error: Error) => callback(error),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

function check(entry: Entry, name: string, limits: ZipLimits, archiveBytes: number): void {
  const { fileName, compressedSize, uncompressedSize, compressionMethod } = entry;
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  if (type !== 0 && type !== REGULAR) {
    throw invalid(name, 'regular files only', `${fileName}, which is a link or a special file`);
  }
  if (entry.generalPurposeBitFlag & ENCRYPTED)
    throw invalid(name, 'entries without a password', `${fileName}, encrypted`);
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw invalid(name, 'stored or deflated entries', `${fileName} with compression method ${compressionMethod}`);
  }
  if (uncompressedSize > limits.entryBytes) {
    throw invalid(name, `entries of at most ${limits.entryBytes} bytes`, `${fileName} of ${uncompressedSize}`);
  }
  if (uncompressedSize > limits.ratio * Math.max(compressedSize, 1)) {
    const times = Math.round(uncompressedSize / Math.max(compressedSize, 1));
    throw invalid(
      name,
      `entries that shrank at most ${limits.ratio} times`,
      `${fileName}, which shrank ${times} times`,
    );
  }
  if (compressedSize > archiveBytes)
    throw invalid(name, 'entries that lie in the file', `${fileName}, which is larger`);
}
