// HTTP as a stranger may write it, byte by byte, past every client library.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

/** Sends the text as it stands and reads until the server closes. Interim answers (1xx) are not listed. */
export async function exchange(port: number, text: string): Promise<RawReply[]> {
  const socket = await open(port);
  socket.write(text);
  return repliesIn(await readAll(socket));
}

/** All that comes until the server closes; fails if it resets the connection. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

export function repliesIn(text: string): RawReply[] {
  const replies: RawReply[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n') + 4;
    const head = rest.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (status >= 200) replies.push({ status, head, body: rest.slice(end, end + length) });
    rest = rest.slice(end + length);
  }
  return replies;
}

export function codeIn(reply: RawReply | undefined): string | undefined {
  return JSON.parse(reply?.body ?? '').errors[0].extensions.code;
}

/** A POST of JSON to /graphql. */
export function post(body: string, ...headers: readonly string[]): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return `${['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', length, ...headers].join('\r\n')}\r\n\r\n${body}`;
}
