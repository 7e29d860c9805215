// The page of operating: what the server counts of itself, as it happens.

import { expect, test } from 'vitest';
import { canBeReadByEverybody, inTheConsole } from './harness.js';

inTheConsole('the page of operating', (visiting) => {
  const sample = (count: number) =>
    fetch(`${visiting.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ sample(model: "ring8", seed: 1, count: ${count}) { point } }` }),
    });

  test('shows a request that was just made: its address, its batch, and how long it took', async () => {
    await sample(12);
    const page = await visiting.visit('#/operate');
    const graphql = page.getByRole('row', { name: 'POST /graphql' }).getByRole('cell');
    await graphql.first().waitFor();
    const before = Number(await graphql.first().textContent());
    const batch = page.getByRole('row', { name: /^ring8 \d+, generate/ }).getByRole('cell');
    expect(await batch.nth(1).textContent()).toBe('1');
    expect(await batch.nth(2).textContent()).toBe('12');

    await fetch(`${visiting.url}/images/nobody/1/1.png`);
    await sample(4);
    const stranger = page.getByRole('row', { name: /^GET \/images\/:model/ }).getByRole('cell');
    await stranger.first().waitFor(); // the page looks again by itself
    expect(await stranger.nth(1).textContent()).toBe('1');
    await expect.poll(() => batch.nth(1).textContent()).toBe('2');
    expect(await batch.nth(2).textContent()).toBe('8');
    expect(Number(await graphql.first().textContent())).toBeGreaterThan(before);
    expect(await graphql.nth(3).textContent()).toMatch(/^[\d.]+ (µs|ms|s)$/);
  });

  test('shows what admins did, and that the log is as it was written', async () => {
    await fetch(`${visiting.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query:
          'mutation { refreshModels { model } createDataset(name: "roll", source: { builtin: "swissroll" }) { name } }',
      }),
    });
    const page = await visiting.visit('#/operate');
    await page
      .getByRole('listitem')
      .filter({ hasText: 'createDataset' })
      .filter({ hasText: '"dataset":"roll"' })
      .waitFor();
    await page.getByRole('button', { name: 'Check the log' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /^All \d+ entries are as they were written\.$/ })
      .waitFor();
  });

  canBeReadByEverybody(visiting, 'operate', '#/operate', (page) => page.getByRole('row').nth(1).waitFor());
});

inTheConsole(
  'for whoever is no admin',
  (visiting) => {
    test('there are neither training nor operating, and their addresses say whom they are for', async () => {
      const page = await visiting.visit('#/operate');
      await page.getByText('“Operate” is for those whose key says admin').waitFor();
      const names = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents();
      expect(names).toContain('Models');
      expect(names.filter((name) => ['Train', 'Operate'].includes(name))).toEqual([]);
    });
  },
  async () => ({ AUTH: 'none' }),
);
