// stats.jsonl of a run: one JSON object per report, in the order of the steps.
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../files/atomic.js';
import type { Progress } from './progress.js';

export const STATS_FILE = 'stats.jsonl';

export class StatsLog {
  #newest: Progress | undefined;

  private constructor(
    private readonly path: string,
    /** The reports that were made before it was opened, oldest first. */
    readonly before: readonly Progress[],
  ) {
    this.#newest = before.at(-1);
  }

  /** Keeps the lines up to `step`, where the run goes on: later ones will be made again. 0 begins anew. */
  static async open(runDirectory: string, step: number): Promise<StatsLog> {
    const path = join(runDirectory, STATS_FILE);
    const kept = step === 0 ? [] : (await readLines(path)).filter((line) => line.step <= step);
    await writeFileAtomically(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new StatsLog(path, kept);
  }

  async append(progress: Progress): Promise<void> {
    this.#newest = progress;
    await appendFile(this.path, `${JSON.stringify({ ...progress, time: new Date().toISOString() })}\n`);
  }

  /** The newest figures, for a manifest. */
  figures(): Record<string, number> {
    return this.#newest ? figuresOf(this.#newest) : {};
  }
}

/** All reports of a run, in the order of their steps. */
export function reportsOf(runDirectory: string): Promise<Progress[]> {
  return readLines(join(runDirectory, STATS_FILE));
}

/** The newest figures of a run that is not open. */
export async function latestFigures(runDirectory: string): Promise<Record<string, number>> {
  const last = (await readLines(join(runDirectory, STATS_FILE))).at(-1);
  return last ? figuresOf(last) : {};
}

export const FIGURES = [
  'epoch',
  'lossD',
  'lossG',
  'dReal',
  'dFake',
  'penalty',
  'accuracy',
  'divergence',
  'gradientD',
  'gradientG',
  'weightD',
  'weightG',
  'pull',
  'diversity',
  'coverage',
] as const satisfies readonly (keyof Progress)[];

/** Those that a report has: an objective without an estimate has no divergence. */
function figuresOf(report: Progress): Record<string, number> {
  return Object.fromEntries(
    FIGURES.flatMap((name) => (Number.isFinite(report[name]) ? [[name, report[name] as number] as const] : [])),
  );
}

/**
 * Whole lines only: a power cut may leave a part of the last. None where the file is gone: it is news, and the run goes
 * on without.
 */
async function readLines(path: string): Promise<Progress[]> {
  const lines = (await textOf(path)).split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Progress);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
