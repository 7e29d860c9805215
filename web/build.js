// The second half of `npm run build`: bundles web/ into dist/web, unless what lies there was made of the same inputs.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist/web/inputs.sha256');

/** Of every file of web/, and of the versions of the packages that go into the pages. */
async function digestOfInputs() {
  const entries = await readdir(join(root, 'web'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const digest = createHash('sha256');
  for (const file of [...files.sort(), join(root, 'package-lock.json')]) digest.update(await readFile(file));
  return digest.digest('hex');
}

/** What the console asks, as it sends it, by digest: src/server/persisted.ts lets it through where nothing else is run. */
async function documentsOfConsole() {
  const { runnerImport } = await import('vite');
  const { module } = await runnerImport(join(root, 'web/console/gql/graphql.ts'), { configFile: false });
  const texts = Object.entries(module).filter(([name]) => name.endsWith('Document'));
  return Object.fromEntries(
    texts.map(([, text]) => [`sha256:${createHash('sha256').update(`${text}`).digest('hex')}`, `${text}`]),
  );
}

const digest = await digestOfInputs();
if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== digest) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'web/vite.config.js'), logLevel: 'warn' });
  await writeFile(join(root, 'dist/web/console-documents.json'), JSON.stringify(await documentsOfConsole(), null, 2));
  await writeFile(stamp, digest);
}
