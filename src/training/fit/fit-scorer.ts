// `ganymede fit scorer` as a long work: fit a scorer to the generator as it is served, put its ratios to scale on
// examples kept aside, measure its exported graph, write the next version of the model.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Dataset, readAll, slice } from '../../datasets/dataset.js';
import { type OpenOptions, within } from '../../datasets/open.js';
import { sizeOf } from '../../engine/tensor.js';
import { expected, messageOf } from '../../errors.js';
import { HELD_FROM_SCORER } from '../../evaluation/material.js';
import type { Rows } from '../../evaluation/rows.js';
import { Sampler } from '../../evaluation/sampler.js';
import { classShares } from '../../models/labels.js';
import { SCORER } from '../../models/scorer-figures.js';
import { openCheckpoint } from '../../models/verified.js';
import { parseNetwork } from '../../recipes/parse-network.js';
import { type Reporter, type WorkContext, working } from '../../work.js';
import { type Demands, evaluationOf, type FitEvaluation, type FitOptions, type OpenFit, openFit } from './fitting.js';
import { openFixed } from './fixed-model.js';
import { type Lines, type Losses, type Pair, PLAIN, SCORER_STEPS, scorerGraph, trainScorer } from './scorer.js';
import { type ScorerParts, scorerParts } from './scorer-data.js';
import { linesOf, type MeasuredScores, measureScores, nativeRows } from './scorer-measure.js';
import type { ScorerConfig } from './scorer-network.js';
import { UNFAMILIAR_IMAGES, UNFAMILIAR_POINTS } from './unfamiliar.js';
import { addGraphs } from './version.js';

export interface FitScorerOptions extends FitOptions {
  readonly steps?: number;
  /** `recipe` for the network of the recipe's discriminator, or a JSON file of one; the usual one without it. */
  readonly network?: string;
  /** Examples at the end of the data that measure it; as many as the recipe holds out, or a tenth, without it. */
  readonly validation?: number;
}

type Fit = OpenFit & ScorerParts;

const REPORT_EVERY_STEPS = 100;
/** Seeds of samples: kept aside, made unfamiliar, and measured on. Those of training are drawn by its steps. */
const SEEDS = { aside: 1_600_000_000, pool: 1_700_000_000, measured: 1_800_000_000 } as const;
/** Numbers in the pool of samples, 240 MB, and samples at the most and at the least: of few it learns each by heart. */
const POOL = { numbers: 60e6, most: 20_000, least: 5000 } as const;
/** Real examples that measure it at most. */
const MEASURED = 10_000;

/** The path of the new version; null when stopped. */
export function fitScorer(options: FitScorerOptions, context?: WorkContext): Promise<string | null> {
  return working(context, async (report) => {
    const { checkpoint, validation } = options;
    const network = await networkAsked(options);
    const { steps = SCORER_STEPS } = options;
    const settings = { steps, network: network ? JSON.stringify(network) : null, validation: validation ?? null };
    const fit: Fit = await openFit(options, 'scorer', settings, report, scorerDemands(options, within(report)));
    if (fit.note === HELD_FROM_SCORER) report.warning('held-out', `${fit.held.name}: ${fit.note}`);
    const made = await materialOf(checkpoint, fit, report);
    const params = await trainScorer(
      { ...fit, data: fit.train, steps, network, ...made, ...losses(report) },
      { run: fit.run, report },
    );
    const fitted = { fixed: fit.fixed, params, network };
    const lines = await linesOf(scorerGraph(fitted, PLAIN), fit.fixed, made.aside, fit.threads);
    const scorer = scorerGraph(fitted, lines);
    const figures = await measureScores(scorer, fit.fixed, made.measured, { ...fit, data: fit.dataset.name });
    report.metric('scorer', { ...figures }, textOf(figures));
    const evaluation = evaluated(fit, scorer, figures, { steps, network, lines });
    const { out, beside } = options;
    const shares = fit.fixed.classes && classShares(fit.train.labels!, fit.fixed.classes.length);
    const path = await addGraphs(checkpoint, { out, beside, graphs: { scorer }, shares, evaluation }, report);
    await fit.run.finish();
    report.checkpoint(path);
    report.endsWith({ done: `Checkpoint ${path} has the graph scorer.` });
    return path;
  });
}

/** Data that can be parted in three: a scorer measures itself on what it holds out, where the recipe held none out. */
export function scorerDemands(
  { seed = 1, validation }: FitScorerOptions,
  open: OpenOptions = {},
): Demands<ScorerParts> {
  return { part: (fixed, dataset) => scorerParts(fixed, dataset, { ...open, seed, validation }) };
}

export async function networkAsked({ network, checkpoint }: FitScorerOptions): Promise<ScorerConfig | undefined> {
  if (network === undefined) return undefined;
  if (network === 'recipe') return (await openFixed(checkpoint)).recipe.discriminator.network;
  const text = await readFile(network, 'utf8').catch((error: unknown) => {
    const what = '--network recipe, or a JSON file of the network of a discriminator,';
    throw expected(what, messageOf(error), 'CONFIG_INVALID');
  });
  return parseNetwork(text, network);
}

interface Made {
  readonly aside: Pair;
  readonly measured: Pair;
  readonly pool: Rows;
}

/** Samples as the server makes them, of the classes that the real examples beside them have. */
async function materialOf(
  checkpoint: string,
  { fixed, aside, held, threads, seed }: Fit,
  report: Reporter,
): Promise<Made> {
  report.phase('making samples', 'samples', null);
  const onRows = () => report.throwIfStopped();
  const sampler = await Sampler.open(await openCheckpoint(checkpoint), { threads, onRows });
  try {
    const draw = async (from: number, count: number, labels?: readonly number[]) =>
      nativeRows(fixed, await sampler.generate(from, count, labels));
    const pairOf = async (data: Dataset, from: number): Promise<Pair> => {
      const labels = fixed.classes && [...data.labels!];
      const real = { data: await readAll(data), size: sizeOf(data.shape) };
      return { real, samples: await draw(from, data.count, labels), ...(labels && { labels }) };
    };
    return {
      aside: await pairOf(aside, SEEDS.aside + seed),
      measured: await pairOf(slice(held, 0, Math.min(MEASURED, held.count)), SEEDS.measured),
      pool: await draw(SEEDS.pool + seed, pooled(sizeOf(fixed.shape))),
    };
  } finally {
    await sampler.close();
  }
}

function pooled(size: number): number {
  return Math.max(POOL.least, Math.min(POOL.most, Math.floor(POOL.numbers / size)));
}

function losses(report: Reporter) {
  return {
    onLosses: (all: Losses, step: number) => {
      if (step % REPORT_EVERY_STEPS === 0) report.metric('losses', { ...all }, `step ${step}  ${lossesText(all)}`);
    },
    onAside: (all: Losses, step: number, isLeast: boolean) =>
      report.metric(
        'aside',
        { ...all, isLeast },
        `step ${step}  kept aside: ${lossesText(all)}${isLeast ? '  the least so far' : ''}`,
      ),
  };
}

const NAMES = { ratio: 'real or sample', familiarity: 'familiar', data: 'class of data', samples: 'class of samples' };

function lossesText(all: Partial<Losses>): string {
  const parts = Object.entries(all).filter(([, value]) => value > 0);
  return parts.map(([name, value]) => `${NAMES[name as keyof Losses]} ${value.toFixed(3)}`).join('  ');
}

/** As the protocol `scorer` has it, which measures the same and fits other classifiers besides. */
function evaluated(
  fit: Fit,
  scorer: Uint8Array,
  figures: MeasuredScores,
  {
    steps,
    network,
    lines,
  }: { readonly steps: number; readonly network: ScorerConfig | undefined; readonly lines: Lines },
): FitEvaluation {
  const { fixed, train, aside, held, note } = fit;
  const evaluation = evaluationOf(SCORER, fit, {
    scorer: 'FITTED',
    graph: createHash('sha256').update(scorer).digest('hex'),
    ...figures,
    baseline: { logLoss: Math.LN2, auc: 0.5 },
    rivals: [],
    above: null,
    ratio: null,
    measured: Math.min(MEASURED, held.count),
    fitted: {
      steps,
      network: network ?? 'usual',
      examples: train.count,
      aside: aside.count,
      lines,
      unfamiliar: fixed.tensor === 'image' ? Object.keys(UNFAMILIAR_IMAGES) : UNFAMILIAR_POINTS,
    },
  });
  return { ...evaluation, dataset: { ...evaluation.dataset, note } };
}

function textOf({ logLoss, auc, ece, label, familiarity }: MeasuredScores): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `log loss ${logLoss.toFixed(3)} (knowing nothing: ${Math.LN2.toFixed(3)}), AUC ${auc.toFixed(3)} (0.5), ECE ${ece.toFixed(3)}`,
    ...(label ? [`likeliest class right: ${percent(label.right)} (chance ${percent(label.chance)})`] : []),
    `familiarity, AUC of real over: ${familiarity!.map(({ negatives, auc: area }) => `${negatives} ${area.toFixed(3)}`).join(', ')}`,
  ].join('\n');
}
