// What becomes of jobs when one of several servers, workers or Redis itself is killed.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Served } from '../../examples/serving.js';
import { shippedVersion } from '../../shipped.js';
import { Machines } from './machines.js';
import { TestRedis, why, withoutRedis } from './redis.js';

/** The shipped version, before any is made. */
const RING = shippedVersion('ring8');

let machines: Machines;

interface Reply<Data> {
  readonly data: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
}

async function ask<Data>({ url }: Served, query: string): Promise<Reply<Data>> {
  const reply = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()) as Reply<Data>;
}

async function train(served: Served, steps: number, more = ''): Promise<string> {
  const { data, errors } = await ask<{ train: { id: string } }>(
    served,
    `mutation { train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: ${steps}${more}) { id } }`,
  );
  if (!data?.train) throw new Error(JSON.stringify(errors));
  return data.train.id;
}

interface JobFields {
  readonly state: string;
  readonly attempt: number;
  readonly made: number | null;
  readonly progress: { readonly done: number } | null;
  readonly log: readonly string[];
}

async function job(served: Served, id: string): Promise<JobFields> {
  const { data } = await ask<{ job: JobFields }>(
    served,
    `{ job(id: "${id}") { state attempt made progress { done } log(last: 100) } }`,
  );
  return data!.job;
}

function until(served: Served, id: string, expected: object): Promise<void> {
  return vi.waitFor(async () => expect(await job(served, id)).toMatchObject(expected), {
    timeout: 120_000,
    interval: 200,
  });
}

function underWay(served: Served, id: string): Promise<void> {
  return vi.waitFor(async () => expect((await job(served, id)).progress?.done ?? 0).toBeGreaterThan(0), {
    timeout: 60_000,
    interval: 100,
  });
}

/** Every value of a subscription, in order, until it is complete. */
async function heard<Data>({ url }: Served, query: string, onNext: (data: Data) => void): Promise<void> {
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  for await (const { data } of client.iterate<Data>({ query })) if (data) onNext(data);
  await client.dispose();
}

const weights = (version: number) => readFile(join(machines.folder, 'models', 'rings', `${version}`, 'generate.onnx'));

describe.skipIf(withoutRedis)(`several machines${why}`, () => {
  beforeEach(async () => {
    machines = await Machines.make();
  });
  afterEach(() => machines.end());

  test('the job of a worker that is killed goes on at another, to the weights of a straight run; both servers show it', async () => {
    const servers = await Promise.all([machines.server(), machines.server()]);
    const workers = await Promise.all([machines.worker(), machines.worker()]);
    const id = await train(servers[0], 800, ', idempotencyKey: "once"');
    const seen = await Promise.all(
      servers.map(async (served) => {
        const seqs: number[] = [];
        const over = heard<{ jobProgress: { seq: number } }>(
          served,
          `subscription { jobProgress(id: "${id}") { seq } }`,
          ({ jobProgress: { seq } }) => seq === seqs.at(-1) || seqs.push(seq),
        );
        return { seqs, over };
      }),
    );
    await underWay(servers[1], id);
    const { log } = await job(servers[1], id);
    const holder = workers.find(({ name }) => log.some((line) => line.includes(`Begun by ${name},`)))!;
    await holder.kill();
    await until(servers[0], id, { state: 'SUCCEEDED', attempt: 2, made: 1 });
    await Promise.all(seen.map(({ over }) => over));
    const [first, second] = seen.map(({ seqs }) => seqs);
    expect(first).toEqual(Array.from(first!, (_, i) => i + 1));
    expect(second).toEqual(first);
    expect((await job(servers[1], id)).log.join('\n')).toContain('Its worker was not heard from any more. Begun by');
    expect(await train(servers[1], 800, ', idempotencyKey: "once"')).toBe(id);

    const straight = await train(servers[1], 800);
    await until(servers[1], straight, { state: 'SUCCEEDED', made: 2 });
    expect((await weights(1)).equals(await weights(2))).toBe(true);
  });

  test('a version that one server promotes is what the other serves, which says so; and a server that is killed takes nothing with it', async () => {
    const servers = await Promise.all([machines.server(), machines.server()]);
    await machines.worker();
    const activated: unknown[] = [];
    const leaving = heard<{ modelActivated: unknown }>(
      servers[1],
      'subscription { modelActivated { model version } }',
      ({ modelActivated }) => activated.push(modelActivated),
    ).catch(() => undefined); // its server ends at last
    const made = await ask<{ fineTune: { id: string } }>(
      servers[0],
      'mutation { fineTune(model: "ring8", dataset: "builtin:ring8", steps: 50) { id } }',
    );
    await until(servers[1], made.data!.fineTune.id, { state: 'SUCCEEDED', made: RING + 1 });
    const active = () => ask(servers[1], '{ model(name: "ring8") { version } }');
    expect(await active()).toEqual({ data: { model: { version: RING } } });
    await ask(servers[0], `mutation { promote(model: "ring8", version: ${RING + 1}) { version } }`);
    await vi.waitFor(async () => expect(await active()).toEqual({ data: { model: { version: RING + 1 } } }), 20_000);
    // It is told over a connection of its own, perhaps after the answer.
    await vi.waitFor(() => expect(activated).not.toEqual([]), 20_000);
    expect(activated).toEqual([{ model: 'ring8', version: RING + 1 }]);

    const id = await train(servers[0], 50);
    process.kill(servers[0].pid, 'SIGKILL');
    await until(servers[1], id, { state: 'SUCCEEDED' });
    const { data } = await ask(servers[1], 'mutation { rollback(model: "ring8") { version } }');
    expect(data).toEqual({ rollback: { version: RING } });
    await servers[1].stop();
    await leaving;
  });

  test('a server starts without its Redis, serves, says that jobs must wait, and takes them once it is there', async () => {
    await machines.redis.kill();
    const here = await machines.server();
    const sample = () => ask(here, '{ sample(model: "ring8", seed: 1) { seed } }');
    expect(await sample()).toEqual({ data: { sample: [{ seed: 1 }] } });
    const refused = await ask(here, 'mutation { train(model: "x", recipe: "ring8", dataset: "builtin:ring8") { id } }');
    expect(refused.errors?.[0]?.extensions).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { retryable: true },
    });
    await machines.redis.start();
    await machines.worker();
    const id = await vi.waitFor(() => train(here, 50), { timeout: 20_000, interval: 200 });
    await until(here, id, { state: 'SUCCEEDED' });
    await machines.redis.kill();
    expect(await sample()).toEqual({ data: { sample: [{ seed: 1 }] } });
    await machines.redis.start();
    await until(here, id, { state: 'SUCCEEDED' });
    const facts = await ask(here, '{ server { jobs { engine lossAtPowerCut } } }');
    expect(facts.data).toEqual({ server: { jobs: { engine: 'redis', lossAtPowerCut: null } } });
  });

  test('each of several processes on one port takes jobs', async () => {
    const here = await machines.server({ CLUSTER: '2' });
    await machines.worker();
    const ids = await Promise.all([train(here, 50), train(here, 50)]);
    for (const id of ids) await until(here, id, { state: 'SUCCEEDED' });
  });

  test('a server that would let its Redis throw jobs away does not start, and says why', async () => {
    await machines.redis.stop();
    machines.redis = await TestRedis.start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    await expect(machines.server()).rejects.toThrow(/noeviction but received allkeys-lru/);
  });
});
