// Questions and answers of the Open Inference Protocol from the side of who asks: tensors as bytes behind the JSON (the
// extension "binary_tensor_data") or as numbers in it, and every way in which an answer may be none. What the other
// server sends is never trusted: names, types, shapes, sizes and rows are compared before a number is taken.

import { z } from 'zod';
import { expected, GanymedeError } from '../../errors.js';
import { allocate, type DType, type HostTensor, type HostTensors, sizeOf, type TensorSpecs } from '../tensor.js';

/** The length of the JSON before the bytes of tensors; without it all is JSON. */
export const JSON_LENGTH = 'inference-header-content-length';

const DATATYPES: Readonly<Record<DType, string>> = {
  float32: 'FP32',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  bool: 'BOOL',
};

export interface Question {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** `columns`: inputs of a number for each row that are sent as rows of one. */
export function questionOf(
  feeds: HostTensors,
  outputs: TensorSpecs,
  binary: boolean,
  columns: ReadonlySet<string>,
): Question {
  const inputs = Object.entries(feeds).map(([name, { dtype, shape, data }]) => ({
    ...{ name, datatype: DATATYPES[dtype], shape: columns.has(name) ? [...shape, 1] : shape },
    ...(binary ? { parameters: { binary_data_size: data.byteLength } } : { data: numbersOf(data) }),
  }));
  const asked = Object.keys(outputs).map((name) => ({ name, ...(binary && { parameters: { binary_data: true } }) }));
  const json = Buffer.from(JSON.stringify({ inputs, outputs: asked }));
  if (!binary) return { headers: { 'content-type': 'application/json' }, body: json };
  const bytes = Object.values(feeds).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return {
    headers: { 'content-type': 'application/octet-stream', [JSON_LENGTH]: `${json.length}` },
    body: Buffer.concat([json, ...bytes]),
  };
}

/** Of the names, types and shapes in an answer. */
const HEAD_BYTES = 64 * 1024;
/** A number in JSON has up to 25 signs, and what stands between two of them. */
const NUMBER_BYTES = 32;
/** Of a row of which only a run tells how long it is. */
const UNKNOWN_ROW_BYTES = 4 * 1024 * 1024;

/** More bytes are no answer to so many rows, in whichever form. */
export function mostBytes(rows: number, outputs: TensorSpecs): number {
  const ofRow = ({ shape: [, ...row] }: { readonly shape: readonly number[] }) =>
    row.includes(-1) ? UNKNOWN_ROW_BYTES : sizeOf(row) * NUMBER_BYTES;
  return Object.values(outputs).reduce((sum, spec) => sum + rows * ofRow(spec), HEAD_BYTES);
}

const answerSchema = z.object({
  model_version: z.string().or(z.int()).nullish(),
  outputs: z
    .array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.int().min(0)).max(8),
        data: z.unknown().optional(),
        parameters: z.object({ binary_data_size: z.int().min(0).optional() }).nullish(),
      }),
    )
    .max(64),
});
type SentOutput = z.infer<typeof answerSchema>['outputs'][number];

type Placed = Omit<SentOutput, 'shape'> & { readonly shape: readonly number[] };

/** Who answered in which form, and what it has to be. */
export interface Asked {
  readonly rows: number;
  readonly outputs: TensorSpecs;
  readonly version: number;
}

/** `jsonLength`: the header, undefined without one. @throws GanymedeError ENGINE_FAILED */
export function answerOf(body: Buffer, jsonLength: string | undefined, asked: Asked): HostTensors {
  const [text, bytes] = parted(body, jsonLength);
  const { model_version: version, outputs } = checked(text);
  const isOther = version !== null && version !== undefined && version !== '' && `${version}` !== `${asked.version}`;
  if (isOther) throw nonsense(`an answer of version ${asked.version}`, `${version}`);
  const tensors: HostTensors = {};
  let at = 0;
  for (const output of outputs) {
    const { name, parameters } = output;
    const size = parameters?.binary_data_size;
    const mine = bytes.subarray(at, at + (size ?? 0));
    at += size ?? 0;
    if (at > bytes.length) throw nonsense(`${at} bytes of tensors behind the JSON`, `${bytes.length}`);
    const spec = Object.hasOwn(asked.outputs, name) ? asked.outputs[name] : undefined;
    if (!spec) continue; // more than was asked for
    if (tensors[name]) throw nonsense(`the output "${name}" once`, 'it twice');
    const shape = shapeOf(output, spec, asked.rows);
    // In either form a number takes a byte at least: nothing is set aside for numbers that have not come.
    if (sizeOf(shape) > body.length)
      throw nonsense(`the ${sizeOf(shape)} numbers of "${name}"`, `${body.length} bytes`);
    tensors[name] = tensorOf({ ...output, shape }, spec.dtype, size === undefined ? undefined : mine);
  }
  if (at !== bytes.length) throw nonsense(`${at} bytes of tensors behind the JSON`, `${bytes.length}`);
  const missing = Object.keys(asked.outputs).find((name) => !tensors[name]);
  if (missing !== undefined) throw nonsense(`the output "${missing}"`, outputs.map(({ name }) => name).join(', '));
  return tensors;
}

function parted(body: Buffer, jsonLength: string | undefined): [string, Buffer] {
  if (jsonLength === undefined) return [body.toString(), body.subarray(body.length)];
  const length = /^[1-9]\d{0,9}$/.test(jsonLength) ? Number(jsonLength) : Number.NaN;
  if (length <= body.length) return [body.toString('utf8', 0, length), body.subarray(length)];
  throw nonsense(`the header ${JSON_LENGTH} to be from 1 to ${body.length}, the length of the body,`, jsonLength);
}

function checked(text: string): z.infer<typeof answerSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw nonsense('an answer in JSON', printable(text) || 'nothing');
  }
  const { data, error } = answerSchema.safeParse(json);
  if (data) return data;
  throw nonsense(
    'outputs with name, datatype and shape',
    `${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}`,
  );
}

/** The shape, if it is one that it may have. −1 in `spec` is any size, its first is the rows. */
function shapeOf({ name, datatype, shape }: SentOutput, spec: TensorSpecs[string], rows: number): readonly number[] {
  const wanted = [rows, ...spec.shape.slice(1)];
  const given = ofNumbers(shape, spec);
  const fits = given.length === wanted.length && wanted.every((size, axis) => size === -1 || size === given[axis]);
  if (fits && datatype === DATATYPES[spec.dtype]) return given;
  throw nonsense(`output "${name}" to be ${formOf({ ...spec, shape: wanted })}`, `${datatype} [${shape.join(', ')}]`);
}

function tensorOf({ name, shape, data }: Placed, dtype: DType, bytes: Buffer | undefined): HostTensor {
  const values = allocate(dtype, sizeOf(shape));
  if (!bytes) return { dtype, shape, data: fillFromJson(values, data, name, shape.length) };
  if (bytes.length !== values.byteLength)
    throw nonsense(`${values.byteLength} bytes of "${name}" for its shape`, `${bytes.length}`);
  new Uint8Array(values.buffer).set(bytes); // copied: a body of its own, aligned, that can be handed on
  return { dtype, shape, data: values };
}

/** Numbers row by row, in lists of any depth. What JSON has no word for comes as null. */
function fillFromJson<T extends HostTensor['data']>(values: T, data: unknown, name: string, depth: number): T {
  let at = 0;
  const put = (part: unknown, level: number): void => {
    if (Array.isArray(part) && level <= depth) for (const one of part) put(one, level + 1);
    else if (values instanceof BigInt64Array && Number.isSafeInteger(part)) values[at++] = BigInt(part as number);
    else if (values instanceof Float32Array && part === null) values[at++] = Number.NaN;
    else if (!(values instanceof BigInt64Array) && (typeof part === 'number' || typeof part === 'boolean'))
      values[at++] = Number(part);
    else throw nonsense(`numbers of "${name}"`, JSON.stringify(part)?.slice(0, 40) ?? 'none');
  };
  put(data, 0);
  if (at === values.length && Array.isArray(data)) return values;
  throw nonsense(`${values.length} numbers of "${name}" for its shape`, `${at}`);
}

function numbersOf(data: HostTensor['data']): number[] {
  return data instanceof BigInt64Array ? Array.from(data, Number) : Array.from(data);
}

/** FP32 [N, 3, 64, 64] */
export function formOf({ dtype, shape }: TensorSpecs[string]): string {
  return `${DATATYPES[dtype]} [${shape.map((size, axis) => (size >= 0 ? size : axis === 0 ? 'N' : '?')).join(', ')}]`;
}

const metadataSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })).default([]),
  outputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })).default([]),
});

/**
 * What of a model's metadata is not as it has to be, in words; empty where all is. Some servers say nothing of inputs
 * or of outputs, and then nothing contradicts.
 */
export function differences(
  text: string,
  wanted: { readonly inputs: TensorSpecs; readonly outputs: TensorSpecs },
): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return ['metadata that is not JSON'];
  }
  const { data: said } = metadataSchema.safeParse(json);
  if (!said) return ['metadata without names, datatypes and shapes'];
  return (['inputs', 'outputs'] as const).flatMap((side) => {
    if (said[side].length === 0) return [];
    const names = new Set([
      ...Object.keys(wanted[side]),
      ...(side === 'inputs' ? said.inputs.map(({ name }) => name) : []),
    ]);
    return [...names].flatMap((name) => {
      const [spec, sent] = [wanted[side][name], said[side].find((one) => one.name === name)];
      if (spec && sent && fits(sent, spec)) return [];
      return [`${side.slice(0, -1)} "${name}" ${sent ? `${sent.datatype} [${sent.shape.join(', ')}]` : 'missing'}`];
    });
  });
}

/** Inputs of a number for each row that the other server wants as [N, 1]; of metadata that fits. */
export function columnsIn(text: string, wanted: TensorSpecs): ReadonlySet<string> {
  const { inputs } = metadataSchema.parse(JSON.parse(text));
  const isColumn = ({ name, shape }: (typeof inputs)[number]) => {
    const spec = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
    return spec !== undefined && ofNumbers(shape, spec) !== shape;
  };
  return new Set(inputs.filter(isColumn).map(({ name }) => name));
}

/** Where a row is one number, Triton, which has no shape for that, says [N, 1] for [N]. */
function ofNumbers(shape: readonly number[], spec: TensorSpecs[string]): readonly number[] {
  return spec.shape.length === 1 && shape.length === 2 && shape[1] === 1 ? shape.slice(0, 1) : shape;
}

/** A size that either side leaves open fits any. The rows have to be open. */
function fits(sent: { datatype: string; shape: readonly number[] }, spec: TensorSpecs[string]): boolean {
  const given = ofNumbers(sent.shape, spec);
  if (sent.datatype !== DATATYPES[spec.dtype] || given.length !== spec.shape.length || given[0] !== -1) return false;
  return spec.shape.every((size, axis) => size === -1 || given[axis] === -1 || given[axis] === size);
}

const errorSchema = z.object({ error: z.string() }).or(z.object({ detail: z.string() }));

/** What a refusal says, in their words, shortened. */
export function refusalIn(text: string): string {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return printable(text) || 'nothing';
  }
  const { data } = errorSchema.safeParse(said);
  return printable(data ? Object.values(data)[0]! : text);
}

const MOST_SAID = 300;

function printable(text: string): string {
  const line = text
    .slice(0, 2 * MOST_SAID)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > MOST_SAID ? `${line.slice(0, MOST_SAID - 1)}…` : line;
}

/** An answer that is none. */
export function nonsense(wanted: string, received: string): GanymedeError {
  return expected(`${wanted} from the inference server`, received, 'ENGINE_FAILED');
}
