// The pictures that a person dropped or chose: files, folders with all that lies in them, and zips. What is no picture
// is named with the reason, and the others go on. Pixels are the server's business: here only names and bytes are read.

import { type UnzipFileInfo, unzipSync } from 'fflate';

export interface Picture {
  /** As a person would name it: with its folders, and the zip that it lies in. */
  readonly name: string;
  readonly file: Blob;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export interface Gathered {
  readonly pictures: readonly Picture[];
  readonly leftOut: readonly LeftOut[];
}

/** A file, or why there is none. */
interface Found {
  readonly name: string;
  readonly file: () => Promise<File>;
}

export interface GatherOptions {
  readonly signal: AbortSignal;
  /** Of pictures that are known so far. */
  readonly onFound: (count: number) => void;
}

/** What a picture's name ends in. The server says what it makes of each. */
const PICTURE = /\.(png|apng|jpe?g|jfif|webp|avif|gif|bmp|tiff?|heic|heif|svg|ico|jxl)$/i;

/** What systems leave in folders and zips, of which nobody wants to read. */
const LITTER = /(^|\/)(__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/;

/** Of one picture: more than a request may be. */
const MOST_BYTES = 10 * 2 ** 20;

/** Of a zip, which is read into memory as a whole. */
const MOST_ZIP_BYTES = 2 ** 30;

/** Unpacked between two turns of the page. */
const TURN_BYTES = 2 ** 22;

/** What was dropped; to be called before the event is over, for then the browser forgets it. */
export function dropped({ items, files }: DataTransfer): readonly Promise<readonly Found[]>[] {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => entry === null)) return chosen(files);
  return entries.map((entry) => (entry ? filesBelow(entry) : Promise.resolve([])));
}

/** The files of an <input>; those of a chosen folder know their place in it. */
export function chosen(files: Iterable<File>): readonly Promise<readonly Found[]>[] {
  const found = Array.from(files, (file) => ({ name: file.webkitRelativePath || file.name, file: async () => file }));
  return [Promise.resolve(found)];
}

/** @throws what `signal` was aborted with */
export async function gather(
  sources: readonly Promise<readonly Found[]>[],
  { signal, onFound }: GatherOptions,
): Promise<Gathered> {
  const pictures: Picture[] = [];
  const leftOut: LeftOut[] = [];
  for (const source of sources) {
    for (const { name, file } of await source) {
      signal.throwIfAborted();
      if (LITTER.test(name)) continue;
      try {
        const given = await file();
        if (/\.zip$/i.test(name)) await unpack(name, given, { pictures, leftOut, signal, onFound });
        else sort({ name, bytes: given.size }, () => pictures.push({ name, file: given }), leftOut);
      } catch (error) {
        signal.throwIfAborted();
        leftOut.push({ name, reason: `It could not be read: ${messageOf(error)}` });
      }
      onFound(pictures.length);
    }
  }
  return { pictures, leftOut };
}

function sort({ name, bytes }: { name: string; bytes: number }, take: () => void, leftOut: LeftOut[]): void {
  const ending = /\.[^./]+$/.exec(name)?.[0];
  if (ending !== undefined && !PICTURE.test(name)) {
    leftOut.push({ name, reason: `Not a picture: its name ends in ${ending}.` });
  } else if (bytes > MOST_BYTES) {
    leftOut.push({ name, reason: `Of ${mebibytes(bytes)}; a picture may have ${mebibytes(MOST_BYTES)} at most.` });
  } else take();
}

async function filesBelow(entry: FileSystemEntry): Promise<readonly Found[]> {
  const name = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = () => new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Found[] = [];
  for (let more = true; more; ) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    for (const each of entries) found.push(...(await filesBelow(each)));
    more = entries.length > 0; // a browser gives a hundred at a time
  }
  return found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

interface Unpacking extends GatherOptions {
  readonly pictures: Picture[];
  readonly leftOut: LeftOut[];
}

/** Some entries at a time, so that the page goes on. */
async function unpack(zip: string, file: File, { pictures, leftOut, signal, onFound }: Unpacking): Promise<void> {
  if (file.size > MOST_ZIP_BYTES)
    throw new Error(`it has ${mebibytes(file.size)}, and ${mebibytes(MOST_ZIP_BYTES)} are the most.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  for (const part of partsOf(entriesOf(bytes, zip, leftOut))) {
    signal.throwIfAborted();
    for (const [name, content] of unpacked(bytes, part, zip, leftOut)) {
      pictures.push({ name: `${zip}/${name}`, file: new Blob([content as Uint8Array<ArrayBuffer>]) });
    }
    onFound(pictures.length);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function entriesOf(bytes: Uint8Array, zip: string, leftOut: LeftOut[]): readonly UnzipFileInfo[] {
  const entries: UnzipFileInfo[] = [];
  unzipSync(bytes, {
    filter(entry) {
      const { name, originalSize } = entry;
      if (!name.endsWith('/') && !LITTER.test(name)) {
        sort({ name: `${zip}/${name}`, bytes: originalSize }, () => entries.push(entry), leftOut);
      }
      return false; // nothing is unpacked yet
    },
  });
  return entries;
}

function* partsOf(entries: readonly UnzipFileInfo[]): Generator<ReadonlySet<string>> {
  let [part, bytes] = [new Set<string>(), 0];
  for (const { name, originalSize } of entries) {
    part.add(name);
    bytes += originalSize;
    if (bytes < TURN_BYTES && part.size < 1000) continue;
    yield part;
    [part, bytes] = [new Set(), 0];
  }
  if (part.size > 0) yield part;
}

/** Where one of them is damaged, each for itself. */
function unpacked(
  bytes: Uint8Array,
  names: ReadonlySet<string>,
  zip: string,
  leftOut: LeftOut[],
): readonly (readonly [string, Uint8Array])[] {
  try {
    return Object.entries(unzipSync(bytes, { filter: ({ name }) => names.has(name) }));
  } catch (error) {
    const [name] = names;
    if (names.size > 1) return [...names].flatMap((one) => unpacked(bytes, new Set([one]), zip, leftOut));
    leftOut.push({ name: `${zip}/${name}`, reason: `It cannot be unpacked: ${messageOf(error)}.` });
    return [];
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : `${error}`);

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
