// The page of training: the whole way from pictures that are dropped into a browser to a version that answers, and
// back.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, test, vi } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { zipOf } from '../fixtures/datasets/archives.js';
import { shippedVersion } from '../shipped.js';
import { canBeReadByEverybody, inTheConsole, picture, picturesLoaded } from './harness.js';

let folder = '';
afterAll(() => rm(folder, { recursive: true, force: true }));

async function settings() {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-console-'));
  for (const model of ['mnist', 'ring8']) {
    await cp(`checkpoints/${model}`, join(folder, 'checkpoints', model), { recursive: true });
  }
  return { CHECKPOINTS: join(folder, 'checkpoints') };
}

const SHIPPED = shippedVersion('mnist');
const SIDE = 28;

/** However busy the machine: a job gives way to everything else. */
const JOB_MS = 400_000;
const STORY = { timeout: 900_000 };

/** A ring, each a little elsewhere and of another size. */
function drawing(index: number): Promise<Buffer | Uint8Array> {
  const [x, y, radius] = [14 + (index % 5) - 2, 14 + (Math.floor(index / 5) % 4) - 2, 5 + (index % 4)];
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const off = Math.hypot((at % SIDE) - x, Math.floor(at / SIDE) - y) - radius;
    return Math.round(255 * Math.max(0, 1 - Math.abs(off) / 2));
  });
  return encodePng({ width: SIDE, height: SIDE, channels: 1, data });
}

async function fortyDrawings(): Promise<Buffer> {
  const drawings = await Promise.all(Array.from({ length: 40 }, (_, i) => drawing(i)));
  return zipOf([
    ...drawings.map((data, i) => ({ name: `ring-${i}.png`, data })),
    { name: 'torn.png', data: drawings[0]!.subarray(0, 60) },
  ]);
}

/** As a hand lets go of a file over the page. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const data = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (one) => one.charCodeAt(0));
    transfer.items.add(new File([bytes], '${name}'));
    return transfer;
  })()`);
  const place = page.getByText('Drop a zip of pictures here');
  await place.dispatchEvent('dragover', { dataTransfer: data });
  await place.dispatchEvent('drop', { dataTransfer: data });
}

inTheConsole(
  'the page of training',
  (visiting) => {
    test('takes forty dropped drawings to a fine-tuned version that answers, and back again', STORY, async () => {
      const page = await visiting.visit('#/train');
      await page.getByRole('link', { name: 'Train a model' }).click();
      page.setDefaultTimeout(JOB_MS); // checks and jobs are processes, and wait for a core like any other
      await drop(page, 'My Rings.zip', await fortyDrawings());
      expect(await page.getByRole('textbox', { name: 'Name of the data' }).inputValue()).toBe('my-rings');
      await page.getByRole('button', { name: 'Send it' }).click();

      await page.getByRole('img', { name: 'The first examples of my-rings, a column for each class' }).waitFor();
      await picturesLoaded(page);
      await page.getByText('40 grey images of 28 × 28').waitFor();
      const rejected = page.getByRole('list', { name: 'Files that were left out' }).getByRole('listitem');
      await rejected.first().waitFor();
      expect(await rejected.allTextContents()).toEqual([expect.stringMatching(/^torn\.png: .+/)]);

      await page.getByRole('radio', { name: /A model that is here/ }).check();
      await page.getByRole('combobox', { name: 'Model', exact: true }).selectOption('mnist');
      await picture(page, 'train-new');

      const steps = page.getByRole('textbox', { name: 'Steps', exact: true });
      await steps.fill('40');
      const batch = page.getByRole('textbox', { name: 'Batch' });
      await batch.fill('none'); // Steps keeps what was typed while the server looked
      expect(await steps.inputValue()).toBe('40');
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      const wrong = page
        .getByRole('alert')
        .filter({ hasText: /^Expected batch .* to be a number but received "none"\.$/ });
      await wrong.waitFor();
      expect(await batch.getAttribute('aria-invalid')).toBe('true');
      await picture(page, 'train-wrong');

      await batch.fill('30'); // at most the 37 drawings that are not held out, at least what its penalty looks at
      await page.getByText('How a run goes, and how often it says what it does.').click();
      await page.getByRole('textbox', { name: 'Report every steps' }).fill('20');
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Fine-tuning mnist on my-rings' }).waitFor();
      const made = page.getByRole('heading', { name: `It made version ${SHIPPED + 1} of mnist` });
      await made.waitFor({ timeout: JOB_MS });
      await page.getByRole('img', { name: /^Losses: lossD \S+ at step 40/ }).waitFor();
      await page.getByRole('img', { name: 'Samples at step 40' }).waitFor();
      await picturesLoaded(page);
      await picture(page, 'train-run');

      await page.getByRole('button', { name: `Let version ${SHIPPED + 1} answer` }).click();
      await page
        .getByRole('status')
        .filter({ hasText: `Version ${SHIPPED + 1} answers now.` })
        .waitFor();
      expect(await activeVersion(visiting.url)).toBe(SHIPPED + 1);
      for (const version of [SHIPPED, SHIPPED + 1]) {
        await page.getByRole('img', { name: `Samples of version ${version} of mnist: seeds 0 to 23` }).waitFor();
      }

      await page.getByRole('button', { name: 'Go back to the version before' }).click();
      await page
        .getByRole('status')
        .filter({ hasText: `Version ${SHIPPED} answers now.` })
        .waitFor();
      expect(await activeVersion(visiting.url)).toBe(SHIPPED);
    });

    test('compares two runs: what was asked for otherwise, and their curves in one plot', STORY, async () => {
      const ids = await Promise.all([1, 2].map((seed) => trained(visiting.url, seed)));
      const page = await visiting.visit('#/train');
      const boxes = page.getByRole('checkbox', { name: /Training rings on builtin:ring8/ });
      await boxes.nth(1).waitFor();
      for (const box of await boxes.all()) await box.check();
      await page.getByRole('link', { name: 'Compare the two' }).click();
      await page.getByRole('heading', { name: 'Two runs' }).waitFor();
      expect(ids.every((id) => page.url().includes(id))).toBe(true);
      const row = page.getByRole('row', { name: /^seed/ });
      await row.waitFor();
      expect((await row.getByRole('cell').allTextContents()).sort()).toEqual(['1', '2']);
      await page.getByRole('img', { name: /^Losses: A: lossD \S+ at step 200, .*B: lossD \S+ at step 200/ }).waitFor();
    });

    test('pauses a run, goes on with it and cancels it', STORY, async () => {
      const order = 'dataset: "builtin:ring8", model: "endless", recipe: "ring8", steps: 100000000';
      const { train } = await ask(visiting.url, `mutation { train(${order}) { id } }`);
      const page = await visiting.visit(`#/train?run=${train!.id}`);
      page.setDefaultTimeout(JOB_MS);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('paused', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByText('running', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('cancelled', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Go on' }).waitFor();
    });

    test('says of data without a recipe what is chosen for it, and why, and explains each setting', async () => {
      const page = await visiting.visit('#/train?show=new&data=builtin:swissroll');
      await page.getByText('perceptrons, for points of 2 numbers').waitFor({ timeout: JOB_MS });
      const batch = page.getByRole('textbox', { name: 'Batch' });
      expect(await batch.inputValue()).toBe('256');
      const about = await batch.getAttribute('aria-describedby');
      expect(await page.locator(`[id="${about!.split(' ')[0]}"]`).textContent()).toBe(
        'Examples, and as many samples, in one step.',
      );
      await page.getByText('How weights move along their gradients.').click();
      await page.getByRole('combobox', { name: 'Kind of generator' }).selectOption('momentum');
      await page.getByText('Gradient descent with momentum.').first().waitFor();
    });

    const SIGHTS: readonly (readonly [string, string, (page: Page) => Promise<void>])[] = [
      ['train', '#/train', (page) => page.getByRole('heading', { name: 'Runs' }).waitFor()],
      ['train-versions', '#/train/mnist', picturesLoaded],
      [
        'train-recipe',
        '#/train?show=new&data=builtin:swissroll',
        (page) => page.getByRole('textbox', { name: 'Batch' }).waitFor({ timeout: JOB_MS }),
      ],
    ];
    for (const [name, hash, whenReady] of SIGHTS) canBeReadByEverybody(visiting, name, hash, whenReady);
  },
  settings,
);

interface Answer {
  readonly model?: { readonly version: number };
  readonly train?: { readonly id: string };
  readonly job?: object;
}

async function ask(url: string, query: string): Promise<Answer> {
  const reply = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await reply.json()) as { data: Answer }).data;
}

const activeVersion = async (url: string) => (await ask(url, '{ model(name: "mnist") { version } }')).model?.version;

/** The id of a run of 200 steps, once it is over. */
async function trained(url: string, seed: number): Promise<string> {
  const order = `dataset: "builtin:ring8", model: "rings", recipe: "ring8", steps: 200, seed: ${seed}`;
  const overrides =
    'overrides: { batch: 32, run: { stepsPerRun: 20, reportEverySteps: 100, previewEverySteps: 100, saveEverySteps: 100 } }';
  const { train } = await ask(url, `mutation { train(${order}, ${overrides}) { id } }`);
  await vi.waitFor(
    async () => expect((await ask(url, `{ job(id: "${train!.id}") { state } }`)).job).toEqual({ state: 'SUCCEEDED' }),
    { timeout: JOB_MS, interval: 200 },
  );
  return train!.id;
}
