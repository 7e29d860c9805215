// The page of models, and the frame around every page.

import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../examples/serving.js';
import { freePort } from '../free-port.js';
import { canBeReadByEverybody, inTheConsole, picturesLoaded } from './harness.js';

inTheConsole('the page of models', (visiting) => {
  test('is what `/` shows: a card for each model, with samples, what it can do and its licence', async () => {
    const page = await visiting.visit();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Models');
    const card = page.getByRole('article', { name: 'MNIST digits by class' });
    await card.getByRole('img', { name: 'Samples of MNIST digits by class: seeds 42 to 49' }).waitFor();
    await picturesLoaded(page);
    expect(await card.getByRole('list', { name: 'What it can do' }).getByRole('listitem').allTextContents()).toEqual([
      'makes 28 × 28 grey images',
      'of the class asked for, out of 10',
      'tells real from generated',
      'reconstructs',
      'completes what is hidden',
      'names the class',
    ]);
    await page.getByRole('img', { name: '256 points that Ring of eight Gaussians makes' }).waitFor();
  });

  test('shows other samples when asked, those of another seed', async () => {
    const page = await visiting.visit();
    const samples = page.getByRole('img', { name: /^Samples of MNIST digits by class/ });
    const before = await samples.getAttribute('src');
    await page.getByRole('button', { name: 'New samples' }).click();
    await page.locator(`img[src="${before}"]`).waitFor({ state: 'detached' });
    expect(await samples.getAttribute('src')).toMatch(/^images\/mnist-conditional\/\d+\/grid\.png\?seed=\d+&/);
  });

  test('tells what was measured, as the API says it, beside what real data would get, and where a model is from', async () => {
    const page = await visiting.visit();
    const card = page.getByRole('article', { name: 'MNIST digits by class' });
    await card.getByText('How good it is').click();
    const row = card.getByRole('table', { name: /frechet/ }).getByRole('row', { name: 'distance' });
    const asked = await fetch(`${visiting.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: '{ model(name: "mnist-conditional") { figures(protocol: "frechet") { name value } } }',
      }),
    });
    const { data } = (await asked.json()) as { data: { model: { figures: { name: string; value: number }[] } } };
    const figure = (name: string) => data.model.figures.find((one) => one.name === name)!.value;
    await row.waitFor();
    const shown = (await row.getByRole('cell').allTextContents()).map(Number);
    expect(shown[0]).toBeCloseTo(figure('distance'), 2);
    expect(shown[1]).toBeCloseTo(figure('realData.distance'), 2);
    const from = card.getByRole('definition').filter({ hasText: 'train-images' });
    expect(await from.textContent()).toBe('train-images-idx3-ubyte.gz[0:50000], 50,000 examples');
  });

  test('can be walked through by keyboard alone', async () => {
    const page = await visiting.visit();
    await page.getByRole('article').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Ganymede');
    const summary = page.getByRole('article').first().getByText('How good it is');
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('article').first().getByRole('table').first().waitFor();
  });

  canBeReadByEverybody(visiting, 'models', '', picturesLoaded);
});

inTheConsole('the frame', (visiting) => {
  test('says that an address is none of its pages', async () => {
    const page = await visiting.visit('#/nothing');
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  });

  test('says so while the server is gone, and goes on by itself when it is back', async () => {
    const settings = { PORT: `${await freePort()}` };
    const { url, kill } = await startServer(settings);
    const page = await visiting.visitUnwatched();
    await page.goto(url);
    await page.getByRole('article').first().waitFor();
    await kill();
    await page.getByRole('button', { name: 'New samples' }).click();
    await page.getByRole('status').filter({ hasText: 'No connection' }).waitFor();

    const again = await startServer(settings);
    onTestFinished(again.stop);
    await page.getByRole('status').filter({ hasText: 'No connection' }).waitFor({ state: 'detached' });
    await picturesLoaded(page);
  });
});
