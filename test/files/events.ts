// Event files read back twice: record by record with nothing but the wire format of protobuf, and by TensorBoard itself
// where Python has it.
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Point {
  readonly step: number;
  readonly tag: string;
  /** A number, a text, or a picture's size and bytes. */
  readonly value: number | string | { readonly width: number; readonly height: number; readonly bytes: Buffer };
}

export interface Session {
  readonly file: string;
  /** What older files say of it and later is void; null where no session began. */
  readonly from: number | null;
  readonly points: readonly Point[];
}

export async function sessionsIn(directory: string): Promise<Session[]> {
  const files = (await readdir(directory)).filter((name) => name.includes('tfevents')).sort();
  return Promise.all(
    files.map(async (file) => {
      const events = recordsOf(await readFile(join(directory, file))).map(fieldsOf);
      const start = events.find((event) => event.has(7));
      return {
        file,
        from: start ? stepOf(start) : null,
        points: events.flatMap((event) =>
          all(event.get(5)?.[0], 1).map((value) => ({
            step: stepOf(event),
            tag: textOf(value, 1),
            value: shownBy(value),
          })),
        ),
      };
    }),
  );
}

/** The data of each whole record. */
export function recordsOf(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    if (at + 16 + length > file.length) break;
    records.push(file.subarray(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return records;
}

type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | number)[]>();
  let at = 0;
  const varint = () => {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const value = { 0: varint, 1: () => bytes(8), 2: () => bytes(varint()), 5: () => bytes(4) }[key & 7]!();
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

function stepOf(event: Fields): number {
  return (event.get(2)?.[0] ?? 0) as number;
}

/** The messages in a repeated field of a message. */
function all(message: Buffer | number | undefined, field: number): Fields[] {
  if (message === undefined) return [];
  return (fieldsOf(message as Buffer).get(field) ?? []).map((inner) => fieldsOf(inner as Buffer));
}

function textOf(fields: Fields, field: number): string {
  return (fields.get(field)![0] as Buffer).toString();
}

function shownBy(value: Fields): Point['value'] {
  if (value.has(2)) return (value.get(2)![0] as Buffer).readFloatLE();
  if (value.has(8)) return textOf(fieldsOf(value.get(8)![0] as Buffer), 8);
  const image = fieldsOf(value.get(4)![0] as Buffer);
  const [height, width] = [1, 2].map((field) => image.get(field)![0] as number) as [number, number];
  return { width, height, bytes: image.get(4)![0] as Buffer };
}

const PYTHON = process.env['TENSORBOARD_PYTHON'] ?? 'python3';
const found = spawnSync(PYTHON, ['-c', 'import tensorboard']);

/** For the title of a test that is skipped where TensorBoard is missing; else nothing. */
export const withoutTensorBoard = found.status === 0 ? '' : ` (skipped: ${PYTHON} has no package 'tensorboard')`;

export interface Shown {
  readonly scalars: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;
  readonly images: Readonly<Record<string, readonly (readonly [step: number, width: number, height: number])[]>>;
  readonly texts: Readonly<Record<string, readonly (readonly [step: number, text: string])[]>>;
}

const PROGRAM = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator as ea
events = ea.EventAccumulator(sys.argv[1], {ea.SCALARS: 0, ea.IMAGES: 0, ea.TENSORS: 0}).Reload()
tags = events.Tags()
print(json.dumps({
    'scalars': {t: [[e.step, e.value] for e in events.Scalars(t)] for t in tags['scalars']},
    'images': {t: [[e.step, e.width, e.height] for e in events.Images(t)] for t in tags['images']},
    'texts': {t: [[e.step, e.tensor_proto.string_val[0].decode()] for e in events.Tensors(t)] for t in tags['tensors']},
}))`;

/** What TensorBoard shows of a run. */
export function shownByTensorBoard(directory: string): Shown {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', PROGRAM, directory], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Shown;
}
