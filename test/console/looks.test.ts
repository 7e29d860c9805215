// How the pages look, by a perceptual hash: whether each of 256 patches of a screenshot is lighter than the one to its
// right (a "difference hash"). It stands still when fonts or a few words change, and not when a picture, a plot or a
// column is missing. After a change that is meant, the failure says the new hash: look at the page, then write it here.

import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { inPage, inTheConsole, picturesLoaded } from './harness.js';

/** Of 256. Screenshots of one page in browsers with other fonts differ by less, those of two pages by more. */
const MOST_DIFFERENT = 24;

const text = (words: RegExp | string) => (page: Page) => page.getByText(words).first().waitFor();

const LOOKS: readonly (readonly [hash: string, ready: (page: Page) => Promise<unknown>, look: string])[] = [
  ['#/models', picturesLoaded, 'c89620069012d71cc70d868dc71884b2c63286908630a610a5360d00a332a2b2'],
  [
    '#/explore/mnist-styles?seed=7&pins=7@3,12@8',
    picturesLoaded,
    '24960464a5708404b554a534a564a56cad642f64ad64cd44ad248d14c4928c42',
  ],
  [
    '#/score/mnist-conditional',
    text(/^Whether its probabilities hold/),
    '12963000a620d2209901960129a4e0c4c4be88b020c0d079944822008800c400',
  ],
  [
    '#/reconstruct/mnist-conditional?seed=7&class=3',
    text(/^Encoded:/),
    '0c96b000b1009880c500a0603620b420b56034602498870a2d00ec90ad90af00',
  ],
  [
    '#/plane/ring8',
    text('D(x), how likely real: 0 – 0.5 – 1'),
    '2616960494a4d1008c064e209484960c1e6a162494806c808c008000d0009000',
  ],
  [
    '#/plane/gaussian1d',
    text('D(x), how likely real: 0 – 0.5 – 1'),
    '26169604966491808c860e204484c60cd66a96244480ec8080008000e0008000',
  ],
];

inTheConsole('every page', ({ visit }) => {
  test.each(LOOKS)('%s looks as it did', async (hash, ready, look) => {
    const page = await visit(hash, { viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    await ready(page);
    await page.waitForLoadState('networkidle');
    const seen = await lookOf(await page.screenshot());
    expect(distance(seen, look), `${hash} looks like ${seen}`).toBeLessThan(MOST_DIFFERENT);
  });

  test('a page without its pictures, or another page, would not pass for it', async () => {
    const page = await visit('#/models', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    await picturesLoaded(page);
    await inPage(
      page,
      `() => document.querySelectorAll('main img').forEach((image) => image.style.setProperty('visibility', 'hidden'))`,
    );
    const without = await lookOf(await page.screenshot());
    expect(distance(without, LOOKS[0]![2])).toBeGreaterThan(MOST_DIFFERENT);
    for (const [i, [, , one]] of LOOKS.entries())
      for (const [, , other] of LOOKS.slice(i + 1)) expect(distance(one, other)).toBeGreaterThan(MOST_DIFFERENT);
  });
});

/** Hexadecimal, 4 patches a digit, row by row. */
async function lookOf(screenshot: Buffer): Promise<string> {
  const grey = await sharp(screenshot).greyscale().resize(17, 16, { fit: 'fill' }).raw().toBuffer();
  const lighter = Array.from({ length: 256 }, (_, i) => {
    const at = Math.floor(i / 16) * 17 + (i % 16);
    return grey[at]! > grey[at + 1]! ? '1' : '0';
  }).join('');
  return BigInt(`0b${lighter}`).toString(16).padStart(64, '0');
}

/** How many patches differ. */
function distance(one: string, other: string): number {
  const differing = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  return differing.toString(2).replaceAll('0', '').length;
}
