// NumPy's .npy format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): header, then numbers in
// C order. It gives rows of numbers; whether they are images is for arrays.ts to say.
import { getFloat16 } from '@petamoriken/float16';
import { messageOf } from '../errors.js';
import { invalid } from './refusal.js';

/** Bytes that can be read in parts: a file, a stored entry of an archive, or memory. */
export interface ByteSource {
  readonly name: string;
  readonly length: number;
  read(from: number, length: number): Promise<Uint8Array>;
}

export interface NpyArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** NumPy's name without byte order: u1, f4, … */
  readonly dtype: Dtype;
  /** Bytes of one element along the first axis. */
  readonly rowBytes: number;
  /** Rows from ≤ i < to as they lie in the file. */
  rows(from: number, to: number): Promise<Uint8Array>;
}

/** How each kind of number is read; wide integers lose what a float cannot hold, which no pixel or label needs. */
export const DTYPES = {
  b1: { bytes: 1, at: (view: DataView, at: number) => view.getUint8(at) },
  u1: { bytes: 1, at: (view: DataView, at: number) => view.getUint8(at) },
  i1: { bytes: 1, at: (view: DataView, at: number) => view.getInt8(at) },
  u2: { bytes: 2, at: (view: DataView, at: number) => view.getUint16(at, true) },
  i2: { bytes: 2, at: (view: DataView, at: number) => view.getInt16(at, true) },
  u4: { bytes: 4, at: (view: DataView, at: number) => view.getUint32(at, true) },
  i4: { bytes: 4, at: (view: DataView, at: number) => view.getInt32(at, true) },
  u8: { bytes: 8, at: (view: DataView, at: number) => Number(view.getBigUint64(at, true)) },
  i8: { bytes: 8, at: (view: DataView, at: number) => Number(view.getBigInt64(at, true)) },
  f2: { bytes: 2, at: (view: DataView, at: number) => getFloat16(view, at, true) },
  f4: { bytes: 4, at: (view: DataView, at: number) => view.getFloat32(at, true) },
  f8: { bytes: 8, at: (view: DataView, at: number) => view.getFloat64(at, true) },
} as const;

export type Dtype = keyof typeof DTYPES;

/** Longest header that is read, in bytes: NumPy's own limit for files it does not trust. */
const MAX_HEADER = 10_000;

/** Checks that the header is one we read and that the file has exactly the bytes it promises. */
export async function openNpy(source: ByteSource): Promise<NpyArray> {
  const { name, length } = source;
  const magic = Buffer.from(await readUpTo(source, 0, 12));
  if (magic.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw invalid(name, 'the magic bytes \\x93NUMPY', `${magic.toString('hex', 0, 6) || 'nothing'}`);
  }
  const version = magic[6] ?? 0;
  if (version < 1 || version > 3 || magic.length < 12) throw invalid(name, '.npy version 1, 2 or 3', String(version));
  const start = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? magic.readUInt16LE(8) : magic.readUInt32LE(8);
  if (headerLength > MAX_HEADER) throw invalid(name, `a header of at most ${MAX_HEADER} bytes`, String(headerLength));
  const header = Buffer.from(await readUpTo(source, start, headerLength));
  if (header.length < headerLength) throw invalid(name, 'a whole header', 'a truncated file');
  const { dtype, shape } = parseHeader(header.toString('latin1'), name);

  const dataStart = start + headerLength;
  const rowBytes = shape.slice(1).reduce((product, n) => product * n, DTYPES[dtype].bytes);
  const wanted = rowBytes * shape[0]!;
  const present = length - dataStart;
  if (present !== wanted) {
    const how = present < wanted ? 'the file is truncated' : 'the file is longer than its header says';
    throw invalid(name, `${wanted} bytes for shape (${shape.join(', ')})`, `${present}: ${how}`);
  }
  return {
    name,
    shape,
    dtype,
    rowBytes,
    rows: async (from, to) => {
      try {
        return await source.read(dataStart + from * rowBytes, (to - from) * rowBytes);
      } catch (cause) {
        throw invalid(name, `rows ${from} to ${to - 1}`, messageOf(cause), cause);
      }
    },
  };
}

/** A Python dictionary literal with three keys, as in {'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), } */
function parseHeader(header: string, name: string): { dtype: Dtype; shape: number[] } {
  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const shapeText = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header);
  if (!descr || !order || !shapeText) {
    throw invalid(name, 'plain numbers (descr, fortran_order and shape)', `the header ${header.trim().slice(0, 120)}`);
  }
  const dtype = `${descr[2]}${descr[3]}`;
  if (!Object.hasOwn(DTYPES, dtype) || descr[1] === '>') {
    throw invalid(name, `little-endian numbers of type ${Object.keys(DTYPES).join(', ')}`, `${descr[1]}${dtype}`);
  }
  if (order[1] === 'True') throw invalid(name, 'C order (save np.ascontiguousarray(x))', 'Fortran order');
  const shape = shapeText[1]!.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  if (shape.length === 0 || shape.some((n) => !Number.isSafeInteger(n) || n < 1)) {
    throw invalid(name, 'at least 1 example', `shape (${shape.join(', ')})`);
  }
  return { dtype: dtype as Dtype, shape };
}

async function readUpTo(source: ByteSource, from: number, length: number): Promise<Uint8Array> {
  return source.read(from, Math.max(0, Math.min(length, source.length - from)));
}
