// stats.jsonl of a run: one JSON object per report, in the order of the steps.
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from './files.js';
import type { Progress } from './progress.js';

export const STATS_FILE = 'stats.jsonl';

export class StatsLog {
  private constructor(
    private readonly path: string,
    private latest: Progress | null,
  ) {}

  /** Keeps the lines up to `step`, where the run goes on: later ones will be made again. 0 begins anew. */
  static async open(runDirectory: string, step: number): Promise<StatsLog> {
    const path = join(runDirectory, STATS_FILE);
    const kept = step === 0 ? [] : (await readLines(path)).filter((line) => line.step <= step);
    await writeFileAtomically(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new StatsLog(path, kept.at(-1) ?? null);
  }

  async append(progress: Progress): Promise<void> {
    this.latest = progress;
    await appendFile(this.path, `${JSON.stringify({ ...progress, time: new Date().toISOString() })}\n`);
  }

  /** The newest averages, for a manifest. */
  figures(): Record<string, number> {
    return this.latest ? figuresOf(this.latest) : {};
  }
}

/** The newest averages of a run that is not open. */
export async function latestFigures(runDirectory: string): Promise<Record<string, number>> {
  const last = (await readLines(join(runDirectory, STATS_FILE))).at(-1);
  return last ? figuresOf(last) : {};
}

function figuresOf({ epoch, lossD, lossG, dReal, dFake }: Progress): Record<string, number> {
  return { epoch, lossD, lossG, dReal, dFake };
}

/** Whole lines only: a power cut may leave a part of the last. */
async function readLines(path: string): Promise<Progress[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Progress);
}
