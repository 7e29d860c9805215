// The safetensors format (https://github.com/huggingface/safetensors): eight bytes of header length, a JSON header,
// then the tensors' bytes without gaps. The reader believes nothing: it checks the header's size, every offset and
// every shape, since a state file may come from elsewhere.
import { z } from 'zod';
import { allocate, type DType, type HostTensor, type HostTensors, sizeOf } from '../engine/tensor.js';
import { GanymedeError, messageOf } from '../errors.js';

export interface Tensorfile {
  readonly tensors: HostTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A header longer than this is refused: ours take a few kB. */
const MAX_HEADER_BYTES = 1_000_000;

const CODES = { float32: 'F32', int32: 'I32', int64: 'I64', uint8: 'U8', bool: 'BOOL' } as const satisfies Record<
  DType,
  string
>;
const DTYPES = new Map<string, DType>(Object.entries(CODES).map(([dtype, code]) => [code, dtype as DType]));

const entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

export function encodeSafetensors({ tensors, metadata }: Tensorfile): Uint8Array<ArrayBuffer> {
  // Sorted names: the same tensors give the same bytes whatever order they were made in, so files can be compared by
  // hash.
  const names = Object.keys(tensors).sort();
  const header = new Map<string, unknown>([['__metadata__', metadata]]);
  let end = 0;
  for (const name of names) {
    const { dtype, shape, data } = tensors[name]!;
    header.set(name, { dtype: CODES[dtype], shape, data_offsets: [end, end + data.byteLength] });
    end += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8; // the format lets spaces align the tensors
  if (padded > MAX_HEADER_BYTES)
    throw new RangeError(`Expected a header of at most ${MAX_HEADER_BYTES} bytes but made ${padded}.`);

  const out = Buffer.from(new ArrayBuffer(8 + padded + end));
  out.writeBigUInt64LE(BigInt(padded), 0);
  out.fill(' ', 8, 8 + padded);
  json.copy(out, 8);
  let at = 8 + padded;
  for (const name of names) {
    const { data } = tensors[name]!;
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return new Uint8Array(out.buffer);
}

/** `from` names the file in messages. Tensors are copies; the bytes may be dropped. */
export function decodeSafetensors(bytes: Uint8Array, from: string): Tensorfile {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 8) throw invalid(from, 'at least 8 bytes', `${view.length}`);
  const length = view.readBigUInt64LE(0);
  if (length > MAX_HEADER_BYTES) throw invalid(from, `a header of at most ${MAX_HEADER_BYTES} bytes`, `${length}`);
  const start = 8 + Number(length);
  if (start > view.length) throw invalid(from, `a header of ${length} bytes`, `a file of ${view.length} bytes`);

  const header = parseHeader(view.toString('utf8', 8, start), from);
  const metadata = z.record(z.string(), z.string()).safeParse(header.get('__metadata__') ?? {});
  if (!metadata.success) throw invalid(from, 'metadata of strings', 'something else');
  header.delete('__metadata__');

  const entries = [...header].map(([name, value]) => {
    const parsed = entry.safeParse(value);
    if (!parsed.success)
      throw invalid(from, `dtype, shape and offsets of tensor ${name}`, z.prettifyError(parsed.error));
    return { name, ...parsed.data };
  });
  entries.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);

  let end = 0;
  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype: code, shape, data_offsets } of entries) {
    const dtype = DTYPES.get(code);
    if (!dtype) throw invalid(from, `one of ${[...DTYPES.keys()].join(', ')} as the type of tensor ${name}`, code);
    const data = allocate(dtype, 0);
    const wanted = sizeOf(shape) * data.BYTES_PER_ELEMENT;
    const [first, last] = data_offsets;
    if (first !== end) throw invalid(from, `tensor ${name} to begin at byte ${end}`, `${first}`);
    if (last - first !== wanted) throw invalid(from, `${wanted} bytes for tensor ${name}`, `${last - first}`);
    if (start + last > view.length)
      throw invalid(from, `${start + last} bytes`, `${view.length}: the file is truncated`);
    tensors.set(name, { dtype, shape, data: copyOf(dtype, view.subarray(start + first, start + last), sizeOf(shape)) });
    end = last;
  }
  if (start + end !== view.length)
    throw invalid(from, `${start + end} bytes`, `${view.length}: bytes that no tensor owns`);
  return { tensors: Object.fromEntries(tensors), metadata: metadata.data };
}

/** A Map, so that a tensor named "__proto__" stays a name. */
function parseHeader(json: string, from: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  } catch (cause) {
    throw new GanymedeError('CHECKPOINT_INVALID', `Expected a JSON header in ${from}: ${messageOf(cause)}.`, { cause });
  }
  throw invalid(from, 'a JSON object as the header', json.slice(0, 40));
}

function copyOf(dtype: DType, bytes: Uint8Array, length: number) {
  const data = allocate(dtype, length);
  new Uint8Array(data.buffer).set(bytes);
  return data;
}

function invalid(from: string, wanted: string, received: string): GanymedeError {
  return new GanymedeError('CHECKPOINT_INVALID', `Expected ${wanted} in ${from} but received ${received}.`, {
    details: { file: from },
  });
}
