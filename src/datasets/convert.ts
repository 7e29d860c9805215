// `ganymede dataset convert` as a long work: data of images, of any kind and with any settings, as a zip of PNG files
// in the layout of StyleGAN's dataset_tool.py: images by number in numbered folders, and dataset.json with their
// classes. Images pass through one after another; the zip appears whole or not at all.
import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { GanymedeError } from '../errors.js';
import { syncDirectory, temporaryIn } from '../files/atomic.js';
import { fullOr } from '../files/room.js';
import { type Channels, toPixels } from '../images/pixels.js';
import { encodePng } from '../images/png.js';
import { type WorkContext, working } from '../work.js';
import type { Dataset } from './dataset.js';
import { openDataset, within } from './open.js';

export interface ConvertOptions {
  /** A path or builtin:<name>, with settings such as resize=64x64 or alpha=white. */
  readonly data: string;
  /** The zip to be written. */
  readonly out: string;
  /** Whether a file that is there already is replaced. */
  readonly overwrite?: boolean;
}

/** How many images were written; null when stopped. */
export function convertDataset(options: ConvertOptions, context?: WorkContext): Promise<number | null> {
  return working(context, async (report) => {
    const { data, out } = options;
    await checkOut(options);
    report.started(`Converting ${data} to ${out}.`);
    const dataset = await openDataset(data, within(report));
    if (dataset.shape.length !== 3) {
      const message = `Expected images to convert but ${dataset.name} has vectors of ${dataset.shape[0]} numbers.`;
      throw new GanymedeError('DATASET_INVALID', message);
    }
    report.phase('converting', 'images', dataset.count);
    await writeZip(dataset, out, (done) => {
      report.throwIfStopped();
      report.progress(done);
    });
    report.endsWith({ done: `${dataset.count} images are in ${out}.` });
    return dataset.count;
  });
}

async function checkOut({ out, overwrite }: ConvertOptions): Promise<void> {
  if (extname(out).toLowerCase() !== '.zip') {
    throw new GanymedeError('CONFIG_INVALID', `Expected --out to name a .zip but received ${out}.`);
  }
  const there = await stat(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!there || (overwrite && there.isFile())) return;
  const next = there.isFile() ? 'Take another name, or say --overwrite.' : 'Take another name.';
  throw new GanymedeError('CONFIG_INVALID', `Expected --out to name a new file but ${out} is there already. ${next}`);
}

/** The same data gives the same bytes: every entry has the first date that a zip knows. */
const ENTRY = { mtime: new Date(1980, 0, 1), mode: 0o100644, compress: false, forceDosTimestamp: true } as const;

async function writeZip(dataset: Dataset, out: string, onImage: (done: number) => void): Promise<void> {
  const temporary = temporaryIn(dirname(out));
  const zip = new yazl.ZipFile();
  for (let index = 0; index < dataset.count; index++) {
    // Asked for when its turn comes, so one image at a time is in memory.
    zip.addReadStreamLazy(nameOf(index), ENTRY, (use) => {
      pngAt(dataset, index)
        .then((png) => {
          onImage(index + 1);
          use(null, Readable.from([png]));
        })
        .catch((error: Error) => use(error, Readable.from([])));
    });
  }
  zip.addBuffer(Buffer.from(JSON.stringify(labelsOf(dataset))), 'dataset.json', ENTRY);
  zip.end();
  const failed = new Promise<never>((_, reject) => zip.on('error', reject));
  try {
    await Promise.race([pipeline(zip.outputStream, createWriteStream(temporary)), failed]);
    const handle = await open(temporary, 'r+');
    await handle.sync();
    await handle.close();
    await rename(temporary, out);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fullOr(error, out);
  }
  await syncDirectory(dirname(out));
}

/** As dataset_tool.py names them: 00012/img00012345.png. */
function nameOf(index: number): string {
  const digits = String(index).padStart(8, '0');
  return `${digits.slice(0, 5)}/img${digits}.png`;
}

async function pngAt(dataset: Dataset, index: number): Promise<Buffer> {
  const [channels, height, width] = dataset.shape as [Channels, number, number];
  const values = new Float32Array(channels * height * width);
  await dataset.read([index], values);
  return Buffer.from(await encodePng(toPixels(values, { channels, height, width, range: dataset.range })));
}

/** StyleGAN knows classes by number; `classes` are their names, which it passes over. */
function labelsOf({ labels, classes }: Dataset): object {
  if (!labels || !classes) return { labels: null };
  return { labels: Array.from(labels, (label, index) => [nameOf(index), label]), classes };
}
