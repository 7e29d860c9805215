// A server that is played: what watching does where the real one seldom goes.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type JobUpdate, watchJob } from '../../src/client/watch.js';

let server: WebSocketServer | undefined;
afterEach(() => server?.close());

/** `answer` is given each subscription; what it returns is sent as updates, and then the connection breaks. */
async function played(answer: (from: number, connection: number, socket: WebSocket) => readonly object[]) {
  let connections = 0;
  const opened = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  server = opened;
  opened.on('connection', (socket, { headers }) => {
    const connection = ++connections;
    socket.on('message', (data) => {
      const { id, type, payload } = JSON.parse(String(data)) as Message;
      if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
      if (type !== 'subscribe') return;
      expect(headers.authorization).toBe('Bearer secret');
      for (const jobProgress of answer(payload.variables.from, connection, socket)) {
        socket.send(JSON.stringify({ id, type: 'next', payload: { data: { jobProgress } } }));
      }
      socket.close(1012);
    });
  });
  await once(opened, 'listening');
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`;
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: { readonly variables: { readonly from: number } };
}

const event = (seq: number) => ({ seq, kind: 'state', text: `${seq}`, job: { state: 'RUNNING' } });
const over = (seq: number) => ({ seq, kind: null, job: { state: 'SUCCEEDED' } });

async function watched(address: string, lost: () => void = () => {}): Promise<JobUpdate[]> {
  const updates: JobUpdate[] = [];
  const options = { server: address, key: 'secret', id: 'a-1', signal: new AbortController().signal, onLost: lost };
  for await (const update of watchJob({ ...options, patience: 3 })) updates.push(update);
  return updates;
}

test('who watches says on each new connection what it heard last, and is told once of each loss', async () => {
  const asked: number[] = [];
  let losses = 0;
  const address = await played((from, connection) => {
    asked.push(from);
    return connection === 1 ? [event(1), event(2)] : [event(3), over(3)];
  });
  const updates = await watched(address, () => losses++);
  expect(updates.map(({ seq }) => seq)).toEqual([1, 2, 3, 3]);
  expect({ asked, losses }).toEqual({ asked: [0, 2], losses: 1 });
});

test('a key that is refused is not tried again', async () => {
  let subscriptions = 0;
  const address = await played((_, __, socket) => {
    subscriptions++;
    socket.close(4403, 'Forbidden: the key is no longer in force');
    return [];
  });
  await expect(watched(address)).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: 'Forbidden: the key is no longer in force',
  });
  expect(subscriptions).toBe(1);
});

test('a server that stays away is waited for only so long, and then it is said how to go on', async () => {
  const address = await played(() => {
    server!.close();
    return [event(1)];
  });
  await expect(watched(address)).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: expect.stringContaining('npx ganymede jobs watch a-1'),
  });
});
