// A training in the plane as a page watches it: several beside one another, step by step, over the public API.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fromBase64 } from '../../src/base64.js';
import { openDataset } from '../../src/datasets/open.js';
import { type Served, startServer } from '../examples/serving.js';

let folder: string;
let served: Served;
let client: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-watched-'));
  await cp('checkpoints/mnist', join(folder, 'models', 'mnist'), { recursive: true }); // what the server greets with
  const settings = { CHECKPOINTS: join(folder, 'models'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' };
  served = await startServer(settings);
  client = createClient({ url: `${served.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
});
afterAll(async () => {
  await client.dispose();
  await served.stop();
  await rm(folder, { recursive: true });
});

async function ask<Data>(query: string) {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()) as { data: Data | null; errors?: readonly { message: string }[] };
}

interface View {
  readonly step: number;
  readonly waiting: boolean;
  readonly metrics: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly game: { readonly samples: string; readonly verdict: string; readonly places: number };
}

const train = (objective: string, pace: string) =>
  ask<{ train: { id: string; state: string; pace: object } }>(`mutation {
    train(model: "${objective}", recipe: "ring8", dataset: "builtin:ring8", seed: 5, steps: 100,
      overrides: { objective: "${objective}" }, pace: ${pace}) { id state pace { until stepsPerSecond showEvery } } }`);
const pace = (id: string, to: string) => ask(`mutation { paceJob(id: "${id}", pace: ${to}) { pace { until } } }`);
const views = (id: string) =>
  client.iterate<{ jobViews: View }>({
    query: `subscription { jobViews(id: "${id}") { step waiting metrics { name values } game { samples verdict places } } }`,
  });

describe('two objectives from the same start', () => {
  test('run side by side, step by step, part after their first steps, and end', async () => {
    const started = await Promise.all(
      ['minimax', 'non-saturating'].map((objective) => train(objective, '{ until: 0, showEvery: 1 }')),
    );
    expect(started.map(({ errors }) => errors)).toEqual([undefined, undefined]);
    const runs = started.map(({ data }) => data!.train);
    expect(runs.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
    expect(runs[0]!.pace).toEqual({ until: 0, stepsPerSecond: null, showEvery: 1 });

    const watch = async (id: string) => {
      const seen: View[] = [];
      for await (const { data, errors } of views(id)) {
        expect(errors).toBeUndefined();
        const view = data!.jobViews;
        if (!view.waiting) continue;
        seen.push(view);
        await pace(id, view.step < 2 ? `{ until: ${view.step + 1}, showEvery: 1 }` : '{}');
      }
      return seen;
    };
    const [minimax, other] = (await Promise.all(runs.map(({ id }) => watch(id)))) as [View[], View[]];
    expect([minimax, other].map((run) => run.map(({ step }) => step))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(fromBase64(minimax[0]!.game.verdict)).toHaveLength(minimax[0]!.game.places ** 2);
    expect(minimax[0]!.game).toEqual(other[0]!.game); // the same seed
    expect(minimax[2]!.game.samples).not.toBe(other[2]!.game.samples);
    expect(minimax[1]!.metrics.map(({ name }) => name)).toEqual(['lossD', 'lossG', 'dReal', 'dFake', 'penalty']);
    const { data } = await ask<{ job: { state: string; made: number; view: { step: number } } }>(
      `{ job(id: "${runs[0]!.id}") { state made view { step } } }`,
    );
    expect(data?.job).toEqual({ state: 'SUCCEEDED', made: 1, view: { step: 2 } });
  });

  test.each([
    ['{ until: -1 }', /until to be an integer in \[0, 100000000\]/],
    ['{ showEvery: 0 }', /showEvery to be an integer/],
    ['{ stepsPerSecond: 0 }', /stepsPerSecond in \[0.1, 100000\] but received 0/],
  ])('is refused at a pace that is none: %s', async (to, message) => {
    expect((await train('minimax', to)).errors?.[0]?.message).toMatch(message);
    expect((await pace('none', to)).errors?.[0]?.message).toMatch(message);
  });
});

test('points of built-in data are those that trainings see', async () => {
  const { data } = await ask<{ points: { size: number; data: string } }>(
    '{ points(of: TWO_GAUSSIANS, first: 3) { size data } }',
  );
  const dataset = await openDataset('builtin:two-gaussians');
  const first = new Float32Array(3);
  await dataset.read(Uint32Array.of(0, 1, 2), first);
  expect(data?.points.size).toBe(1);
  expect(fromBase64(data!.points.data)).toEqual(first);
  const { errors } = await ask('{ points(of: RING8, first: 1025) { data } }');
  expect(errors?.[0]?.message).toContain('[1, 1024]');
});
