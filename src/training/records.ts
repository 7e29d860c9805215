// What of a run travels with the version that it becomes: its curve, and a few of its previews, as far as they are
// small.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CURVE_FILE, curveOf, evenly } from '../models/curve.js';
import { previewFile } from '../models/records.js';
import { PREVIEWS, stepOfPreview } from './previews.js';
import type { Progress } from './progress.js';
import { reportsOf } from './stats.js';

/** As many as fit, the first and the last among them. */
const MOST_PREVIEWS = 16;
const MOST_BYTES = 640 * 1024;
/** Of one: 64 grey faces of 64×64 take 150 kB. */
const MOST_PREVIEW_BYTES = 256 * 1024;

const SERIES = [
  ...(['lossD', 'lossG', 'dReal', 'dFake', 'penalty', 'accuracy', 'divergence', 'diversity', 'coverage'] as const),
  ...(['gradientD', 'gradientG', 'weightD', 'weightG', 'pull', 'augment'] as const),
] as const satisfies readonly (keyof Progress)[];

/** Files of the version, by name: of what the run did up to `step`. */
export async function recordsOfRun(runDirectory: string, step: number): Promise<Record<string, Uint8Array>> {
  const reports = (await reportsOf(runDirectory)).filter((report) => report.step <= step);
  const curve = reports.length === 0 ? {} : { [CURVE_FILE]: Buffer.from(JSON.stringify(curveOf(reports, SERIES))) };
  return { ...curve, ...(await previewsOfRun(join(runDirectory, PREVIEWS), step)) };
}

async function previewsOfRun(folder: string, last: number): Promise<Record<string, Uint8Array>> {
  const previews: { readonly step: number; readonly path: string }[] = [];
  let largest = 1;
  for (const name of await namesIn(folder)) {
    const step = stepOfPreview(name);
    const path = join(folder, name);
    if (step === null || step > last) continue;
    const { size } = await stat(path);
    if (size > MOST_PREVIEW_BYTES) continue;
    previews.push({ step, path });
    largest = Math.max(largest, size);
  }
  const chosen = evenly(
    previews.sort((a, b) => a.step - b.step),
    Math.min(MOST_PREVIEWS, Math.floor(MOST_BYTES / largest)),
  );
  return Object.fromEntries(
    await Promise.all(chosen.map(async ({ step, path }) => [previewFile(step), await readFile(path)] as const)),
  );
}

/** None where the run has no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
