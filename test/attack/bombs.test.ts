// Images of few bytes that would become many: refused from what their headers say, with memory for none of it.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chunk, greyPixels, png } from './png.js';
import { ask, measured, startVictim, type Victim } from './victim.js';

const MEGABYTE = 2 ** 20;
const AT_ONCE = 50;
const MOST_MB = 700;

const zeros = (megabytes: number) => deflateSync(Buffer.alloc(megabytes * MEGABYTE));
const MANY_ZEROS = zeros(256);
const named = (name: string, data: Buffer) => Buffer.concat([Buffer.from(`${name}\0\0`, 'latin1'), data]);
const small = { width: 8, height: 6 };

/** What it is, its bytes, and the code of its refusal; null where it is an image all the same, its ballast unread. */
const BOMBS: readonly (readonly [string, () => Buffer, string | null])[] = [
  [
    '16,000² pixels, interlaced',
    () => png({ width: 16_000, height: 16_000, interlaced: true, colour: 6 }, zeros(64)),
    'IMAGE_TOO_LARGE',
  ],
  ['2³¹ − 1 pixels on a side', () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, zeros(1)), 'IMAGE_TOO_LARGE'],
  ['a text of 256 MB (zTXt)', () => png(small, greyPixels(8, 6), [chunk('zTXt', named('Comment', MANY_ZEROS))]), null],
  [
    'a colour profile of 256 MB (iCCP)',
    () => png(small, greyPixels(8, 6), [chunk('iCCP', named('p', MANY_ZEROS))]),
    null,
  ],
  ['48 pixels in 256 MB (IDAT)', () => png(small, MANY_ZEROS), null],
];

interface Scored {
  readonly data: { readonly score: readonly { readonly code?: string }[] };
}

let victim: Victim;
beforeAll(async () => {
  victim = await startVictim();
});
afterAll(() => victim.stop());

const score = (image: Buffer) =>
  ask(victim, {
    query: 'query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) { ... on ImageError { code } } }',
    variables: { images: [image.toString('base64')] },
  });

test.each(BOMBS)(`${AT_ONCE} images at once of %s take no memory for it`, async (what, bytes, code) => {
  const before = await victim.memory();
  const bomb = bytes();
  const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => score(bomb)));
  const after = await victim.memory();
  measured(`${AT_ONCE} × ${what} in ${Math.round(bomb.length / 1024)} kB`, before, after);
  for (const { body } of replies) {
    const codes = (body as Scored).data.score.flatMap(({ code: one }) => one ?? []);
    if (code === null) expect([[], ['INVALID_IMAGE']]).toContainEqual(codes);
    else expect([[code], ['INVALID_IMAGE']]).toContainEqual(codes); // a decoder may not even call it an image
  }
  expect(after.most).toBeLessThan(MOST_MB);
  expect(victim.alive()).toBe(true);
});

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
])('a body that says it is packed as %s is not unpacked', async (encoding, pack) => {
  const before = await victim.memory();
  const reply = await fetch(`${victim.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': encoding },
    body: Uint8Array.from(pack(Buffer.alloc(64 * MEGABYTE, ' '))),
  });
  expect(reply.status).toBeGreaterThanOrEqual(400);
  expect(reply.status).toBeLessThan(500);
  expect((await victim.memory()).now - before.now).toBeLessThan(50);
});
