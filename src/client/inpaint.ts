// The work of `ganymede inpaint`: completions of pictures of which a part is hidden, a file each.

import { mkdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type Asked, type Asking, asks, imageOf, type Tally } from './asking.js';
import { batches, type ReadPicture } from './batches.js';
import { ahead } from './client.js';
import { bytesOfUri } from './data-uri.js';
import { openPictures } from './pictures.js';

export interface InpaintOptions extends Asking {
  readonly pictures: readonly string[];
  /** "left", "right", "top" or "bottom"; "x,y,width,height"; or a picture that is white where pixels are hidden. */
  readonly mask: string;
  readonly count: number;
  /** Of the first completion. */
  readonly seed: number;
  readonly class?: string;
  readonly outdir: string;
  readonly size?: number;
}

const INPAINT = `query Inpaint($model: String!, $version: Int, $image: ImageSource!, $mask: Mask!, $count: Int!, $seed: Seed,
                              $label: String, $size: Int) {
  inpaint(model: $model, version: $version, image: $image, mask: $mask, count: $count, seed: $seed, label: $label) {
    ... on Completion { seed image(format: PNG, size: $size) { dataUri } }
    ... on ImageError { code message }
  }
}`;

type Answer =
  | { readonly seed: number; readonly image: { readonly dataUri: string } }
  | { readonly code: string; readonly message: string };

/** Requests under way at a time, one picture each. */
const AHEAD = 3;

export const inpaint = asks<InpaintOptions>(async (options, asked) => {
  const { report, facts } = asked;
  imageOf(facts, options);
  const mask = await maskOf(options.mask);
  const pictures = await openPictures(options.pictures, process.stdin, report.signal);
  await mkdir(options.outdir, { recursive: true });
  report.phase('completing', 'pictures', pictures.total);
  const names = new Names();
  let tally: Tally = { done: 0, failed: 0 };
  const complete = ([picture]: readonly ReadPicture[]) => completionsOf(picture!, mask, options, asked);
  for await (const { file, answers } of ahead(batches(pictures, 1), AHEAD, complete)) {
    report.throwIfStopped();
    const name = names.next(file);
    let failed = 0;
    for (const answer of answers) {
      if ('code' in answer) {
        failed = 1;
        report.warning('failed', `${file}: ${answer.code}: ${answer.message}`);
      } else {
        const path = join(options.outdir, `${name}-seed${String(answer.seed).padStart(4, '0')}.png`);
        await writeFileAtomically(path, bytesOfUri(answer.image.dataUri));
      }
    }
    tally = { done: tally.done + 1, failed: tally.failed + failed };
    report.progress(tally.done);
  }
  report.throwIfStopped();
  return tally;
});

/** A refusal of one picture is its answer; any other ends the work. */
async function completionsOf(
  picture: ReadPicture,
  mask: object,
  { count, seed, class: label, size }: InpaintOptions,
  { client, variables }: Asked,
): Promise<{ readonly file: string; readonly answers: readonly Answer[] }> {
  const { file } = picture;
  if ('error' in picture) return { file, answers: [picture.error] };
  const { buffer, byteOffset, length } = picture.bytes;
  const image = Buffer.from(buffer, byteOffset, length).toString('base64');
  try {
    const asked = { ...variables, image, mask, count, seed, label: label ?? null, size: size ?? null };
    const { data } = await client.ask<{ inpaint: readonly Answer[] }>(INPAINT, asked);
    return { file, answers: data.inpaint };
  } catch (error) {
    if (error instanceof GanymedeError && /IMAGE/.test(error.code)) return { file, answers: [error] };
    throw error;
  }
}

const HALVES: ReadonlySet<string> = new Set(['left', 'right', 'top', 'bottom']);

async function maskOf(text: string): Promise<object> {
  if (HALVES.has(text.toLowerCase())) return { half: text.toUpperCase() };
  const [, x, y, width, height] = /^(\d+),(\d+),(\d+),(\d+)$/.exec(text) ?? [];
  if (x !== undefined) {
    return { rectangle: { x: Number(x), y: Number(y), width: Number(width), height: Number(height) } };
  }
  try {
    return { hidden: (await readFile(text)).toString('base64') };
  } catch (cause) {
    const what = '--mask to be left, right, top or bottom, a rectangle as x,y,width,height, or a picture';
    throw expected(what, `${text}: ${messageOf(cause)}`);
  }
}

/** Names of pictures without folder and extension; one that was there before gets a number. */
class Names {
  readonly #times = new Map<string, number>();

  next(file: string): string {
    const name = basename(file, extname(file));
    const times = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, times);
    return times === 1 ? name : `${name}-${times}`;
  }
}
