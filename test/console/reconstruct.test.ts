// The page "Reconstruct": a picture that is drawn or taken, its class, what the model makes of it, and how it goes on
// where it is hidden. What the page shows is held against what the API says of the very same pixels.

import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { canBeReadByEverybody, inTheConsole, type Visiting } from './harness.js';

const SIDE = 28;

inTheConsole('the page of reconstructions', (visiting) => {
  test('says of a digit that is drawn what the API says: its class, and how far its reconstructions lie from it', async () => {
    const page = await visiting.visit('#/reconstruct/mnist-conditional');
    await draw(page, [0.3, 0.2], [0.75, 0.2], [0.45, 0.85]);
    await page.getByRole('button', { name: 'Centre it' }).click();
    await page
      .getByRole('combobox', { name: 'As a' })
      .getByRole('option', { name: '7, as it looks' })
      .waitFor({ state: 'attached' });
    await page.getByText(/^Encoded:/).waitFor();

    const picture = await pictureOf(page);
    const { classify, plain, refined } = await perceived(visiting, picture);
    expect(classify[0]!.label).toBe('7');
    const shown = await page.getByRole('meter', { name: 'Probability of class 7' }).getAttribute('value');
    expect(Number(shown)).toBeCloseTo(classify[0]!.classes.find(({ label }) => label === '7')!.probability, 6);
    expect(await distanceOf(page, /^Encoded:/)).toBeCloseTo(plain[0]!.error, 4);

    await page.getByRole('button', { name: 'Refine' }).click();
    await page.getByText(/^Refined in 200 steps:/).waitFor();
    expect(await distanceOf(page, /^Refined in 200 steps:/)).toBeCloseTo(refined[0]!.error, 4);
    expect(refined[0]!.error).toBeLessThan(plain[0]!.error);
  });

  test('completes what is hidden by the pen in eight ways, and keeps what is seen', async () => {
    const page = await visiting.visit('#/reconstruct/mnist-conditional?seed=7&class=3');
    await page.getByText(/^Encoded:/).waitFor();
    const picture = await levelsOf(await pictureOf(page));
    await page.getByRole('radio', { name: 'Hide' }).check();
    await draw(page, [0.1, 0.7], [0.9, 0.7]); // row 19, and a pixel and a half above and below
    const completions = page.getByRole('list', { name: 'Completions' }).getByRole('img');
    await completions.nth(7).waitFor();
    expect(await completions.count()).toBe(8);
    const made = await Promise.all(
      (await completions.all()).map(async (one) => levelsOf((await one.getAttribute('src'))!)),
    );
    for (const levels of made) {
      const changed = levels.flatMap((level, pixel) =>
        Math.abs(level - picture[pixel]!) > 1 ? Math.floor(pixel / SIDE) : [],
      );
      for (const row of changed) expect(Math.abs(row - 19)).toBeLessThanOrEqual(2);
    }
    expect(new Set(made.map((levels) => levels.join())).size).toBe(8); // each its own

    const first = await completions.first().getAttribute('src');
    await page.getByRole('button', { name: '8 others' }).click();
    await page.getByRole('img', { name: 'Completion of seed 15' }).waitFor();
    expect(await completions.first().getAttribute('src')).not.toBe(first);
  });

  test('follows the eraser with the class, and says when it has changed', async () => {
    const page = await visiting.visit('#/reconstruct/mnist-conditional?seed=7&class=8');
    await page
      .getByRole('status')
      .filter({ hasText: /^8 with/ })
      .waitFor();
    await page.getByRole('radio', { name: 'Erase' }).check();
    const turned = page
      .getByRole('status')
      .filter({ hasText: /^Erasing has turned 8 into \d: \d+ % of its light is gone\.$/ });
    for (let column = 0.2; column < 0.8 && !(await turned.isVisible()); column += 0.1) {
      await draw(page, [column, 0.1], [column, 0.9]);
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    }
    await turned.waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Draw something, or take a sample.').waitFor();
    await turned.waitFor({ state: 'detached' });
  });

  test('is drawn on by the keyboard as well', async () => {
    const page = await visiting.visit('#/reconstruct/mnist-conditional');
    const easel = page.getByRole('application');
    await easel.focus();
    for (let row = 14; row > 4; row--) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    for (let row = 4; row < 24; row++) await page.keyboard.press('ArrowDown');
    await page.getByRole('status').filter({ hasText: 'Pen down, column 15, row 25' }).waitFor();
    await page.keyboard.press('Space');
    await page
      .getByRole('status')
      .filter({ hasText: /^1 with \d+ %$/ })
      .waitFor();
    const levels = await levelsOf(await pictureOf(page));
    expect([4, 14, 24].map((row) => levels[row * SIDE + 14])).toEqual([255, 255, 255]);
    expect(levels[14 * SIDE + 4]).toBe(0);
  });

  test('takes a file, brought to the size that the model sees', async () => {
    const page = await visiting.visit('#/reconstruct/mnist-conditional');
    const half = await sharp({ create: { width: 280, height: 280, channels: 3, background: '#fff' } })
      .composite([{ input: { create: { width: 280, height: 140, channels: 3, background: '#000' } }, top: 0, left: 0 }])
      .png()
      .toBuffer();
    await page.getByLabel('Choose a picture').setInputFiles({ name: 'half.png', mimeType: 'image/png', buffer: half });
    await page.getByText(/^Encoded:/).waitFor();
    const levels = await levelsOf(await pictureOf(page));
    expect([0, 12, 15, 27].map((row) => levels[row * SIDE + 5])).toEqual([0, 0, 255, 255]);
    await page
      .getByLabel('Choose a picture')
      .setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('x') });
    await page.getByRole('alert').filter({ hasText: 'This file is no picture that the browser can read' }).waitFor();
  });

  test('says of a model what it lacks, which one can, and how it is added', async () => {
    const page = await visiting.visit('#/reconstruct/faces');
    await page
      .getByText('faces completes nothing. mnist-conditional does. npx ganymede fit inpainter adds it.')
      .waitFor();
    await page.getByText('faces has no encoder: descent begins at the nearest of 32 samples').waitFor();
    const of = await visiting.visit('#/reconstruct/cifar10?seed=3&class=ship');
    await of.getByRole('img', { name: 'Your picture' }).waitFor();
    expect(await of.getByRole('combobox', { name: 'As a' }).inputValue()).toBe('ship'); // as its sample is
    await page.getByRole('link', { name: 'mnist-conditional' }).first().click();
    await page.getByRole('heading', { name: 'What mnist-conditional takes it for' }).waitFor();
  });

  canBeReadByEverybody(visiting, 'reconstruct', '#/reconstruct/mnist-conditional?seed=7&class=3', async (page) => {
    await page.getByText(/^Encoded:/).waitFor();
    await page.getByRole('button', { name: 'bottom half' }).click();
    await page.getByRole('img', { name: 'Completion of seed 7' }).waitFor();
  });
});

/** With the mouse held down, through places in shares of the side. */
async function draw(page: Page, ...places: readonly (readonly [number, number])[]): Promise<void> {
  const { x, y, width, height } = (await page.getByRole('application').boundingBox())!;
  const [first, ...rest] = places.map(([u, v]) => [x + u * width, y + v * height] as const);
  await page.mouse.move(...first!);
  await page.mouse.down();
  for (const place of rest) await page.mouse.move(...place, { steps: 10 });
  await page.mouse.up();
}

/** The picture as the page has sent it, as a PNG in a data URI. */
function pictureOf(page: Page): Promise<string> {
  const canvas: Locator = page.getByRole('img', { name: 'Your picture' });
  return canvas.evaluate((element) => (element as unknown as { toDataURL(): string }).toDataURL());
}

async function levelsOf(dataUri: string): Promise<number[]> {
  const bytes = Buffer.from(dataUri.split(',')[1]!, 'base64');
  return [...(await sharp(bytes).extractChannel(0).raw().toBuffer())];
}

/** Of its caption: the mean squared difference. */
async function distanceOf(page: Page, caption: RegExp): Promise<number> {
  const text = await page.getByText(caption).textContent();
  return Number(/mean squared difference ([\d.e-]+)/.exec(text!)![1]);
}

interface Perceived {
  readonly classify: readonly { label: string; classes: readonly { label: string; probability: number }[] }[];
  readonly plain: readonly { readonly error: number }[];
  readonly refined: readonly { readonly error: number }[];
}

async function perceived({ url }: Visiting, image: string): Promise<Perceived> {
  const query = `query ($images: [ImageSource!]!) {
    classify(model: "mnist-conditional", images: $images) { ... on Classification { label classes { label probability } } }
    plain: encode(model: "mnist-conditional", images: $images, labels: ["7"]) { ... on Encoding { error } }
    refined: encode(model: "mnist-conditional", images: $images, labels: ["7"], refine: 200) { ... on Encoding { error } }
  }`;
  const reply = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { images: [image] } }),
  });
  return ((await reply.json()) as { data: Perceived }).data;
}
