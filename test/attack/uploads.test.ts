// Uploads against the program as it is started: more of them than it keeps, in more parts than it takes, slower than it
// waits, and cut off. Memory and disk stay bounded, and others are answered meanwhile.

import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UPLOADS } from '../../src/images/limits.js';
import { open, readAll, repliesIn } from '../server/raw-http.js';
import { greyPixels, png } from './png.js';
import { ask, inTurns, LONG, measured, startVictim, type Victim } from './victim.js';

const MEGABYTE = 2 ** 20;
const MOST_MB = 700;
const GREY = png({ width: 8, height: 6 }, greyPixels(8, 6));
/** A few pixels in ten megabytes: what follows the end of a PNG is not read. */
const LARGE = Buffer.concat([GREY, Buffer.alloc(9.5 * MEGABYTE)]);

let victim: Victim;
beforeAll(async () => {
  victim = await startVictim({ MAX_HELD_MIB: '64' });
});
afterAll(() => victim.stop());

async function upload(bytes: Buffer): Promise<{ status: number; id: string }> {
  const headers = { 'content-type': 'image/png' };
  const reply = await fetch(`${victim.origin}/images`, { method: 'POST', headers, body: Uint8Array.from(bytes) });
  return { status: reply.status, ...((await reply.json()) as { id: string }) };
}

async function multipart(parts: readonly Buffer[]): Promise<{ status: number; code: string }> {
  const headers = { 'content-type': 'multipart/form-data; boundary=x', 'apollo-require-preflight': '1' };
  const body = Uint8Array.from(Buffer.concat([...parts, Buffer.from('--x--\r\n')]));
  const reply = await fetch(`${victim.origin}/graphql`, { method: 'POST', headers, body });
  const { errors } = (await reply.json()) as { errors: [{ extensions: { code: string } }] };
  return { status: reply.status, code: errors[0].extensions.code };
}

function part(name: string, content: string, file = ''): Buffer {
  return Buffer.from(`--x\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`);
}

/** Another client still gets its sample. */
async function expectOthersAnswered(of = victim): Promise<void> {
  const { body } = await ask(of, { query: '{ sample(model: "tiny", seed: 1) { seed } }' });
  expect(body.data).toEqual({ sample: [{ seed: 1 }] });
}

async function bytesOnDisk(): Promise<number> {
  const names = await readdir(victim.uploads);
  const sizes = await Promise.all(names.map((name) => stat(join(victim.uploads, name)).catch(() => ({ size: 0 }))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

test('a flood of small uploads leaves as many as one client may have, the newest', async () => {
  const count = UPLOADS.ofOne.count + (LONG ? 5000 : 200);
  const before = await victim.memory();
  let last = '';
  await inTurns(count, 16, async () => {
    const { status, id } = await upload(GREY);
    expect(status).toBe(201);
    last = id;
  });
  await expectOthersAnswered();
  measured(`${count} uploads of ${GREY.length} bytes`, before, await victim.memory());
  expect((await readdir(victim.uploads)).length).toBe(UPLOADS.ofOne.count);
  const { body } = await ask(victim, {
    query: `{ score(model: "tiny", images: ["upload:${last}"]) { ... on Score { logit } } }`,
  });
  expect(body.errors).toBeUndefined();
});

test('a flood of large uploads takes no more of the disk than one client may have, and no memory for long', async () => {
  const before = await victim.memory();
  const statuses = new Set<number | 'cut'>();
  await inTurns(LONG ? 200 : 40, 8, async () => {
    const { status } = await upload(LARGE).catch(() => ({ status: 'cut' as const }));
    statuses.add(status);
  });
  await expectOthersAnswered();
  const after = await victim.memory();
  measured(`uploads of ${Math.round(LARGE.length / MEGABYTE)} MB`, before, after);
  expect(statuses).toContain(201);
  // Where bodies fill what the server holds, one is refused, or the one that has kept it waiting longest is cut.
  for (const status of statuses) expect([201, 503, 'cut']).toContain(status);
  expect(await bytesOnDisk()).toBeLessThanOrEqual(UPLOADS.ofOne.bytes);
  expect(after.most).toBeLessThan(MOST_MB);
});

test('requests that name large uploads are refused beyond what one may read, and beyond what all may hold', async () => {
  const ids = [(await upload(LARGE)).id, (await upload(LARGE)).id, (await upload(LARGE)).id, (await upload(LARGE)).id];
  const before = await victim.memory();
  const score = (count: number) =>
    ask(victim, {
      query: 'query ($x: [ImageSource!]!) { score(model: "tiny", images: $x) { ... on Score { logit } } }',
      variables: { x: ids.slice(0, count).map((id) => `upload:${id}`) },
    });
  expect((await score(4)).body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  const replies = await Promise.all(Array.from({ length: 30 }, () => score(3)));
  const after = await victim.memory();
  measured('30 requests at once of 29 MB of uploads', before, after);
  for (const { body } of replies) {
    const code = body.errors?.[0]?.extensions.code;
    expect([undefined, 'QUEUE_FULL']).toContain(code);
  }
  expect(after.most).toBeLessThan(MOST_MB);
});

const OPERATIONS = part(
  'operations',
  '{"query":"query ($x: [ImageSource!]!) { score(model: \\"tiny\\", images: $x) { __typename } }","variables":{"x":[null]}}',
);
const MAP = part('map', '{"a":["variables.x.0"]}');
const EMPTY = '; filename="a"';

/** Each about as long as a body may be. */
const BOMBS: Readonly<Record<string, () => Buffer[]>> = {
  'a hundred thousand files': () => [
    OPERATIONS,
    MAP,
    ...Array.from({ length: 100_000 }, (_, i) => part(`${i}`, '', EMPTY)),
  ],
  'a hundred thousand fields': () => [OPERATIONS, MAP, ...Array.from({ length: 100_000 }, (_, i) => part(`${i}`, ''))],
  'a map of a hundred thousand paths': () => [
    OPERATIONS,
    part('map', JSON.stringify({ a: Array.from({ length: 100_000 }, (_, i) => `variables.x.${i}`) })),
    part('a', 'x', EMPTY),
  ],
  'a map of a hundred thousand files': () => [
    OPERATIONS,
    part('map', JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, ['variables.x.0']])))),
  ],
  'a path of a million steps': () => [
    OPERATIONS,
    part('map', JSON.stringify({ a: [`variables${'.x'.repeat(1e6)}`] })),
    part('a', 'x', EMPTY),
  ],
  'operations nested a hundred thousand deep': () => [
    part('operations', `{"query":"{ models { name } }","variables":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    MAP,
    part('a', 'x', EMPTY),
  ],
  'a head of five megabytes': () => [Buffer.from(`--x\r\nx: ${'y'.repeat(5 * MEGABYTE)}\r\n\r\n\r\n`)],
  'almost the boundary, over and over': () => [Buffer.from('\r\n--\r\n-'.repeat(1e6))],
};

test.each(Object.entries(BOMBS))(
  'a multipart request of %s is refused, and others are answered',
  async (what, make) => {
    const parts = make();
    const before = await victim.memory();
    const [replies] = await Promise.all([
      Promise.all(Array.from({ length: 4 }, () => multipart(parts))),
      expectOthersAnswered(),
    ]);
    measured(`4 × ${what}`, before, await victim.memory());
    for (const reply of replies) {
      expect([400, 503]).toContain(reply.status);
      expect(['BAD_USER_INPUT', 'QUEUE_FULL']).toContain(reply.code);
    }
    expect((await victim.memory()).most).toBeLessThan(MOST_MB);
  },
);

test.each([
  ['/images', 'image/png'],
  ['/graphql', 'multipart/form-data; boundary=x'],
])('uploads to %s that dribble in are told 408, and leave nothing', async (path, type) => {
  const impatient = await startVictim({ REQUEST_SECONDS: '2' });
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nApollo-Require-Preflight: 1\r\nContent-Length: 100000\r\n\r\n`;
  const clients = await Promise.all(Array.from({ length: 50 }, () => open(impatient.port)));
  const texts = clients.map((socket) => readAll(socket).catch(() => ''));
  for (const socket of clients) socket.write(head);
  const dribble = setInterval(() => {
    for (const socket of clients) if (socket.writable) socket.write('a');
  }, 100);
  await expectOthersAnswered(impatient);
  const statuses = (await Promise.all(texts)).map((text) => repliesIn(text)[0]?.status);
  clearInterval(dribble);
  expect(statuses).toEqual(Array(50).fill(408));
  expect(await readdir(impatient.uploads).catch(() => [])).toEqual([]);
  await impatient.stop();
});

test('an upload whose client leaves in the middle leaves nothing', async () => {
  const files = await readdir(victim.uploads);
  for (let i = 0; i < 20; i++) {
    const socket = await open(victim.port);
    socket.write(
      `POST /images HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${LARGE.length}\r\n\r\n`,
    );
    socket.write(LARGE.subarray(0, MEGABYTE));
    socket.destroy();
    await once(socket, 'close');
  }
  await expectOthersAnswered();
  expect(await readdir(victim.uploads)).toEqual(files);
});
