// The WebSocket of /graphql seen from outside, by a client written from the text of the protocol:
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Served, startServer } from '../examples/serving.js';

const PROTOCOL = 'graphql-transport-ws';

let folder: string;
let served: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-ws-'));
  for (const model of ['ring8', 'mnist'])
    await cp(`checkpoints/${model}`, join(folder, 'models', model), { recursive: true });
  served = await startServer({
    CHECKPOINTS: join(folder, 'models'),
    DATA: join(folder, 'data'),
    LOG_LEVEL: 'fatal',
  });
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

interface Refusal {
  readonly message: string;
}

/** Of the fields below what a query selects. */
interface Update {
  readonly seq: number;
  readonly kind: string | null;
  readonly job: { readonly state: string; readonly made: number | null };
}

interface Data {
  readonly jobProgress: Update;
  readonly modelActivated: { readonly model: string; readonly version: number };
}

class Client {
  readonly messages: Message[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  static async open(headers: Record<string, string> = {}, protocol: string | undefined = PROTOCOL): Promise<Client> {
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, protocol, { headers });
    const client = new Client(socket);
    await once(socket, 'open');
    return client;
  }

  static async ready(headers?: Record<string, string>): Promise<Client> {
    const client = await Client.open(headers);
    client.send({ type: 'connection_init' });
    expect(await client.next()).toEqual({ type: 'connection_ack' });
    return client;
  }

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data)) as Message));
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
    this.closed.catch(() => {}); // whoever waits for it hears of it
  }

  send(message: Message | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string): void {
    this.send({ id, type: 'subscribe', payload: { query } });
  }

  /** Of the next update; undefined once it is complete. */
  async data(): Promise<Data | undefined> {
    const { type, payload } = await this.next();
    return type === 'complete' ? undefined : (payload as { readonly data: Data }).data;
  }

  async next(): Promise<Message> {
    while (this.messages.length === 0) await Promise.race([once(this.socket, 'message'), this.#end()]);
    return this.messages.shift()!;
  }

  async #end(): Promise<never> {
    const { code, reason } = await this.closed;
    throw new Error(`closed with ${code} ${reason}`);
  }
}

async function ask(query: string): Promise<{ readonly train: { readonly id: string } }> {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await reply.json()) as { data: { train: { id: string } } }).data;
}

describe('a connection', () => {
  test('is acknowledged, and answers a ping with a pong', async () => {
    const client = await Client.ready();
    client.send({ type: 'ping', payload: { at: 1 } });
    expect(await client.next()).toEqual({ type: 'pong', payload: { at: 1 } });
    client.socket.close();
  });

  test.each<[number, string, (client: Client) => void]>([
    [4400, 'text that is no message', (client) => client.send('nonsense')],
    [4400, 'a message of no known type', (client) => client.send({ type: 'hello' })],
    [
      4401,
      'a subscription before the acknowledgement',
      (client) => client.subscribe('1', 'subscription { jobsChanged { id } }'),
    ],
    [4408, 'no connection_init in time', () => {}],
    [
      4429,
      'a second connection_init',
      (client) => {
        client.send({ type: 'connection_init' });
        client.send({ type: 'connection_init' });
      },
    ],
  ])('is closed with %i after %s', async (code, _, act) => {
    const client = await Client.open();
    act(client);
    expect((await client.closed).code).toBe(code);
  });

  test('is closed with 4409 when an id is used twice', async () => {
    const client = await Client.ready();
    client.subscribe('1', 'subscription { jobsChanged { id } }');
    client.subscribe('1', 'subscription { jobsChanged { id } }');
    expect((await client.closed).code).toBe(4409);
  });

  test('of another protocol is not made, or closed with 4406', async () => {
    const outcome = await Client.open({}, 'graphql-ws').then(
      async (client) => (await client.closed).code,
      (error: Error) => error.message,
    );
    expect([4406, 'Server sent no subprotocol']).toContain(outcome);
  });

  test('that sends more than a message may hold is closed with 1009', async () => {
    const client = await Client.ready();
    client.send('x'.repeat(70_000));
    expect((await client.closed).code).toBe(1009);
  });
});

test('a connection is not opened to a page of the web', async () => {
  await expect(Client.open({ origin: 'https://evil.example' })).rejects.toThrow(/403/);
});

describe('a subscription', () => {
  test.each([
    ['with an error of syntax', 'subscription {', /Syntax Error/],
    ['of a field that there is not', 'subscription { nothing }', /nothing/],
    ['to an unknown job', 'subscription { jobProgress(id: "x") { seq } }', /id of a job/],
    ['from a number that is none', 'subscription { jobProgress(id: "x", from: -1) { seq } }', /from to be an integer/],
    ['that is a query', '{ models { name } }', /a subscription/],
    ['that is a mutation', 'mutation { refreshModels { model } }', /a subscription/],
  ])('%s is an error of its own, and the connection goes on', async (_, query, message) => {
    const client = await Client.ready();
    client.subscribe('1', query);
    const answer = await client.next();
    const errors = answer.type === 'error' ? answer.payload : (answer.payload as { errors: unknown }).errors;
    expect((errors as readonly Refusal[])[0]?.message).toMatch(message);
    client.send({ type: 'ping' });
    const rest: string[] = [];
    while (!rest.includes('pong')) rest.push((await client.next()).type);
    client.socket.close();
  });

  test('to a job tells each event once, from where it is asked, and completes when the job is over', async () => {
    const { train } = await ask(
      'mutation { train(model: "a", recipe: "ring8", dataset: "builtin:ring8", steps: 200) { id } }',
    );
    const heard = async (from: number) => {
      const client = await Client.ready();
      client.subscribe(
        '1',
        `subscription { jobProgress(id: "${train.id}", from: ${from}) { seq kind text job { state } } }`,
      );
      const updates: Update[] = [];
      for (let data = await client.data(); data; data = await client.data()) updates.push(data.jobProgress);
      client.socket.close();
      return updates;
    };
    const all = await heard(0);
    const events = all.filter(({ kind }) => kind !== null).map(({ seq }) => seq);
    expect(events).toEqual(events.map((_, i) => i + 1));
    expect(all.at(-1)!.job.state).toBe('SUCCEEDED');
    const again = await heard(events.length - 2);
    expect(again.filter(({ kind }) => kind !== null).map(({ seq }) => seq)).toEqual(events.slice(-2));
  });

  test('to active versions hears of a promotion, and of nothing after it is ended', async () => {
    const { train } = await ask(
      'mutation { train(model: "ring8", recipe: "ring8", dataset: "builtin:ring8", steps: 20) { id } }',
    );
    const client = await Client.ready();
    client.subscribe('job', `subscription { jobProgress(id: "${train.id}") { job { made } } }`);
    let made = 0;
    for (let data = await client.data(); data; data = await client.data()) made = data.jobProgress.job.made ?? made;
    client.subscribe('active', 'subscription { modelActivated { model version } }');
    client.send({ type: 'ping' });
    expect((await client.next()).type).toBe('pong');
    await ask(`mutation { promote(model: "ring8", version: ${made}) { version } }`);
    expect(await client.data()).toEqual({ modelActivated: { model: 'ring8', version: made } });
    client.send({ id: 'active', type: 'complete' });
    client.send({ type: 'ping' });
    expect((await client.next()).type).toBe('pong');
    await ask('mutation { rollback(model: "ring8") { version } }');
    client.send({ type: 'ping' });
    expect((await client.next()).type).toBe('pong');
    client.socket.close();
  });

  test('that nobody reads holds neither the job nor another reader up', async () => {
    const { train } = await ask(
      'mutation { train(model: "b", recipe: "ring8", dataset: "builtin:ring8", steps: 400) { id } }',
    );
    const slow = await Promise.all(Array.from({ length: 10 }, () => Client.ready()));
    for (const client of slow) {
      client.subscribe('1', `subscription { jobProgress(id: "${train.id}") { seq job { log(last: 1000) } } }`);
      client.socket.pause();
    }
    const quick = await Client.ready();
    quick.subscribe('1', `subscription { jobProgress(id: "${train.id}") { job { state } } }`);
    let state = '';
    for (let data = await quick.data(); data; data = await quick.data()) state = data.jobProgress.job.state;
    expect(state).toBe('SUCCEEDED');
    for (const client of [...slow, quick]) client.socket.terminate();
  });
});

test('a server that ends says so with 1001', async () => {
  const other = await startServer({ LOG_LEVEL: 'fatal' });
  const socket = new WebSocket(`${other.url.replace('http', 'ws')}/graphql`, PROTOCOL);
  const client = new Client(socket);
  await once(socket, 'open');
  await other.stop();
  expect((await client.closed).code).toBe(1001);
});
