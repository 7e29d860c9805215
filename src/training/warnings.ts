// Named warnings from the newest reports of a run: a pure function of them, so that a resumed run warns of the same.
// Each name is part of the public API; each sentence says what was seen and what to try.
import type { Progress } from './progress.js';

export interface Warning {
  readonly name: WarningName;
  readonly message: string;
}

export type WarningName = 'collapse' | 'vanishing-gradient' | 'oscillation';

/** The reports that an oscillation is looked for in; no warning looks further back. */
export const WINDOW = 24;

/** Reports in a row before something that a single batch might show by chance is believed. */
const IN_A_ROW = 3;
/** Samples that differ less than this share of what examples differ: the Helvetica scenario. */
const SAME = 0.1;
/** Change of a sample's loss along the distance between two examples, below which G is told nothing. */
const NO_PULL = 1e-3;

/**
 * Deviation of the loss over its mean, below which a swing is the ordinary unrest of training: 0.17 at most on MNIST.
 */
const SWING = 0.2;

/** What the newest report makes worth saying: warnings that did not hold a report earlier. */
export function begunWarnings(reports: readonly Progress[]): Warning[] {
  const before = new Set(warningsOf(reports.slice(0, -1)).map(({ name }) => name));
  return warningsOf(reports).filter(({ name }) => !before.has(name));
}

/** What holds at the newest of `reports`, oldest first. */
export function warningsOf(reports: readonly Progress[]): Warning[] {
  const found: Warning[] = [];
  const newest = reports.at(-1);
  const lately = reports.slice(-IN_A_ROW);
  const inARow = (holds: (report: Progress) => boolean) => lately.length === IN_A_ROW && lately.every(holds);
  if (newest && inARow(({ diversity }) => diversity < SAME)) {
    found.push({
      name: 'collapse',
      message:
        `The generator makes nearly one image of every z: samples differ only ${amount(newest.diversity)} times as much as the data do, ` +
        `${IN_A_ROW} reports in a row. Try the penalty r1, a lower learning rate for it, or a larger batch.`,
    });
  }
  if (newest && inARow(({ pull }) => pull < NO_PULL)) {
    found.push({
      name: 'vanishing-gradient',
      message:
        `The discriminator no longer tells the generator where to go: its gradient changes a sample's loss by only ${amount(newest.pull)} ` +
        `over the distance between two examples, ${IN_A_ROW} reports in a row. Try the objective non-saturating, the penalty r1, or a slower discriminator.`,
    });
  }
  const turns = oscillation(reports.slice(-WINDOW).map(({ lossG }) => lossG));
  if (turns !== null) {
    found.push({
      name: 'oscillation',
      message:
        `The players circle each other instead of settling: the generator's loss swung across its mean ${turns} times in ${WINDOW} reports, ` +
        'and the swing does not shrink. Try the penalty r1, or lower learning rates.',
    });
  }
  return found;
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
