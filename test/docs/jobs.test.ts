// The stories that docs/jobs.md and README.md tell, line by line, each on a server with its own copy of the models:
// what is trained there is watched, promoted, sampled and left again.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { ROOT, startServer } from '../examples/serving.js';
import { shippedVersion } from '../shipped.js';

interface Story {
  readonly folder: string;
  readonly url: string;
  /** The data of a query; errors fail the test. */
  ask(query: string): Promise<unknown>;
  /** When the newest job is over. */
  done(): Promise<unknown>;
}

async function told(story: (on: Story) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-story-'));
  await cp(join(ROOT, 'checkpoints/mnist-conditional'), join(folder, 'models/mnist-conditional'), { recursive: true });
  const server = await startServer({ CHECKPOINTS: join(folder, 'models'), DATA: join(folder, 'data') });
  const ask = async (query: string) => {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    const { data, errors } = (await reply.json()) as { data: unknown; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  };
  const done = () => vi.waitFor(async () => expect(JSON.stringify(await ask(STATE))).toMatch('SUCCEEDED'), WAIT);
  try {
    await story({ folder, url: server.url, ask, done });
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const STATE = '{ jobs(first: 1) { nodes { state } } }';
const WAIT = { timeout: 200_000, interval: 200 };

const OLD = shippedVersion('mnist-conditional');
const NEW = OLD + 1;
const ENDED = { jobs: { nodes: [{ made: NEW, error: null }] } };
const IMAGE = { image: { url: expect.stringContaining(`/images/mnist-conditional/${NEW}/`) } };

test('docs/jobs.md can be followed from its first query to its last', () =>
  told(async ({ ask, done }) => {
    const answers: unknown[] = [];
    for (const query of blocksOf('docs/jobs.md', 'graphql')) {
      answers.push(await ask(query));
      await done();
    }
    expect(answers).toMatchObject([
      ...[{ fineTune: { state: 'RUNNING' } }, ENDED, { sample: [IMAGE] }],
      ...[{ promote: { version: NEW } }, { rollback: { version: OLD } }],
    ]);
  }));

test('the tour of README.md trains by GraphQL, shows previews that change, rolls out and back', () =>
  told(async ({ ask, done }) => {
    const [fineTune, jobs, ...rest] = linesOf('mutation { fineTune');
    expect(await ask(fineTune!)).toMatchObject({ fineTune: { state: 'RUNNING' } });
    await done();
    const ended = (await ask(jobs!)) as { jobs: { nodes: { previews: { at: number; url: string }[] }[] } };
    expect(ended).toMatchObject(ENDED);
    const { previews } = ended.jobs.nodes[0]!;
    expect(previews[0]!.at).toBe(0);
    expect(previews.at(-1)!.at).toBe(200);
    const digests = await Promise.all(
      previews.map(async ({ url }) => digestOf(await (await fetch(url)).arrayBuffer())),
    );
    expect(new Set(digests).size).toBe(previews.length);
    const answers: unknown[] = [];
    for (const query of rest) answers.push(await ask(query));
    expect(answers).toMatchObject([{ promote: { version: NEW } }, { sample: [IMAGE] }, { rollback: { version: OLD } }]);
  }));

test('the tour of README.md does the same from a shell', () =>
  told(async ({ folder, url, ask }) => {
    const outputs: string[] = [];
    for (const line of linesOf('npx ganymede jobs start')) outputs.push(await shell(line, folder, url));
    const [started, watched, promoted, , left] = outputs;
    expect(started).toMatch(/^fine-tune [a-z0-9-]+ of mnist-conditional is (queued|running)\./);
    expect(watched).toMatch(
      new RegExp(`^picture {2}http.*\\.png\n[\\s\\S]*^Made version ${NEW} of mnist-conditional\\.`, 'm'),
    );
    expect(promoted).toBe(`Version ${NEW} of mnist-conditional answers.\n`);
    expect(await readdir(join(folder, 'out'))).toEqual(['seed0007.png']);
    expect(left).toBe(`Version ${OLD} of mnist-conditional answers.\n`);
    expect(await ask('{ model(name: "mnist-conditional") { version } }')).toEqual({ model: { version: OLD } });
  }));

/** Blocks of a language in a document. */
function blocksOf(document: string, language: string): string[] {
  const all = readFileSync(join(ROOT, document), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return Array.from(all).flatMap(([, of, block]) => (of === language ? [block!] : []));
}

/** Of the block of the README that begins so. */
function linesOf(beginning: string): string[] {
  const block = blocksOf('README.md', 'text').find((one) => one.startsWith(beginning));
  return block!
    .replaceAll(/ ?\\?\n +/g, ' ') // an indented line goes on with the one before
    .trimEnd()
    .split('\n');
}

/** Runs a line as it is typed, by the program that was built. */
async function shell(line: string, cwd: string, url: string): Promise<string> {
  const [, , ...args] = line.replace('localhost:4000', url).split(' ');
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    cwd,
    env: { ...process.env, GANYMEDE_SERVER: url },
  });
  const [out, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect({ line, status, errors: status === 0 ? '' : errors }).toEqual({ line, status: 0, errors: '' });
  return out;
}

function digestOf(bytes: ArrayBuffer): string {
  return createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
}
