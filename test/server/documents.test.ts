import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { RecentDocuments } from '../../src/server/documents.js';

test('keeps the documents that were asked for last, however many come', async () => {
  const documents = new RecentDocuments();
  const first = parse('{ first }');
  await documents.set('first', first);
  for (let i = 0; i < 1000; i++) {
    await documents.set(`${i}`, parse(`{ field${i} }`));
    expect(await documents.get('first')).toBe(first); // in use: it stays
  }
  expect(documents.size).toBe(128);
  expect(await documents.get('999')).toBeDefined();
  expect(await documents.get('500')).toBeUndefined();
});
