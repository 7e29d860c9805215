// Named warnings from the reports of a run, each with its beginning and its end. What holds is a function of the
// reports alone, so that a resumed run, which hears those of before again, warns of the same. Each name is part of the
// public API; a sentence says what was seen and, of what the recipe does not have yet, what to try.
//
// Tuned on the shipped recipes and on runs broken on purpose; test/training/warning-rates.test.ts has the runs, and how
// often each warning is wrong.
import type { Recipe } from '../recipes/recipe.js';
import { adviceOn, type WarningName } from './advice.js';
import type { Progress } from './progress.js';

/** A warning that begins, or one that is over. */
export interface Change {
  readonly name: WarningName;
  readonly message: string;
}

/** The reports that an oscillation is looked for in; no warning looks further back but for what once was. */
export const WINDOW = 24;

/** Reports in a row before something that a single batch might show by chance is believed, or believed to be over. */
const IN_A_ROW = 3;
/** Samples that differ less than this share of what examples differ: the Helvetica scenario. */
const SAME = 0.1;
/**
 * But a generator that has learnt nothing makes nearly one image as well, between 0.04 and 0.2 in the shipped recipes,
 * and some go through less before they learn. So it is a collapse where samples were once more varied than…
 */
const VARIED = 0.2;
/** …or differ less than any untrained generator's do… */
const ONE = 0.01;
/** …or have had so many epochs to learn in. */
const EPOCHS = 5;
/**
 * Share of the data that samples come near to, below which parts of it are missing. A G that makes all of it, however
 * roughly, comes near to 0.9 and more; each of eight modes that it leaves out takes an eighth.
 */
const MISSING = 0.8;
/**
 * A G that learns leaves parts out as well, until it finds them. So they are missing once less than this share of the
 * most that it ever came near to is left…
 */
const LEFT = 0.75;
/** …or, after EPOCHS, the later half of WINDOW reports has found less than this of what the earlier had not. */
const FOUND = 0.2;
/**
 * Change of a sample's loss along the distance between two examples, below which G is told nothing, if D is sure: at a
 * balance, or before D has learnt, there is little to tell. In healthy runs it is 2 or more while D is sure.
 */
const NO_PULL = 0.05;
/** D is sure: so many on the right side, and so much between its mean verdicts. */
const SURE = { accuracy: 0.95, margin: 0.9 } as const;

/**
 * Deviation of the loss over its mean, below which a swing is the ordinary unrest of training: 0.17 at most on MNIST.
 */
const SWING = 0.2;

/** What the warnings of a run look back on. */
export class Watch {
  #reports: readonly Progress[] = [];
  #varied = false;
  /** The largest share of the data that samples came near to. */
  #covered = 0;
  readonly #holding = new Map<WarningName, { readonly since: number; absent: number }>();

  constructor(private readonly recipe: Recipe) {}

  /** What begins with this report, or is over. Reports are told in their order, from the first of the run. */
  hear(report: Progress): Change[] {
    this.#reports = [...this.#reports, report].slice(-WINDOW);
    this.#varied ||= report.diversity >= VARIED;
    this.#covered = Math.max(this.#covered, report.coverage ?? 0);
    const before = { varied: this.#varied, covered: this.#covered, missing: this.#holding.has('missing-modes') };
    const found = seenIn(this.#reports, before);
    return [...this.#begun(found, report), ...this.#ended(found)];
  }

  #begun(found: ReadonlyMap<WarningName, string>, { step }: Progress): Change[] {
    return [...found].flatMap(([name, seen]) => {
      const holding = this.#holding.get(name);
      this.#holding.set(name, { since: holding?.since ?? step, absent: 0 });
      return holding ? [] : [{ name, message: `${seen} ${adviceOn(name, this.recipe)}` }];
    });
  }

  #ended(found: ReadonlyMap<WarningName, string>): Change[] {
    return [...this.#holding].flatMap(([name, holding]) => {
      if (found.has(name)) return [];
      holding.absent++;
      if (holding.absent < IN_A_ROW) return [];
      this.#holding.delete(name);
      const message = `Over: what was said at step ${holding.since} has not been seen for ${IN_A_ROW} reports.`;
      return [{ name, message }];
    });
  }
}

/**
 * What is known of earlier reports: whether samples were varied, the most that they covered, whether modes are missing.
 */
interface Before {
  readonly varied: boolean;
  readonly covered: number;
  readonly missing: boolean;
}

/** What is seen at the newest of `reports`, oldest first, in words. */
function seenIn(reports: readonly Progress[], before: Before): Map<WarningName, string> {
  const found = new Map<WarningName, string>();
  const newest = reports.at(-1)!;
  const lately = reports.slice(-IN_A_ROW);
  const inARow = (holds: (report: Progress) => boolean) => lately.length === IN_A_ROW && lately.every(holds);
  const collapsed = before.varied || newest.epoch >= EPOCHS ? SAME : ONE;
  if (inARow(({ diversity }) => diversity < collapsed)) {
    found.set(
      'collapse',
      `The generator makes nearly one image of every z: samples differ only ${amount(newest.diversity)} times as much as the data do, ` +
        `${IN_A_ROW} reports in a row.`,
    );
  }
  // One image for all leaves most of the data out as well, and is worse.
  if (leavesOut(reports, before) && (before.missing || !found.has('collapse'))) {
    found.set(
      'missing-modes',
      `The generator leaves parts of the data out: its samples come near to only ${(100 * newest.coverage!).toFixed(0)} % of the examples, ` +
        `and to less than ${100 * MISSING} % ${IN_A_ROW} reports in a row.`,
    );
  }
  if (inARow((report) => isSure(report) && report.pull < NO_PULL)) {
    found.set(
      'vanishing-gradient',
      `The discriminator no longer tells the generator where to go: it is sure, and its gradient changes a sample's loss by only ${amount(newest.pull)} ` +
        `over the distance between two examples, ${IN_A_ROW} reports in a row.`,
    );
  }
  const turns = oscillation(reports.map(({ lossG }) => lossG));
  if (turns !== null) {
    found.set(
      'oscillation',
      `The players circle each other instead of settling: the generator's loss swung across its mean ${turns} times in ${WINDOW} reports, ` +
        'and the swing does not shrink.',
    );
  }
  return found;
}

/** Whether parts of the data are missing that G once made, or does not find. */
function leavesOut(reports: readonly Progress[], { covered, missing }: Before): boolean {
  const shares = reports.map(({ coverage = 1 }) => coverage); // of reports by earlier releases nothing is known
  const below = (share: number, lately: number) =>
    shares.length >= lately && shares.slice(-lately).every((x) => x < share);
  if (!below(MISSING, IN_A_ROW)) return false;
  if (missing || (covered >= MISSING && below(LEFT * covered, IN_A_ROW))) return true;
  const earlier = average(shares.slice(0, WINDOW / 2));
  const found = average(shares.slice(WINDOW / 2)) - earlier;
  return reports.at(-1)!.epoch >= EPOCHS && below(MISSING, WINDOW) && found < FOUND * (1 - earlier);
}

function isSure({ accuracy, dReal, dFake }: Progress): boolean {
  return accuracy >= SURE.accuracy && dReal - dFake >= SURE.margin;
}

/**
 * How often a series crosses its mean if it swings smoothly and the swing does not shrink; null otherwise. Smooth: von
 * Neumann's ratio, the mean squared step over the variance, is 2 for independent noise and 2(1 − cos 2π/p) for a wave
 * of period p. Noise around a balance, a trend, and a wave that dies away all give null.
 */
function oscillation(series: readonly number[]): number | null {
  if (series.length < WINDOW || !series.every(Number.isFinite)) return null;
  const mean = average(series);
  const swing = deviation(series);
  if (swing < SWING * Math.abs(mean) || swing < 1e-9) return null;
  const steps = series.slice(1).map((value, i) => (value - series[i]!) ** 2);
  if (average(steps) / swing ** 2 > 0.8) return null;
  const half = series.length / 2;
  if (deviation(series.slice(half)) < 0.8 * deviation(series.slice(0, half))) return null;
  const crossings = series.slice(1).filter((value, i) => value > mean !== series[i]! > mean).length;
  return crossings >= 4 ? crossings : null;
}

/** Two digits, never an exponent; what is smaller still reads as a millionth. */
function amount(value: number): string {
  return value < 1e-6 ? '0.000001' : value.toPrecision(2);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}
