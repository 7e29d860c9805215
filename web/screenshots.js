// The pictures of the console in README.md: `npm start`, then `node web/screenshots.js http://localhost:4000`. A
// picture is written anew only where the page looks another way.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const SHOWN = [
  { name: 'models', hash: '#/models' },
  {
    name: 'reconstruct',
    hash: '#/reconstruct/mnist-conditional',
    async act(page) {
      await page.getByRole('button', { name: 'Take this sample' }).click();
      await page.getByRole('button', { name: 'bottom half' }).click();
    },
  },
  { name: 'explore', hash: '#/explore/mnist-conditional?seed=50&truncation=0.9&pins=42@5,43@3' },
];

const [server = 'http://localhost:4000'] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // root has none
});
for (const { name, hash, act = async () => {} } of SHOWN) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  await page.goto(new URL(hash, server).href);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await act(page);
  await page.waitForLoadState('networkidle');
  await page.evaluate('scrollTo(0, 0)');
  const picture = await sharp(await page.screenshot())
    .png({ palette: true, colours: 64 })
    .toBuffer();
  const path = fileURLToPath(new URL(`../docs/images/console-${name}.png`, import.meta.url));
  const before = await readFile(path).catch(() => undefined); // there may be none yet
  if (!before?.equals(picture)) await writeFile(path, picture);
  console.log(`${path}: ${picture.length} bytes`);
  await page.close();
}
await browser.close();
