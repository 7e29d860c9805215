// Tables for other programs: RFC 4180, formulas made harmless, and one object a line.
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Format, openTable } from '../../src/client/table.js';

const COLUMNS = ['file', 'logit', 'error'] as const;

async function written(format: Format, file: string, logit: number | null, error: string | null): Promise<string[]> {
  const path = join(await mkdtemp(join(tmpdir(), 'table-')), 'out');
  const table = await openTable(format, COLUMNS, path);
  await table.write([{ file, logit, error }]);
  await table.close();
  return (await readFile(path, 'utf8')).split(/(?<=\n)/);
}

describe('a table as CSV', () => {
  it('has a line of names, plain cells as they are, and nothing where there is none', async () => {
    expect(await written('csv', 'a/b.png', -1.5, null)).toEqual(['file,logit,error\n', 'a/b.png,-1.5,\n']);
  });

  it('quotes commas and quotes as RFC 4180 does', async () => {
    expect((await written('csv', 'a,"b".png', 0, 'x'))[1]).toBe('"a,""b"".png",0,x\n');
  });

  it('quotes line breaks, which then are part of the cell', async () => {
    expect((await written('csv', 'a\nb.png', 0, null)).slice(1).join('')).toBe('"a\nb.png",0,\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])('leaves %j to no spreadsheet as a formula', async (file) => {
    expect((await written('csv', file, 0, null))[1]).toBe(`'${file},0,\n`);
  });
});

it('keeps a list in one cell of CSV, and a list in JSON', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'table-')), 'out');
  for (const format of ['csv', 'jsonl'] as const) {
    const table = await openTable(format, ['z'], path);
    await table.write([{ z: [1, -2.5] }]);
    await table.close();
    expect(await readFile(path, 'utf8')).toBe(format === 'csv' ? 'z\n1 -2.5\n' : '{"z":[1,-2.5]}\n');
  }
});

describe('a table as JSON lines', () => {
  it('has an object a line, with every column, text as it is', async () => {
    const [line, ...more] = await written('jsonl', '=a,"b"\n.png', 1e-7, null);
    expect(JSON.parse(line!)).toEqual({ file: '=a,"b"\n.png', logit: 1e-7, error: null });
    expect(more).toEqual([]);
  });
});

it('refuses a file that cannot be written before anything is asked', async () => {
  await expect(openTable('csv', COLUMNS, join(tmpdir(), 'no', 'such', 'folder'))).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('ENOENT'),
  });
});
