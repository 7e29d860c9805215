// Rows for other programs: CSV as in RFC 4180, or a JSON object a line. Rows go out as they come, no faster than they
// are taken.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { GanymedeError, messageOf } from '../errors.js';

/** Lists are for JSON; in CSV their numbers stand in one cell, with spaces between them. */
export type Cell = string | number | boolean | readonly number[] | null;
export type RowOf<Columns extends string> = Readonly<Record<Columns, Cell>>;

export interface Table<Columns extends string> {
  write(rows: readonly RowOf<Columns>[]): Promise<void>;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

export type Format = 'csv' | 'jsonl';

/** `to`: a path, or "-" for stdout. */
export async function openTable<Columns extends string>(
  format: Format,
  columns: readonly Columns[],
  to: string,
): Promise<Table<Columns>> {
  const stream: Writable = to === '-' ? process.stdout : createWriteStream(to);
  if (to !== '-') await opened(stream, to);
  const put = async (text: string): Promise<void> => {
    if (!stream.write(text)) await once(stream, 'drain');
  };
  if (format === 'csv') await put(`${columns.join(',')}\n`);
  const lineOf = format === 'csv' ? csvLine : jsonLine;
  return {
    write: (rows) => put(rows.map((row) => `${lineOf(columns, row)}\n`).join('')),
    async close() {
      if (to === '-') return;
      stream.end();
      await finished(stream);
    },
  };
}

/** Fails now where it cannot be written, and not after the first answer. */
async function opened(stream: Writable, path: string): Promise<void> {
  try {
    await once(stream, 'open');
  } catch (cause) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected a file that can be written but received ${path}: ${messageOf(cause)}.`,
      { cause },
    );
  }
}

function jsonLine<Columns extends string>(columns: readonly Columns[], row: RowOf<Columns>): string {
  return JSON.stringify(Object.fromEntries(columns.map((column) => [column, row[column]])));
}

function csvLine<Columns extends string>(columns: readonly Columns[], row: RowOf<Columns>): string {
  return columns.map((column) => cellOf(row[column])).join(',');
}

/** Spreadsheets run what begins so; an apostrophe before it makes it text. Numbers stay as they are. */
const FORMULA = /^[=+\-@\t\r]/;

function cellOf(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'object') return value.join(' ');
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
