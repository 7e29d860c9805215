// D* for a generator as it is served (Proposition 1 of Goodfellow et al. 2014): a network fitted to tell data from the
// samples of a generator that stands still, whose logit is then ln p/q; with heads that name the class, and a second
// network that tells both from what is neither. Their weights are averaged, and of each network those of the least log
// loss on examples kept aside are taken. What it is measured on is the exported graph.

import { Batches, type Dataset, readAll, slice } from '../../datasets/dataset.js';
import { exportGraph } from '../../engine/export.js';
import { compileStep, type StepFunction } from '../../engine/step.js';
import { copyOf, float32, type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { countOf, deviationRow, mean, meanRow, type Rows, rowAt } from '../../evaluation/rows.js';
import type { Line } from '../../models/calibration.js';
import { oneHot } from '../../models/labels.js';
import type { Tensors } from '../../networks/network.js';
import { streamOf } from '../../random/noise.js';
import type { EmaConfig } from '../../recipes/update-configs.js';
import { keptOfAverage, updateEma } from '../ema.js';
import type { Optimizer } from '../optimizers.js';
import { type InputSource, pick } from '../step.js';
import { adamOf, coolingInputs, descentStep } from './descent.js';
import type { Fitting, Fixed } from './fixed-model.js';
import { type FitContext, trainSmall } from './loop.js';
import { surprise, telling } from './losses.js';
import {
  imageKind,
  isTrained,
  KEEP,
  partOf,
  type ScorerConfig,
  type ScorerNetwork,
  scorerNetwork,
  type Told,
} from './scorer-network.js';
import { Draws, damage, estrange } from './unfamiliar.js';

export interface ScorerOptions extends Fitting {
  /** Examples that it does not learn from, and as many samples of the same classes. */
  readonly aside: Pair;
  /** Samples that are to be familiar, as data is, and of both of which unfamiliar examples are made. */
  readonly pool: Rows;
  /** The network instead of the usual one. */
  readonly network?: ScorerConfig | undefined;
  /** Hears the mean losses of each run of the engine. */
  readonly onLosses?: (losses: Losses, step: number) => void;
  /** Hears the log losses on what is kept aside, and whether that of data and samples is the least so far. */
  readonly onAside?: (losses: Losses, step: number, isLeast: boolean) => void;
}

/** As many real examples as samples, in the units of the networks; classes, if any, are those of both. */
export interface Pair {
  readonly real: Rows;
  readonly samples: Rows;
  readonly labels?: readonly number[];
}

/** Mean log losses. `data` and `samples` are of classes, 0 where there are none. */
export const LOSSES = ['ratio', 'familiarity', 'data', 'samples'] as const;
export type Losses = Readonly<Record<(typeof LOSSES)[number], number>>;

/** What is kept by itself where it is best. */
const PARTS = ['ratio', 'classes', 'familiarity'] as const;

/** Steps and examples a step. Points are cheap, and their density is to be known to a few percent. */
export const SCORER_STEPS = 3000;
const BATCH = { image: 64, point: 1024 } as const;
/** Adam's. The widest layers have the largest gradients: at 0.002 the log loss of `cifar10` went to 12 in 800 steps. */
const RATE = { small: 0.002, colour: 0.0007, large: 0.002, point: 0.002 } as const;
/** For each example so many that are to be familiar meet as many that are not. */
const MET = { image: 1, point: 0.5 } as const;
const STEPS_PER_RUN = 20;
const ASIDE_EVERY_STEPS = 500;
/** Of what is kept aside, what is looked at on the way. */
const ASIDE_ROWS = 2000;
const ASIDE_BATCH = 250;
const EMA: EmaConfig = { decay: 0.998, everySteps: STEPS_PER_RUN, rampUp: 0.05 };
/** Share that any class is granted beside what the heads say, so that what neither believes decides nothing. */
const DOUBT = 1e-3;

/** The parameters to export: a pure function of the options. */
export async function trainScorer(options: ScorerOptions, context: FitContext = {}): Promise<HostTensors> {
  const {
    fixed,
    data,
    seed,
    steps,
    threads,
    device,
    learningRate = rateFor(fixed),
    onLosses,
    onAside,
    aside,
  } = options;
  const batch = Math.min(options.batch ?? BATCH[fixed.tensor], data.count);
  const units = await unitsOf(fixed, data);
  const net = networkFor(options, units);
  const initial = net.init(seed);
  const trained = tensorsOf(initial, isTrained);
  const rule = adamOf(learningRate);
  const batches = new Batches(data.count, batch, seed);
  const average = copyOf(initial);
  const kept = Object.fromEntries(
    PARTS.map((part) => [
      part,
      keeper(
        part,
        tensorsOf(average, (name) => partOf(name) === part),
      ),
    ]),
  ) as Record<(typeof PARTS)[number], ReturnType<typeof keeper>>;
  const judge = await Aside.open(net, initial, aside, await strangersOf(options, units), fixed, threads);
  try {
    await trainSmall(
      {
        what: 'the scorer',
        step: scorerStep(fixed, net, rule),
        state: { ...initial, ...rule.slots(trained), ...pick(fixed.weights, 'generator/') },
        inputs: { ...scorerInputs(options, units, net, batch), ...coolingInputs(rule, steps, batches.perEpoch) },
        data: { examples: data, batches },
        seed,
        steps,
        stepsPerRun: STEPS_PER_RUN,
        threads,
        device,
        beside: Object.assign({}, ...PARTS.map((part) => kept[part].tensors)),
        onRun: async (made, outputs, state) => {
          updateEma(average, state(), keptOfAverage(EMA, made, batches.perEpoch));
          onLosses?.(meansOf(outputs), made);
          if (made % ASIDE_EVERY_STEPS !== 0 && made < steps) return;
          const losses = await judge.losses(average);
          kept.familiarity.offer(losses.familiarity);
          kept.classes.offer(losses.data + losses.samples);
          const isLeast = kept.ratio.offer(losses.ratio);
          onAside?.(losses, made, isLeast);
        },
      },
      context,
    );
  } finally {
    await judge.dispose();
  }
  return Object.assign({}, ...PARTS.map((part) => kept[part].best));
}

function rateFor({ tensor, shape }: Fixed): number {
  return RATE[tensor === 'image' ? imageKind(shape) : 'point'];
}

function tensorsOf(tensors: HostTensors, isAsked: (name: string) => boolean): HostTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => isAsked(name)));
}

/**
 * The average and the best of it so far, saved with the state; `offer` keeps the average where its loss is the least.
 */
function keeper(what: string, average: HostTensors) {
  const best = copyOf(average);
  const least = float32([], Float32Array.of(Number.POSITIVE_INFINITY));
  const named = (prefix: string, tensors: HostTensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
  return {
    best,
    tensors: { ...named('average', average), ...named('best', best), [`least/${what}`]: least },
    offer(loss: number): boolean {
      if (!(Math.fround(loss) < (least.data[0] as number))) return false;
      least.data[0] = loss;
      for (const [name, { data }] of Object.entries(best))
        (data as Float32Array).set(average[name]!.data as Float32Array);
      return true;
    },
  };
}

function meansOf(outputs: HostTensors): Losses {
  return Object.fromEntries(
    LOSSES.map((name) => [name, outputs[name] ? mean(outputs[name].data as Float32Array) : 0]),
  ) as unknown as Losses;
}

/** Where examples lie, and how wide: a number for each coordinate of points, one for all pixels of images. */
interface Units {
  readonly centre: readonly number[];
  readonly spread: readonly number[];
}

function networkFor(
  { fixed: { shape, classes }, network }: Pick<ScorerOptions, 'fixed' | 'network'>,
  units: Units,
): ScorerNetwork {
  return scorerNetwork({
    ...{ shape, units },
    ...(classes && { classes: classes.length }),
    ...(network && { config: network }),
  });
}

/** Rows that the moments of points are taken of. */
const MOST = 10_000;

/** Those of their range for images, of their own mean and deviation for points. */
async function unitsOf({ tensor, recipe }: Fixed, data: Dataset): Promise<Units> {
  const [low, high] = recipe.data.range;
  if (tensor === 'image') return { centre: [(low + high) / 2], spread: [(high - low) / 2] };
  const some = slice(data, 0, Math.min(MOST, data.count));
  const rows = { data: await readAll(some), size: sizeOf(data.shape) };
  const centre = meanRow(rows);
  return { centre: [...centre], spread: Array.from(deviationRow(rows, centre), (width) => width || 1) };
}

/** Data, z, the data's classes to make as many samples of, which features of theirs are kept, and what is strange. */
function scorerInputs(
  options: ScorerOptions,
  units: Units,
  net: ScorerNetwork,
  batch: number,
): Record<string, InputSource> {
  const { fixed, seed } = options;
  const classes = fixed.classes?.length;
  const float = (rows: number, shape: readonly number[]) => ({ dtype: 'float32', shape: [rows, ...shape] }) as const;
  const met = Math.max(2, Math.round(batch * MET[fixed.tensor]));
  const stranger = estranger(options, units);
  const mask = { kind: 'bernoulli', keep: KEEP, shape: [net.features] } as const;
  return {
    real: { from: 'data', spec: float(batch, fixed.shape) },
    'scorer/z': { from: 'noise', spec: float(batch, fixed.prior.shape), noise: fixed.prior },
    met: {
      from: 'computed',
      spec: float(2 * met, fixed.shape),
      fill: async (out, step) => {
        const [known, strange] = [0, 1].map((half) => half * met * sizeOf(fixed.shape));
        const draws = new Draws(streamOf(seed, 'scorer/unfamiliar', step));
        const rows = out as Float32Array;
        await drawKnown(options, rows.subarray(known, strange), draws);
        rows.copyWithin(strange!, known!, strange!);
        stranger(rows.subarray(strange), rows.subarray(known, strange), draws);
      },
    },
    ...(classes ? { label: { from: 'label', spec: float(batch, [classes]), of: 'real' } } : {}),
    ...(classes && fixed.tensor === 'image'
      ? { 'scorer/mask': { from: 'noise', spec: { dtype: 'uint8', shape: [2 * batch, net.features] }, noise: mask } }
      : {}),
  };
}

/** Every other one of data, every other one of samples. */
async function drawKnown({ fixed, data, pool }: ScorerOptions, rows: Float32Array, draws: Draws): Promise<void> {
  const size = sizeOf(fixed.shape);
  const count = rows.length / size;
  const places = Array.from({ length: Math.ceil(count / 2) }, () => draws.integer(0, data.count - 1));
  const real = new Float32Array(places.length * size);
  await data.read(places, real);
  for (let i = 0; i < count; i++) {
    const from = i % 2 === 0 ? { data: real, size } : pool;
    rows.set(rowAt(from, i % 2 === 0 ? i / 2 : draws.integer(0, countOf(pool) - 1)), i * size);
  }
}

/** Makes each row unfamiliar, in place, in a way that is drawn; `known` are the rows as they were. */
function estranger({ fixed: { tensor, shape, recipe } }: ScorerOptions, units: Units) {
  const size = sizeOf(shape);
  const { range } = recipe.data;
  return (rows: Float32Array, known: Float32Array, draws: Draws): void => {
    const count = rows.length / size;
    for (let i = 0; i < count; i++) {
      const row = rows.subarray(i * size, (i + 1) * size);
      if (tensor === 'point') estrange(row, units, draws);
      else
        damage(
          row,
          rowAt({ data: known as Float32Array<ArrayBuffer>, size }, (i + 1) % count),
          { shape, range },
          draws,
        );
    }
  };
}

/** As many as there are real examples among what is kept aside and looked at, half of data and half of samples. */
async function strangersOf(options: ScorerOptions, units: Units): Promise<Rows> {
  const { real, samples } = options.aside;
  const count = Math.min(ASIDE_ROWS, countOf(real));
  const known = new Float32Array(count * real.size);
  for (let i = 0; i < count; i++) known.set(rowAt(i % 2 === 0 ? real : samples, i), i * real.size);
  const data = known.slice();
  estranger(options, units)(data, known, new Draws(streamOf(options.seed, 'scorer/aside', 0)));
  return { data, size: real.size };
}

function scorerStep({ generator }: Fixed, net: ScorerNetwork, rule: Optimizer): StepFunction {
  return descentStep({
    rule,
    moves: isTrained,
    loss: (state, inputs) => {
      const { real, met, label } = inputs as Record<string, tf.Tensor>;
      const made = generator.apply(state, inputs['scorer/z']!, label ? { label } : {});
      const both = tf.concat([real!, made], 0);
      const units = pick(state, 'scorer/');
      return (params, seen) => {
        const all = { ...units, ...params };
        const { ratio, classes } = net.tell(all, both, inputs['scorer/mask']);
        const [onReal, onMade] = tf.split(ratio, 2) as [tf.Tensor, tf.Tensor];
        const [known, strange] = tf.split(met!, 2) as [tf.Tensor, tf.Tensor];
        seen['ratio'] = telling(onReal, onMade);
        // Familiarity is never more than likeness, which spares the negatives of strangers.
        seen['familiarity'] = telling(net.familiarity(all, known), net.likeness(all, strange));
        if (label && classes) {
          seen['data'] = surprise(tf.split(classes.data, 2)[0]!, label);
          seen['samples'] = surprise(tf.split(classes.samples, 2)[1]!, label);
        }
        return tf.addN(Object.values(seen)) as tf.Scalar;
      };
    },
  });
}

/** Log losses of any parameters on the first of what is kept aside. */
class Aside {
  private constructor(
    private readonly compiled: Awaited<ReturnType<typeof compileStep>>,
    private readonly pair: Pair,
    private readonly strangers: Rows,
    private readonly classes: number,
  ) {}

  static async open(
    net: ScorerNetwork,
    params: HostTensors,
    pair: Pair,
    strangers: Rows,
    fixed: Fixed,
    threads: number,
  ): Promise<Aside> {
    const classes = fixed.classes?.length ?? 0;
    const rows = { dtype: 'float32', shape: [ASIDE_BATCH, ...fixed.shape] } as const;
    const label = { dtype: 'float32', shape: [ASIDE_BATCH, classes] } as const;
    const step: StepFunction = (state, { real, samples, strangers: strange, label }) => {
      const told = asideLosses(net.tell(state, real!), net.tell(state, samples!), label);
      const [known, unknown] = [tf.concat([real!, samples!], 0), strange!].map((x) => net.familiarity(state, x));
      return { state: {}, outputs: { ...told, familiarity: telling(known!, unknown!) } };
    };
    const inputs = { real: rows, samples: rows, strangers: rows, ...(classes > 0 ? { label } : {}) };
    return new Aside(await compileStep(step, { state: params, inputs, threads }), pair, strangers, classes);
  }

  /** What is left over of the last block is left out, but a lone block is filled by beginning again. */
  async losses(params: HostTensors): Promise<Losses> {
    this.compiled.setState(params);
    const { real, samples, labels = [] } = this.pair;
    const count = real.data.length / real.size;
    const blocks = Math.max(1, Math.floor(Math.min(count, ASIDE_ROWS) / ASIDE_BATCH));
    const sums: Record<string, number> = Object.fromEntries(LOSSES.map((name) => [name, 0]));
    for (let block = 0; block < blocks; block++) {
      const places = Array.from({ length: ASIDE_BATCH }, (_, i) => (block * ASIDE_BATCH + i) % count);
      const label = this.classes > 0 && {
        label: oneHot(
          places.map((i) => labels[i]!),
          this.classes,
        ),
      };
      const outputs = await this.compiled.run({
        real: rowsAt(real, places),
        samples: rowsAt(samples, places),
        strangers: rowsAt(this.strangers, places),
        ...label,
      });
      for (const [name, { data }] of Object.entries(outputs)) sums[name]! += Number(data[0]) / blocks;
    }
    return sums as unknown as Losses;
  }

  dispose(): Promise<void> {
    return this.compiled.dispose();
  }
}

function asideLosses(real: Told, samples: Told, label: tf.Tensor | undefined): Record<string, tf.Tensor> {
  const ratio = telling(real.ratio, samples.ratio);
  if (!label || !real.classes || !samples.classes) return { ratio };
  return {
    ratio,
    data: surprise(real.classes.data, label),
    samples: surprise(samples.classes.samples, label),
  };
}

function rowsAt(rows: Rows, places: readonly number[]): Float32Array<ArrayBuffer> {
  const out = new Float32Array(places.length * rows.size);
  for (const [i, place] of places.entries()) out.set(rowAt(rows, place), i * rows.size);
  return out;
}

/** What makes probabilities of log ratios: of the ratio that knows no class, and of that given one. */
export interface Lines {
  readonly logit: Line;
  readonly given: Line;
}

export const PLAIN: Lines = { logit: { slope: 1, offset: 0 }, given: { slope: 1, offset: 0 } };

export interface Fitted {
  readonly fixed: Fixed;
  readonly params: HostTensors;
  readonly network?: ScorerConfig | undefined;
}

/** The graph `scorer`, with the lines folded in. */
export function scorerGraph({ fixed, params, network }: Fitted, lines: Lines): Uint8Array<ArrayBuffer> {
  const { shape, tensor, manifest } = fixed;
  const net = networkFor({ fixed, network }, { centre: [0], spread: [1] }); // the units are among the parameters
  const scores = (tensors: Tensors, x: tf.Tensor) => ({
    ...scoresOf(net.tell(tensors, x), lines),
    familiarity: net.familiarity(tensors, x),
  });
  return exportGraph((tensors, inputs) => scores(tensors, inputs[tensor]!), {
    params,
    inputs: { [tensor]: { dtype: 'float32', shape: [-1, ...shape] } },
    name: 'scorer',
    doc: `${manifest.title}: ${tensor} [N, ${shape.join(', ')}] to ln p/q of data and generator, and how familiar it is`,
    ...(fixed.float16 ? { float16Weights: true } : {}),
  });
}

/** By Bayes p(x|c)/q(x|c) is p(x)/q(x) times p(c|x)/q(c|x), as data and samples have the same shares of classes. */
function scoresOf({ ratio, classes }: Told, { logit, given }: Lines): Record<string, tf.Tensor> {
  const along = (x: tf.Tensor, { slope, offset }: Line) => tf.add(tf.mul(x, slope), offset);
  const scores = { logit: along(ratio, logit) };
  if (!classes) return scores;
  const count = classes.data.shape[1]!;
  const believed = (logits: tf.Tensor) => tf.log(tf.add(tf.mul(tf.softmax(logits), 1 - DOUBT), DOUBT / count));
  const ofClass = tf.sub(believed(classes.data), believed(classes.samples));
  return {
    ...scores,
    given: along(tf.add(tf.expandDims(ratio, 1), ofClass), given),
    classes: tf.logSoftmax(classes.data),
  };
}
