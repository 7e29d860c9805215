// The story that docs/jobs.md tells, query by query, on a server with a copy of the models: what is trained there is
// promoted, sampled and left again.

import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ROOT, startServer } from '../examples/serving.js';

test('docs/jobs.md can be followed from its first query to its last', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-story-'));
  await cp(join(ROOT, 'checkpoints/mnist-conditional'), join(folder, 'models/mnist-conditional'), { recursive: true });
  const server = await startServer({ CHECKPOINTS: join(folder, 'models'), DATA: join(folder, 'data') });
  try {
    const answers: unknown[] = [];
    for (const query of queries()) {
      answers.push(await ask(query));
      await vi.waitFor(async () => expect(JSON.stringify(await ask(STATE))).toMatch('SUCCEEDED'), WAIT);
    }
    expect(answers).toMatchObject([
      { fineTune: { state: 'RUNNING' } },
      { jobs: { nodes: [{ made: 5, error: null }] } },
      { sample: [{ image: { url: expect.stringContaining('/images/mnist-conditional/5/') } }] },
      { promote: { version: 5 } },
      { rollback: { version: 4 } },
    ]);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }

  async function ask(query: string): Promise<unknown> {
    const reply = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await reply.json()) as { data: unknown; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  }
});

const STATE = '{ jobs(first: 1) { nodes { state } } }';
const WAIT = { timeout: 200_000, interval: 200 };

function queries(): string[] {
  const blocks = readFileSync(join(ROOT, 'docs/jobs.md'), 'utf8').matchAll(/^```graphql\n(.*?)^```$/gms);
  return Array.from(blocks, ([, text]) => text!);
}
