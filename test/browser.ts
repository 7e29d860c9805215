// Debian's Chromium, driven by playwright-core, which brings no browser of its own. Watched: what the console says is
// wrong, and whether a request leaves this machine.

import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const PATH = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A machine that does other work meanwhile takes many times as long; a page that hangs still ends its test. */
const PATIENCE_MS = 180_000;

/** Undefined, or why no browser can be started here. */
export function whyNoBrowser(): string | undefined {
  try {
    accessSync(PATH, constants.X_OK);
    return undefined;
  } catch {
    return `no browser at ${PATH}: install Debian's chromium, or name one by CHROMIUM`;
  }
}

/** Root has no sandbox for its browser; what it opens here is our own. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: PATH, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[];
  /** Addresses beyond this machine that the page asked for. */
  readonly strangers: string[];
}

export async function openPage(browser: Browser, url: string, options: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE_MS);
  page.setDefaultNavigationTimeout(PATIENCE_MS);
  const watched: Watched = { page, complaints: [], strangers: [] };
  page.on('pageerror', (error) => watched.complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) watched.complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') watched.strangers.push(request.url());
  });
  await page.goto(url);
  return watched;
}

/** What axe, an auditor of accessibility, finds wrong: rule and element. */
export async function auditOf(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8')); // a script tag is what a page's policy may forbid
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
