// A question about any number of pictures, and a row of a table for each, in the order in which they were given. A few
// requests are under way at a time, and no more than their pictures are in memory.

import { basename, dirname } from 'node:path';
import { GanymedeError } from '../errors.js';
import { mayPass } from './answer.js';
import { type Asked, type Asking, imageOf, type Tally } from './asking.js';
import { batches, type ReadPicture } from './batches.js';
import { ahead, inHalves, patiently } from './client.js';
import { openPictures } from './pictures.js';
import { type Cell, type Format, openTable, type RowOf } from './table.js';

export interface PictureOptions extends Asking {
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

export interface Question<Answer, Column extends string> {
  /** What is being done, for the progress. */
  readonly phase: string;
  /**
   * Of $model, $version, $images and, if it takes classes, $labels. Its one field is a list with, for each picture, an
   * answer or an ImageError { code message }.
   */
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly takesLabels: boolean;
  /** Pictures of one request; left out, as many as fit. */
  readonly most?: number;
  /** Those between `file` and `error`. */
  readonly columns: readonly Column[];
  cells(answer: Answer, picture: Picture): CellsOf<Column> | Promise<CellsOf<Column>>;
  /** For a picture without an answer. */
  onFailed?(picture: Picture): Promise<void>;
}

export interface Picture {
  readonly file: string;
  /** Its place among all, from 0. */
  readonly index: number;
  /** The class that it was taken for. */
  readonly label: string | null;
}

export type CellsOf<Column extends string> = Readonly<Record<Column, Cell>>;

interface Failure {
  readonly code: string;
  readonly message: string;
}

type Answered<Answer> = Omit<Picture, 'index'> & { readonly answer: Answer | Failure };

/** Requests that are under way at a time: some are worked on while others are read, sent and written. */
const AHEAD = 4;

export async function askOfEach<Answer extends object, Column extends string>(
  options: PictureOptions,
  asked: Asked,
  question: Question<Answer, Column>,
): Promise<Tally> {
  const { report, facts } = asked;
  imageOf(facts, options);
  const pictures = await openPictures(options.pictures, process.stdin, report.signal);
  const table = await openTable(options.format, ['file', ...question.columns, 'error'], options.to);
  report.atEnd(() => table.close());
  report.phase(question.phase, 'pictures', pictures.total);
  const labelOf = labeller(options, asked);
  const work = (batch: readonly ReadPicture[]) => answersFor(batch, labelOf, question, asked);
  let [done, failed] = [0, 0];
  for await (const answers of ahead(batches(pictures, question.most), AHEAD, work)) {
    report.throwIfStopped();
    const rows: RowOf<'file' | Column | 'error'>[] = [];
    for (const answered of answers) {
      const row = await rowOf(answered, done++, question);
      rows.push(row);
      if (row.error === null) continue;
      failed++;
      report.warning('failed', `${row.file}: ${row.error}`);
    }
    await table.write(rows);
    report.progress(done);
  }
  report.throwIfStopped();
  return { done, failed };
}

async function rowOf<Answer extends object, Column extends string>(
  { file, label, answer }: Answered<Answer>,
  index: number,
  question: Question<Answer, Column>,
): Promise<RowOf<'file' | Column | 'error'>> {
  const picture = { file, label, index };
  if (!isFailure(answer)) {
    const cells = question.cells(answer, picture);
    return { file, ...(cells instanceof Promise ? await cells : cells), error: null };
  }
  await question.onFailed?.(picture);
  const none = Object.fromEntries(question.columns.map((column) => [column, null])) as CellsOf<Column>;
  return { file, ...none, error: `${answer.code}: ${answer.message}` };
}

function isFailure(answer: object): answer is Failure {
  return 'code' in answer;
}

/** The class of a picture, or null where none is needed; a folder that names none is the picture's fault. */
function labeller({ class: label, classByFolder }: PictureOptions, { facts }: Asked): (file: string) => string | null {
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
  /** Its place in the batch. */
  readonly place: number;
  readonly image: string;
  readonly label: string | null;
}

async function answersFor<Answer extends object>(
  batch: readonly ReadPicture[],
  labelOf: (file: string) => string | null,
  question: Question<Answer, string>,
  asked: Asked,
): Promise<Answered<Answer>[]> {
  const answered: Answered<Answer>[] = [];
  const ready: Ready[] = [];
  for (const [place, picture] of batch.entries()) {
    try {
      if ('error' in picture) throw picture.error;
      const label = labelOf(picture.file);
      const { buffer, byteOffset, length } = picture.bytes;
      ready.push({ place, label, image: Buffer.from(buffer, byteOffset, length).toString('base64') });
    } catch (error) {
      if (!(error instanceof GanymedeError)) throw error;
      answered[place] = { file: picture.file, label: null, answer: error };
    }
  }
  const answers = ready.length === 0 ? [] : await inHalves(ready, (part) => answerAll(part, question, asked));
  for (const [i, answer] of answers.entries()) {
    const { place, label } = ready[i]!;
    answered[place] = { file: batch[place]!.file, label, answer };
  }
  return answered;
}

/** Pictures that found a queue full are asked about again, without the others. */
async function answerAll<Answer extends object>(
  part: readonly Ready[],
  question: Question<Answer, string>,
  asked: Asked,
): Promise<readonly (Answer | Failure)[]> {
  const answers = [...(await answerOnce(part, question, asked))];
  const late = [...answers.keys()].filter((i) => isLate(answers[i]!));
  if (late.length === 0) return answers;
  const lateOnes = late.map((i) => part[i]!);
  const again = await patiently(async () => {
    const retried = await answerOnce(lateOnes, question, asked);
    const full = retried.find(isLate);
    if (full) throw new GanymedeError('QUEUE_FULL', full.message);
    return retried;
  }, asked.report.signal);
  for (const [k, i] of late.entries()) answers[i] = again[k]!;
  return answers;
}

function isLate(answer: object): answer is Failure {
  return isFailure(answer) && mayPass(answer.code);
}

async function answerOnce<Answer extends object>(
  part: readonly Ready[],
  { query, variables, takesLabels }: Question<Answer, string>,
  asked: Asked,
): Promise<readonly (Answer | Failure)[]> {
  const labels = part[0]!.label === null ? null : part.map(({ label }) => label);
  const images = part.map(({ image }) => image);
  const { data } = await asked.client.ask<Readonly<Record<string, readonly (Answer | Failure)[]>>>(query, {
    ...asked.variables,
    ...variables,
    images,
    ...(takesLabels && { labels }),
  });
  return Object.values(data)[0]!;
}
