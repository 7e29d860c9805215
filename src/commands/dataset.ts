// `ganymede dataset get` and `ganymede dataset info`: well-known data to disk, and what is in data of any kind.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from '../datasets/download.js';
import { openDataset } from '../datasets/open.js';
import { PUBLISHED, PUBLISHED_NAMES, type PublishedDataset } from '../datasets/published.js';
import { previewOf, type Summary, summaryOf } from '../datasets/summary.js';
import { expected } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { encodePng } from '../images/png.js';
import type { CommandContext } from './train.js';

export interface GetOptions {
  /** Directory for the files. */
  readonly out: string;
  /** Another address that has the same files. */
  readonly from?: string;
}

/** `table` is another one in tests. */
export async function datasetGetCommand(
  name: string,
  options: GetOptions,
  { print, signal }: CommandContext,
  table: Readonly<Record<string, PublishedDataset>> = PUBLISHED,
): Promise<void> {
  const dataset = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!dataset) throw expected(`a dataset named ${PUBLISHED_NAMES.join(', ')}`, name);
  const base = (options.from ?? dataset.base).replace(/\/?$/, '/');
  await mkdir(options.out, { recursive: true });
  print(`${dataset.title}. Credit: ${dataset.credit}.`);
  for (const file of dataset.files) {
    let reported = 0;
    const outcome = await download(`${base}${file.name}`, join(options.out, file.name), {
      md5: file.md5,
      ...(signal ? { signal } : {}),
      onProgress: (bytes, total) => {
        if (bytes - reported < REPORT_BYTES) return;
        reported = bytes;
        print(`${file.name}  ${megabytes(bytes)}${total === null ? '' : ` of ${megabytes(total)}`} MB`);
      },
    });
    print(`${file.name}  ${outcome === 'there' ? 'was there already' : 'downloaded'}, MD5 as published`);
  }
  print(`Train on it with --data ${options.out}`);
}

const REPORT_BYTES = 10e6;

export interface InfoOptions {
  /** PNG file to write a picture of the data to. */
  readonly preview?: string;
}

export async function datasetInfoCommand(
  data: string,
  options: InfoOptions,
  { print }: CommandContext,
): Promise<Summary> {
  let skipped = 0;
  const dataset = await openDataset(data, {
    onSkipped: (_, reason) => {
      skipped++;
      print(`Skipped. ${reason}`);
    },
  });
  const summary = summaryOf(dataset);
  for (const line of describe(summary, skipped)) print(line);
  if (options.preview) {
    await writeFileAtomically(options.preview, await encodePng(await previewOf(dataset)));
    print(`preview   ${options.preview}`);
  }
  return summary;
}

function describe({ name, count, shape, range, classes, sha256 }: Summary, skipped: number): string[] {
  const [channels, height, width] = shape;
  const what =
    shape.length === 3
      ? `images of ${width}×${height} pixels, ${channels === 1 ? 'grey' : 'colour'}`
      : `vectors of ${shape[0]} values in [${range.map((value) => Number(value.toPrecision(4))).join(', ')}]`;
  return [
    `name      ${name}`,
    `examples  ${count.toLocaleString('en-US')} ${what}`,
    ...(skipped > 0 ? [`skipped   ${skipped.toLocaleString('en-US')} that cannot be read`] : []),
    `sha256    ${sha256}`,
    `classes   ${classes.length === 0 ? 'none' : classes.length}`,
    ...classes.map((of) => `          ${of.name}: ${of.count.toLocaleString('en-US')}`),
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
