// The work of `ganymede sample`: a picture file for each seed, named as StyleGAN's tools name them, or one of many
// seeds in rows and columns.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type Asked, type Asking, asks, imageOf } from './asking.js';
import { ahead, inHalves } from './client.js';
import { bytesOfUri } from './data-uri.js';

export interface SampleOptions extends Asking {
  readonly seeds: readonly number[];
  readonly outdir: string;
  readonly trunc: number;
  readonly class?: string;
  readonly format: keyof typeof EXTENSIONS;
  /** Height in pixels; left out, as generated. */
  readonly size?: number;
  /** One picture of all seeds in so many columns and rows, which then must follow each other. */
  readonly grid?: { readonly columns: number; readonly rows: number };
}

const SAMPLE = `query Sample($model: String!, $version: Int, $seed: Seed, $count: Int, $trunc: Float!, $label: String,
                            $format: StillFormat!, $size: Int) {
  sample(model: $model, version: $version, seed: $seed, count: $count, truncation: $trunc, label: $label) {
    image(format: $format, size: $size) { dataUri }
  }
}`;

const GRID = `query Grid($model: String!, $version: Int, $seed: Seed, $trunc: Float!, $label: String, $format: StillFormat!,
                         $size: Int, $columns: Int!, $rows: Int!) {
  sampleGrid(model: $model, version: $version, seed: $seed, truncation: $trunc, label: $label, format: $format,
             size: $size, columns: $columns, rows: $rows) { dataUri }
}`;

/** Requests under way at a time. */
const AHEAD = 2;

/** Seeds of one request, and pixels of their pictures: enough to fill a batch, few enough for a short answer. */
const MOST_SEEDS = 64;
const MOST_PIXELS = 2 ** 22;

const EXTENSIONS = { png: 'png', webp: 'webp', jpeg: 'jpg', avif: 'avif', npy: 'npy', f32: 'f32' } as const;

export const sample = asks<SampleOptions>(async (options, asked) => {
  const { report, facts } = asked;
  const native = imageOf(facts, options);
  await mkdir(options.outdir, { recursive: true });
  if (options.grid) return sampleGrid(options, options.grid, asked);
  const height = options.size ?? native.height;
  const most = Math.max(1, Math.min(MOST_SEEDS, Math.floor(MOST_PIXELS / (height * height))));
  report.phase('sampling', 'pictures', options.seeds.length);
  let [done, failed] = [0, 0];
  for await (const pictures of ahead(runs(options.seeds, most), AHEAD, (seeds) => picturesOf(seeds, options, asked))) {
    report.throwIfStopped();
    for (const [seed, picture] of pictures) {
      if (picture instanceof GanymedeError) {
        failed++;
        report.warning('failed', `seed ${seed}: ${picture.code}: ${picture.message}`);
      } else {
        await writeFileAtomically(join(options.outdir, `seed${digits(seed)}.${EXTENSIONS[options.format]}`), picture);
      }
      report.progress(++done);
    }
  }
  return { done, failed };
});

async function sampleGrid(
  { seeds, outdir, format, ...options }: SampleOptions,
  { columns, rows }: NonNullable<SampleOptions['grid']>,
  asked: Asked,
): Promise<{ done: number; failed: number }> {
  const first = seeds[0]!;
  if (seeds.length !== columns * rows || seeds.some((seed, i) => seed !== first + i)) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected ${columns * rows} seeds in a row for a grid of ${columns}x${rows}, such as ${first}-${first + columns * rows - 1}, but received ${seeds.length} others.`,
    );
  }
  const variables = { ...asked.variables, ...drawnAs(options, format), seed: first, columns, rows };
  const { data, errors } = await asked.client.ask<{ sampleGrid: { dataUri: string } | null }>(GRID, variables);
  if (!data.sampleGrid) throw errors[0]!.error;
  const path = join(outdir, `seeds${digits(first)}-${digits(seeds.at(-1)!)}.${EXTENSIONS[format]}`);
  await writeFileAtomically(path, bytesOfUri(data.sampleGrid.dataUri));
  asked.report.picture(path);
  return { done: 1, failed: 0 };
}

type Pictures = readonly (readonly [seed: number, picture: Uint8Array | GanymedeError])[];

async function picturesOf(seeds: readonly number[], options: SampleOptions, asked: Asked): Promise<Pictures> {
  const pictures = await inHalves(seeds, async (part) => {
    const variables = { ...asked.variables, ...drawnAs(options, options.format), seed: part[0], count: part.length };
    type Samples = { readonly sample: readonly { readonly image: { readonly dataUri: string } | null }[] };
    const { data, errors } = await asked.client.ask<Samples>(SAMPLE, variables);
    return data.sample.map(({ image }, i) => {
      if (image) return bytesOfUri(image.dataUri);
      return errors.find(({ path }) => path[1] === i)?.error ?? errors[0]!.error;
    });
  });
  return seeds.map((seed, i) => [seed, pictures[i]!]);
}

function drawnAs({ trunc, class: label, size }: Omit<SampleOptions, 'format' | 'seeds' | 'outdir'>, format: string) {
  return { trunc, label: label ?? null, size: size ?? null, format: format.toUpperCase() };
}

/** Seeds that follow each other, as one request takes them. */
function* runs(seeds: readonly number[], most: number): Generator<readonly number[]> {
  let run: number[] = [];
  for (const seed of seeds) {
    if (run.length === most || (run.length > 0 && seed !== run.at(-1)! + 1)) {
      yield run;
      run = [];
    }
    run.push(seed);
  }
  if (run.length > 0) yield run;
}

/** Four digits at least. */
function digits(seed: number): string {
  return String(seed).padStart(4, '0');
}
