// A client of HTTP/1.1 that costs a fraction of node:http's, so that it is not what a benchmark measures. One request
// at a time on each of its connections, which it keeps.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A request without what a seed changes. */
export interface Asked {
  readonly port: number;
  /** Head and body for a seed, as they go over the wire. */
  readonly request: (seed: number) => Buffer;
}

/** POST of a JSON body. */
export function posting(port: number, path: string, body: (seed: number) => unknown): Asked {
  return {
    port,
    request: (seed) => {
      const text = JSON.stringify(body(seed));
      const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\naccept: */*`;
      return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    },
  };
}

/** A GraphQL query with the variable `seed`. */
export function asking(port: number, query: string, path = '/graphql'): Asked {
  return posting(port, path, (seed) => ({ query, variables: { seed } }));
}

export function getting(port: number, path: (seed: number) => string): Asked {
  return {
    port,
    request: (seed) => Buffer.from(`GET ${path(seed)} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: */*\r\n\r\n`),
  };
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

export class Connection {
  readonly #asked: Asked;
  #socket: Socket | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** Head and body of the answer. Refuses one whose status is not 200, and a GraphQL answer with errors. */
  async ask(seed: number): Promise<Buffer> {
    this.#socket ??= await opened(this.#asked.port);
    const socket = this.#socket;
    const answer = await new Promise<Buffer>((resolve, reject) => {
      let got: Buffer = Buffer.alloc(0);
      let length: number | undefined;
      const parts: Buffer[] = [];
      let received = 0;
      const finish = (settle: () => void): void => {
        socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
        settle();
      };
      socket.on('data', (part: Buffer) => {
        parts.push(part);
        received += part.length;
        if (length === undefined || length < 0) {
          got = Buffer.concat(parts);
          parts.splice(0, parts.length, got);
          length = lengthOf(got);
        }
        const done = length === undefined ? false : length >= 0 ? received >= length : got.includes(LAST_CHUNK);
        if (done) finish(() => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
      });
      socket.on('close', () =>
        finish(() => reject(new Error(`The server closed the connection: ${got.toString().slice(0, 300)}`))),
      );
      socket.on('error', (error) => finish(() => reject(error)));
      socket.write(this.#asked.request(seed));
    });
    if (!answer.subarray(9, 12).equals(Buffer.from('200')) || answer.subarray(0, 1000).includes('"errors"')) {
      throw new Error(answer.toString('utf8', 0, 600));
    }
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
  }
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Of head and body; undefined before the head has come, −1 for a body in chunks. */
function lengthOf(got: Buffer): number | undefined {
  const end = got.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = got.toString('latin1', 0, end).toLowerCase();
  if (/\r\ntransfer-encoding: *chunked/.test(head)) return -1;
  return end + HEAD_END.length + Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
}

let lastSeed = 0;

/** Seeds that nobody has asked for, `step` of them. */
function nextSeed(step: number): number {
  lastSeed = (lastSeed + step) % 4_000_000_000;
  return lastSeed;
}

/** Answers a second to so many clients, each of which asks again when it has its answer. */
export async function answersPerSecond(asked: Asked, clients: number, ms: number): Promise<number> {
  const connections = Array.from({ length: clients }, () => new Connection(asked));
  const started = performance.now();
  let finished = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - started < ms) {
        await connection.ask(nextSeed(64));
        finished++;
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  return finished / seconds;
}

/** Milliseconds that each answer took to one client, for so long. */
export async function answerTimes(asked: Asked, ms: number): Promise<number[]> {
  const connection = new Connection(asked);
  await connection.ask(nextSeed(64));
  const times: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end || times.length < 5) {
    const started = performance.now();
    await connection.ask(nextSeed(64));
    times.push(performance.now() - started);
  }
  connection.close();
  return times;
}
