// Memory over a long day: what requests and models take while they are there is given back. After a time in which
// caches fill and code is compiled, memory stays where it is.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { built } from '../files/together.js';
import { inTurns, LONG, measured, startVictim, type Victim } from './victim.js';

const REQUESTS = LONG ? 41_000 : 1000;
const LOADS = LONG ? 100 : 10;
const MOST_GROWTH_MB = 80;

let victim: Victim;
beforeAll(async () => {
  victim = await startVictim();
});
afterAll(() => victim.stop());

/** What a page, a script and a browser ask for, and some of what they get wrong. */
const REQUEST_KINDS: readonly ((index: number) => [path: string, body?: object])[] = [
  () => ['/graphql', { query: '{ models { name version capabilities } }' }],
  (i) => ['/graphql', { query: `{ sample(model: "tiny", seed: ${i}, count: 16) { seed z score { logit } } }` }],
  (i) => ['/graphql', { query: `{ sample(model: "tiny", seed: ${i}) { image { dataUri url } } }` }],
  (i) => ['/graphql', { query: `{ sampleGrid(model: "tiny", seed: ${i}) { dataUri } }` }],
  (i) => ['/graphql', { query: `{ sample(model: "tiny", seed: ${i}) { image(format: WEBP, size: 64) { dataUri } } }` }],
  (i) => ['/graphql', { query: `{ sample(model: "tiny", seed: -${i}) { seed } }` }],
  (i) => ['/graphql', { query: `{ field${i} }` }],
  (i) => [`/images/tiny/1/${i}.png?size=64`],
  (i) => [`/images/tiny/1/${i}.png?seed=${i}`],
  () => ['/livez'],
];

async function requests(count: number): Promise<number> {
  let faults = 0;
  await inTurns(count, 16, async (index) => {
    const [path, body] = REQUEST_KINDS[index % REQUEST_KINDS.length]!(index);
    const headers = { 'content-type': 'application/json' };
    const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : {};
    const reply = await fetch(`${victim.origin}${path}`, init);
    await reply.arrayBuffer();
    if (reply.status >= 500) faults++;
  });
  return faults;
}

test(`${REQUESTS.toLocaleString('en-US')} mixed requests leave memory where it was`, async () => {
  await requests(REQUESTS / 4);
  const before = await victim.memory();
  expect(await requests(REQUESTS)).toBe(0);
  const after = await victim.memory();
  measured(`${REQUESTS} mixed requests after ${REQUESTS / 4}`, before, after);
  expect(after.now - before.now).toBeLessThan(MOST_GROWTH_MB);
});

/** Opens and closes all models so often; memory in MB after each tenth. */
const LOAD = `
  import { Engine } from '${built('engine/engine.js')}';
  import { ModelRepository } from '${built('models/repository.js')}';
  const [directory, loads] = process.argv.slice(1);
  const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  const memory = [];
  for (let i = 1; i <= loads; i++) {
    const repository = await ModelRepository.open(directory, engine);
    await repository.close();
    if (i % (loads / 10) === 0) memory.push(process.memoryUsage.rss() / 2 ** 20);
  }
  await engine.close();
  console.log(JSON.stringify(memory));`;

test(`${LOADS} loads and releases of all shipped models leave memory where it was`, async () => {
  const checkpoints = new URL('../../checkpoints', import.meta.url).pathname;
  const options = ['--input-type=module', '-e', LOAD, checkpoints, `${LOADS}`];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const memory = JSON.parse(await text(child.stdout)) as number[];
  const [before, now] = [memory[1]!, memory.at(-1)!]; // the first fill what is kept
  measured(`${LOADS} loads and releases`, { now: before, most: before }, { now, most: Math.max(...memory) });
  expect(memory).toHaveLength(10);
  expect(now - before).toBeLessThan(MOST_GROWTH_MB);
});
