// What runs said of themselves, as one picture: a panel for each figure that reports have, a curve in it for each run.
// For comparing runs that differ in one thing, and for seeing what the figures did before the samples did.
import { basename, resolve } from 'node:path';
import { expected, GanymedeError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type Curve, curvePicture } from './curve-picture.js';
import type { Progress } from './progress.js';
import { FIGURES, reportsOf } from './stats.js';

export interface CurvesOptions {
  /** Directories of runs. */
  readonly runs: readonly string[];
  /** Names of figures. */
  readonly figures: readonly string[];
  /** The PNG file to write. */
  readonly out: string;
}

/** What tells a healthy run from one that is not. */
export const USUAL = ['accuracy', 'divergence', 'pull', 'diversity'] as const satisfies readonly Figure[];

/** More could not be told apart by colour, or would be too small to read. */
const MOST = 6;

type Figure = (typeof FIGURES)[number];

export async function writeCurves({ runs, figures, out }: CurvesOptions): Promise<void> {
  if (runs.length > MOST) throw expected(`at most ${MOST} runs`, runs.length, 'CONFIG_INVALID');
  const named = figures.map(figureNamed);
  const reports = await Promise.all(runs.map(reportsThere));
  const names = runs.map((run) => basename(resolve(run)));
  const panels = named.map((figure) => ({
    name: figure,
    curves: reports.map((of, i): Curve => ({ name: names[i]!, points: pointsOf(of, figure) })),
  }));
  await writeFileAtomically(out, await curvePicture({ across: 'step', panels }));
}

function figureNamed(name: string): Figure {
  const figure = FIGURES.find((each) => each === name);
  if (figure) return figure;
  throw expected(`a figure of reports: ${FIGURES.join(', ')}`, name, 'CONFIG_INVALID');
}

async function reportsThere(run: string): Promise<Progress[]> {
  const reports = await reportsOf(run);
  if (reports.length > 0) return reports;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected the directory of a run with reports but ${run} has no stats.jsonl, or an empty one. Train first; --run says where.`,
  );
}

/** A figure that an objective does not have leaves no points. */
function pointsOf(reports: readonly Progress[], figure: Figure): (readonly [number, number])[] {
  return reports.flatMap((report) => {
    const value = report[figure];
    return typeof value === 'number' && Number.isFinite(value) ? [[report.step, value] as const] : [];
  });
}
