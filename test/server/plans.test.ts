// What an admin asks before and beside jobs: what a training would be, and what the server counts of itself. The
// program as it is started, over HTTP.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Served, startServer } from '../examples/serving.js';
import { readExposition } from './exposition.js';

let folder: string;
let served: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-plans-'));
  for (const model of ['ring8', 'mnist-conditional']) {
    await cp(`checkpoints/${model}`, join(folder, 'checkpoints', model), { recursive: true });
  }
  served = await startServer({
    CHECKPOINTS: join(folder, 'checkpoints'),
    DATA: join(folder, 'data'),
    LOG_LEVEL: 'fatal',
  });
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});

interface Plan {
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly reasons: readonly string[];
  readonly examples: number;
  readonly steps: number;
  readonly seconds: number;
}

interface Spread {
  readonly count: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

interface Answer {
  readonly trainingPlan: Plan;
  readonly fineTuningPlan: Plan;
  readonly train: { readonly id: string };
  readonly job: { readonly state: string; readonly made: number };
  readonly model: { readonly recipe: unknown };
  readonly builtinData: readonly { readonly name: string }[];
  readonly metrics: readonly {
    readonly name: string;
    readonly kind: string;
    readonly series: readonly {
      readonly labels: Readonly<Record<string, unknown>>;
      readonly value: number | null;
      readonly spread: Spread | null;
    }[];
  }[];
}

interface Reply {
  readonly data: Answer;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly details: { readonly faults: readonly object[] } };
  }[];
}

async function ask(query: string, variables: object = {}): Promise<Reply> {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await reply.json()) as Reply;
}

const PLAN = 'recipe reasons examples steps seconds';

describe('a plan', () => {
  test('is what the training then is: the whole recipe and its steps', async () => {
    const order =
      'dataset: "builtin:ring8,count=2000", model: "own", recipe: "ring8", steps: 40, overrides: { batch: 64 }';
    const { data } = await ask(`{ trainingPlan(${order}) { ${PLAN} } }`);
    expect(data.trainingPlan).toMatchObject({ examples: 2000, steps: 40, recipe: { batch: 64 } });
    const { data: asked } = await ask(`mutation { train(${order}) { id } }`);
    const made = await vi.waitFor(
      async () => {
        const { job } = (await ask(`{ job(id: "${asked.train.id}") { state made } }`)).data;
        expect(job.state).toBe('SUCCEEDED');
        return job.made;
      },
      { timeout: 60_000, interval: 100 },
    );
    const { data: after } = await ask(`{ model(name: "own", version: ${made}) { recipe } }`);
    expect(after.model.recipe).toEqual(data.trainingPlan.recipe);
  });

  test('of data alone says what is chosen for it and why, a time, and no path of the server', async () => {
    const { data } = await ask(`{ trainingPlan(dataset: "builtin:glyphs,count=720", model: "letters") { ${PLAN} } }`);
    const { recipe, reasons, steps, seconds, examples } = data.trainingPlan;
    expect(examples).toBe(720);
    expect(recipe).toMatchObject({ generator: { network: { kind: 'dcgan-generator' } } });
    expect(reasons.join('\n')).toContain('72 of 720 images held out, to measure it on what it was not shown');
    const { batch, epochs, data: of } = recipe as { batch: number; epochs: number; data: { validation: number } };
    expect(of.validation).toBe(72);
    expect(steps).toBe(Math.ceil(epochs * Math.floor((720 - 72) / batch)));
    expect(seconds).toBeGreaterThan(0);
    expect(JSON.stringify(data)).not.toContain(folder);
  });

  test('refuses what the training would refuse, fault by fault', async () => {
    const order = 'dataset: "builtin:ring8", model: "own", recipe: "ring8", overrides: { batch: 0, objective: "best" }';
    const [planned, asked] = [
      await ask(`{ trainingPlan(${order}) { steps } }`),
      await ask(`mutation { train(${order}) { id } }`),
    ];
    const { code, details } = planned.errors![0]!.extensions;
    expect(code).toBe('CONFIG_INVALID');
    expect(details.faults).toEqual([
      expect.objectContaining({ path: 'objective', received: 'best' }),
      { path: 'batch', expected: 'at least 1', received: 0 },
    ]);
    expect(asked.errors![0]!.extensions.details).toEqual(details);
  });

  test('of a fine-tuning follows the recipe that made the version', async () => {
    const { data } = await ask(
      `{ fineTuningPlan(dataset: "builtin:ring8,count=500", model: "ring8", overrides: { steps: 7 }) { ${PLAN} } }`,
    );
    expect(data.fineTuningPlan).toMatchObject({ examples: 500, steps: 7, recipe: { name: 'ring8' } });
  });
});

test('data that needs no sending is listed, each name one that a plan takes', async () => {
  const { data } = await ask('{ builtinData { name what } }');
  expect(data.builtinData.map(({ name }) => name)).toContain('swissroll');
  for (const { name } of data.builtinData) {
    const { errors } = await ask(`{ trainingPlan(dataset: "builtin:${name},count=64", model: "another") { steps } }`);
    expect({ name, errors }).toEqual({ name, errors: undefined });
  }
});

describe('what the server counts', () => {
  const SAMPLE = '{ sample(model: "ring8", seed: 1, count: 5) { point } }';

  test('is told an admin as Prometheus reads it, a number and a distribution at a time', async () => {
    await ask(SAMPLE);
    const names = ['ganymede_batch_rows', 'ganymede_engine_workers', 'process_resident_memory_bytes'];
    const { data } = await ask(
      'query ($names: [String!]) { metrics(names: $names) { name kind series { labels value spread { count bounds counts } } } }',
      { names },
    );
    const { series } = readExposition(await (await fetch(`${served.url}/metrics`)).text());
    const metric = (name: string) => data.metrics.find((one) => one.name === name)!;
    expect(data.metrics.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual([
      'GAUGE ganymede_engine_workers',
      'GAUGE process_resident_memory_bytes',
      'HISTOGRAM ganymede_batch_rows',
    ]);
    expect(metric('ganymede_engine_workers').series).toEqual([
      { labels: {}, value: series.get('ganymede_engine_workers'), spread: null },
    ]);
    const generate = metric('ganymede_batch_rows').series.find(({ labels }) => labels['graph'] === 'generate')!;
    const { model, version, graph } = generate.labels;
    const line = (le: string) =>
      series.get(`ganymede_batch_rows_bucket{model="${model}",version="${version}",graph="${graph}",le="${le}"}`);
    let upTo = 0;
    const told = generate.spread!.counts.map((count) => (upTo += count));
    expect(told).toEqual([...generate.spread!.bounds.map(String), '+Inf'].map(line));
    expect(generate.spread!.count).toBe(line('+Inf'));
  });

  test('moves by what was asked between two looks', async () => {
    const look = async () => {
      const { data } = await ask(
        '{ metrics(names: ["ganymede_graphql_operations_total"]) { name kind series { labels value spread { count } } } }',
      );
      const ok = data.metrics[0]!.series.find(({ labels: { kind, outcome } }) => kind === 'query' && outcome === 'ok');
      return ok!.value!;
    };
    const before = await look();
    for (let i = 0; i < 3; i++) await ask(SAMPLE);
    expect((await look()) - before).toBe(4); // the first look itself, too
  });

  test('is refused by a name that nothing has, and a share that is none', async () => {
    const { errors } = await ask('{ metrics(names: ["ganymede_wishes"]) { name } }');
    expect(errors?.[0]?.message).toContain('Expected the name of a metric');
    const beyond = await ask(
      '{ metrics(names: ["ganymede_batch_rows"]) { series { spread { quantile(share: 1.5) } } } }',
    );
    expect(beyond.errors?.[0]?.message).toContain('share in [0, 1]');
  });
});
