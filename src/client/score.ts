// The work of `ganymede score`: what a model's discriminator says of any number of pictures, a row each, in the order
// in which they were given. A few requests are under way at a time, and no more than their pictures are in memory.

import { basename, dirname } from 'node:path';
import { GanymedeError } from '../errors.js';
import { mayPass } from './answer.js';
import { type Asked, type Asking, asks, imageOf, type Tally } from './asking.js';
import { batches, type ReadPicture } from './batches.js';
import { ahead, inHalves, patiently } from './client.js';
import { openPictures } from './pictures.js';
import { type Format, openTable, type RowOf } from './table.js';

export interface ScoreOptions extends Asking {
  /** Files, folders, zips, or "-" for names on stdin. */
  readonly pictures: readonly string[];
  /** The class that all are taken for. */
  readonly class?: string;
  /** Each is taken for the class that its folder is named after. */
  readonly classByFolder?: boolean;
  readonly format: Format;
  /** A path, or "-" for stdout. */
  readonly to: string;
}

const COLUMNS = ['file', 'logit', 'probability', 'log_density_ratio', 'label', 'error'] as const;

type Row = RowOf<(typeof COLUMNS)[number]>;

const SCORE = `query Score($model: String!, $version: Int, $images: [ImageSource!], $labels: [String!]) {
  score(model: $model, version: $version, images: $images, labels: $labels) {
    ... on Score { logit probability logDensityRatio }
    ... on ImageError { code message }
  }
}`;

type Answer =
  | { readonly logit: number; readonly probability: number | null; readonly logDensityRatio: number | null }
  | { readonly code: string; readonly message: string };

/** Requests that are under way at a time: some are decoded and scored while others are read, sent and written. */
const AHEAD = 4;

export const score = asks<ScoreOptions>(async (options, asked) => {
  const { report, facts } = asked;
  imageOf(facts, options);
  const labelOf = labeller(options, asked);
  const pictures = await openPictures(options.pictures, process.stdin, report.signal);
  const table = await openTable(options.format, COLUMNS, options.to);
  report.atEnd(() => table.close());
  report.phase('scoring', 'pictures', pictures.total);
  let tally: Tally = { done: 0, failed: 0 };
  for await (const rows of ahead(batches(pictures), AHEAD, (batch) => rowsOf(batch, labelOf, asked))) {
    report.throwIfStopped();
    await table.write(rows);
    const failed = rows.filter(({ error }) => error !== null);
    for (const { file, error } of failed) report.warning('failed', `${file}: ${error}`);
    tally = { done: tally.done + rows.length, failed: tally.failed + failed.length };
    report.progress(tally.done);
  }
  report.throwIfStopped();
  return tally;
});

/** The class of a picture, or null where none is needed; a folder that names none is the picture's fault. */
function labeller({ class: label, classByFolder }: ScoreOptions, { facts }: Asked): (file: string) => string | null {
  if (label !== undefined || !classByFolder) return () => label ?? null;
  return (file) => {
    const folder = basename(dirname(file));
    if (facts.labels?.includes(folder)) return folder;
    const known = facts.labels?.join(', ') ?? 'none: the model has no classes';
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected a folder named after a class (${known}) but received "${folder}".`,
    );
  };
}

interface Ready {
  readonly row: number;
  readonly image: string;
  readonly label: string | null;
}

async function rowsOf(
  batch: readonly ReadPicture[],
  labelOf: (file: string) => string | null,
  asked: Asked,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const ready: Ready[] = [];
  for (const [row, picture] of batch.entries()) {
    rows.push({
      file: picture.file,
      logit: null,
      probability: null,
      log_density_ratio: null,
      label: null,
      error: null,
    });
    try {
      if ('error' in picture) throw picture.error;
      const label = labelOf(picture.file);
      const { buffer, byteOffset, length } = picture.bytes;
      ready.push({ row, label, image: Buffer.from(buffer, byteOffset, length).toString('base64') });
    } catch (error) {
      if (!(error instanceof GanymedeError)) throw error;
      rows[row] = { ...rows[row]!, error: textOf(error) };
    }
  }
  const answers = ready.length === 0 ? [] : await inHalves(ready, (part) => scoreAll(part, asked));
  for (const [i, answer] of answers.entries()) {
    const { row, label } = ready[i]!;
    rows[row] = { ...rows[row]!, label, ...columnsOf(answer) };
  }
  return rows;
}

/** Pictures that found a queue full are asked about again, without the others. */
async function scoreAll(part: readonly Ready[], asked: Asked): Promise<readonly Answer[]> {
  const answers = [...(await scoreOnce(part, asked))];
  const late = [...answers.keys()].filter((i) => isLate(answers[i]!));
  if (late.length === 0) return answers;
  const again = await patiently(async () => {
    const retried = await scoreOnce(
      late.map((i) => part[i]!),
      asked,
    );
    const full = retried.find(isLate);
    if (full && 'code' in full) throw new GanymedeError('QUEUE_FULL', full.message);
    return retried;
  }, asked.report.signal);
  for (const [k, i] of late.entries()) answers[i] = again[k]!;
  return answers;
}

function isLate(answer: Answer): boolean {
  return 'code' in answer && mayPass(answer.code);
}

async function scoreOnce(part: readonly Ready[], { client, variables }: Asked): Promise<readonly Answer[]> {
  const labels = part[0]!.label === null ? null : part.map(({ label }) => label);
  const images = part.map(({ image }) => image);
  const { data } = await client.ask<{ score: readonly Answer[] }>(SCORE, { ...variables, images, labels });
  return data.score;
}

function columnsOf(answer: Answer | GanymedeError): Omit<Row, 'file' | 'label'> {
  if ('code' in answer) return { logit: null, probability: null, log_density_ratio: null, error: textOf(answer) };
  const { logit, probability, logDensityRatio } = answer;
  return { logit, probability, log_density_ratio: logDensityRatio, error: null };
}

function textOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`;
}
