// What clients see of a swap: the version that answers, the words at the start, the numbers. That no request fails
// meanwhile is shown by test/attack/swaps.test.ts.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Access } from '../../src/access/access.js';
import { writeActive } from '../../src/models/active.js';
import { welcome } from '../../src/server/welcome.js';
import { readExposition } from './exposition.js';
import { useServer } from './harness.js';
import { writeTinyGan } from './tiny-gan.js';

const server = useServer({ metrics: { where: 'local' } });

const VERSIONS = '{ models { name version } model(name: "tiny") { version versions } }';

async function metric(name: string): Promise<number | undefined> {
  const { body } = await server.current.app.inject('/metrics');
  return readExposition(body).series.get(name);
}

test('a new version answers from the refresh on, in queries, to who starts it and in the numbers', async () => {
  const { current } = server;
  expect((await current.query(VERSIONS)).data).toMatchObject({ model: { version: 2, versions: [1, 2] } });

  await writeTinyGan(current.root, { version: 3 });
  await current.repository.refresh();

  expect((await current.query(VERSIONS)).data).toEqual({
    models: [
      { name: 'blind', version: 1 },
      { name: 'tiny', version: 3 },
    ],
    model: { version: 3, versions: [1, 2, 3] },
  });
  const cors = { corsOrigins: [], loopbackOrigins: false };
  expect(welcome('http://localhost:4000', current.repository.list(), cors, Access.forAnybody())).toContain(
    'tiny (version 3)',
  );
  expect(await metric('ganymede_model_swaps_total{model="tiny"}')).toBe(1);
  expect(await metric('ganymede_model_swaps_total{model="blind"}')).toBe(0);
  expect(await metric('ganymede_model_active{model="tiny",version="3"}')).toBe(1);
  expect(await metric('ganymede_model_active{model="tiny",version="2"}')).toBe(0);
  expect(await metric('ganymede_model_problems')).toBe(0);
});

test('addresses name the version that made them, and go on showing it', async () => {
  const { current } = server;
  const address = async () => {
    const { data } = await current.query('{ sample(model: "tiny", seed: 1) { image { url } } }');
    return new URL(data.sample[0]!.image!.url!).pathname;
  };
  await writeActive(join(current.root, 'tiny'), 1);
  await current.repository.refresh();
  const before = await address();
  expect(before).toMatch(/^\/images\/tiny\/1\//);
  await writeActive(join(current.root, 'tiny'), 'latest');
  await current.repository.refresh();
  expect(await address()).toMatch(/^\/images\/tiny\/3\//);
  expect((await current.app.inject(before)).statusCode).toBe(200);
});

test('a request that began before a swap is answered whole by the version that was active then', async () => {
  const { current } = server;
  const free = current.engine.hold();
  const query =
    '{ sample(model: "tiny", seed: 1) { image { url bytes } score { logit } } model(name: "tiny") { version } }';
  const answer = current.query(query);
  const waiting = () => current.repository.get('tiny').stats().generate?.queued;
  while (waiting() !== 1) await new Promise((resolve) => setImmediate(resolve));
  await writeActive(join(current.root, 'tiny'), 2);
  const refreshed = current.repository.refresh();
  free();
  await refreshed;
  await rm(join(current.root, 'tiny', '3'), { recursive: true });
  await current.repository.refresh();
  const { data, errors } = await answer;
  expect(errors).toBeUndefined();
  expect(data.model!.version).toBe(3);
  expect(data.sample[0]!.image!.url).toContain('/images/tiny/3/');
  const refusal = await current.refusal('{ model(name: "tiny", version: 3) { version } }');
  expect(refusal.extensions.code).toBe('VERSION_NOT_FOUND');
});
