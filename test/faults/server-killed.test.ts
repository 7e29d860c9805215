// kill -9 of the server at moments that a seed chooses, while clients ask for jobs and jobs run.

import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random, SEED, Site, TIMES } from './site.js';

let site: Site;
beforeAll(async () => {
  site = await Site.make();
});
afterAll(() => site.remove());

/** A small job under a key of its own. */
function order(key: string): string {
  return `mutation { train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 100, idempotencyKey: "${key}") { id } }`;
}

test(`a server that is killed ${TIMES} times (seed ${SEED}) loses no job that it acknowledged, and makes none twice`, async () => {
  const acknowledged = new Map<string, string>();
  const asked: string[] = [];
  for (let time = 0; time < TIMES; time++) {
    const server = await site.start();
    const ask = async (key: string) => {
      const { data, errors } = await server.ask(order(key));
      expect(errors).toBeUndefined();
      const { id } = data!['train']!;
      expect(acknowledged.get(key) ?? id).toBe(id);
      acknowledged.set(key, id);
    };
    // Those that were not answered are sent again, as a client does that lost the answer.
    const again = asked.filter((key) => !acknowledged.has(key));
    const fresh = [`${time} a`, `${time} b`].map((key) => key.replace(' ', '-'));
    asked.push(...fresh);
    const clients = [...again, ...fresh].map((key) => ask(key).catch(lostAnswer));
    await after(random() * 4000);
    await server.kill();
    await Promise.all(clients);
  }
  const server = await site.start();
  for (const key of asked) {
    const { id } = await server.get(order(key));
    expect(acknowledged.get(key) ?? id).toBe(id);
    acknowledged.set(key, id);
  }
  await site.expectSound(acknowledged.values());
  const { nodes } = await server.get('{ jobs(first: 100) { nodes { state } } }');
  expect(nodes).toHaveLength(asked.length);
  expect(new Set(nodes.map(({ state }) => state))).toEqual(new Set(['SUCCEEDED']));
});

/** What a client sees of a server that is killed: a connection that breaks. */
function lostAnswer(error: Error): void {
  expect(error.message).toMatch(/fetch failed|terminated|other side closed|JSON/);
}

test('fifty times the same request at once is one job, and another under its key is refused', async () => {
  const { server } = site;
  const ids = await Promise.all(Array.from({ length: 50 }, async () => (await server.get(order('fifty'))).id));
  expect(new Set(ids).size).toBe(1);
  expect(await server.refusal(order('fifty').replace('steps: 100', 'steps: 200'))).toBe('IDEMPOTENCY_KEY_REUSED');
  await site.expectSound(ids);
});

test('a second server on the same folder does not start, and says why', async () => {
  const { server } = site;
  await expect(site.start()).rejects.toThrow(/Expected nobody to work in .* but a server of Ganymede .* does/);
  expect(site.server).toBe(server);
  await site.expectSound([]);
});
