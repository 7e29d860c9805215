// What a scorer's scores are worth as probabilities, and the line that makes them so (platt.ts): every other
// example that the model was not trained on, against as many samples of the generator as it is served, fits it, and the
// others measure it. A conditional model's examples come with their own classes, and sample i is of the class of
// example i, so that both have the same shares.

import { GanymedeError } from '../errors.js';
import { type CalibrationFigures, calibrated, type Line } from '../models/calibration.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import { recordOf } from '../models/scorer-results.js';
import { scorerOf } from '../models/scoring.js';
import { isLabelled, type Material, type Unseen } from './material.js';
import { fitPlatt, qualityOf } from './platt.js';
import { numberAt, type Protocol } from './protocol.js';
import { countOf, sliceRows } from './rows.js';

/** Real examples at most, and samples as many. */
const MOST = 10_000;
/** A slope that is not so many standard errors above 0 may as well be 0. */
const SURE = 3;
/** With fewer, a reliability curve is noise. */
const LEAST = 100;

export const calibrationProtocol: Protocol = {
  what: 'what scores are worth as probabilities, and Platt scaling that makes them so, on data that it was not trained on',
  heeds: ['samples', 'split'],
  async refuses(material) {
    const scorer = scorerOf(material.manifest);
    if (!scorer) return 'it has no scorer';
    if (scorer.densityRatio === 'none') return 'the objective of its critic determines no density ratio';
    const unseen = await material.unseen(MOST);
    if (!unseen) return 'its recipe held nothing out, and of what it was trained on a discriminator is too sure';
    const isTold = await (await material.sampler()).isTold();
    return isTold && !isLabelled(unseen) ? 'it is told of classes, and its data does not have them' : null;
  },
  samples: MOST,
  needs: async (material) => ({
    real: countOf((await material.unseen(MOST))!.rows),
    least: LEAST,
    enough: 10 * LEAST,
    because:
      'a tenth of the reliability curve is an average over a tenth of them, with an error of up to 11 points of 100 pairs, of 3.5 of 1,000',
  }),
  async measure(material) {
    const unseen = await material.unseen(MOST);
    if (!unseen) throw new GanymedeError('DATASET_INVALID', 'Expected data that the model was not trained on.');
    const figures = { ...recordOf(scorerOf(material.manifest)!), ...calibrate(await ratiosOf(unseen, material)) };
    return { dataset: { ...unseen.data, real: unseen.name, note: unseen.note }, figures: toJson(figures) };
  },
  describe: (figures) => `${lineText(figures)}; ${qualityText(figures)}`,
};

/** ln p/q of real examples and of samples, in the order in which they take turns. */
export interface Ratios {
  readonly real: ArrayLike<number>;
  readonly samples: ArrayLike<number>;
}

/** Even places fit the line, odd ones measure. */
export function calibrate({ real, samples }: Ratios): CalibrationFigures & { readonly baseline: object } {
  const line = fitPlatt(everyOther(real, 0), everyOther(samples, 0));
  const [realLeft, samplesLeft] = [everyOther(real, 1), everyOther(samples, 1)];
  const { slope, offset, standardError } = line;
  return {
    slope,
    standardError,
    offset,
    temperature: slope > SURE * standardError ? 1 / slope : null,
    before: qualityOf(realLeft, samplesLeft),
    after: qualityOf(through(line, realLeft), through(line, samplesLeft)),
    baseline: { logLoss: Math.LN2, auc: 0.5 },
    fitted: real.length - realLeft.length,
    measured: realLeft.length,
  };
}

async function ratiosOf({ rows, labels }: Unseen, material: Material): Promise<Ratios> {
  const sampler = await material.sampler();
  const count = Math.min(countOf(rows), Math.max(LEAST, material.options.samples ?? MOST));
  const real = await sampler.logRatios(sliceRows(rows, 0, count), labels ?? undefined);
  const made = await sampler.generate(material.seed, count, labels ?? undefined);
  return { real, samples: await sampler.logRatios(made, labels ?? undefined) };
}

function everyOther(values: ArrayLike<number>, first: 0 | 1): Float64Array {
  return Float64Array.from({ length: Math.floor((values.length + 1 - first) / 2) }, (_, i) => values[2 * i + first]!);
}

function through(line: Line, ratios: Float64Array): Float64Array {
  return ratios.map((ratio) => calibrated(ratio, line).logDensityRatio);
}

function lineText(figures: JsonObject): string {
  const [slope, offset] = [numberAt(figures, 'slope'), numberAt(figures, 'offset')];
  const error = numberAt(figures, 'standardError');
  const line = `calibrated ln p/q = (${slope.toFixed(3)} ± ${error.toFixed(3)}) · ln p/q ${offset < 0 ? '−' : '+'} ${Math.abs(offset).toFixed(3)}`;
  return figures['temperature'] === null ? `${line}: the scorer knows nothing` : line;
}

function qualityText(figures: JsonObject): string {
  const change = (name: string) =>
    `${numberAt(figures, 'before', name).toFixed(3)} → ${numberAt(figures, 'after', name).toFixed(3)}`;
  return (
    `log loss ${change('logLoss')} (knowing nothing: ${Math.LN2.toFixed(3)}), ` +
    `AUC ${numberAt(figures, 'after', 'auc').toFixed(3)} (knowing nothing: 0.5), ECE ${change('ece')}, ` +
    `on ${numberAt(figures, 'measured')} real examples and as many samples.`
  );
}
