// kill -9 of workers and of Redis at moments that a seed chooses, while a client asks for jobs and jobs run.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Machines, type Worker } from '../jobs/redis/machines.js';
import { why, withoutRedis } from '../jobs/redis/redis.js';
import { random, SEED, TIMES } from './site.js';

let machines: Machines;

interface Reply {
  readonly data: {
    readonly train?: { readonly id: string } | null;
    readonly jobs?: { readonly nodes: readonly { readonly id: string; readonly state: string }[] };
  } | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

describe.skipIf(withoutRedis)(`jobs over Redis${why}`, () => {
  beforeEach(async () => {
    machines = await Machines.make();
  });
  afterEach(() => machines.end());

  test(`lose nothing that was acknowledged, and none is stuck or made twice, when workers and Redis are killed ${TIMES} times each (seed ${SEED})`, async () => {
    const { url } = await machines.server();
    const ask = async (query: string): Promise<Reply> => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
      return (await reply.json()) as Reply;
    };
    /** As a client that asks again for what was not acknowledged. */
    const order = async (key: number): Promise<string> => {
      const query = `mutation { train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: 200, idempotencyKey: "${key}") { id } }`;
      for (;;) {
        const { data, errors } = await ask(query);
        if (data?.train) return data.train.id;
        expect(errors?.[0]?.extensions.code).toBe('STORE_UNAVAILABLE');
        await after(100);
      }
    };
    const workers: Worker[] = [await machines.worker(), await machines.worker()];
    const acknowledged: Promise<string>[] = [];
    for (let kills = 0; kills < 2 * TIMES; kills++) {
      acknowledged.push(order(kills));
      await after(random() * 4000);
      if (kills % 2 === 0) {
        await workers.shift()!.kill();
        workers.push(await machines.worker());
      } else {
        await machines.redis.kill();
        await after(random() * 2000);
        await machines.redis.start();
      }
    }
    const ids = await Promise.all(acknowledged);
    await vi.waitFor(
      async () => {
        const nodes = (await ask('{ jobs(first: 100) { nodes { id state } } }')).data?.jobs?.nodes;
        expect(new Map(nodes?.map(({ id, state }) => [id, state]))).toEqual(
          new Map(ids.map((id) => [id, 'SUCCEEDED'])),
        );
      },
      { timeout: 600_000, interval: 500 },
    );
    const versions = (await readdir(join(machines.folder, 'models', 'rings'))).filter((name) => /^\d+$/.test(name));
    expect(versions).toHaveLength(ids.length);
  });
});
