// The console as a person meets it: the built program with the models that come with it, and a page of a real browser.
// When a test ends, nothing may have gone wrong out of sight: no error in the browser's console, no request that leaves
// this machine.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { auditOf, openBrowser, openPage, whyNoBrowser } from '../browser.js';
import { type Served, startServer } from '../examples/serving.js';

export interface Visiting {
  /** Of the server. */
  readonly url: string;
  readonly server: Served;
  /** A page of the console; `hash` is such as `#/explore/mnist?seed=7`. */
  visit(hash?: string, options?: Parameters<Browser['newPage']>[0]): Promise<Page>;
  /** One that may complain, to a test that provokes it. */
  visitUnwatched(hash?: string, options?: Parameters<Browser['newPage']>[0]): Promise<Page>;
}

const noBrowser = whyNoBrowser();

/** Tests with one server and one browser; skipped, saying so, where there is no browser. */
export function inTheConsole(
  name: string,
  tests: (visiting: Visiting) => void,
  settings: () => Promise<Readonly<Record<string, string>>> = async () => ({}),
): void {
  describe.skipIf(noBrowser)(`${name}${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
    let server: Served;
    let browser: Browser;
    beforeAll(async () => {
      [server, browser] = await Promise.all([settings().then(startServer), openBrowser()]);
    });
    afterAll(async () => {
      await browser?.close();
      await server?.stop();
    });

    const open = (hash: string, options: Parameters<Browser['newPage']>[0]) =>
      openPage(browser, `${server.url}/${hash}`, options);
    tests({
      get url() {
        return server.url;
      },
      get server() {
        return server;
      },
      async visit(hash = '', options = {}) {
        const { page, complaints, strangers } = await open(hash, options);
        onTestFinished(async () => {
          await page.close();
          expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
        });
        return page;
      },
      async visitUnwatched(hash = '', options = {}) {
        const { page } = await open(hash, options);
        onTestFinished(() => page.close());
        return page;
      },
    });
  });
}

const SIGHTS = [
  { width: 360, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 2560, colorScheme: 'light' },
] as const;

/**
 * Three sights of a page: nothing sticks out to the side, and axe finds nothing wrong. `SCREENSHOTS` names a folder for
 * pictures of them.
 */
export function canBeReadByEverybody(
  { visit }: Visiting,
  name: string,
  hash: string,
  whenReady: (page: Page) => Promise<void>,
): void {
  test.each(SIGHTS)(`${name} can be read by everybody, $width pixels wide, $colorScheme`, async (sight) => {
    const { width, colorScheme } = sight;
    const page = await visit(hash, { viewport: { width, height: 900 }, colorScheme });
    await whenReady(page);
    await picture(page, `${name}-${width}-${colorScheme}`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await auditOf(page)).toEqual([]);
  });
}

export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Resolves once every picture that is there so far, and need not be scrolled to, is loaded. */
export async function picturesLoaded(page: Page): Promise<void> {
  await page.getByRole('img').first().waitFor();
  await page.locator('img:not([src])').first().waitFor({ state: 'detached' }); // fetched with a key
  await page.evaluate(`Promise.all(
    [...document.querySelectorAll('img')].filter(({ loading }) => loading !== 'lazy').map((image) => image.decode()),
  ).then(() => undefined)`);
}

/**
 * Calls a function in the page. It comes as text, for the types of the DOM are not those of the tests; so do its
 * arguments, and an element is found by a selector.
 */
export function inPage<T>(page: Page, code: string, ...args: readonly unknown[]): Promise<T> {
  return page.evaluate(`(${code})(${args.map((arg) => JSON.stringify(arg)).join()})`);
}
