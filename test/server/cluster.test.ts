// Several server processes on one port, as a user starts them.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { greyPixels, png } from '../attack/png.js';
import { readExposition } from './exposition.js';
import { writeTinyGan } from './tiny-gan.js';

let folder: string;
/** Of a test alone: what one of them writes there no other meets. */
let root: string;
const started: { readonly pid: number; readonly closed: Promise<unknown> }[] = [];
/** For a program that starts, on a machine that does other work meanwhile. */
const patient = { timeout: 120_000, interval: 50 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-cluster-'));
  root = join(folder, 'models');
  await writeTinyGan(root, { version: 1 });
});

afterEach(async () => {
  for (const { pid } of started) endGroup(pid);
  // A process that is being killed may still write, and a folder that is written to cannot be removed.
  for (const { closed } of started.splice(0)) await closed;
  await rm(folder, { recursive: true });
});

/** With its children, whatever state a failed test left them in. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

const settings = () => ({
  ...{ CHECKPOINTS: root, DATA: join(folder, 'data'), UPLOADS: join(folder, 'uploads') },
  ...{ PORT: '0', CLUSTER: '2' },
});

function start(environment: Record<string, string> = {}) {
  const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...settings(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, as a shell makes for what it starts
  });
  started.push({ pid: child.pid!, closed: once(child, 'close') });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  const printed = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const [found] = /http:\/\/[\d.:]+(?=\/)/.exec(output.stdout) ?? [];
      if (found) resolve(found);
    });
    void exit.then(() => reject(new Error(`It ended before it was ready: ${output.stderr}`)));
  });
  const url = printed.then(async (address) => {
    // The first process has a part in this answer: what it does on a signal it has said by then, after it printed.
    await ask(address, '/metrics');
    return address;
  });
  url.catch(() => undefined); // the test of a failing start waits for the exit instead
  return { pid: child.pid!, child, output, exit, url };
}

function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([id, parent]) => (parent === pid ? [id!] : []));
}

/** Over a connection of its own, which goes to the next process. */
async function ask(url: string, path: string, body?: string | Buffer, type = 'application/json'): Promise<string> {
  const sent = request(url + path, {
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': type },
  });
  sent.end(body);
  const [reply] = await once(sent, 'response');
  let text = '';
  for await (const chunk of reply) text += chunk;
  return text;
}

const MODELS = JSON.stringify({ query: '{ models { version } sample(model: "tiny", seed: 1) { score { logit } } }' });

async function versionOf(url: string): Promise<number> {
  return JSON.parse(await ask(url, '/graphql', MODELS)).data.models[0].version;
}

describe('CLUSTER=2', () => {
  test('answers on one port with two processes, which /metrics adds up, until it is told to stop', async () => {
    const { pid, child, exit, output, url: starting } = start();
    const url = await starting;
    expect(childrenOf(pid)).toHaveLength(2);
    for (let i = 0; i < 10; i++) expect(await versionOf(url)).toBe(1);
    // One that does not tell its numbers in time is left out of a reading.
    await vi.waitFor(async () => {
      const { series } = readExposition(await ask(url, '/metrics'));
      expect(series.get('ganymede_http_requests_total{method="POST",route="/graphql",status="200"}')).toBe(10);
      expect(series.get('ganymede_engine_healthy')).toBe(1);
      expect(series.get('ganymede_model_loaded{model="tiny",version="1"}')).toBe(1);
      expect(series.get('ganymede_engine_workers')).toBe(2);
    }, patient);
    const servers = childrenOf(pid);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    for (const server of servers) expect(() => process.kill(server, 0)).toThrow('ESRCH');
    expect(output.stdout.match(/curl/g)).toHaveLength(1);
    expect(output.stderr).toBe('');
  });

  test('replaces a process that is killed, while the other goes on answering', async () => {
    const { pid, output, url: starting } = start();
    const url = await starting;
    const [first, second] = childrenOf(pid);
    process.kill(first!, 'SIGKILL');
    await vi.waitFor(() => expect(output.stderr).toContain('is being replaced'), patient);
    expect(await versionOf(url)).toBe(1);
    await vi.waitFor(() => expect(childrenOf(pid)).toHaveLength(2), patient);
    expect(childrenOf(pid)).toContain(second);
    await vi.waitFor(async () => {
      const { series } = readExposition(await ask(url, '/metrics'));
      expect(series.get('ganymede_engine_workers')).toBe(2);
    }, patient);
  });

  test('passes SIGHUP on: every process takes the new version', async () => {
    const { child, url: starting } = start();
    const url = await starting;
    await writeTinyGan(root, { version: 2 });
    child.kill('SIGHUP');
    await vi.waitFor(async () => {
      const versions = [await versionOf(url), await versionOf(url), await versionOf(url), await versionOf(url)];
      expect(versions).toEqual([2, 2, 2, 2]);
    }, patient);
  });

  test('knows in every process the image that one of them took', async () => {
    const { url: starting } = start();
    const url = await starting;
    const image = png({ width: 8, height: 6 }, greyPixels(8, 6));
    const { id } = JSON.parse(await ask(url, '/images', image, 'image/png'));
    const query = `{ score(model: "tiny", images: ["upload:${id}"]) { __typename } }`;
    for (let i = 0; i < 4; i++) {
      const { data } = JSON.parse(await ask(url, '/graphql', JSON.stringify({ query })));
      expect(data.score).toEqual([{ __typename: 'Score' }]);
    }
  });

  test('stops cleanly on Ctrl-C, which reaches every process at once', async () => {
    const { pid, exit, url } = start();
    await url;
    process.kill(-pid, 'SIGINT');
    expect(await exit).toEqual([0, null]);
  });

  test('leaves no process behind when the first one is killed', async () => {
    const { pid, child, url } = start();
    await url;
    const servers = childrenOf(pid);
    child.kill('SIGKILL');
    await vi.waitFor(() => {
      for (const server of servers) expect(() => process.kill(server, 0)).toThrow('ESRCH');
    }, patient);
  });

  test('says once what keeps it from starting, and ends with status 1', async () => {
    const { exit, output } = start({ CHECKPOINTS: join(root, 'nowhere') });
    expect(await exit).toEqual([1, null]);
    expect(output.stderr.match(/nowhere/g)!.length).toBeGreaterThan(0);
    expect(output.stdout).toBe('');
  });
});
