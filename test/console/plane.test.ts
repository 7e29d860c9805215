// The page of the plane: the game of a model that is served, and trainings that a person runs step by step.

import { mkdtempSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { fromBase64 } from '../../src/base64.js';
import { canBeReadByEverybody, inTheConsole, picture, type Visiting } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'ganymede-plane-'));

/** Settings of a server whose models a training may add to. */
async function ownFolders(data: string) {
  for (const model of ['ring8', 'gaussian1d', 'mnist'])
    await cp(`checkpoints/${model}`, join(folder, data, 'models', model), { recursive: true });
  return { CHECKPOINTS: join(folder, data, 'models'), DATA: join(folder, data, 'data') };
}
afterAll(() => rm(folder, { recursive: true, force: true }));

inTheConsole(
  'the page of the plane',
  (visiting) => {
    test('colours the plane as the API’s scores say', async () => {
      const page = await visiting.visit('#/plane/ring8', { colorScheme: 'light' });
      const canvas = served(page);
      await canvas.waitFor();
      for (const layer of ['Data', 'Samples']) await page.getByRole('checkbox', { name: layer }).uncheck();
      await page.getByText('D(x), how likely real: 0 – 0.5 – 1').waitFor();
      const { low, high } = await windowOf(visiting);
      const places = [
        [0, 0],
        [32, 32],
        ...[8, 9, 10].flatMap((x) => [30, 31, 32, 33].map((y) => [x, y] as const)), // about the mode at (−1, 0)
        [63, 63],
      ] as const;
      const at = (place: number, axis: 0 | 1) => low[axis]! + (place / 63) * (high[axis]! - low[axis]!);
      const points = places.map(([x, y]) => [at(x, 0), at(y, 1)]);
      const { score } = await asked<{ score: { probability: number; familiarity: number }[] }>(
        visiting,
        `{ score(model: "ring8", points: ${JSON.stringify(points)}) { ... on Score { probability familiarity } } }`,
      );
      expect(score.some(({ familiarity }) => familiarity > 0.5)).toBe(true);
      const seen = await coloursAt(
        canvas,
        places.map(([x, y]) => [x / 63, y / 63]),
      );
      for (const i of places.keys()) {
        for (const [channel, value] of colourOf(score[i]!).entries())
          expect(Math.abs(seen[i]![channel]! - value)).toBeLessThan(30); // neighbours are blended in by half a pixel of seven
      }
    });

    test('trains two objectives side by side: they wait, make one step each, run, and are paused', async () => {
      const page = await visiting.visit('#/plane/ring8');
      page.setDefaultTimeout(180_000); // two trainings begin
      await page.getByRole('checkbox', { name: /^Minimax/ }).check();
      await page.getByRole('checkbox', { name: /^Non-saturating/ }).check();
      await page.getByRole('button', { name: 'Begin' }).click();
      const runs = ['Minimax', 'Non-saturating'].map((title) => ({
        step: page.getByLabel(`Step of ${title}`),
        game: (at: number) => page.getByRole('img', { name: `${title}: data, samples and D at step ${at}` }),
        words: page.getByRole('article', { name: title }),
      }));
      for (const { game } of runs) await game(0).waitFor();
      const before = await Promise.all(runs.map(({ game }) => bytesOf(game(0))));
      expect(before[0]).toBe(before[1]); // the same start

      await page.getByRole('button', { name: 'Step' }).click();
      for (const { game, step } of runs) {
        await game(1).waitFor();
        expect(await step.textContent()).toBe('1');
      }
      const after = await Promise.all(runs.map(({ game }) => bytesOf(game(1))));
      expect(after[0]).not.toBe(before[0]);
      await page.getByRole('button', { name: 'Step' }).click();
      for (const { game } of runs) await game(2).waitFor();

      await page.getByLabel('Speed').selectOption('as fast as it can');
      await page.getByRole('button', { name: 'Run' }).click();
      for (const { step, words } of runs) {
        await page.getByText('runs', { exact: true }).first().waitFor();
        await words.getByRole('img', { name: /^Losses: loss of D/ }).waitFor();
        await expectMoved(step, 100);
      }
      await page.getByRole('button', { name: 'Pause' }).click();
      for (const { words } of runs) await words.getByText('paused').waitFor();
      await picture(page, 'plane-training');

      await page.reload(); // the address knows the runs
      for (const { words } of runs) await words.getByText('paused').waitFor();
      await page.getByRole('button', { name: 'End and begin anew' }).click();
      await page.getByRole('button', { name: 'Begin' }).waitFor();
      await page.waitForURL(({ hash }) => !hash.includes('runs'));
    });

    test('shows the line as densities, D and the map from z, with numbers for what is seen', async () => {
      const page = await visiting.visit('#/plane/gaussian1d');
      await page.getByText('density of samples').waitFor();
      await page.getByText('equal shares of z').waitFor();
      await page.getByRole('combobox', { name: 'Data' }).selectOption('Ring of eight Gaussians');
      await page.getByRole('img', { name: /^Ring of eight Gaussians/ }).waitFor();
      expect(page.url()).toContain('#/plane/ring8');
    });

    canBeReadByEverybody(visiting, 'plane', '#/plane/ring8', async (page) => {
      await page.getByText('D(x), how likely real: 0 – 0.5 – 1').waitFor();
    });
    canBeReadByEverybody(visiting, 'line', '#/plane/gaussian1d', async (page) => {
      await page.getByText('D(x), how likely real: 0 – 0.5 – 1').waitFor();
    });
  },
  () => ownFolders('open'),
);

inTheConsole(
  'the page of the plane without a key',
  (visiting) => {
    test('shows the trained model, and says why neither D nor training is there', async () => {
      const page = await visiting.visit('#/plane/ring8');
      await served(page).waitFor();
      await page.getByText('What D says is shown to those whose key may score.').waitFor();
      await page.getByText(/Training is for admins/).waitFor();
      expect(await page.getByRole('button', { name: 'Begin' }).count()).toBe(0);
    });
  },
  async () => ({ ...(await ownFolders('view')), AUTH: 'view' }),
);

const served = (page: Page): Locator => page.getByRole('img', { name: /of the model as served$/ });

async function asked<Data>({ url }: Visiting, query: string): Promise<Data> {
  const reply = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await reply.json()) as { data: Data }).data;
}

/** What is shown: between the 0.5 and the 99.5 percentile with 15 % around, and as wide as high. */
async function windowOf(visiting: Visiting) {
  const { points } = await asked<{ points: { data: string } }>(visiting, '{ points(of: RING8, first: 1024) { data } }');
  const all = [...fromBase64(points.data)!];
  const sides = [0, 1].map((axis) => {
    const values = all.filter((_, i) => i % 2 === axis).sort((a, b) => a - b);
    return [values[5]!, values[1018]!] as const;
  });
  const half = 0.65 * Math.max(...sides.map(([low, high]) => high - low));
  const middles = sides.map(([low, high]) => (low + high) / 2);
  return { low: middles.map((middle) => middle - half), high: middles.map((middle) => middle + half) };
}

/** Orange below a half, blue above it, three quarters of it at the ends, over white; nothing of what is unfamiliar. */
function colourOf({ probability, familiarity }: { probability: number; familiarity: number }): number[] {
  const end = probability < 0.5 ? [213, 94, 0] : [0, 114, 178];
  const strength = 0.75 * familiarity * Math.abs(2 * probability - 1);
  return end.map((value) => 255 + strength * (value - 255));
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(...at: number[]): { readonly data: ArrayLike<number> } };
  toDataURL(): string;
}

/** Of places in shares of the canvas, upwards. */
function coloursAt(canvas: Locator, places: readonly (readonly number[])[]): Promise<number[][]> {
  return canvas.evaluate((element, asked) => {
    const { width, height } = element as unknown as Canvas;
    const { data } = (element as unknown as Canvas).getContext('2d').getImageData(0, 0, width, height);
    return asked.map(([across, up]) => {
      const [left, top] = [Math.min(width - 1, across! * width), Math.min(height - 1, (1 - up!) * height)];
      const first = 4 * (Math.floor(top) * width + Math.floor(left));
      return [data[first]!, data[first + 1]!, data[first + 2]!];
    });
  }, places);
}

function bytesOf(canvas: Locator): Promise<string> {
  return canvas.evaluate((element) => (element as unknown as Canvas).toDataURL());
}

/** Resolves once a counter is beyond a number. */
async function expectMoved(counter: Locator, beyond: number): Promise<void> {
  await expect
    .poll(async () => Number((await counter.textContent())!.replace(/\D/g, '')), { timeout: 120_000 })
    .toBeGreaterThan(beyond);
}
