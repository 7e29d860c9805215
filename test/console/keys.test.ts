// The console of a server that asks for a key, and of one that runs no documents but those of its clients.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../examples/serving.js';
import { inTheConsole, picturesLoaded } from './harness.js';

let key = '';
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** A folder of data with one key, of a viewer. */
async function withKey(): Promise<Record<string, string>> {
  const DATA = await mkdtemp(join(tmpdir(), 'ganymede-keyed-'));
  folders.push(DATA);
  const command = ['dist/cli.js', 'keys', 'create', 'visitor', '--role', 'viewer'];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT, env: { ...process.env, DATA } });
  key = /gnm_\S+/.exec(stdout)![0];
  return { DATA };
}

inTheConsole(
  'a server that asks for a key',
  ({ visitUnwatched }) => {
    test('is asked with the one that a person types, and shows pictures that no address alone would give', async () => {
      const page = await visitUnwatched(); // a browser says of each 401 that it is one
      const field = page.getByLabel('Key');
      await field.fill('wrong');
      await page.getByRole('button', { name: 'Use this key' }).click();
      await page.getByRole('alert').filter({ hasText: 'UNAUTHENTICATED' }).waitFor();
      expect(await page.getByRole('alert').textContent()).toMatch(/request [\da-f-]{36}/);

      await field.fill(key);
      await page.getByRole('button', { name: 'Use this key' }).click();
      await page.getByText('visitor, viewer').waitFor();
      await page.getByRole('article').first().waitFor();
      await picturesLoaded(page);
      expect(
        await page
          .getByRole('img', { name: /^Samples of/ })
          .first()
          .getAttribute('src'),
      ).toMatch(/^blob:/);
    });

    test('hides what a viewer may not, keeps the key for the tab, and forgets it when told to', async () => {
      const page = await visitUnwatched();
      await page.getByLabel('Key').fill(key);
      await page.getByRole('button', { name: 'Use this key' }).click();
      await page.reload();
      await page.getByText('visitor, viewer').waitFor();
      const pages = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents();
      expect(pages).toEqual(expect.arrayContaining(['Models', 'Explore']));
      expect(pages).not.toContain('Score');
      expect(pages).not.toContain('Train');
      await page.evaluate('location.hash = "#/explore/mnist"');
      await page.getByRole('option', { name: 'Seed 42', exact: true }).getByRole('img').waitFor();
      await page.getByRole('button', { name: 'Forget the key' }).click();
      await page.getByLabel('Key').waitFor();
    });
  },
  withKey,
);

inTheConsole(
  'a server that lets anybody look',
  ({ visitUnwatched }) => {
    test('takes a key that gives more, and goes on without one that is wrong', async () => {
      const page = await visitUnwatched();
      await page.getByRole('button', { name: 'Use a key' }).click();
      const dialog = page.getByRole('dialog', { name: 'Use a key' });
      await dialog.getByLabel('Key').fill('wrong');
      await dialog.getByRole('button', { name: 'Use this key' }).click();
      await page.getByRole('button', { name: 'Go on without' }).click(); // offered beside the refusal
      await page.getByRole('button', { name: 'Use a key' }).click();
      await dialog.getByLabel('Key').fill(key);
      await dialog.getByRole('button', { name: 'Use this key' }).click();
      await page.getByText('visitor, viewer').waitFor();
    });
  },
  async () => ({ ...(await withKey()), AUTH: 'view' }),
);

inTheConsole(
  'a server that runs the documents of its clients alone',
  (visiting) => {
    test('runs those of its console', async () => {
      const page = await visiting.visit('#/explore/mnist?pins=1,2&frames=3');
      await page.getByRole('img', { name: 'Morph, frame 1 of 3' }).waitFor();
      expect(await page.getByRole('link', { name: 'GraphiQL' }).count()).toBe(0);
      const reply = await fetch(`${visiting.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ models { name } }' }),
      });
      expect(await reply.json()).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERIES_ONLY' } }] });
    });
  },
  async () => ({
    PERSISTED_DOCUMENTS: join(ROOT, 'examples/react/src/gql/persisted-documents.json'),
    PERSISTED_ONLY: 'true',
  }),
);
