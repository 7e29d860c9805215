// Values of tensors that lie in files of their own, as large models have them, brought into the model. Only files
// inside the model's own folder are read, links followed, and only the bytes that a tensor of that form has.

import { open, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Model, TensorProto } from '../engine/onnx-proto.js';
import { messageOf } from '../errors.js';
import { realPathInside } from '../files/inside.js';
import { tensorsOf } from './parts.js';
import { quoted, refused } from './refusals.js';
import { bytesOf } from './types.js';

/** A model with all values inside has to fit into one message of Protocol Buffers. */
const MOST_BYTES = 2 ** 31 - 1;

/** Returns how many tensors there were. @throws GanymedeError GRAPH_REFUSED */
export async function inlineExternal(model: Model, folder: string): Promise<number> {
  const tensors = tensorsOf(model).filter((tensor) => tensor.dataLocation === 1 || tensor.externalData.length > 0);
  let total = 0;
  for (const tensor of tensors) {
    const place = placeOf(tensor);
    total += place.length;
    if (total > MOST_BYTES) throw refused('weights of less than 2 GiB', `at least ${total} bytes`, SMALLER);
    tensor.rawData = await read(folder, tensor.name, place);
    tensor.externalData = [];
    tensor.dataLocation = 0;
  }
  return tensors.length;
}

const SMALLER = 'ONNX keeps at most that in one file: export with weights in float16.';
const BESIDE = 'Weights in files of their own lie beside the model, in its folder: copy them there.';

interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

function placeOf(tensor: TensorProto): Place {
  const entry = (key: string) => tensor.externalData.find((one) => one.key === key)?.value;
  const [file, offset] = [entry('location') ?? '', Number(entry('offset') ?? 0)];
  const wanted = bytesOf(tensor);
  const length = Number(entry('length') ?? wanted);
  const sound = Number.isSafeInteger(offset) && offset >= 0 && length === wanted;
  if (sound && file !== '') return { file, offset, length };
  const came = `offset ${entry('offset')}, length ${entry('length')} in ${quoted(file)}`;
  throw refused(`tensor ${quoted(tensor.name)} to name a file and its own ${wanted} bytes there`, came, AGAIN);
}

const AGAIN = 'Export the model again.';

async function read(folder: string, tensor: string, { file, offset, length }: Place): Promise<Uint8Array> {
  const what = `the values of tensor ${quoted(tensor)} in a file inside ${folder}`;
  const path = await placeInside(folder, file, what);
  const stats = await stat(path); // before opening: to open a named pipe would wait for ever
  if (!stats.isFile()) throw refused(what, `${quoted(file)}, which is no regular file`, BESIDE);
  if (stats.size < offset + length) {
    throw refused(what, `${quoted(file)} with ${stats.size} bytes, where they end at ${offset + length}`, BESIDE);
  }
  const bytes = new Uint8Array(length);
  const handle = await open(path);
  try {
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    if (bytesRead === length) return bytes;
    throw refused(what, `${quoted(file)}, cut off after ${bytesRead} of ${length} bytes`, BESIDE);
  } finally {
    await handle.close();
  }
}

async function placeInside(folder: string, file: string, what: string): Promise<string> {
  if (isAbsolute(file)) throw refused(what, `the absolute path ${quoted(file)}`, BESIDE);
  try {
    const path = await realPathInside(join(folder, file), folder);
    if (path !== null) return path;
  } catch (error) {
    throw refused(what, `${quoted(file)}: ${messageOf(error)}`, BESIDE, error);
  }
  throw refused(what, `${quoted(file)}, which leads out of it`, BESIDE);
}
