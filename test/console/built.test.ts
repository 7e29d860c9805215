// What of the console is generated and what of it is sent.

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ROOT } from '../examples/serving.js';

test('its client is in step with the schema and with what its pages ask: `npm run schema` makes it anew', async () => {
  const codegen = ['graphql-codegen', '--config', 'web/console/codegen.ts', '--check'];
  const { stdout } = await promisify(execFile)('npx', codegen, { cwd: ROOT });
  expect(stdout).not.toContain('stale');
});

test('all of it, of every page, is less than 200 kB on the wire', async () => {
  const frame = await readFile(`${ROOT}/dist/web/index.html`, 'utf8');
  const loaded = Array.from(frame.matchAll(/(?:href|src)="\.\/(assets\/[^"]+)"/g), ([, path]) => path!);
  const files = new Set(await withImports(loaded));
  expect([...files].some((file) => file.endsWith('.js')) && [...files].some((file) => file.endsWith('.css'))).toBe(
    true,
  );
  const sizes = await Promise.all(
    [...files].map(async (file) => gzipSync(await readFile(`${ROOT}/dist/web/${file}`)).length),
  );
  expect(gzipSync(frame).length + sizes.reduce((sum, size) => sum + size)).toBeLessThan(200_000);
});

test('the styles of a page are for that page alone, for all are one file', async () => {
  const styles = (await readdir(`${ROOT}/dist/web/assets`)).find((file) => /^index.*\.css$/.test(file))!;
  const text = await readFile(`${ROOT}/dist/web/assets/${styles}`, 'utf8');
  const pages = (await readdir(`${ROOT}/web/console`, { recursive: true })).filter((file) =>
    /^[^/]+\/[^/]+\.css$/.test(file),
  );
  const own = pages.map((file) => file.split('/')[0]!);
  expect(own).toEqual(expect.arrayContaining(['models', 'score']));
  for (const page of own) expect(text).toContain(`main.page-${page} `);
});

/** With the files that scripts load in turn, at once or later. */
async function withImports(files: readonly string[]): Promise<string[]> {
  const named = await Promise.all(
    files.filter((file) => file.endsWith('.js')).map((file) => readFile(`${ROOT}/dist/web/${file}`, 'utf8')),
  );
  const imported = named.flatMap((text) =>
    Array.from(text.matchAll(/["'`]\.\/([\w.-]+\.(?:js|css))["'`]/g), ([, name]) => `assets/${name}`),
  );
  const further = imported.filter((file) => !files.includes(file));
  return further.length === 0 ? [...files] : withImports([...files, ...new Set(further)]);
}
