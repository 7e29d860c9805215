// `ganymede datasets` against the program as it is started; a line between them that breaks when it is told to.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ROOT, type Served, startServer } from '../examples/serving.js';
import { zipOf } from '../fixtures/datasets/archives.js';
import { picture } from '../fixtures/datasets/pictures.js';

let folder: string;
let served: Served;
let line: Line;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-cli-datasets-'));
  await cp('checkpoints/mnist', join(folder, 'checkpoints', 'mnist'), { recursive: true });
  await mkdir(join(folder, 'data', 'datasets'), { recursive: true });
  served = await startServer({
    ...{ CHECKPOINTS: join(folder, 'checkpoints'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' },
  });
  const look = { width: 28, height: 28, grey: true };
  const files = [
    { name: 'dark/1.png', data: await picture([9, 9, 9], look) },
    { name: 'light/1.png', data: await picture([200, 200, 200], look) },
    { name: 'light/broken.png', data: Buffer.from('no') },
  ];
  await writeFile(join(folder, 'photos.zip'), zipOf(files));
  await writeFile(
    join(folder, 'large.zip'),
    zipOf([...files, { name: 'readme.bin', data: randomBytes(30 * 2 ** 20) }]),
  );
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  line = await Line.to(served.url);
});
afterEach(() => line.close());

/** A TCP proxy that counts what goes to the server. */
class Line {
  sent = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server;
  /** Every connection is cut once so many bytes went through it. */
  cutAfter = Number.POSITIVE_INFINITY;
  /** Nothing goes through it any more once it has counted so many. */
  holdsAt = Number.POSITIVE_INFINITY;

  static async to(url: string): Promise<Line> {
    const line = new Line(Number(new URL(url).port));
    await once(line.#server.listen(0, '127.0.0.1'), 'listening');
    return line;
  }

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      let through = 0;
      const end = () => {
        client.destroy();
        server.destroy();
      };
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', end).on('close', end);
      }
      client.on('data', (bytes) => {
        this.sent += bytes.length;
        through += bytes.length;
        if (!server.write(bytes) || this.sent > this.holdsAt) client.pause();
        if (through > this.cutAfter) end();
      });
      server.on('drain', () => this.sent > this.holdsAt || client.resume()).pipe(client);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function start(...args: readonly string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, ['dist/cli.js', 'datasets', ...args, '--server', line.url], { cwd: ROOT });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  return { child, outcome: once(child, 'close').then(([status]) => ({ status: status as number | null, out, err })) };
}

const run = (...args: readonly string[]) => start(...args).outcome;

test('files are sent and become a data set, which is listed, shown and deleted', async () => {
  const made = await run('create', 'photos', join(folder, 'photos.zip'), '--settings', 'resize=14x14');
  expect(made).toMatchObject({ status: 0, err: expect.stringMatching(/photos\.zip .*100 %/) });
  expect(made.out).toMatch(/examples {2}2 of 14×14 grey\n/);
  expect(made.out).toMatch(/ light: 1\n/);
  expect(made.out).toMatch(/ light\/broken\.png: .*cannot be read/);
  const { out } = await run('list');
  expect(out.split('\n')[1]).toMatch(/^photos +2 +14×14 grey +2 +0\.0 +photos\.zip,resize=14x14$/);
  expect(JSON.parse((await run('show', 'photos', '--json')).out)).toMatchObject({ examples: 2, rejectedCount: 1 });
  expect((await run('delete', 'photos')).out).toBe('photos is deleted.\n');
  expect((await run('list')).out).toBe('No data sets yet.\n');
});

test('what is built in or lies on the server is named', async () => {
  expect((await run('create', 'rings', 'builtin:ring8,count=80')).out).toMatch(/examples {2}80 of 2 numbers/);
  await cp(join(folder, 'photos.zip'), join(folder, 'data', 'datasets', 'there.zip'));
  expect((await run('create', 'there', '--on-server', 'there.zip')).out).toMatch(/source {4}there\.zip\n/);
  for (const name of ['rings', 'there']) await run('delete', name);
});

test('a line that breaks again and again loses nothing', async () => {
  line.cutAfter = 10 * 2 ** 20;
  const { status, err } = await run('create', 'large', join(folder, 'large.zip'));
  expect([status, err]).toEqual([0, expect.stringMatching(/large\.zip/)]);
  await run('delete', 'large');
});

test('stopped half-way, the same command goes on where it was', async () => {
  line.holdsAt = 10 * 2 ** 20; // in the second piece
  const { child, outcome } = start('create', 'large', join(folder, 'large.zip'));
  await vi.waitFor(() => expect(line.sent).toBeGreaterThan(line.holdsAt), { timeout: 60_000 });
  child.kill('SIGINT');
  const stopped = await outcome;
  expect([stopped.status, stopped.err]).toEqual([130, expect.stringMatching(/goes on where this one was/)]);
  const before = line.sent;
  line.holdsAt = Number.POSITIVE_INFINITY;
  expect((await run('create', 'large', join(folder, 'large.zip'))).status).toBe(0);
  expect(line.sent - before).toBeLessThan(30 * 2 ** 20 - 8 * 2 ** 20); // a whole piece, at least, was there
  await run('delete', 'large');
  expect(readdirSync(join(folder, 'data', 'uploads'))).toEqual([]);
});

test.each([
  ['a folder', ['create', 'x', ROOT], /zip -r data\.zip/],
  ['a file that there is not', ['create', 'x', '/nothing.zip'], /none at \/nothing\.zip/],
  ['no data', ['create', 'x'], /files, builtin:<name> or --on-server/],
  ['both', ['create', 'x', 'a.zip', '--on-server', 'b'], /either files or --on-server/],
  ['a name that is taken by nobody', ['delete', 'nobody'], /name of a data set/],
  ['a path outside', ['create', 'x', '--on-server', '/etc'], /allowed folders/],
])('%s is refused with status 1', async (_, args, message) => {
  const { status, err } = await run(...args);
  expect([status, err]).toEqual([1, expect.stringMatching(message)]);
  expect(existsSync(join(folder, 'data', 'catalog', 'x'))).toBe(false);
});

test('a port that is forwarded to nobody is no server, and is never waited for', async () => {
  line.close();
  line = await Line.to('http://127.0.0.1:1');
  for (let time = 0; time < 8; time++) {
    expect(await run('list')).toMatchObject({ status: 1, err: expect.stringMatching(/^SERVER_UNREACHABLE: /) });
  }
});
