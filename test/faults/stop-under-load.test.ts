// SIGTERM while clients ask, a job trains and somebody listens: what was asked is answered, what comes later is
// refused, listeners are told 1001, the job saves, and the process ends with status 0.

import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Load } from './load.js';
import { Site } from './site.js';

let site: Site;
beforeAll(async () => {
  site = await Site.make({ models: ['mnist', 'ring8'] });
});
afterAll(() => site.remove());

/** Node's words for a connection that is not taken, or closed before a request was begun on it. */
const NOT_TAKEN = /fetch failed|other side closed|ECONNREFUSED|ECONNRESET|SHUTTING_DOWN|stopping/;

test('a server that is told to stop finishes what it has, and the next one goes on', async () => {
  const server = await site.start();
  const { id } = await server.get(
    'mutation { train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 20000) { id } }',
  );
  await server.underWay(id);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await once(socket, 'message');
  socket.send(
    JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { jobsChanged { id } }' } }),
  );
  const closed = once(socket, 'close');
  const load = new Load(server, 'mnist', 4);
  await load.answered(20);
  server.signal('SIGTERM');
  expect(await server.exit).toEqual([0, null]);
  expect((await closed)[0]).toBe(1001);
  await load.stop();
  expect(load.faults.filter((fault) => !NOT_TAKEN.test(fault))).toEqual([]);
  await site.expectAlone([]);

  const next = await site.start();
  await next.underWay(id, 1);
  await next.get(`mutation { cancelJob(id: "${id}") { id } }`);
  await site.expectSound([id]);
  expect((await next.job(id)).attempt).toBe(1);
});
