// Requests and answers of the Open Inference Protocol as bytes: JSON, with the numbers of tensors in it, or behind it
// as little-endian float32 (the "binary tensor data" extension of Triton). Every graph here takes and gives float32.
// https://github.com/kserve/open-inference-protocol, https://github.com/triton-inference-server/server → extensions.

import { z } from 'zod';
import { float32, type HostTensor, type HostTensors, sizeOf, type TensorSpecs } from '../engine/tensor.js';
import { expected } from '../errors.js';
import { Numbers, stringify } from '../resolvers/numbers.js';
import { describeIssue, valueAt } from '../violations.js';

/** What the protocol calls float32. */
export const DATATYPE = 'FP32';

/** The length of the JSON before the bytes of tensors, in requests and answers; without it all is JSON. */
export const JSON_LENGTH = 'inference-header-content-length';

export interface InferRequest {
  readonly id?: string;
  readonly inputs: HostTensors;
  /** In the order asked for; all that the graph gives where none are named. */
  readonly outputs: readonly { readonly name: string; readonly binary: boolean }[];
  /** How long it may take. */
  readonly deadlineMs?: number;
}

/** As MLServer's codecs name the type from which they made a tensor: numbers are numbers. */
const hints = { content_type: z.string().max(100).nullish() };

const requestSchema = z.object({
  id: z.string().max(1000).nullish(),
  inputs: z
    .array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.int().min(1)).min(1).max(8),
        data: z.unknown().optional(),
        parameters: z.strictObject({ ...hints, binary_data_size: z.int().min(0).optional() }).nullish(),
      }),
    )
    .min(1)
    .max(16),
  outputs: z
    .array(
      z.object({
        name: z.string(),
        parameters: z.strictObject({ ...hints, binary_data: z.boolean().optional() }).nullish(),
      }),
    )
    .min(1)
    .max(16)
    .nullish(),
  parameters: z
    .strictObject({
      ...hints,
      binary_data_output: z.boolean().optional(),
      /** Microseconds. */
      timeout: z.int().min(1).optional(),
    })
    .nullish(),
});
type SentInput = z.infer<typeof requestSchema>['inputs'][number];

export type AskedOutputs = InferRequest['outputs'];

/**
 * `jsonLength`: what the header says, undefined without one. `admit` may refuse so many rows and outputs before any
 * number is looked at. @throws GanymedeError BAD_USER_INPUT
 */
export function readInferRequest(
  body: Buffer,
  jsonLength: string | undefined,
  specs: { readonly inputs: TensorSpecs; readonly outputs: TensorSpecs },
  admit: (rows: number, outputs: AskedOutputs) => void,
): InferRequest {
  const [text, bytes] = parted(body, jsonLength);
  const { id, inputs: sent, outputs, parameters } = parseBody(text, requestSchema);
  const wanted = Object.keys(specs.inputs);
  const names = sent.map(({ name }) => name);
  const wrong = names.find((name, i) => !wanted.includes(name) || names.indexOf(name) !== i);
  if (wrong !== undefined) throw expected(`each of the inputs ${wanted.join(', ')} once`, wrong);
  const missing = wanted.find((name) => !names.includes(name));
  if (missing !== undefined) throw expected(`the input "${missing}"`, `only ${names.join(', ')}`);
  for (const input of sent) checkForm(input, specs.inputs[input.name]!.shape, sent[0]!.shape[0]!);
  const binary = parameters?.binary_data_output ?? false;
  const named = outputs ?? Object.keys(specs.outputs).map((name) => ({ name, parameters: undefined }));
  const unknown = named.find(({ name }) => !Object.hasOwn(specs.outputs, name));
  if (unknown) throw expected(`outputs among ${Object.keys(specs.outputs).join(', ')}`, unknown.name);
  const asked = named.map(({ name, parameters }) => ({ name, binary: parameters?.binary_data ?? binary }));
  admit(sent[0]!.shape[0]!, asked);
  return {
    ...(typeof id === 'string' && { id }),
    inputs: tensorsOf(sent, bytes),
    outputs: asked,
    ...(parameters?.timeout !== undefined && { deadlineMs: Math.max(1, Math.ceil(parameters.timeout / 1000)) }),
  };
}

/** Bytes of so many numbers in an answer; a number in JSON has up to 13 signs and a comma. */
export function answerBytes(numbers: number, binary: boolean): number {
  return numbers * (binary ? Float32Array.BYTES_PER_ELEMENT : 14);
}

/** `head`: what stands before the outputs. `jsonLength` is undefined where all is JSON. */
export function writeInferAnswer(
  head: object,
  outputs: AskedOutputs,
  tensors: HostTensors,
): { readonly body: Buffer | string; readonly jsonLength?: number } {
  const written = outputs.map(({ name, binary }) => {
    const { shape, data } = tensors[name] as HostTensor & { data: Float32Array<ArrayBuffer> };
    const form = { name, datatype: DATATYPE, shape };
    if (!binary) return { form: { ...form, data: new Numbers(data) }, bytes: [] };
    return {
      form: { ...form, parameters: { binary_data_size: data.byteLength } },
      bytes: [Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
    };
  });
  const json = stringify({ ...head, outputs: written.map(({ form }) => form) });
  if (outputs.every(({ binary }) => !binary)) return { body: json };
  const start = Buffer.from(json);
  return { body: Buffer.concat([start, ...written.flatMap(({ bytes }) => bytes)]), jsonLength: start.length };
}

function tensorsOf(sent: readonly SentInput[], bytes: Buffer): HostTensors {
  let at = 0;
  const inputs: HostTensors = {};
  for (const input of sent) {
    const { name, shape, parameters } = input;
    const size = parameters?.binary_data_size;
    const values = size === undefined ? fromJson(input) : fromBytes(name, shape, size, bytes.subarray(at));
    at += size ?? 0;
    checkFinite(name, values);
    inputs[name] = float32(shape, values);
  }
  if (at !== bytes.length)
    throw expected(`${at} bytes of tensors behind the JSON, as binary_data_size says`, `${bytes.length}`);
  return inputs;
}

/** The JSON and what is behind it. */
function parted(body: Buffer, jsonLength: string | undefined): [string, Buffer] {
  if (jsonLength === undefined) return [body.toString(), body.subarray(body.length)];
  const length = /^[1-9]\d{0,9}$/.test(jsonLength) ? Number(jsonLength) : Number.NaN;
  if (length <= body.length) return [body.toString('utf8', 0, length), body.subarray(length)];
  throw expected(`the header ${JSON_LENGTH} to be from 1 to ${body.length}, the length of the body,`, jsonLength);
}

/** @throws GanymedeError BAD_USER_INPUT */
export function parseBody<Schema extends z.ZodType>(text: string, schema: Schema): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw expected('a request of the Open Inference Protocol as JSON', text.slice(0, 40) || 'an empty body');
  }
  const { data, error } = schema.safeParse(json);
  if (!error) return data;
  const issue = error.issues[0]!;
  const { path, expected: wanted, received = valueAt(json, issue.path) } = describeIssue(issue);
  throw expected(`${path || 'the request'} to be ${wanted}`, received);
}

/** `spec`: −1, then the shape of a row. */
function checkForm({ name, datatype, shape }: SentInput, spec: readonly number[], rows: number): void {
  const wanted = [rows, ...spec.slice(1)];
  const fits = shape.length === wanted.length && wanted.every((size, axis) => size === -1 || size === shape[axis]);
  if (fits && datatype === DATATYPE) return;
  throw expected(
    `input "${name}" to be ${DATATYPE} [${['n', ...spec.slice(1)].join(', ')}], n the same for each,`,
    `${datatype} [${shape.join(', ')}]`,
  );
}

function fromBytes(name: string, shape: readonly number[], size: number, bytes: Buffer): Float32Array<ArrayBuffer> {
  const wanted = sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT;
  if (size !== wanted) throw expected(`binary_data_size of "${name}" to be ${wanted} for its shape`, size);
  if (bytes.length < size) throw expected(`${size} bytes of "${name}" behind the JSON`, `${bytes.length}`);
  return new Float32Array(Uint8Array.from(bytes.subarray(0, size)).buffer); // aligned
}

/** Numbers row by row, in lists of any depth. */
function fromJson({ name, shape, data }: SentInput): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(shape));
  let at = 0;
  const put = (part: unknown, depth: number): void => {
    if (Array.isArray(part) && depth <= shape.length) for (const one of part) put(one, depth + 1);
    else if (typeof part === 'number') values[at++] = part;
    else throw expected(`data of "${name}" to be numbers, in lists as deep as its shape or in one`, part ?? 'none');
  };
  put(data, 0);
  if (at === values.length && Array.isArray(data)) return values;
  throw expected(`${values.length} numbers of "${name}" for the shape [${shape.join(', ')}]`, `${at}`);
}

function checkFinite(name: string, values: Float32Array): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw expected(`finite numbers of "${name}"`, `${values[at]} at index ${at}`);
}
