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

/** After it the server is killed, whatever runs; on a machine that does other work a job may take longer to save. */
const GRACE_MS = 10_000;

test('a server that is told to stop finishes what it has, and the next one goes on', async () => {
  const server = await site.start();
  const { id } = await server.get(
    'mutation { train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 10000000) { id } }',
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
  const told = performance.now();
  server.signal('SIGTERM');
  const ending = await server.exit;
  const isLate = performance.now() - told >= GRACE_MS - 10; // timers fire a little early
  await load.stop();
  // Who needs no more than the grace ends by itself, and has answered. The rest holds for whoever is killed, too.
  if (!isLate || ending[1] === null) expect(ending).toEqual([0, null]);
  else expect(ending).toEqual([null, 'SIGKILL']);
  expect((await closed)[0]).toBe(1001);
  if (!isLate) expect(load.faults.filter((fault) => !NOT_TAKEN.test(fault))).toEqual([]);
  await site.expectAlone([]);

  const next = await site.start();
  await next.underWay(id, 1);
  await next.get(`mutation { cancelJob(id: "${id}") { id } }`);
  await site.expectSound([id]);
  // A stop costs no attempt; a kill does, unless it came when the job had saved.
  expect(ending[1] === null ? [1] : [1, 2]).toContain((await next.job(id)).attempt);
});
