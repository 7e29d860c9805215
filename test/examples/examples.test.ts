// Every example, run as its README says against the program with the shipped checkpoints. What they save or show is
// decoded with sharp, which made none of it in the case of PNG.

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type HTMLElement,
  type HTMLImageElement,
  type HTMLInputElement,
  type HTMLSelectElement,
  Window,
} from 'happy-dom';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../free-port.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { runExample, type Served, startNode, startServer } from './serving.js';

/** The scripts that run in the test's browser are our own. */
const TRUSTED = { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true };

let scratch = '';
let server: Served;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ganymede-examples-'));
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** Size and frames; fails for a picture of one colour, which no model here makes. */
async function look(picture: string | Buffer) {
  const { format, width, height, pages } = await sharp(picture).metadata();
  const { channels } = await sharp(picture).stats();
  expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(10);
  return { format, width, height, pages };
}

/** An address at which nobody listens. */
async function deadAddress(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

describe('examples/tour.sh', () => {
  test('runs to its end and saves pictures', async () => {
    const folder = join(scratch, 'tour');
    const { status, output } = await runExample('sh', 'examples/tour.sh', server.url, folder);
    expect(output).toMatch(/8\. A model of points\n{"data":/);
    expect(status).toBe(0);
    expect(await look(join(folder, 'digit.png'))).toMatchObject({ format: 'png', width: 280, height: 280 });
    expect(await look(join(folder, 'seven.png'))).toMatchObject({ format: 'png', width: 280, height: 280 });
    expect(await look(join(folder, 'faces.png'))).toMatchObject({ format: 'png', width: 1028, height: 512 });
    expect(await look(join(folder, 'faces-truncated.png'))).toMatchObject({ width: 1028, height: 512 });
    expect(await look(join(folder, 'morph.webp'))).toMatchObject({ format: 'webp', width: 140, pages: 24 });
    expect(await look(join(folder, 'class-to-class.webp'))).toMatchObject({ format: 'webp', width: 140, pages: 24 });
    for (const name of ['mixture', 'reconstruction', 'completion', 'edited']) {
      expect(await look(join(folder, `${name}.png`))).toMatchObject({ format: 'png' });
    }
    expect(output).toMatch(/11\. .*\n.*"label":"7"/);
  });

  test('stops at the first refusal and shows it', async () => {
    const checkpoints = join(scratch, 'checkpoints');
    await writeTinyGan(checkpoints, {});
    const other = await startServer({ CHECKPOINTS: checkpoints });
    const { status, output } = await runExample('sh', 'examples/tour.sh', other.url, join(scratch, 'refused'));
    await other.stop();
    expect(status).toBe(1);
    expect(output).toContain('MODEL_NOT_FOUND');
    expect(output).not.toContain('3. ');
  });

  test('stops when no server answers', async () => {
    const { status, output } = await runExample('sh', 'examples/tour.sh', await deadAddress(), join(scratch, 'dead'));
    expect(status).not.toBe(0);
    expect(output).not.toContain('2. ');
  });
});

describe('examples/sample-and-score.mjs', () => {
  const run = (...args: string[]) => runExample(process.execPath, 'examples/sample-and-score.mjs', ...args);

  test('saves four faces and scores the first', async () => {
    const folder = join(scratch, 'faces');
    const { status, output } = await run(server.url, folder);
    expect(output).toMatch(/face-7\.png is a real photograph with probability 0\.\d{3}\n$/);
    expect(status).toBe(0);
    for (const seed of [7, 8, 9, 10]) {
      expect(await look(join(folder, `face-${seed}.png`))).toMatchObject({ format: 'png', width: 256, height: 256 });
    }
  });

  test('scores a file that it is given', async () => {
    const { status, output } = await run(server.url, join(scratch, 'more'), 'docs/images/mnist.png');
    expect(output).toContain('docs/images/mnist.png is a real photograph with probability');
    expect(status).toBe(0);
  });

  test('says so when no server answers', async () => {
    const { status, output } = await run(await deadAddress(), join(scratch, 'none'));
    expect(status).toBe(1);
    expect(output).toContain('start one with npm start');
  });
});

describe('examples/score-folder.mjs', () => {
  const run = (...args: string[]) => runExample(process.execPath, 'examples/score-folder.mjs', ...args);

  test('scores every picture of a folder, the most real-looking first, and leaves out what is none', async () => {
    const folder = join(scratch, 'folder');
    await mkdir(join(folder, 'nested'), { recursive: true });
    await cp('docs/images/mnist.png', join(folder, 'nested/grid.png'));
    await cp('docs/images/faces.png', join(folder, 'faces.png'));
    await writeFile(join(folder, 'no-picture.png'), 'words');
    await writeFile(join(folder, 'readme.txt'), 'words');
    const { status, output } = await run(folder, server.url);
    expect(status).toBe(0);
    expect(output).toContain('no-picture.png is left out');
    const [heading, ...rows] = output.slice(output.indexOf('file,')).trim().split('\n');
    expect(heading).toBe('file,probability,logit');
    expect(rows.map((row) => row.split(',')[0]).sort()).toEqual(['"faces.png"', '"nested/grid.png"']);
    const logits = rows.map((row) => Number(row.split(',')[2]));
    expect(logits[0]).toBeGreaterThanOrEqual(logits[1]!);
  });

  test('splits what one request cannot hold: more pictures than fit', async () => {
    const folder = join(scratch, 'many');
    await mkdir(folder);
    await Promise.all(Array.from({ length: 70 }, (_, i) => cp('docs/images/cifar10.png', join(folder, `${i}.png`))));
    const { status, output } = await run(folder, server.url);
    expect(status).toBe(0);
    expect(output.trim().split('\n')).toHaveLength(71);
  });

  test('shows the refusal of a model that cannot score', async () => {
    const { status, output } = await run('docs/images', server.url, 'ring8');
    expect(status).toBe(1);
    expect(output).toContain('Expected a model of images');
  });
});

describe('examples/page.html', () => {
  /** A browser at the page; its requests obey the same-origin policy as in any browser. */
  async function open(ganymede: string) {
    const pages = await startNode(['examples/serve-page.mjs', ganymede, '0'], /Open (http:\S+)\//);
    const window = new Window({ url: `${pages.url}/`, settings: TRUSTED });
    window.document.write(await (await fetch(pages.url)).text());
    const find = <T>(selector: string) => window.document.querySelector(selector) as T;
    return {
      window,
      find,
      pages,
      images: () => [...window.document.querySelectorAll('#images img')] as unknown as HTMLImageElement[],
      settled: () => window.happyDOM.waitUntilComplete(),
      async set(selector: string, value: string) {
        const control = find<HTMLInputElement>(selector);
        control.value = value;
        control.dispatchEvent(new window.Event('input', { bubbles: true }));
        await window.happyDOM.waitUntilComplete();
      },
      async close() {
        await window.happyDOM.close();
        await pages.stop();
      },
    };
  }

  const bytesOf = async ({ src }: HTMLImageElement) => Buffer.from(await (await fetch(src)).arrayBuffer());

  test('shows eight samples, and others by model, class, truncation and seed', async () => {
    const page = await open(server.url);
    try {
      await page.settled();
      expect(page.find<HTMLElement>('#problem').textContent).toBe('');
      expect(page.images()).toHaveLength(8);
      expect(await look(await bytesOf(page.images()[0]!))).toMatchObject({ width: 140, height: 140 });

      await page.set('#model', 'mnist-conditional');
      const label = page.find<HTMLSelectElement>('#label');
      expect([...label.options].map(({ text }) => text)).toEqual(['any', ...'0123456789']);
      await page.set('#label', '7');
      expect(page.images().map(({ alt }) => alt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `seed ${n}, class 7`));
      const whole = await Promise.all(page.images().map(bytesOf));
      for (const image of whole) await look(image);

      await page.set('#truncation', '0.5');
      expect(await bytesOf(page.images()[0]!)).not.toEqual(whole[0]);
      await page.set('#seed', '8');
      await page.set('#truncation', '1');
      expect(await bytesOf(page.images()[0]!)).toEqual(whole[7]); // seed 8 again

      await page.set('#model', 'faces');
      expect(label.disabled).toBe(true);
      expect(page.images().map(({ alt }) => alt)).toEqual([8, 9, 10, 11, 12, 13, 14, 15].map((n) => `seed ${n}`));
    } finally {
      await page.close();
    }
  });

  test('says what is wrong when the server does not answer', async () => {
    const page = await open(await deadAddress());
    await page.settled();
    expect(page.find<HTMLElement>('#problem').textContent).toMatch(/^No answer from http/);
    await page.close();
  });
});
