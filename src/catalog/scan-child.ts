// The process that looks through data: opens it as a training would, draws a sheet of it, says what it found, ends.
// Data of strangers is read here and nowhere nearer to those who ask for samples.

import { stat, writeFile } from 'node:fs/promises';
import { parseAddress } from '../datasets/address.js';
import { openDataset, takesSetting } from '../datasets/open.js';
import { previewOf, summaryOf } from '../datasets/summary.js';
import { GanymedeError, messageOf } from '../errors.js';
import { bytesIn } from '../files/room.js';
import { encodePng } from '../images/png.js';
import type { RejectedFile } from './record.js';
import type { FromScan, Scanned, ToScan } from './scan.js';

/** Kept by name; the others are counted. */
const MOST_REJECTED = 100;
const MOST_CLASSES = 1000;
/** Longest side of an image in the sheet, in pixels. */
const CELL = 96;

process.on('disconnect', () => process.exit(0)); // nobody is left to tell
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the server says what is to be done

process.once('message', (asked: ToScan) => {
  void lastWord(asked).then((last) => process.send?.(last, () => process.exit(0)));
});

async function lastWord(asked: ToScan): Promise<FromScan> {
  try {
    return { say: 'scanned', scanned: await scan(asked) };
  } catch (error) {
    const { code, details } = error instanceof GanymedeError ? error : ({ code: codeOf(error), details: {} } as const);
    return { say: 'failed', code, message: messageOf(error), details };
  }
}

/** What a reader throws of its own is about the data. */
function codeOf(error: unknown): 'INSUFFICIENT_STORAGE' | 'DATASET_INVALID' {
  return (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'INSUFFICIENT_STORAGE' : 'DATASET_INVALID';
}

/** Images that cannot be read are left out, unless the address says otherwise. */
async function scan({ address, preview }: ToScan): Promise<Scanned> {
  const { settings, builtin, path } = parseAddress(address);
  const skips = settings.bad === undefined && (await takesSetting(address, 'bad'));
  const rejected: RejectedFile[] = [];
  let [unread, leftOut] = [0, 0];
  const keep = (name: string, reason: string) => {
    if (rejected.length < MOST_REJECTED) rejected.push({ name: name.slice(0, 200), reason: reason.slice(0, 300) });
  };
  const dataset = await openDataset(skips ? `${address},bad=skip` : address, {
    onSkipped: (name, reason) => {
      unread++;
      keep(name, reason);
    },
    onLeftOut: (count, reason, names) => {
      leftOut += count;
      for (const name of names.slice(0, MOST_REJECTED)) keep(name, `Left out: ${reason}.`);
    },
  });
  const { count, shape, classes, sha256 } = summaryOf(dataset);
  await writeFile(preview, await encodePng(await previewOf(dataset, CELL)), { flush: true });
  return {
    ...{ examples: count, shape, sha256, rejected, rejectedCount: unread + leftOut },
    classes: classes.slice(0, MOST_CLASSES),
    classCount: classes.length,
    bytes: builtin ? 0 : await bytesOf(path),
    skips: skips && unread > 0,
  };
}

/** Of a file, or of all files below a folder. */
async function bytesOf(path: string): Promise<number> {
  const found = await stat(path);
  return found.isDirectory() ? bytesIn(path) : found.size;
}
