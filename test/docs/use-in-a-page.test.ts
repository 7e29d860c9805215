// docs/use-in-a-page.md to the letter, in a browser: its scripts run one after another in a page of another origin than
// the server, and do what it says.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, openPage, type Watched, whyNoBrowser } from '../browser.js';
import { ROOT, type Served, startServer } from '../examples/serving.js';

const text = readFileSync(join(ROOT, 'docs/use-in-a-page.md'), 'utf8');
const noBrowser = whyNoBrowser();

function blocksOf(language: string): string {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return Array.from(blocks, ([, block]) => block!).join('\n');
}

const DOCUMENTS = 'examples/react/src/gql/persisted-documents.json';

/** What the page has of the generated client. */
function clientOf(): string {
  const documents: Record<string, string> = JSON.parse(readFileSync(join(ROOT, DOCUMENTS), 'utf8'));
  const [hash] = Object.entries(documents).find(([, query]) => query.startsWith('query Samples'))!;
  return `const SamplesDocument = { __meta__: { hash: '${hash}' } };`;
}

/** What the document leaves in the page: its names, to be looked at from outside. */
const SEEN = [
  'sample',
  'interpolate',
  'named',
  'first',
  'id',
  'width',
  'format',
  'second',
  'latent',
  'image',
  'pixels',
];

describe.skipIf(noBrowser)(`docs/use-in-a-page.md in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
  let server: Served;
  let browser: Browser;
  let site: Server;
  let watched: Watched;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ PERSISTED_DOCUMENTS: DOCUMENTS }), openBrowser()]);
    site = createServer((_, reply) => {
      const page = `<!doctype html><link rel="icon" href="data:,"><input type="file">${blocksOf('html')}`;
      reply.setHeader('content-type', 'text/html').end(page.replaceAll('http://localhost:4000', server.url));
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    watched = await openPage(browser, `http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await watched.page.locator('input').setInputFiles(join(ROOT, 'docs/images/faces.png'));
    const script = blocksOf('js').replaceAll('http://localhost:4000', server.url);
    await watched.page.addScriptTag({
      type: 'module',
      content: `${clientOf()}\n${script}\nObject.assign(globalThis, { ${SEEN} });`,
    });
    await watched.page.waitForFunction('globalThis.pixels && globalThis.image');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    site?.close();
  });

  const seen = <T>(expression: string) => watched.page.evaluate<T>(expression);

  test('shows the picture without a script and eight from an answer, each 128 pixels wide', async () => {
    const widths = await seen<number[]>(
      'Promise.all([...document.images].map(async (one) => (await one.decode(), one.naturalWidth)))',
    );
    expect(widths).toEqual(Array(9).fill(128));
    expect(await seen('sample.length')).toBe(8);
  });

  test('asks by an id', async () => {
    expect(await seen('named.data.sample.length')).toBe(12);
    expect(await seen('named.data.sample[0].seed')).toBe(42);
  });

  test('has a morph as an animation and as 24 frames', async () => {
    const animation = await fetch(await seen<string>('interpolate.animation.url'));
    expect(animation.headers.get('content-type')).toBe('image/webp');
    expect(await seen('interpolate.frames.length')).toBe(24);
  });

  test('scores a file as a data URI, and sent ahead, alike', async () => {
    const probability = await seen<number>('first.score[0].probability');
    expect(probability).toBeGreaterThan(0);
    expect(await seen('second.score[0].probability')).toBe(probability);
    expect(await seen('format')).toBe('PNG');
  });

  test('reads pixels back from a canvas, and the same as numbers', async () => {
    expect(await seen('pixels.width')).toBe(128);
    expect(await seen('new Set(pixels.data).size')).toBeGreaterThan(10);
    expect(await seen('latent.length')).toBe(100);
    expect(await seen('image.length')).toBe(64 * 64);
  });

  test('did so without a complaint, or a request beyond this machine', () => {
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });
});
