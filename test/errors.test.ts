import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, expected, GanymedeError } from '../src/errors.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The codes of the tables in ERRORS.md: first cells of the form `CODE`. */
async function documented(heading: string): Promise<{ code: string; meaning: string }[]> {
  const text = await readFile(join(root, 'ERRORS.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return Array.from(section.matchAll(/^\| `([A-Z_]+)` \| (?:\d+ \| )?([^|]+) \|/gm), ([, code, meaning]) => ({
    code: code as string,
    meaning: (meaning as string).trim(),
  }));
}

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
}

describe('ERRORS.md', () => {
  test('documents every code of Ganymede, with the meaning that the program has, and none in vain', async () => {
    const rows = await documented('Codes of Ganymede');
    expect(Object.fromEntries(rows.map(({ code, meaning }) => [code, meaning]))).toEqual(ERROR_CODES);
    expect(rows).toHaveLength(Object.keys(ERROR_CODES).length); // no code twice
  });

  test('documents every code that GraphQL itself adds', async () => {
    const rows = await documented('Codes of GraphQL');
    const theirs = Object.values(ApolloServerErrorCode).filter((code) => !Object.hasOwn(ERROR_CODES, code));
    expect(rows.map(({ code }) => code).sort()).toEqual(theirs.sort());
  });

  test('documents no code that the program never uses', async () => {
    const text = (await sources(join(root, 'src'))).join('\n').replace(/export const ERROR_CODES = \{[^}]*\}/, '');
    const unused = Object.keys(ERROR_CODES).filter((code) => !text.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});

describe('GanymedeError', () => {
  test('says what was expected and what came, shortened', () => {
    expect(expected('truncation in [0, 1]', 1.7).message).toBe('Expected truncation in [0, 1] but received 1.7.');
    expect(expected('a seed', undefined).message).toBe('Expected a seed but received nothing.');
    expect(expected('an image', 'x'.repeat(1000)).message).toHaveLength(
      'Expected an image but received "…".'.length + 77,
    );
  });

  test('keeps its cause and its details', () => {
    const cause = new Error('inner');
    const error = new GanymedeError('ENGINE_FAILED', 'outer', { cause, details: { worker: 1 } });
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ worker: 1 });
    expect(error.code).toBe('ENGINE_FAILED');
  });
});
