// The page Explore, by what a person does and sees.

import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { shippedVersion } from '../shipped.js';
import { canBeReadByEverybody, inPage, inTheConsole, picturesLoaded } from './harness.js';

const MNIST = shippedVersion('mnist');
const DIGITS = '#/explore/mnist-conditional';

const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const sampleIn = (page: Page) => region(page, 'The sample').getByRole('img');
const sourceOf = async (image: Locator) => (await image.getAttribute('src'))!;

/** Resolves once what the page shows is another picture than it was, with that. */
async function changed(image: Locator, before: string): Promise<string> {
  await image.and(image.page().locator(`img:not([src="${before}"])`)).waitFor();
  return sourceOf(image);
}

const FULL = '#/explore/mnist-styles?seed=7&truncation=0.7&mix=3:0.5~8:0.5&directions=0:2&pins=7@3,12@8&layers=0.1';

/** A grey pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);

/** Of the slider, among the controls. */
const TRUNCATION = 'section[aria-label="The sample"] .slider input';

/**
 * From a hand’s input to the pixels that it asked for, and in turns with that what no page could do without: the same
 * question, and two frames of the screen. Medians of 15, in milliseconds.
 */
const DELAYS = `async (body) => {
  const slider = document.querySelector('${TRUNCATION}');
  const picture = document.querySelector('section[aria-label="The sample"] img');
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const [delays, bare] = [[], []];
  const timed = async (times, task) => {
    const begun = performance.now();
    await task();
    times.push(performance.now() - begun);
  };
  for (let i = 0; i < 15; i++) {
    const truncation = 0.31 + 0.04 * i;
    await timed(bare, async () => {
      const headers = { 'content-type': 'application/json' };
      await (await fetch('graphql', { method: 'POST', headers, body: body.replace('"TRUNCATION"', truncation - 0.01) })).json();
      await frame();
      await frame();
    });
    const before = picture.src;
    await timed(delays, () => new Promise((resolve) => {
      new MutationObserver((_, observer) => {
        if (picture.src === before) return;
        observer.disconnect();
        requestAnimationFrame(resolve);
      }).observe(picture, { attributes: true });
      slider.value = truncation;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }));
  }
  const median = (times) => times.toSorted((a, b) => a - b)[7];
  return { delay: median(delays), bare: median(bare) };
}`;

inTheConsole('exploring', (visiting) => {
  const bytes = async (address: string) =>
    Buffer.from(await (await fetch(new URL(address, visiting.url))).arrayBuffer());
  const asDataUri = async (address: string) => `data:image/png;base64,${(await bytes(address)).toString('base64')}`;

  async function ask<T>(query: string, variables: object = {}): Promise<T> {
    const reply = await fetch(`${visiting.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await reply.json()) as { data: T; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  }

  test('a click on the wall, or an arrow key, shows that seed at a size that can be looked at', async () => {
    const page = await visiting.visit(`${DIGITS}?seed=20&truncation=0.7`);
    const wall = page.getByRole('listbox', { name: 'Samples by seed' });
    await wall.getByRole('option', { name: 'Seed 20', exact: true, selected: true }).waitFor();
    await sampleIn(page).waitFor();
    const before = await sourceOf(sampleIn(page));
    expect(before).toBe(await asDataUri('/images/mnist-conditional/6/20.png?truncation=0.7'));
    await wall.getByRole('option', { name: 'Seed 21', exact: true }).click();
    const clicked = await changed(sampleIn(page), before);
    expect(clicked).toBe(await asDataUri('/images/mnist-conditional/6/21.png?truncation=0.7'));
    await wall.press('ArrowRight');
    await changed(sampleIn(page), clicked);
    expect(await sourceOf(sampleIn(page))).toBe(await asDataUri('/images/mnist-conditional/6/22.png?truncation=0.7'));
    expect(await wall.getByRole('option', { selected: true }).getByRole('img').getAttribute('alt')).toBe('Seed 22');
  });

  test('the picture follows a slider: one question is under way at a time, and the last value is the one that stays', async () => {
    const page = await visiting.visit(DIGITS);
    await sampleIn(page).waitFor();
    const { asked, underWay } = await countQuestions(page);
    const dragging = `async () => {
      const slider = document.querySelector('${TRUNCATION}');
      for (let i = 99; i >= 30; i--) {
        slider.value = i / 100;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
    }`;
    await inPage(page, dragging);
    const last = await asDataUri('/images/mnist-conditional/6/42.png?truncation=0.3');
    await page.locator(`img[src="${last}"]`).waitFor();
    expect(await page.getByRole('slider', { name: 'Truncation' }).getAttribute('aria-valuetext')).toBe('0.3');
    const truncations = asked.map(({ variables }) => variables.truncation);
    expect(truncations).toEqual(truncations.toSorted((a, b) => b - a));
    expect(truncations.length).toBeGreaterThan(1);
    expect(truncations.length).toBeLessThanOrEqual(70);
    expect(Math.max(...underWay)).toBe(1);
  });

  test('from the hand to new pixels takes little more than the answer and the screen themselves', async () => {
    const page = await visiting.visit(DIGITS);
    const { asked } = await countQuestions(page);
    await page.reload();
    await sampleIn(page).waitFor();
    await picturesLoaded(page);
    const { variables, ...rest } = asked[0]!;
    const body = JSON.stringify({ ...rest, variables: { ...variables, truncation: 'TRUNCATION' } });
    const { delay, bare } = await inPage<{ delay: number; bare: number }>(page, DELAYS, body);
    console.info(`from input to pixels: ${delay.toFixed(1)} ms, the bare answer and two frames: ${bare.toFixed(1)} ms`);
    expect(delay).toBeLessThan(4 * bare);
  });

  interface Question {
    readonly operation: string;
    readonly variables: { readonly truncation: number };
  }

  /** Of the sample, and how many of them are under way each time that one begins. */
  async function countQuestions(page: Page) {
    const asked: Question[] = [];
    const underWay: number[] = [];
    let open = 0;
    const isOfSample = (body: string | null) => body?.includes('query Sampled') ?? false;
    page.on('request', (request) => {
      if (!isOfSample(request.postData())) return;
      asked.push(JSON.parse(request.postData()!));
      underWay.push(++open);
    });
    page.on('requestfinished', (request) => {
      if (isOfSample(request.postData())) open--;
    });
    return { asked, underWay };
  }

  test('a mixture of classes is drawn as the API draws it, on the side and on the wall', async () => {
    const page = await visiting.visit(`${DIGITS}?seed=9&class=3`);
    await sampleIn(page).waitFor();
    const before = await sourceOf(sampleIn(page));
    await page.getByRole('combobox', { name: 'Class' }).selectOption('a mixture…');
    const half = await changed(sampleIn(page), before);
    await page.getByRole('slider', { name: 'Class 8' }).fill('1');
    await changed(sampleIn(page), half);
    const { sample } = await ask<{ sample: [{ image: { url: string } }] }>(
      `{ sample(model: "mnist-conditional", seed: 9, labels: [
        { label: "3", weight: 0.5 }, { label: "4", weight: 0.5 }, { label: "8", weight: 1 }
      ]) { image { url } } }`,
    );
    const { pathname, search } = new URL(sample[0].image.url);
    await page.locator(`img[src="${await asDataUri(pathname + search)}"]`).waitFor();
    await page.locator(`.wall img[src="${(pathname + search).slice(1)}"]`).waitFor();
  });

  test('10,000 tiles of the wall scrolled by leave no more elements and no more memory than before', async () => {
    const page = await visiting.visit(DIGITS, { viewport: { width: 1280, height: 900 } });
    const wall = page.getByRole('listbox', { name: 'Samples by seed' });
    await wall.getByRole('option').first().waitFor();
    await page.route('**/images/**', (route) => route.fulfill({ body: PIXEL, contentType: 'image/png' })); // the server's work is not the question
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const memory = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const of = (name: string) => metrics.find((one) => one.name === name)!.value;
      return { nodes: of('Nodes'), heap: of('JSHeapUsedSize'), listeners: of('JSEventListeners') };
    };
    const scrollBy = (screens: number) =>
      inPage<number>(
        page,
        `async () => {
        const wall = document.querySelector('.wall');
        const seen = new Set();
        for (let i = 0; i < ${screens}; i++) {
          wall.scrollTop += wall.clientHeight;
          await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
          for (const { id } of wall.querySelectorAll('[role=option]')) seen.add(id);
        }
        return seen.size;
      }`,
      );
    await scrollBy(20); // what is made once, and kept
    const [before, tiles] = [await memory(), await wall.getByRole('option').count()];
    expect(await scrollBy(120)).toBeGreaterThan(10_000);
    const after = await memory();
    expect(await wall.getByRole('option').count()).toBeLessThanOrEqual(tiles + 30);
    expect(after.nodes).toBeLessThan(1.5 * before.nodes);
    expect(after.listeners).toBeLessThan(1.5 * before.listeners);
    expect(after.heap).toBeLessThan(1.5 * before.heap);
  });

  test('the wall goes on where it would end', async () => {
    const page = await visiting.visit(`${DIGITS}?seed=4294967295`);
    const last = page.getByRole('option', { name: 'Seed 4294967295', exact: true, selected: true });
    await last.waitFor();
    await page.getByRole('spinbutton', { name: 'Seed', exact: true }).fill('1000000000');
    await page.getByRole('option', { name: 'Seed 1000000000', exact: true, selected: true }).waitFor();
    const wall = page.getByRole('listbox', { name: 'Samples by seed' });
    const firstSeed = () => wall.getByRole('option').first().getByRole('img').getAttribute('alt');
    const seedAt = async () => Number((await firstSeed())!.split(' ')[1]);
    const before = await seedAt();
    const scrolling = `async () => {
      const wall = document.querySelector('.wall');
      wall.scrollTop = wall.scrollHeight; // farther than any person, to where what can be scrolled ends
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      wall.scrollTop += wall.clientHeight;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return wall.scrollTop / wall.scrollHeight;
    }`;
    expect(await inPage(page, scrolling)).toBeLessThan(0.6);
    expect(await seedAt()).toBeGreaterThan(before + 100_000);
  });

  test('the corners of the plane are the three samples, and its middle is as typical of the prior as they are', async () => {
    const page = await visiting.visit('#/explore/faces?corners=1,2,3&across=0.2&up=0.2');
    const plane = region(page, 'Plane through three samples');
    const picture = plane.getByRole('img', { name: /^The sample at/ });
    await picture.waitFor();
    let before = await sourceOf(picture);
    const drag = async (across: number, up: number) => {
      await plane.getByTestId('square').scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await plane.getByTestId('square').boundingBox())!;
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x - 5 + across * (width + 10), y + height + 5 - up * (height + 10), { steps: 4 });
      await page.mouse.up();
    };
    await drag(1, 0);
    const corner = await asDataUri(`/images/faces/${shippedVersion('faces')}/2.png`);
    await page.locator(`img[src="${corner}"]`).waitFor();

    before = corner;
    await plane.getByRole('slider', { name: 'To the right' }).fill('0.5');
    before = await changed(picture, before);
    await plane.getByRole('slider', { name: 'Up' }).fill('0.5');
    const { sample } = await ask<{ sample: { z: number[] }[] }>('{ sample(model: "faces", seed: 2, count: 2) { z } }');
    const z = sample[0]!.z.map((value, i) => (value + sample[1]!.z[i]!) / Math.SQRT2);
    const { sample: middle } = await ask<{ sample: [{ image: { dataUri: string } }] }>(
      'query ($z: [Latent!]) { sample(model: "faces", z: $z) { image { dataUri } } }',
      { z: [z] },
    );
    await page.locator(`img[src="${middle[0].image.dataUri}"]`).waitFor();
  });

  test('a morph begins and ends at its pins, plays to its end, and is there as WebP, GIF, PNG and a list of seeds', async () => {
    const page = await visiting.visit(`${DIGITS}?seed=7&class=3&frames=9`);
    await pin(page);
    const before = await sourceOf(sampleIn(page));
    await page.getByRole('combobox', { name: 'Class' }).selectOption('8');
    await changed(sampleIn(page), before);
    await pin(page);
    const morph = region(page, 'Pins and morph');
    const frame = morph.getByRole('img', { name: /frame/ });
    await frame.waitFor();
    expect(await frame.getAttribute('alt')).toBe('Morph, frame 1 of 9');
    expect(await sourceOf(frame)).toBe(before);
    await morph.getByRole('button', { name: 'Play' }).click();
    await morph.getByRole('img', { name: 'frame 9 of 9' }).waitFor();
    await morph.getByRole('button', { name: 'Play' }).waitFor(); // it ended
    expect(await sourceOf(frame)).toBe(await asDataUri('/images/mnist-conditional/6/7.png?label=8'));
    await morph.getByRole('slider', { name: 'Frame', exact: true }).press('ArrowLeft');
    expect(await frame.getAttribute('alt')).toBe('Morph, frame 8 of 9');

    const types = ['WebP', 'GIF', 'Strip as PNG'].map(async (name) => {
      const href = await morph.getByRole('link', { name }).getAttribute('href');
      return (await fetch(new URL(href!, visiting.url))).headers.get('content-type');
    });
    expect(await Promise.all(types)).toEqual(['image/webp', 'image/gif', 'image/png']);
    const download = page.waitForEvent('download');
    await morph.getByRole('link', { name: 'Seed list' }).click();
    expect(await readFile(await (await download).path(), 'utf8')).toBe(
      'model,version,seed,z,truncation,class\r\nmnist-conditional,6,7,,1,3\r\nmnist-conditional,6,7,,1,8\r\n',
    );
    await morph.getByRole('button', { name: 'Remove pin 1' }).click();
    await frame.waitFor({ state: 'detached' });
  });

  async function pin(page: Page): Promise<void> {
    await sampleIn(page).waitFor();
    await page.getByRole('button', { name: 'Pin for a morph' }).click();
  }

  test('the link restores what was set, and the query that is shown gives the picture that is shown', async () => {
    const page = await visiting.visit(`${DIGITS}?seed=7&class=3`);
    await sampleIn(page).waitFor();
    const before = await sourceOf(sampleIn(page));
    await page.getByText('Directions:').click();
    await page.getByRole('slider', { name: 'Direction 1,' }).fill('2.5');
    const moved = await changed(sampleIn(page), before);
    expect(await sampleIn(page).getAttribute('alt')).toBe('The sample, class 3, moved along directions');
    await page.getByText('The same from a script').click();
    const query = (await page.locator('code').filter({ hasText: 'edit(' }).textContent())!;
    const { edit } = await ask<{ edit: [{ image: { url: string } }] }>(query);
    const { pathname, search } = new URL(edit[0].image.url);
    expect(await asDataUri(pathname + search)).toBe(moved);
    expect(await page.locator('code').filter({ hasText: 'curl' }).textContent()).toContain(`'${edit[0].image.url}'`);
    const graphiql = await page.getByRole('link', { name: 'Ask it in GraphiQL' }).getAttribute('href');
    expect(new URL(graphiql!, visiting.url).searchParams.get('query')).toBe(query);

    await pin(page);
    await page.waitForURL(/pins=z/);
    const again = await visiting.visit(new URL(page.url()).hash);
    await sampleIn(again).waitFor();
    await again.locator(`img[src="${moved}"]`).waitFor();
    await region(again, 'Pins and morph').getByRole('img', { name: 'Pin 1: a latent, class 3' }).waitFor();
    expect(await again.getByRole('slider', { name: 'Direction 1,' }).getAttribute('aria-valuetext')).toBe('2.5 σ');
  });

  test('a sweep shows the sample under every truncation', async () => {
    const page = await visiting.visit('#/explore/mnist?seed=11');
    await page.getByText('Truncation, from the mean').click();
    const sweep = region(page, 'Truncation sweep');
    const frame = sweep.getByRole('img');
    await frame.waitFor();
    expect(await sourceOf(frame)).toBe(await asDataUri(`/images/mnist/${MNIST}/11.png?truncation=0`));
    await sweep.getByRole('slider', { name: 'Frame', exact: true }).press('End');
    expect(await sourceOf(frame)).toBe(await asDataUri(`/images/mnist/${MNIST}/11.png`));
  });

  test('styles of another seed go into the layers that are chosen', async () => {
    const page = await visiting.visit('#/explore/mnist-styles?seed=1&style=2&class=7');
    const styles = region(page, 'Styles');
    await styles.getByRole('checkbox', { name: '0' }).check();
    await styles.getByRole('checkbox', { name: '1' }).check();
    const picture = styles.getByRole('img', { name: 'Seed 1 with the styles of seed 2 in layers 0, 1' });
    await picture.waitFor();
    const { mixStyles } = await ask<{ mixStyles: { image: { url: string } } }>(
      `{ mixStyles(model: "mnist-styles", styles: [
        { seed: 1, label: "7" }, { seed: 2, label: "7", layers: [0, 1] }
      ]) { image { url } } }`,
    );
    const { pathname, search } = new URL(mixStyles.image.url);
    await styles.locator(`img[src="${(pathname + search).slice(1)}"]`).waitFor();
  });

  test('every model that makes something can be explored, and says what is not to be had of it', async () => {
    const { models } = await ask<{ models: { name: string; image: object | null }[] }>(
      '{ models { name image { width } } }',
    );
    expect(models.length).toBeGreaterThan(5);
    const page = await visiting.visit('#/explore');
    for (const { name, image } of models) {
      await page.getByRole('combobox', { name: 'Model', exact: true }).selectOption(name);
      if (image) await page.getByRole('option', { name: 'Seed 42', exact: true }).getByRole('img').waitFor();
      else await page.getByRole('img', { name: /^256 points of seeds 42 and on/ }).waitFor();
    }
    await page.goto(`${visiting.url}/#/explore/nobody`);
    await page.getByText('No model “nobody” is served here.').waitFor();
  });

  canBeReadByEverybody(visiting, 'explore', FULL, async (page) => {
    await page.getByRole('slider', { name: 'Direction 1,' }).waitFor();
    await region(page, 'Pins and morph').getByRole('img', { name: /frame/ }).waitFor();
    await region(page, 'Styles').getByRole('img').waitFor();
    await picturesLoaded(page);
  });
});
