// TensorBoard's event files: numbers, pictures and texts under tags, each at a step. A file is a row of records, each
// framed by its length and two checksums and written by one call, so that what broke off spoils no record before it.
// Nothing is changed afterwards: whoever goes on begins a new file, and says from which step on older ones are void.
// Formats: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details, and event.proto and
// summary.proto of https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto.
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { fullOr } from './room.js';

/** A finite number, a PNG file, or a text in Markdown. Tags are grouped by what stands before their first slash. */
export type Summary = { readonly tag: string } & (
  | { readonly number: number }
  | { readonly png: Uint8Array }
  | { readonly text: string }
);

export class EventFile {
  private constructor(readonly path: string) {}

  /** Begins a file that is read after all others of the directory. */
  static create(directory: string): EventFile {
    mkdirSync(directory, { recursive: true });
    const seconds = Math.max(Math.floor(Date.now() / 1000), newestOf(directory) + 1);
    const name = `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}`;
    const file = new EventFile(join(directory, name));
    file.#append({ fileVersion: 'brain.Event:2' });
    return file;
  }

  /** What older files say of `step` and later is void. */
  startAt(step: number): void {
    this.#append({ step, sessionLog: { status: START } });
  }

  add(step: number, summaries: readonly Summary[]): void {
    this.#append({ step, summary: { value: summaries.map(encoded) } });
  }

  #append(event: object): void {
    const bytes = Event.encode(Event.fromObject({ wallTime: Date.now() / 1000, ...event })).finish();
    try {
      appendFileSync(this.path, recordOf(bytes));
    } catch (error) {
      throw fullOr(error, this.path);
    }
  }
}

/** The bytes of a record: length (64 bits), its checksum, the data, its checksum; little-endian. */
export function recordOf(data: Uint8Array): Buffer {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(crc32c(data)), 12 + data.length);
  return record;
}

/** The Castagnoli checksum, which zlib does not have: polynomial 0x1EDC6F41, bits reversed. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** As the format stores checksums, because records may hold some themselves. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The seconds in the name of the newest file; 0 where there is none. TensorBoard reads them in the order of names. */
function newestOf(directory: string): number {
  const times = readdirSync(directory).map((name) => Number(/^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1] ?? 0));
  return times.reduce((newest, time) => Math.max(newest, time), 0);
}

/** As event.proto and types.proto number them. */
const START = 1;
const STRING = 7;
/** A PNG's kind of colour → how many channels it has. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 4: 2, 2: 3, 3: 3, 6: 4 };

function encoded(summary: Summary): object {
  const { tag } = summary;
  if ('number' in summary) return { tag, simpleValue: summary.number };
  if ('png' in summary) return { tag, image: imageOf(summary.png) };
  const tensor = { dtype: STRING, tensorShape: { dim: [{ size: 1 }] }, stringVal: [Buffer.from(summary.text)] };
  return { tag, metadata: { pluginData: { pluginName: 'text' } }, tensor };
}

/** What a PNG file's header says. */
function imageOf(png: Uint8Array): object {
  const header = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const [width, height, kind] = [header.readUInt32BE(16), header.readUInt32BE(20), header.readUInt8(25)];
  return { width, height, colorspace: CHANNELS[kind]!, encodedImageString: header };
}

function field(id: number, type: string): protobuf.IField {
  return { id, type };
}

function repeated(id: number, type: string): protobuf.IField {
  return { id, type, rule: 'repeated' };
}

const Event = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: field(1, 'double'),
        step: field(2, 'int64'),
        fileVersion: field(3, 'string'),
        summary: field(5, 'Summary'),
        sessionLog: field(7, 'SessionLog'),
      },
    },
    SessionLog: { fields: { status: field(1, 'int32') } },
    Summary: { fields: { value: repeated(1, 'Value') } },
    Value: {
      fields: {
        tag: field(1, 'string'),
        simpleValue: field(2, 'float'),
        image: field(4, 'Image'),
        tensor: field(8, 'Tensor'),
        metadata: field(9, 'Metadata'),
      },
      oneofs: { value: { oneof: ['simpleValue', 'image', 'tensor'] } }, // so that a 0 is written, too
    },
    Image: {
      fields: {
        height: field(1, 'int32'),
        width: field(2, 'int32'),
        colorspace: field(3, 'int32'),
        encodedImageString: field(4, 'bytes'),
      },
    },
    Metadata: { fields: { pluginData: field(1, 'PluginData') } },
    PluginData: { fields: { pluginName: field(1, 'string') } },
    Tensor: { fields: { dtype: field(1, 'int32'), tensorShape: field(2, 'Shape'), stringVal: repeated(8, 'bytes') } },
    Shape: { fields: { dim: repeated(2, 'Dim') } },
    Dim: { fields: { size: field(1, 'int64') } },
  },
}).lookupType('Event');
