// How good the scorer is that a version answers with, fitted or the discriminator that its game left: real examples
// that the model was not trained on against fresh samples of the generator as it is served. What its probabilities are
// worth, how far it stays behind other classifiers that were trained to tell the same two apart, whether it knows the
// classes, what it says of what is neither, and, where ln p/q is known, whether its ratios are the true ones.

import { sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { exampleOf } from '../models/example.js';
import { classShares } from '../models/labels.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import type { ScorerFigures } from '../models/scorer-figures.js';
import { recordOf } from '../models/scorer-results.js';
import { scorerOf } from '../models/scoring.js';
import { carriedLogDensities } from './carried-density.js';
import { logDensities } from './density-estimate.js';
import { isLabelled, type Material, type Unseen } from './material.js';
import { areaUnderCurve, pairedLosses, qualityOf } from './platt.js';
import { numberAt, type Protocol } from './protocol.js';
import { type Contest, type Kind, type Scores, type Sides, verdictsOf } from './rivals.js';
import { countOf, mean, type Rows, sliceRows, standardErrorOf } from './rows.js';
import { strangersOf } from './strangers.js';
import { agreementWith, DENSITY_SAMPLES, placesInModes, trueRatio } from './true-ratio.js';

/** Real examples at most, and samples as many. */
const MOST = 5000;
/** With fewer, no figure means anything. */
const LEAST = 20;
/** Of them so many by a game's discriminator meet strangers, and are asked for their classes, one pass a class. */
const SOME = 1000;
/** Examples that rivals learn from at most: 20,000 digits, 10,000 images of 32 × 32 in colour. */
const LEARN_ROWS = 20_000;
const LEARN_VALUES = 32_000_000;
/** Points are small, and there are always more of them. */
const LEARN_POINTS = 80_000;
/** Share of the training data by which rivals check themselves, and examples at most. */
const [CHECK_SHARE, CHECK_ROWS] = [0.1, 5000];
/** Seeds of what rivals are shown, and of the density, are far from those that measure. */
const [LEARN_SEEDS, DENSITY_SEEDS] = [100_000_000, 200_000_000];

export const scorerProtocol: Protocol = {
  what: 'how good the scorer is: calibration, other classifiers, classes, familiarity, and the true ln p/q where it is known',
  heeds: ['samples', 'split', 'rivals'],
  async refuses(material) {
    const scorer = scorerOf(material.manifest);
    if (!scorer) return 'it has no scorer';
    if (scorer.densityRatio === 'none') return 'the objective of its critic determines no density ratio';
    const unseen = await material.unseen(MOST);
    if (!unseen) return 'its recipe held nothing out, and of what it was trained on a scorer is too sure';
    const isTold = await (await material.sampler()).isTold();
    return isTold && !isLabelled(unseen) ? 'it is told of classes, and its data does not have them' : null;
  },
  samples: MOST,
  needs: async (material) => ({
    real: countOf((await material.unseen(MOST))!.rows),
    least: LEAST,
    enough: 1000,
    because:
      'a tenth of the reliability curve is an average over a tenth of them, with an error of up to 3.5 points of 1,000 pairs, and of 20 no figure means anything',
  }),
  async measure(material) {
    const unseen = await material.unseen(MOST);
    if (!unseen) throw new GanymedeError('DATASET_INVALID', 'Expected data that the model was not trained on.');
    const sides = await sidesOf(unseen, material);
    const own = await ownScores(sides, material);
    const losses = pairedLosses(own.real, own.samples);
    const figures: ScorerFigures = {
      ...recordOf(scorerOf(material.manifest)!),
      ...qualityOf(own.real, own.samples),
      standardError: standardErrorOf(losses),
      baseline: { logLoss: Math.LN2, auc: 0.5 },
      ...(await amongRivals(losses, sides, material)),
      label: await labelFigures(sides.real, material),
      ...(await strangerFigures(sides.real, material)),
      ratio: await ratioFigures(sides.real.rows, material),
      measured: countOf(sides.real.rows),
    };
    return { dataset: { ...unseen.data, real: unseen.name, note: unseen.note }, figures: toJson(figures) };
  },
  describe: (figures) => lineOf(figures),
};

/** The examples that measure, and as many samples, of the same classes where there are classes. */
async function sidesOf({ rows, labels }: Unseen, material: Material): Promise<Sides> {
  const count = Math.min(countOf(rows), Math.max(LEAST, material.options.samples ?? MOST));
  const told = (await (await material.sampler()).isTold()) ? labels!.slice(0, count) : null;
  const real = { rows: sliceRows(rows, 0, count), labels: told };
  return { real, samples: await samplesLike(real, material.seed, material) };
}

async function samplesLike({ rows, labels }: Kind, seed: number, material: Material): Promise<Kind> {
  const sampler = await material.sampler();
  const made = await sampler.generate(seed, countOf(rows), labels ?? undefined);
  return { rows: material.manifest.image ? asPictures(made) : made, labels };
}

/**
 * As they are sent and as images of data are: in whole 255ths. What only the digits behind those tell is no fault that
 * anybody sees; by them trees told MNIST from samples of a sigmoid, which is never quite black, without an error.
 */
function asPictures({ data, size }: Rows): Rows {
  return { data: data.map((value) => Math.round(255 * Math.min(1, Math.max(0, value))) / 255), size };
}

async function ownScores({ real, samples }: Sides, material: Material): Promise<Scores> {
  const sampler = await material.sampler();
  const ask = ({ rows, labels }: Kind) => sampler.logRatios(rows, labels ?? undefined);
  return { real: await ask(real), samples: await ask(samples) };
}

/** Each rival on the same examples, and how far above the best of them the scorer's losses lie. */
async function amongRivals(
  losses: Float64Array,
  sides: Sides,
  material: Material,
): Promise<Pick<ScorerFigures, 'rivals' | 'above'>> {
  const { rivals: entered = [] } = material.options;
  const contest = entered.length > 0 ? await contestOf(sides, material) : null;
  const found: { name: string; scores: Scores; losses: Float64Array }[] = [];
  for (const rival of contest ? entered : []) {
    const scores = await verdictsOf(rival, contest!, sides);
    if (scores) found.push({ name: rival.name, scores, losses: pairedLosses(scores.real, scores.samples) });
  }
  const rivals = found.map(({ name, scores, losses: own }) => ({
    ...{ name, logLoss: mean(own), auc: areaUnderCurve(scores.real, scores.samples) },
  }));
  if (found.length === 0) return { rivals, above: null };
  const best = found.reduce((a, b) => (mean(b.losses) < mean(a.losses) ? b : a));
  const differences = losses.map((loss, i) => loss - best.losses[i]!);
  return { rivals, above: { logLoss: mean(differences), standardError: standardErrorOf(differences) } };
}

/** What rivals learn from: data that the scorer may have learnt from, too, and samples of other seeds. */
async function contestOf(sides: Sides, material: Material): Promise<Contest | null> {
  const { shape, tensor } = exampleOf(material.manifest);
  const most = tensor === 'point' ? LEARN_POINTS : Math.min(LEARN_ROWS, Math.floor(LEARN_VALUES / sizeOf(shape)));
  const { rows, labels } = await material.real('taught', most);
  const count = countOf(rows);
  const checks = Math.min(CHECK_ROWS, Math.floor(CHECK_SHARE * count));
  if (checks < 2) return null;
  const part = async (from: number, to: number): Promise<Sides> => {
    const real = { rows: sliceRows(rows, from, to), labels: sides.real.labels && labels!.slice(from, to) };
    return { real, samples: await samplesLike(real, LEARN_SEEDS + from, material) };
  };
  return {
    shape,
    classes: sides.real.labels ? material.manifest.labels!.length : 0,
    learn: await part(0, count - checks),
    check: await part(count - checks, count),
    seed: material.seed + 1,
    effort: (phase) => material.effort(phase),
  };
}

/** Share of examples whose own class is the likeliest, and what guessing the most common one gets. */
async function labelFigures({ rows, labels }: Kind, material: Material): Promise<ScorerFigures['label']> {
  const sampler = await material.sampler();
  if (!labels || !(await sampler.scoresByLabel())) return null;
  const count = Math.min(SOME, countOf(rows));
  const found = await sampler.likeliestClasses(sliceRows(rows, 0, count));
  return labelFiguresOf(found, labels.slice(0, count), material.manifest.labels!.length);
}

/** From the class that each is taken for, and its own. */
export function labelFiguresOf(
  found: ArrayLike<number>,
  labels: readonly number[],
  classes: number,
): NonNullable<ScorerFigures['label']> {
  const right = labels.filter((label, i) => label === found[i]).length;
  return { right: right / labels.length, chance: Math.max(...classShares(labels, classes)) };
}

/** Of real examples over strangers: by familiarity, where the scorer has one, and by the probability. */
async function strangerFigures(
  { rows, labels }: Kind,
  material: Material,
): Promise<Pick<ScorerFigures, 'familiarity' | 'byProbability'>> {
  const sampler = await material.sampler();
  const known = await sampler.familiarities(rows);
  const some = known ? rows : sliceRows(rows, 0, Math.min(SOME, countOf(rows)));
  const told = labels?.slice(0, countOf(some));
  const { shape } = exampleOf(material.manifest);
  const strangers = await strangersOf(some, shape, material.seed, (await material.dataset()).name);
  const over = async (real: ArrayLike<number>, ask: (rows: Rows) => Promise<ArrayLike<number>>) => {
    const figures: { negatives: string; auc: number }[] = [];
    for (const [negatives, kind] of Object.entries(strangers)) {
      figures.push({ negatives, auc: areaUnderCurve(real, await ask(kind)) });
    }
    return figures;
  };
  const ratios = (asked: Rows) => sampler.logRatios(asked, told);
  return {
    familiarity: known && (await over(known, async (asked) => (await sampler.familiarities(asked))!)),
    byProbability: await over(await ratios(some), ratios),
  };
}

/** Null where p is not known, in more than the plane, and of a generator that is told of classes. */
async function ratioFigures(points: Rows, material: Material): Promise<ScorerFigures['ratio']> {
  const { logDensity, mixture } = await material.dataset();
  const sampler = await material.sampler();
  if (!logDensity || points.size > 2 || (await sampler.takesLabel())) return null;
  const [places, carrier] = [placesInModes(points, mixture), await sampler.carrier()];
  const made = carrier
    ? await carriedLogDensities(carrier, places)
    : logDensities(await sampler.generate(material.seed + DENSITY_SEEDS, DENSITY_SAMPLES), places);
  const truth = trueRatio(places, logDensity, made);
  return agreementWith(truth, await sampler.logRatios(truth.places, undefined));
}

function lineOf(figures: JsonObject): string {
  const at = (digits: number, ...path: string[]) => numberAt(figures, ...path).toFixed(digits);
  const above = figures['above']
    ? `, ${at(3, 'above', 'logLoss')} ± ${at(3, 'above', 'standardError')} above the best of ${rivalsOf(figures)}`
    : '';
  const parts = [
    `${figures['scorer'] === 'FITTED' ? 'fitted' : 'of the game'}: log loss ${at(3, 'logLoss')} ± ${at(3, 'standardError')} (knowing nothing: ${Math.LN2.toFixed(3)}${above})`,
    `AUC ${at(3, 'auc')} (knowing nothing: 0.5)`,
    `ECE ${at(3, 'ece')}`,
    ...(figures['label']
      ? [`${percent(figures, 'right')} % of classes right (guessing: ${percent(figures, 'chance')} %)`]
      : []),
    strangersText(figures),
    ...(figures['ratio']
      ? [
          `correlation with the true ln p/q ${at(3, 'ratio', 'correlation')}, slope ${at(2, 'ratio', 'slope')}, the truth varying by ${at(3, 'ratio', 'spread')} and known to ${at(3, 'ratio', 'noise')}`,
        ]
      : []),
  ];
  return `${parts.join('; ')}; on ${at(0, 'measured')} real examples and as many samples.`;
}

type Listed = readonly { readonly name?: string; readonly negatives?: string; readonly auc: number }[];

function rivalsOf(figures: JsonObject): string {
  const rivals = figures['rivals'] as unknown as readonly { name: string; logLoss: number }[];
  return rivals.map(({ name, logLoss }) => `${name} ${logLoss.toFixed(3)}`).join(', ');
}

/** The kind that is told apart worst stands for all. */
function strangersText(figures: JsonObject): string {
  const kinds = (figures['familiarity'] ?? figures['byProbability']) as unknown as Listed;
  const worst = kinds.reduce((a, b) => (b.auc < a.auc ? b : a));
  const by = figures['familiarity'] ? 'familiarity' : 'probability, having no familiarity,';
  return `by ${by} AUC of real examples over ${kinds.length} kinds of strangers at least ${worst.auc.toFixed(3)} (${worst.negatives}; knowing nothing: 0.5)`;
}

function percent(figures: JsonObject, name: string): string {
  return (100 * numberAt(figures, 'label', name)).toFixed(1);
}
