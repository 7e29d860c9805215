// The page "Score": pictures of one's own, dropped or chosen, and what the scorer says of each.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { shippedFolder, shippedVersion } from '../shipped.js';
import { canBeReadByEverybody, inTheConsole, picturesLoaded, type Visiting } from './harness.js';

const unmeasuredModels = await mkdtemp(join(tmpdir(), 'ganymede-unmeasured-'));
afterAll(() => rm(unmeasuredModels, { recursive: true }));

const BROKEN = strToU8('\x89PNG\r\n\x1a\n of which the rest is missing', true);

inTheConsole('the page of scores', (visiting) => {
  let digits: ReadonlyMap<string, Uint8Array>;
  beforeAll(async () => {
    digits = await samplesOf(visiting, 12);
  });

  const zip = (more: Readonly<Record<string, Uint8Array>> = {}) => zipSync({ ...Object.fromEntries(digits), ...more });

  test('puts the pictures of a zip in the order of the API’s scores, and names what it left out, and why', async () => {
    const page = await visiting.visit('#/score/mnist-conditional');
    await choose(page, 'mine.zip', zip({ '3/broken.png': BROKEN, 'readme.txt': strToU8('Hello.') }));
    await page.getByRole('heading', { name: '12 scored, 2 left out' }).waitFor();

    const scores = await scoresOf(visiting, [...digits.values()]);
    const inOrder = [...digits.keys()].sort((a, b) => scoreOf(b) - scoreOf(a)).map((name) => `mine.zip/${name}`);
    function scoreOf(name: string) {
      return scores[[...digits.keys()].indexOf(name)]!.logit;
    }
    await expect.poll(() => namesOf(page)).toEqual(inOrder);
    const reasons = page.getByRole('group').filter({ hasText: 'Left out: 2' });
    await reasons.getByRole('row', { name: /mine\.zip\/3\/broken\.png.*\(INVALID_IMAGE\)/ }).waitFor();
    await reasons.getByRole('row', { name: 'mine.zip/readme.txt Not a picture: its name ends in .txt.' }).waitFor();

    await page.getByLabel('Order').selectOption('least real first');
    await expect.poll(() => namesOf(page)).toEqual(inOrder.toReversed());
    expect(page.url()).toMatch(/#\/score\/mnist-conditional/);
  });

  test('takes what is dropped, and says of one picture what each number means', async () => {
    const page = await visiting.visit('#/score/mnist-conditional');
    const [[name, bytes]] = [...digits] as [[string, Uint8Array]];
    await drop(page, name.replace('/', '-'), bytes);
    const tile = page.getByRole('region', { name: /^Pictures/ }).getByRole('button');
    await tile.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: name.replace('/', '-') });
    const [score] = await scoresOf(visiting, [bytes]);
    await dialog.getByText(`ln p/q ${score!.logit.toFixed(2)}`).waitFor();
    await dialog.getByText('It looks like data or samples, so the numbers above mean what they say.').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('writes the table of `npx ganymede score`, each picture taken for the class that its folder names', async () => {
    const page = await visiting.visit('#/score/mnist-conditional?class=*folder');
    await choose(page, 'mine.zip', zip({ '3/broken.png': BROKEN, 'other/5.png': [...digits.values()][0]! }));
    await page.getByRole('heading', { name: '12 scored, 2 left out' }).waitFor();
    const [header, ...rows] = await csvOf(page);
    expect(header).toBe(
      'file,logit,probability,log_density_ratio,calibrated_probability,calibrated_log_density_ratio,familiarity,label,label_probability,label_matches,error',
    );
    expect(rows).toHaveLength(14);

    const [name, bytes] = [...digits][4]!;
    const label = name.split('/')[0]!;
    const [score] = await scoresOf(visiting, [bytes], [label]);
    const cells = rows.find((row) => row.startsWith(`mine.zip/${name},`))!.split(',');
    expect(cells.slice(1, 4).map(Number)).toEqual([score!.logit, score!.probability, score!.logDensityRatio]);
    expect(cells.slice(7)).toEqual([label, `${score!.label!.probability}`, `${score!.label!.matches}`, '']);
    expect(rows.find((row) => row.startsWith('mine.zip/3/broken.png,'))).toMatch(/^[^,]*,,,,,,,3,,,"?INVALID_IMAGE: /);
    expect(rows.find((row) => row.startsWith('mine.zip/other/5.png,'))).toContain('called after no class');
  });

  test('takes a folder with all that lies in it, zips as well, and leaves out an entry of a zip that is damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ganymede-pictures-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [one, two, three] = [...digits.values()] as [Uint8Array, Uint8Array, Uint8Array];
    await mkdir(join(folder, 'deep/er'), { recursive: true });
    await writeFile(join(folder, 'deep/er/one.png'), one);
    const packed = zipSync({ 'two.png': two, 'three.png': three });
    packed.fill(0xff, 40, 60); // the beginning of two.png as it is packed
    await writeFile(join(folder, 'packed.zip'), packed);

    const page = await visiting.visit('#/score/mnist-conditional');
    await page.getByLabel('Choose a folder').setInputFiles(folder);
    await page.getByRole('heading', { name: '2 scored, 1 left out' }).waitFor();
    const names = (await namesOf(page)).map((name) => name!.split('/').slice(1).join('/'));
    expect(names.sort()).toEqual(['deep/er/one.png', 'packed.zip/three.png']);
    await page.getByRole('row', { name: /packed\.zip\/two\.png It cannot be unpacked/ }).waitFor();
  });

  test('asks for less at once where a request would be too much, so that every picture has its score', async () => {
    const large = await sharp({ create: { width: 1000, height: 1000, channels: 3, background: '#888' } })
      .png()
      .toBuffer();
    const page = await visiting.visit('#/score/mnist-conditional');
    const names = Array.from({ length: 30 }, (_, i) => `${i}.png`); // 30 megapixels, of 16 that a request may have
    await choose(page, 'large.zip', zipSync(Object.fromEntries(names.map((name) => [name, new Uint8Array(large)]))));
    await page.getByRole('heading', { name: /^30 scored$/ }).waitFor();
  });

  test('stops when told to, and goes on where it stopped', async () => {
    const page = await visiting.visit('#/score/mnist-conditional');
    await page.getByLabel('Choose pictures or a zip').waitFor({ state: 'attached' });
    const held = page.waitForRequest((request) => isScoring(request.postData()));
    await page.route('**/graphql', (route) => (isScoring(route.request().postData()) ? undefined : route.fallback()));
    await choose(page, 'mine.zip', zip());
    await held;
    await page.getByRole('progressbar', { name: 'Scoring' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Stopped after 0 of 12.').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: '12 scored' }).waitFor();
  });

  test('says on what the scorer was measured, and where the scores of that lie', async () => {
    const page = await visiting.visit('#/score/faces');
    await page.getByRole('button', { name: 'Try 64 samples of the model' }).click();
    await page.getByRole('heading', { name: '64 scored' }).waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: /^Measured on 40 examples of / })
      .waitFor();
    await page.getByRole('combobox', { name: 'Model' }).selectOption('mnist-conditional');
    await page
      .getByRole('listitem')
      .filter({ hasText: /^Measured on 5,000 examples of .* Held out from training\.$/ })
      .waitFor();
    await page.getByRole('img', { name: /^half of held-out data below ln p\/q of \d/ }).waitFor();
  });

  canBeReadByEverybody(visiting, 'score', '#/score/mnist-conditional', async (page) => {
    await choose(page, 'mine.zip', zip({ '3/broken.png': BROKEN }));
    await page.getByRole('heading', { name: '12 scored, 1 left out' }).waitFor();
    await picturesLoaded(page);
  });
});

inTheConsole(
  'the page of scores, of a version that was never measured',
  (visiting) => {
    test('says that there are no scores of data to compare with, and compares with fresh samples', async () => {
      const page = await visiting.visit('#/score/faces');
      await page.getByRole('button', { name: 'Try 64 samples of the model' }).click();
      await page.getByRole('heading', { name: '64 scored' }).waitFor();
      await page
        .getByText(/^No scores of held-out data were kept .* samples were made and scored just now\.$/)
        .waitFor();
    });
  },
  unmeasured,
);

/** The faces as they come, without what was measured of them. */
async function unmeasured(): Promise<Readonly<Record<string, string>>> {
  const folder = join(unmeasuredModels, 'faces', String(shippedVersion('faces')));
  await cp(shippedFolder('faces'), folder, { recursive: true });
  await rm(join(folder, 'evaluations'), { recursive: true });
  const manifest = join(folder, 'manifest.json');
  const { evaluations: _, ...rest } = JSON.parse(await readFile(manifest, 'utf8')) as Record<string, unknown>;
  await writeFile(manifest, JSON.stringify({ ...rest, evaluations: [] }));
  return { CHECKPOINTS: unmeasuredModels };
}

/** Digits that the model made: 3/seed-7.png is of class 3. */
async function samplesOf({ url }: Visiting, count: number): Promise<ReadonlyMap<string, Uint8Array>> {
  const query = `{ sample(model: "mnist-conditional", seed: 7, count: ${count}) { seed label image { dataUri } } }`;
  const { sample } = await ask<{ sample: { seed: number; label: string; image: { dataUri: string } }[] }>(url, query);
  return new Map(
    sample.map(({ seed, label, image }) => [
      `${label}/seed-${seed}.png`,
      new Uint8Array(Buffer.from(image.dataUri.split(',')[1]!, 'base64')),
    ]),
  );
}

interface Score {
  readonly logit: number;
  readonly probability: number;
  readonly logDensityRatio: number;
  readonly label: { readonly probability: number; readonly matches: boolean } | null;
}

async function scoresOf({ url }: Visiting, pictures: readonly Uint8Array[], labels: readonly string[] | null = null) {
  const query = `query ($images: [ImageSource!]!, $labels: [String!]) {
    score(model: "mnist-conditional", images: $images, labels: $labels) {
      ... on Score { logit probability logDensityRatio label { probability matches } } } }`;
  const images = pictures.map((bytes) => Buffer.from(bytes).toString('base64'));
  return (await ask<{ score: Score[] }>(url, query, { images, labels })).score;
}

async function ask<Data>(url: string, query: string, variables: object = {}): Promise<Data> {
  const reply = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return ((await reply.json()) as { data: Data }).data;
}

const isScoring = (body: string | null) => body?.includes('query Judge(') ?? false;

async function choose(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const file = { name, mimeType: 'application/zip', buffer: Buffer.from(bytes) };
  await page.getByLabel('Choose pictures or a zip').setInputFiles(file);
}

/** As a mouse does that lets a file go over the page. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const data = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.of(${bytes})], ${JSON.stringify(name)}, { type: 'image/png' }));
    return data;
  })()`);
  await page.getByRole('region', { name: 'Your pictures' }).dispatchEvent('drop', { dataTransfer: data });
}

/** As the wall has them. */
async function namesOf(page: Page): Promise<(string | null)[]> {
  const pictures = page.getByRole('region', { name: /^Pictures/ }).getByRole('img');
  return Promise.all((await pictures.all()).map((picture) => picture.getAttribute('alt')));
}

async function csvOf(page: Page): Promise<string[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('scores.csv');
  return (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
}
