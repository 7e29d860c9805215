// Sends a file to a server in pieces, by tus 1.0.0 (https://tus.io). Three requests of it are all that is needed:
// begin, ask where it stands, send a piece. What the server has of the same file from another time is not sent again.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GanymedeError } from '../errors.js';
import type { Reporter } from '../work.js';
import { answerOf, type Reply } from './answer.js';
import type { Client } from './client.js';
import { bearer, endpointOf, fetched } from './http.js';

export interface Sending {
  readonly server: string;
  readonly key?: string | undefined;
  /** Of the same server. */
  readonly client: Client;
  readonly report: Reporter;
}

/** A body that is lost costs no more than this to send again. */
const PIECE_BYTES = 8 * 2 ** 20;

/** Seconds before it is tried again, while nothing gets through. */
const WAITS = [0.5, 1, 2, 4, 8, 15, 30] as const;

/** Refusals of the moment: after a look at where the file stands the rest may go through. */
const PASSING: ReadonlySet<string> = new Set([
  ...['SERVER_UNREACHABLE', 'UPLOAD_CONFLICT', 'QUEUE_FULL', 'DEADLINE_EXCEEDED', 'SHUTTING_DOWN'],
]);

/** Returns the id under which the server has it. */
export async function sendFile(path: string, sending: Sending): Promise<string> {
  const { report } = sending;
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs } = await file.stat();
    const name = basename(path);
    const fingerprint = createHash('sha256').update(`${name} ${size} ${mtimeMs}`).digest('hex');
    const id = (await known(fingerprint, size, sending)) ?? (await begin({ name, fingerprint, size }, sending));
    const at = await offsetOf(id, sending);
    report.phase(name, 'bytes', size, at);
    await sendRest(file, { id, at, size }, sending);
    return id;
  } finally {
    await file.close();
  }
}

interface KnownUpload {
  readonly id: string;
  readonly length: number;
  readonly fingerprint: string | null;
}

async function known(fingerprint: string, size: number, { client }: Sending): Promise<string | undefined> {
  const { data } = await client.ask<{ uploads: readonly KnownUpload[] }>('{ uploads { id length fingerprint } }', {});
  return data.uploads.find((one) => one.fingerprint === fingerprint && one.length === size)?.id;
}

async function begin(
  { name, fingerprint, size }: { name: string; fingerprint: string; size: number },
  sending: Sending,
): Promise<string> {
  const said = Object.entries({ filename: name, fingerprint });
  const metadata = said.map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',');
  const headers = { 'upload-length': `${size}`, 'upload-metadata': metadata };
  const { location } = await ask(sending, { method: 'POST', headers });
  return location!.split('/').at(-1)!;
}

async function sendRest(
  file: FileHandle,
  { id, at, size }: { id: string; at: number; size: number },
  sending: Sending,
): Promise<void> {
  const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - at));
  for (let [offset, failures] = [at, 0]; offset < size; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, size - offset), offset);
    try {
      const sent = await sendPiece(id, offset, piece.subarray(0, bytesRead), sending);
      [offset, failures] = [sent, 0];
    } catch (error) {
      const wait = WAITS[failures];
      if (wait === undefined || !(error instanceof GanymedeError && PASSING.has(error.code))) throw error;
      const { signal } = sending.report;
      await setTimeout(1000 * wait, undefined, signal && { signal });
      const stands = await offsetOf(id, sending).catch(() => offset); // it is asked for again, then
      [offset, failures] = [stands, stands > offset ? 0 : failures + 1];
    }
    sending.report.progress(offset);
  }
}

async function sendPiece(id: string, offset: number, body: Buffer, sending: Sending): Promise<number> {
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': `${offset}` };
  const answer = await ask(sending, { method: 'PATCH', id, headers, body });
  return Number(answer.offset);
}

async function offsetOf(id: string, sending: Sending): Promise<number> {
  const { offset } = await ask(sending, { method: 'HEAD', id, headers: {} });
  return Number(offset);
}

interface Asked {
  readonly method: 'POST' | 'HEAD' | 'PATCH';
  readonly id?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** @throws GanymedeError the server's refusal, or SERVER_UNREACHABLE */
async function ask({ server, key, report: { signal } }: Sending, { method, id, headers, body }: Asked) {
  const url = endpointOf(server).replace(/graphql$/, `uploads${id === undefined ? '' : `/${id}`}`);
  const authorization = key === undefined ? {} : { authorization: bearer(key) };
  const all = { 'tus-resumable': '1.0.0', ...authorization, ...headers };
  const init = { method, headers: all, ...(body && { body: new Uint8Array(body) }), ...(signal && { signal }) };
  const response = await fetched(url, init);
  if (!response.ok) {
    const text = await response.text();
    if (text.startsWith('{')) answerOf(JSON.parse(text) as Reply); // which throws what it says
    const code = response.status === 404 ? 'UPLOAD_NOT_FOUND' : 'SERVER_UNREACHABLE';
    throw new GanymedeError(code, `Expected ${url} to take a file but received status ${response.status}.`);
  }
  return { location: response.headers.get('location'), offset: response.headers.get('upload-offset') };
}
