// The animation of the pictures that a work made while it learnt: what its address says, which pictures are its frames,
// and its bytes. The address names the newest picture that it shows, so what it returns never changes:
//   /jobs/<id>/pictures/until-57.webp?fps=4           57: number of an event of the job
//   /models/<name>/<version>/pictures/until-15600.gif?fps=4           15600: a step

import { readFile } from 'node:fs/promises';
import { expected, GanymedeError } from '../errors.js';
import { type AnimationFormat, encodeAnimation, FORMATS, openImage, type Pixels } from '../images/image.js';
import { checkInteger } from '../limits.js';
import { evenly } from '../models/curve.js';

export const LEARNING_FORMATS = ['webp', 'gif', 'apng'] as const satisfies readonly AnimationFormat[];
export const LEARNING_FPS = 4;

export interface Learning {
  /** Of the newest picture: the number of the event that told of it, or its step. */
  readonly until: number;
  readonly format: AnimationFormat;
  readonly fps: number;
}

/** Pictures in one animation, and all their pixels: libwebp takes three seconds for as many. */
const MOST_FRAMES = 64;
const MOST_PIXELS = 2 ** 24;
/** The end stays in sight before an animation begins anew. */
const SECONDS_OF_LAST = 1;

export function learningName({ until, format, fps }: Learning): string {
  return `until-${until}.${FORMATS[format].extension}?fps=${fps}`;
}

/** Undefined for the name of something else. @throws GanymedeError BAD_USER_INPUT for a rate that there is not */
export function readLearning(file: string, query: Readonly<Record<string, unknown>>): Learning | undefined {
  const [, until, extension] = /^until-([1-9]\d{0,11})\.([a-z]+)$/.exec(file) ?? [];
  const format = LEARNING_FORMATS.find((each) => FORMATS[each].extension === extension);
  if (until === undefined || format === undefined) return undefined;
  const unknown = Object.keys(query).find((name) => name !== 'fps');
  if (unknown !== undefined) throw expected('no other query parameter than fps', unknown);
  const fps = query['fps'] ?? `${LEARNING_FPS}`;
  if (typeof fps !== 'string' || !/^[1-9]\d{0,3}$/.test(fps)) throw expected('the query parameter fps once', fps);
  return { until: Number(until), format, fps: checkInteger('fps', Number(fps)) };
}

/**
 * `pictures`: what reads each PNG, in the order of their making. Those of another size than the newest are left out.
 */
export async function encodeLearning(
  pictures: readonly (() => Promise<Uint8Array>)[],
  { format, fps }: Pick<Learning, 'format' | 'fps'>,
): Promise<Uint8Array> {
  const { width, height } = await openImage(await pictures.at(-1)!());
  const most = Math.max(1, Math.min(MOST_FRAMES, Math.floor(MOST_PIXELS / (width * height))));
  const frames: Pixels[] = [];
  for (const read of evenly(pictures, most)) {
    const image = await openImage(await read());
    if (image.width === width && image.height === height) {
      frames.push(await image.decode({ width, height, channels: 3 }));
    }
  }
  frames.push(...Array.from({ length: fps * SECONDS_OF_LAST }, () => frames.at(-1)!));
  return encodeAnimation(frames, { format, fps });
}

/** The bytes of a picture of a work. @throws GanymedeError NOT_FOUND */
export async function pictureAt(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new GanymedeError('NOT_FOUND', 'Expected a picture that is still there but its run was removed.', { cause });
  }
}
