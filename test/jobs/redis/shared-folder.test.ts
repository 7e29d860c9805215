import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { built, together } from '../../files/together.js';
import { temporaryFolder } from '../../training/helpers.js';

const FOLDERS = 400;

/** Comes to one new folder after the other, each time as the first that this Redis hears of; the words it told. */
const COME = `
  import { checkShared } from '${built('jobs/redis/shared-folder.js')}';
  export default async (parent, folders) => {
    const words = [];
    for (let i = 0; i < folders; i++) {
      let told;
      const redis = { set: async (_, value) => void (told = value), get: async () => told };
      await checkShared(redis, { data: parent + '/' + i, checkpoints: [parent] });
      words.push(JSON.parse(told).word);
    }
    return words;
  };`;

test('all that come to a new folder at the same moment find the same word in it', async () => {
  const parent = await temporaryFolder();
  const [first, ...others] = await together<string[]>(4, COME, parent, FOLDERS);
  expect(new Set(first).size).toBe(FOLDERS);
  for (const word of first!) expect(word).toMatch(/^[0-9a-f-]{36}$/);
  for (const other of others) expect(other).toEqual(first);
  expect(await readdir(join(parent, '0'))).toEqual(['.ganymede-shared']);
});
