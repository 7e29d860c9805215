// The table of `npx ganymede score`, for spreadsheets: RFC 4180, a row a picture, the same columns.

import type { LeftOut } from './gather';
import type { Judged } from './judge';

type Cell = string | number | boolean | null;

const COLUMNS = [
  'file',
  'logit',
  'probability',
  'log_density_ratio',
  'calibrated_probability',
  'calibrated_log_density_ratio',
  'familiarity',
  'label',
  'label_probability',
  'label_matches',
  'error',
];

export function csvOf(judged: readonly Judged[], leftOut: readonly LeftOut[]): string {
  const rows = [...judged.map(cellsOf), ...leftOut.map(({ name, reason }) => failed(name, null, reason))];
  return [COLUMNS, ...rows].map((cells) => `${cells.map(textOf).join(',')}\n`).join('');
}

function cellsOf({ picture: { name }, label, answer }: Judged): readonly Cell[] {
  if ('code' in answer) return failed(name, label, `${answer.code}: ${answer.message}`);
  const { logit, probability, logDensityRatio, calibrated, familiarity } = answer;
  const calibration = [calibrated?.probability ?? null, calibrated?.logDensityRatio ?? null];
  const ofLabel = [label, answer.label?.probability ?? null, answer.label?.matches ?? null];
  return [name, logit, probability, logDensityRatio, ...calibration, familiarity, ...ofLabel, null];
}

const failed = (name: string, label: string | null, why: string): readonly Cell[] => [
  name,
  ...new Array<null>(6).fill(null),
  label,
  null,
  null,
  why,
];

/** Spreadsheets run what begins so; an apostrophe before it makes it text. */
const FORMULA = /^[=+\-@\t\r]/;

function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return `${cell}`;
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
