// How a person names data: a path or builtin:<name>, and behind commas what to do with it (`photos.zip,resize=64x64`).
// One text carries everything, so a resumed run, an evaluation and a job on a server open the same data.
import { z } from 'zod';
import { GanymedeError } from '../errors.js';
import { MAX_EXAMPLE_SIDE } from '../images/limits.js';
import type { Flattening } from '../images/pixels.js';
import type { Layout } from './arrays.js';
import type { Part } from './dataset.js';

export interface DataAddress {
  /** Path of a file or folder; for built-in data its name. */
  readonly path: string;
  readonly builtin: boolean;
  readonly settings: DataSettings;
}

export interface DataSettings {
  /** resize=64x48: images are scaled to cover that many pixels across and down, and cropped to the centre. */
  readonly resize?: { readonly width: number; readonly height: number };
  /** channels=1 or 3: images become grey, or colour. */
  readonly channels?: 1 | 3;
  /** alpha=keep: images have alpha as a fourth channel. Else it becomes black, the default, or white, or is dropped. */
  readonly alpha?: Flattening | 'keep';
  /** bad=skip: images that cannot be read are left out. bad=refuse, the default: they are an error. */
  readonly bad?: 'refuse' | 'skip';
  /** layout=nhwc or nchw: where a .npy file has its channels, when its shape leaves that open. */
  readonly layout?: Layout;
  /** range=0..1: the numbers that black and full intensity have in an array that is not of bytes. */
  readonly range?: readonly [number, number];
  /** part=test: the published test split. part=train is the default. */
  readonly part?: Part;
  /** stack=3: three grey images become the channels of one, as stacked MNIST has them. */
  readonly stack?: 3;
  /** contrast=even: every image loses its brightness and contrast (global contrast normalisation). */
  readonly contrast?: 'even';
  /** count=5000: how many examples of built-in data. */
  readonly count?: number;
  /** seed=7: another draw of built-in data. */
  readonly seed?: number;
}

/** What a setting means that is not there. To say it changes nothing, so every format takes it. */
export const SETTING_DEFAULTS: Readonly<Record<string, unknown>> = {
  part: 'train',
  bad: 'refuse',
  alpha: 'black',
} satisfies DataSettings;

const BUILTIN = 'builtin:';

const number = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.number().min(least).max(most));

const side = z.int().min(1).max(MAX_EXAMPLE_SIDE);

const SETTINGS = {
  resize: z
    .string()
    .regex(/^\d{1,5}x\d{1,5}$/, 'a size such as 64x64')
    .transform((text) => {
      const [width, height] = text.split('x').map(Number) as [number, number];
      return { width, height };
    })
    .pipe(z.object({ width: side, height: side })),
  channels: z.enum(['1', '3']).transform((text) => (text === '1' ? 1 : 3)),
  alpha: z.enum(['black', 'white', 'drop', 'keep']),
  bad: z.enum(['refuse', 'skip']),
  layout: z.enum(['nhwc', 'nchw']),
  range: z
    .string()
    .regex(/^-?\d+(\.\d+)?\.\.-?\d+(\.\d+)?$/, 'the numbers of black and of full intensity, such as 0..1')
    .transform((text) => text.split(/(?<=\d)\.\.(?=[-\d])/).map(Number) as [number, number])
    .refine(([black, full]) => black < full, { error: 'the number of black below that of full intensity' }),
  part: z.enum(['train', 'test']),
  contrast: z.literal('even'),
  stack: z.literal('3').transform(() => 3),
  count: number(1, 100_000_000),
  seed: number(0, 2 ** 32 - 1),
} as const satisfies Record<keyof DataSettings, z.ZodType>;

/** Names of all settings, whatever a format takes. */
export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS);

/** A setting at the end of a path by a name that there is none of, such as size=48x48. */
export function unknownSetting(path: string): string | undefined {
  return /,\s*([A-Za-z_-]+)\s*=[^,/]*$/.exec(path)?.[1];
}

/** Settings are taken from the end as long as they have a known name, so a comma in a path does no harm. */
export function parseAddress(text: string): DataAddress {
  const settings: Record<string, unknown> = {};
  let path = text;
  for (;;) {
    const match = /^(.*),([a-z]+)=([^,]*)$/s.exec(path);
    if (!match || !Object.hasOwn(SETTINGS, match[2]!)) break;
    const [, rest, key, value] = match as unknown as [string, string, keyof typeof SETTINGS, string];
    const parsed = SETTINGS[key].safeParse(value);
    if (!parsed.success) {
      throw new GanymedeError(
        'DATASET_INVALID',
        `The setting ${key}=${value} of the data ${text} is not valid. ${z.prettifyError(parsed.error)}`,
      );
    }
    settings[key] = parsed.data;
    path = rest;
  }
  const builtin = path.startsWith(BUILTIN);
  return { path: builtin ? path.slice(BUILTIN.length) : path, builtin, settings };
}
