// Fifty listen to a job, half of them read nothing: the job and the others go on as without them, and the server keeps
// little for those that do not read.

import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { memoryOf } from '../attack/victim.js';
import { type Server, Site } from './site.js';

const LISTENERS = 50;
/** Much less than what half of the listeners are sent. */
const MOST_GROWTH_MB = 250;

let site: Site;
let server: Server;
beforeAll(async () => {
  site = await Site.make();
  server = await site.start();
});
afterAll(() => site.remove());

interface Update {
  readonly type: string;
  readonly payload?: {
    readonly data: { readonly jobProgress: { readonly seq: number; readonly kind: string | null } };
  };
}

/** Selects of a job what it says, and so much that a socket which nobody reads is soon full. */
const LITTLE = 'job { state }';
const MUCH = 'job { state log(last: 1000) }';

/** Listens to a job from its beginning; `read` gives the numbers of what it heard, once the job is over. */
async function listener(id: string, selection: string): Promise<{ socket: WebSocket; read: () => Promise<number[]> }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: number[] = [];
  const over = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data)) as Update;
      if (type === 'complete') resolve();
      const update = payload?.data.jobProgress;
      if (update?.kind != null) heard.push(update.seq);
    });
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
  over.catch(() => {}); // whoever reads hears of it
  await once(socket, 'open');
  const acknowledged = once(socket, 'message');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await acknowledged;
  const query = `subscription { jobProgress(id: "${id}", from: 0) { seq kind text ${selection} } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  return { socket, read: () => over.then(() => heard) };
}

test(`${LISTENERS} listeners, half of which do not read, hold neither a job nor each other up`, async () => {
  const order = `mutation ($overrides: JSONObject) {
    train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 1500, overrides: $overrides) { id }
  }`;
  const { id } = await server.get(order, { overrides: { 'run.stepsPerRun': 10, 'run.reportEverySteps': 10 } });
  const before = await memoryOf(server.pid);
  const slow = await Promise.all(Array.from({ length: LISTENERS / 2 }, () => listener(id, MUCH)));
  for (const { socket } of slow) socket.pause();
  const quick = await Promise.all(Array.from({ length: LISTENERS / 2 }, () => listener(id, LITTLE)));
  await server.until(id, 'SUCCEEDED');
  const all = await Promise.all(quick.map(({ read }) => read()));
  const whole = all[0]!.map((_, i) => i + 1);
  expect(whole.length).toBeGreaterThan(150);
  for (const heard of all) expect(heard).toEqual(whole);
  expect((await memoryOf(server.pid)).now - before.now).toBeLessThan(MOST_GROWTH_MB);
  for (const { socket } of [...slow, ...quick]) socket.terminate();
  await site.expectSound([id]);
});
