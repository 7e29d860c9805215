import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('comments wrap at 120 characters', async () => {
  const long: string[] = [];
  for (const folder of ['src', 'test', 'bench']) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter(({ name }) => name.endsWith('.ts'))) {
      const path = join(entry.parentPath, entry.name);
      const lines = (await readFile(path, 'utf8')).split('\n');
      lines.forEach((line, i) => {
        if (/^\s*(\/\/|\/\*\*|\*)/.test(line) && line.length > 120) long.push(`${relative(root, path)}:${i + 1}`);
      });
    }
  }
  expect(long).toEqual([]);
});
