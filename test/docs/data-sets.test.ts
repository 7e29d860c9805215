// The story that docs/data-sets.md tells, query by query.

import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, type Served, startServer } from '../examples/serving.js';

let folder: string;
let server: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-story-'));
  await cp(join(ROOT, 'checkpoints/mnist'), join(folder, 'models/mnist'), { recursive: true });
  server = await startServer({ CHECKPOINTS: join(folder, 'models'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('docs/data-sets.md can be followed from its first query to its last', async () => {
  const answers: unknown[] = [];
  for (const query of blocks('graphql')) answers.push(await ask(query));
  expect(answers).toMatchObject([
    { createDataset: { examples: 7200, width: 28, channels: 1, classCount: 36, rejectedCount: 0 } },
    { train: { dataset: 'letters', datasetDigest: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    { datasets: { nodes: [{ name: 'letters', bytes: 0, jobs: [{ id: expect.any(String) }] }] } },
  ]);
});

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

function blocks(language: string): string[] {
  const text = readFileSync(join(ROOT, 'docs/data-sets.md'), 'utf8');
  return Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')), ([, block]) => block!);
}
