// Semi-supervised learning (Goodfellow et al. 2014, extension 4): what a network of the model has learnt without
// labels, read off its hidden layers by a linear probe that sees few labels, against the same probe on pixels. It never
// trains the network.

import { z } from 'zod';
import { type Dataset, readAll, slice } from '../../datasets/dataset.js';
import { Session } from '../../engine/session.js';
import { float32, sizeOf } from '../../engine/tensor.js';
import { GanymedeError } from '../../errors.js';
import { mean, type Rows } from '../../evaluation/rows.js';
import { permutation, streamOf } from '../../random/noise.js';
import { Reporter } from '../../work.js';
import type { FitRun } from './fit-run.js';
import type { FitContext } from './loop.js';
import { type Probe, type Scaling, scale, scaling, shareRight, trainProbe, unscaled } from './probe.js';
import { through } from './rows-through.js';

export interface ProbeTableOptions {
  readonly features: Uint8Array;
  /** How many of the features come from each source. */
  readonly blocks: readonly number[];
  readonly tensor: string;
  readonly train: Dataset;
  readonly held: Dataset;
  /** How many labels the probes see; in each class equally many, as far as the number allows. */
  readonly counts: readonly number[];
  /** Draws of the labels, for the standard deviation. */
  readonly draws: number;
  readonly seed: number;
  readonly threads: number;
  readonly onRow?: (row: ProbeRow) => void;
}

/** Shares of held-out examples classified right: mean and sample deviation over the draws. */
export interface ProbeRow {
  readonly labels: number;
  readonly features: Spread;
  readonly pixels: Spread;
}

export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

const HELD = 10_000;
/** Examples without labels that say how features are scaled. */
const UNLABELLED = 5000;

/**
 * The table, and the probe of most labels of the first draw, for export. Probes made before a stop are not made again.
 */
export async function probeTable(
  options: ProbeTableOptions,
  { run, report = new Reporter({}) }: FitContext = {},
): Promise<{ rows: ProbeRow[]; probe: Probe }> {
  const { train, held, counts, draws, seed, threads } = options;
  const classes = labelledClasses(train).length;
  const seen = slice(held, 0, Math.min(HELD, held.count));
  const session = await Session.load(options.features, { threads });
  const graph = { graph: session, input: options.tensor, shape: train.shape, output: 'features' };
  const table = await ProbesMade.open(run);
  try {
    const spaces = [
      await spaceOf((x) => through(graph, x), options.blocks, train, seen),
      await spaceOf(async (x) => x, undefined, train, seen),
    ];
    const rows: ProbeRow[] = [];
    report.phase('probes', 'probes', counts.length * draws, table.made);
    for (const count of [...counts].sort((a, b) => a - b)) {
      for (let draw = table.drawsOf(count); draw < draws; draw++) {
        report.throwIfStopped();
        const chosen = labelled(train, count, seed, draw);
        const labels = chosen.map((index) => train.labels![index]!);
        const examples = await some(train, chosen);
        const shares: number[] = [];
        for (const [i, space] of spaces.entries()) {
          const scaled = scale(await space.view(examples), space.scaling);
          const probe = await trainProbe(scaled, labels, { classes, threads });
          shares.push(shareRight(probe, space.held, seen.labels!));
          if (i === 0 && draw === 0) table.probe = unscaled(probe, space.scaling);
        }
        await table.add(count, shares as [number, number]);
        report.progress(table.made);
      }
      const row = table.rowOf(count);
      rows.push(row);
      options.onRow?.(row);
    }
    return { rows, probe: table.probe! };
  } finally {
    await session.release();
  }
}

/** Shares right of every draw, by number of labels, as the run saves them. */
const sharesSchema = z.record(z.string(), z.array(z.tuple([z.number(), z.number()])));

/** The probes made so far: kept in the run, so that a fit that goes on has them. */
class ProbesMade {
  probe: Probe | undefined;

  private constructor(
    private readonly run: FitRun | undefined,
    private readonly shares: z.infer<typeof sharesSchema>,
  ) {}

  static async open(run: FitRun | undefined): Promise<ProbesMade> {
    const saved = await run?.load();
    const table = new ProbesMade(run, saved ? sharesSchema.parse(saved.notes) : {});
    const { weight, bias } = saved?.state ?? {};
    if (weight && bias) table.probe = { weight: weight.data as Probe['weight'], bias: bias.data as Probe['bias'] };
    return table;
  }

  get made(): number {
    return Object.values(this.shares).reduce((sum, draws) => sum + draws.length, 0);
  }

  drawsOf(count: number): number {
    return this.shares[count]?.length ?? 0;
  }

  async add(count: number, shares: [features: number, pixels: number]): Promise<void> {
    this.shares[count] = [...(this.shares[count] ?? []), shares];
    const { weight, bias } = this.probe!;
    const classes = bias.length;
    const state = { weight: float32([weight.length / classes, classes], weight), bias: float32([classes], bias) };
    await this.run?.save(this.made, state, {}, this.shares);
  }

  rowOf(count: number): ProbeRow {
    const draws = this.shares[count]!;
    const of = (space: 0 | 1) => spreadOf(draws.map((shares) => shares[space]));
    return { labels: count, features: of(0), pixels: of(1) };
  }
}

/** One view of the examples: how to see some, how to scale what is seen, and the held-out ones as seen and scaled. */
interface Space {
  readonly view: (x: Rows) => Promise<Rows>;
  readonly scaling: Scaling;
  readonly held: Rows;
}

async function spaceOf(
  view: Space['view'],
  blocks: readonly number[] | undefined,
  train: Dataset,
  held: Dataset,
): Promise<Space> {
  const unlabelled = slice(train, 0, Math.min(UNLABELLED, train.count));
  const size = sizeOf(train.shape);
  const own = scaling(await view({ data: await readAll(unlabelled), size }), blocks);
  return { view, scaling: own, held: scale(await view({ data: await readAll(held), size }), own) };
}

/** Indices of `count` examples: the first of each class in an order that the draw decides, the classes in turn. */
export function labelled(train: Dataset, count: number, seed: number, draw: number): number[] {
  const classes = labelledClasses(train).length;
  const byClass: number[][] = Array.from({ length: classes }, () => []);
  for (const index of permutation(train.count, streamOf(seed, 'probe/labels', draw)))
    byClass[train.labels![index]!]!.push(index);
  return Array.from({ length: count }, (_, i) => byClass[i % classes]![Math.floor(i / classes)]!);
}

/** The most labels that can be taken so: until the class whose turn it is has no more. */
export function mostLabels(train: Dataset): number {
  const left = new Array<number>(labelledClasses(train).length).fill(0);
  for (const label of train.labels!) left[label]!++;
  return Math.min(...left.map((count, label) => count * left.length + label));
}

export function labelledClasses({ name, labels, classes }: Dataset): readonly string[] {
  if (labels && classes && classes.length > 1) return classes;
  throw new GanymedeError('DATASET_INVALID', `Expected data with labels of 2 or more classes but ${name} has none.`);
}

async function some(dataset: Dataset, indices: readonly number[]): Promise<Rows> {
  const size = sizeOf(dataset.shape);
  const data = new Float32Array(indices.length * size);
  await dataset.read(indices, data);
  return { data, size };
}

function spreadOf(values: readonly number[]): Spread {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
