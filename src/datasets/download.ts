// A file from an HTTP server to disk, verified. Bytes go into NAME.part, which a later call goes on with by a range
// request (RFC 9110 §14); only the whole file with the right checksum gets its name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';

export interface DownloadOptions {
  readonly md5: string;
  /** Hears the bytes on disk and those expected in all, null when the server does not say. */
  readonly onProgress?: (bytes: number, total: number | null) => void;
  readonly signal?: AbortSignal;
  /** A connection that gives nothing for so long is dropped. Default: 60 s. */
  readonly stallMs?: number;
}

/** Larger bodies than this are not what was asked for; CIFAR-10 has 170 MB. */
const MAX_BYTES = 2 ** 30;

/**
 * `there` when the file had been downloaded before. A call that fails keeps what came, unless its checksum is wrong;
 * one that is stopped keeps it too, and fails with the reason of its signal.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<'there' | 'downloaded'> {
  const name = basename(path);
  const { md5, signal } = options;
  if ((await sizeOf(path)) !== null) {
    const found = await md5Of(path, signal);
    if (found === md5) return 'there';
    throw failed(name, `to have MD5 ${md5} but the one at ${path} has ${found}. Delete it to download it again`);
  }
  const part = `${path}.part`;
  await fetchRest(url, part, options).catch(async (cause: unknown) => {
    signal?.throwIfAborted();
    throw cause instanceof GanymedeError ? cause : brokenOff(name, url, (await sizeOf(part)) ?? 0, cause);
  });
  const found = await md5Of(part, signal);
  if (found !== md5) {
    await rm(part);
    throw failed(name, `to have MD5 ${md5} but what ${url} gave has ${found}, and was deleted`);
  }
  await rename(part, path);
  return 'downloaded';
}

/** Completes the part file. */
async function fetchRest(url: string, part: string, options: DownloadOptions): Promise<void> {
  const have = (await sizeOf(part)) ?? 0;
  const stalled = new AbortController();
  const signals = options.signal ? [options.signal, stalled.signal] : [stalled.signal];
  const stallMs = options.stallMs ?? 60_000;
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  try {
    const response = await fetch(url, {
      // A server that compressed the file again would give other bytes than those of the checksum.
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
      signal: AbortSignal.any(signals),
    });
    if (response.status === 416) {
      // The part is at least as long as the whole. The checksum tells whether it is the whole.
      await response.body?.cancel();
      return;
    }
    await append(response, part, startOf(response, have, url), (bytes, total) => {
      timer.refresh();
      if (bytes > MAX_BYTES) throw failed(basename(part), `of at most ${MAX_BYTES} bytes but ${url} gives more`);
      options.onProgress?.(bytes, total);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Writes the body to the part file from byte `start` on. `onBytes` hears of all bytes so far. */
async function append(
  response: Response,
  part: string,
  start: number,
  onBytes: (bytes: number, total: number | null) => void,
): Promise<void> {
  const length = response.headers.get('content-length');
  const total = length === null ? null : start + Number(length);
  const file = await open(part, start === 0 ? 'w' : 'a');
  let bytes = start;
  try {
    for await (const chunk of response.body ?? []) {
      await file.writeFile(chunk);
      bytes += chunk.length;
      onBytes(bytes, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== null && bytes < total) throw new Error(`the connection closed before byte ${total}`);
}

/** Where the body begins: after what we have, or at 0 when the server sends the whole after all. */
function startOf(response: Response, have: number, url: string): number {
  if (response.status === 200) return 0;
  if (response.status === 206) {
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (Number(start) === have) return have;
    throw failed(url, `to go on at byte ${have} but the server answered with ${response.headers.get('content-range')}`);
  }
  throw failed(url, `to be there but the server answered ${response.status} ${response.statusText}`.trimEnd());
}

async function md5Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** fetch says "terminated" or "fetch failed", and why in its cause. */
function brokenOff(name: string, url: string, have: number, cause: unknown): GanymedeError {
  const why = cause instanceof Error && cause.cause ? `${cause.message}: ${messageOf(cause.cause)}` : messageOf(cause);
  const what = `from ${url} but the download broke off after ${have} bytes (${why}). Run it again to go on`;
  return failed(name, what, cause);
}

function failed(name: string, what: string, cause?: unknown): GanymedeError {
  return new GanymedeError('DATASET_INVALID', `Expected ${name} ${what}.`, { cause, details: { file: name } });
}
