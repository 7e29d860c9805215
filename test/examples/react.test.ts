// examples/react as a front-end developer uses it: generated, built, served from another port than Ganymede's, and used
// in a browser by roles and labels, as a visitor does.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generate } from '@graphql-codegen/cli';
import type { Browser, Locator, Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import config from '../../examples/react/codegen.js';
import { auditOf, openBrowser, openPage, whyNoBrowser } from '../browser.js';
import { ROOT, type Served, startServer } from './serving.js';

const EXAMPLE = join(ROOT, 'examples/react');
const noBrowser = whyNoBrowser();

/** A command of the example, typed in its folder. */
const npm = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  promisify(execFile)('npm', args, { cwd: EXAMPLE, env: { ...process.env, ...environment } });

const json = async (path: string) => JSON.parse(await readFile(join(ROOT, path), 'utf8'));

describe('the client in examples/react', () => {
  test('is in step with the schema and with what the components ask: `npm run codegen` there makes it anew', async () => {
    const { stdout } = await npm(['run', 'codegen', '--', '--check']);
    expect(stdout).not.toContain('stale');
  });

  test('types every scalar of the schema, as variable and as answer', async () => {
    const documents = `query All($seed: Seed, $z: [Latent!], $images: [ImageSource!]!) {
      sample(model: "mnist", seed: $seed, z: $z) { seed z }
      score(model: "mnist", images: $images) { __typename }
      model(name: "mnist") { recipe }
    }`;
    const files = await generate({ ...config, documents, cwd: EXAMPLE }, false);
    const { content } = files.find(({ filename }: { filename: string }) => filename.endsWith('graphql.ts'));
    expect(content).toContain('seed?: number | null | undefined;');
    expect(content).toContain('z?: Array<number[] | string> | number[] | string | null | undefined;');
    expect(content).toContain('images: Array<string> | string;');
    expect(content).toContain('sample: Array<{ seed: number | null, z: number[] }>');
    expect(content).toContain('recipe: Json | null');
  });

  test('has the packages that this project has installed, in its own lock too', async () => {
    const [own, project] = [await json('examples/react/package.json'), await json('package.json')];
    const wanted: Record<string, string> = { ...own.dependencies, ...own.devDependencies };
    const installed = { ...project.dependencies, ...project.devDependencies };
    expect(installed).toMatchObject(wanted);

    const [lock, projectLock] = [await json('examples/react/package-lock.json'), await json('package-lock.json')];
    const locked = ({ packages }: { packages: Record<string, { version: string }> }) =>
      Object.keys(wanted).map((name) => [name, packages[`node_modules/${name}`]?.version]);
    expect(locked(lock)).toEqual(locked(projectLock));
  });
});

describe.skipIf(noBrowser)(`examples/react in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
  let scratch = '';
  let server: Served;
  let browser: Browser;
  let pages: PreviewServer;
  let address = '';

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'ganymede-react-'));
    [server, browser] = await Promise.all([startServer(), openBrowser()]);
    pages = await servePage({ VITE_GANYMEDE: server.url });
    address = addressOf(pages);
  });
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  /** Builds the page and serves it from a port of its own. */
  async function servePage(settings: Readonly<Record<string, string>>): Promise<PreviewServer> {
    const outDir = await mkdtemp(join(scratch, 'page-'));
    await npm(['run', 'build', '--', '--emptyOutDir', '--outDir', outDir], { ...settings, NODE_ENV: 'production' });
    return preview({ root: EXAMPLE, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  }

  const addressOf = ({ resolvedUrls }: PreviewServer) => resolvedUrls!.local[0]!;

  /** The page with its first samples. When the test ends, nothing may have gone wrong out of sight. */
  async function visit(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const { page, complaints, strangers } = await openPage(browser, address, options);
    onTestFinished(async () => {
      await page.close();
      expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
    });
    await samplesOf(page).nth(11).waitFor();
    return page;
  }

  const samplesOf = (page: Page) => page.getByRole('region', { name: 'Samples' }).getByRole('img');
  const namesOf = (images: Locator) => images.evaluateAll((all) => all.map((image) => image.getAttribute('alt')));
  const bytesOf = async (image: Locator) =>
    Buffer.from(await (await fetch((await image.getAttribute('src'))!)).arrayBuffer());

  /** Width in pixels of each image as it came, when all are there. */
  const widthsOf = (images: Locator) =>
    images.evaluateAll((all) =>
      Promise.all(
        (all as unknown as { naturalWidth: number; decode(): Promise<void> }[]).map(async (image) => {
          await image.decode();
          return image.naturalWidth;
        }),
      ),
    );

  test('is another origin than the server', () => {
    expect(new URL(address).origin).not.toBe(new URL(server.url).origin);
  });

  test('shows twelve samples, and others by model, seed and truncation', async () => {
    const page = await visit();
    expect(await widthsOf(samplesOf(page))).toEqual(Array(12).fill(28));
    const whole = await bytesOf(samplesOf(page).first());

    await page.getByLabel('Truncation').fill('0.5');
    await expect.poll(() => bytesOf(samplesOf(page).first())).not.toEqual(whole);

    await page.getByRole('combobox', { name: 'Model' }).selectOption('faces');
    await page.getByLabel('Seed').fill('7');
    await expect.poll(() => namesOf(samplesOf(page))).toEqual(Array.from({ length: 12 }, (_, i) => `Seed ${7 + i}`));
    expect(await widthsOf(samplesOf(page))).toEqual(Array(12).fill(64));

    await page.getByRole('button', { name: 'New samples' }).click();
    await expect.poll(() => namesOf(samplesOf(page))).not.toContain('Seed 7');
  });

  test('shows the class that is picked', async () => {
    const page = await visit();
    await page.getByRole('combobox', { name: 'Class', exact: true }).selectOption('7');
    const sevens = Array.from({ length: 12 }, (_, i) => `Seed ${1 + i}, class 7`);
    await expect.poll(() => namesOf(samplesOf(page))).toEqual(sevens);
  });

  test('morphs from one sample to another of another class, by mouse and by keyboard', async () => {
    const page = await visit();
    const [from, to] = [2, 3].map((seed) => page.getByRole('button', { name: `Seed ${seed},` }));
    await from!.click();
    await to!.focus();
    await page.keyboard.press('Enter');

    const morph = page.getByRole('region', { name: 'Morph' });
    const frame = morph.getByRole('img');
    const slider = morph.getByLabel('Position');
    await slider.waitFor();
    await expect.poll(() => namesOf(frame)).toEqual(['Frame 13 of 25']);
    expect(await widthsOf(frame)).toEqual([28]);
    await slider.press('ArrowRight');
    await expect.poll(() => namesOf(frame)).toEqual(['Frame 14 of 25']);
    await slider.press('Home');
    expect(await bytesOf(frame)).toEqual(await bytesOf(from!.getByRole('img')));
    await slider.press('End');
    expect(await bytesOf(frame)).toEqual(await bytesOf(to!.getByRole('img')));

    const animation = await fetch((await morph.getByRole('link').getAttribute('href'))!);
    expect(animation.headers.get('content-type')).toBe('image/webp');
  });

  test('scores images that are dropped, beside one that is none', async () => {
    const page = await visit();
    const digit = await bytesOf(samplesOf(page).first());
    const files = await page.evaluateHandle(`(() => {
      const bytes = Uint8Array.from(atob('${digit.toString('base64')}'), (char) => char.charCodeAt(0));
      const dropped = new DataTransfer();
      dropped.items.add(new File([bytes], 'digit.png', { type: 'image/png' }));
      dropped.items.add(new File(['words'], 'words.png', { type: 'image/png' }));
      return dropped;
    })()`);
    const region = page.getByRole('region', { name: 'Score your images' });
    await region.getByRole('combobox', { name: 'Taken for class' }).selectOption('4');
    await region.getByText('Drop images here').dispatchEvent('drop', { dataTransfer: files });

    const [first, second] = [region.getByRole('listitem').first(), region.getByRole('listitem').nth(1)];
    const meter = first.getByRole('meter', { name: 'How real digit.png looks' });
    await meter.waitFor();
    expect(Number(await meter.getAttribute('value'))).toBe(await scoreOf(digit, '4'));
    await expect.poll(() => second.textContent()).toMatch(/^words\.png.*image/);
  });

  /** What the server says when it is asked without a page. */
  async function scoreOf(image: Buffer, label: string): Promise<number> {
    const query = `query ($images: [ImageSource!]!, $labels: [String!]) {
      score(model: "mnist-conditional", images: $images, labels: $labels) { ... on Score { probability } }
    }`;
    const reply = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { images: [image.toString('base64')], labels: [label] } }),
    });
    const { data } = (await reply.json()) as { data: { score: [{ probability: number }] } };
    return data.score[0].probability;
  }

  const sights = [
    { width: 360, colorScheme: 'light' },
    { width: 360, colorScheme: 'dark' },
    { width: 1280, colorScheme: 'light' },
    { width: 1280, colorScheme: 'dark' },
  ] as const;

  test.each(sights)('can be read by everybody, $width pixels wide, $colorScheme', async ({ width, colorScheme }) => {
    const page = await visit({ viewport: { width, height: 800 }, colorScheme });
    for (const seed of [2, 3]) await page.getByRole('button', { name: `Seed ${seed},` }).click();
    await page.getByLabel('Drop images here').setInputFiles(join(ROOT, 'docs/images/mnist.png'));
    await Promise.all([page.getByLabel('Position').waitFor(), page.getByRole('meter').waitFor()]);
    if (process.env['SCREENSHOTS']) {
      await page.screenshot({ path: join(process.env['SCREENSHOTS'], `${width}-${colorScheme}.png`), fullPage: true });
    }
    expect(await auditOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width); // nothing sticks out
  });

  test('says what is wrong when the server is gone', async () => {
    const { page } = await openPage(browser, address);
    await samplesOf(page).first().waitFor();
    await page.route(`${server.url}/graphql`, (route) => route.abort());
    await page.getByRole('button', { name: 'New samples' }).click();
    await page.getByRole('alert').filter({ hasText: 'No answer' }).waitFor();
    await page.close();
  });

  test('names its operations to a server that runs no others', async () => {
    const strict = await startServer({
      PERSISTED_DOCUMENTS: join(EXAMPLE, 'src/gql/persisted-documents.json'),
      PERSISTED_ONLY: 'true',
    });
    const site = await servePage({ VITE_GANYMEDE: strict.url, VITE_PERSISTED: 'true' });
    onTestFinished(async () => {
      await site.close();
      await strict.stop();
    });

    const { page, complaints, strangers } = await openPage(browser, addressOf(site));
    const bodies: string[] = [];
    page.on('request', (request) => bodies.push(request.postData() ?? ''));
    for (const seed of [2, 3]) await page.getByRole('button', { name: `Seed ${seed},` }).click();
    await page.getByLabel('Drop images here').setInputFiles(join(ROOT, 'docs/images/mnist.png'));
    await Promise.all([page.getByLabel('Position').waitFor(), page.getByRole('meter').waitFor()]);
    await page.close();
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });

    const asked = bodies.filter((body) => body !== '').map((body) => JSON.parse(body));
    expect(asked.length).toBeGreaterThanOrEqual(2);
    for (const { query, documentId } of asked) {
      expect(query).toBeUndefined();
      expect(documentId).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
    const reply = await fetch(`${strict.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ models { name } }' }),
    });
    expect(await reply.json()).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERIES_ONLY' } }] });
  });
});
