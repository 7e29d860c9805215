// Networks as rivals of a scorer: trained from nothing, without dropout, by the loop of every small training, on frozen
// data and samples. Of some states on the way the one is kept that has the least log loss on examples that taught
// nothing.

import { Batches } from '../../datasets/dataset.js';
import { exportGraph } from '../../engine/export.js';
import { Session } from '../../engine/session.js';
import { copyOf, type HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { qualityOf } from '../../evaluation/platt.js';
import type { Contest, Kind, Verdicts } from '../../evaluation/rivals.js';
import { countOf, meanRow, type Rows, rowAt } from '../../evaluation/rows.js';
import { oneHot } from '../../models/labels.js';
import { buildNetwork } from '../../networks/build.js';
import type { Network, Tensors } from '../../networks/network.js';
import { streamOf } from '../../random/noise.js';
import type { NetworkConfig } from '../../recipes/network-configs.js';
import { adamOf, coolingInputs, descentStep } from '../fit/descent.js';
import { trainSmall } from '../fit/loop.js';
import { telling } from '../fit/losses.js';
import { through } from '../fit/rows-through.js';
import type { Optimizer } from '../optimizers.js';
import { type InputSource, pick } from '../step.js';

export interface NetPlan {
  /** What it is called in messages: "the convolutions". */
  readonly what: string;
  readonly config: NetworkConfig;
  readonly learningRate: number;
  readonly steps: number;
  /** Examples, and as many samples. */
  readonly batch: number;
}

const NAME = 'rival';
const STEPS_PER_RUN = 20;
/** States among which the check chooses, at equal distances; the last is the last step's. */
const STATES = 8;

export async function trainNet(plan: NetPlan, contest: Contest): Promise<Verdicts> {
  const net = netOf(plan.config, contest);
  let [best, least] = [undefined as HostTensors | undefined, Number.POSITIVE_INFINITY];
  for (const state of await statesOf(net, plan, contest)) {
    const { real, samples } = contest.check;
    const [ofReal, ofSamples] = [
      await verdicts(net, state, contest, real),
      await verdicts(net, state, contest, samples),
    ];
    const { logLoss } = qualityOf(ofReal, ofSamples);
    if (logLoss < least) [best, least] = [state, logLoss];
  }
  return (kind) => verdicts(net, best!, contest, kind);
}

/** [N, …shape] to [N], from values that are centred first. */
interface Net {
  readonly init: HostTensors;
  apply(params: Tensors, x: tf.Tensor, label?: tf.Tensor): tf.Tensor1D;
}

function netOf(config: NetworkConfig, { shape, classes, learn, seed }: Contest): Net {
  const place = { name: NAME, input: shape, output: [1] };
  const told = { config: { kind: 'projection', spectral: false }, classes } as const;
  const network: Network = buildNetwork(config, classes > 0 ? { ...place, condition: told } : place);
  const { centre, spread } = scaleOf(learn.real.rows, shape);
  return {
    init: network.init(streamOf(seed)),
    apply(params, x, label) {
      const scaled = tf.div(tf.sub(x, tf.tensor(centre, [1, ...shape])), spread);
      return tf.reshape(network.apply(params, scaled, label ? { label } : {}), [-1]);
    },
  };
}

/** The mean of each coordinate of points, of all pixels of images, and one deviation for all. */
function scaleOf(rows: Rows, shape: readonly number[]): { centre: Float32Array; spread: number } {
  const means = meanRow(rows);
  const all = means.reduce((sum, value) => sum + value, 0) / means.length;
  const centre = Float32Array.from(means, (value) => (shape.length === 1 ? value : all));
  const square = rows.data.reduce((sum, value, i) => sum + (value - centre[i % rows.size]!) ** 2, 0) / rows.data.length;
  return { centre, spread: Math.sqrt(square) || 1 };
}

async function statesOf(net: Net, plan: NetPlan, contest: Contest): Promise<HostTensors[]> {
  const { seed, learn } = contest;
  const { threads, onRows } = contest.effort(`training ${plan.what}`);
  const rule = adamOf(plan.learningRate);
  const every = Math.ceil(plan.steps / STATES / STEPS_PER_RUN) * STEPS_PER_RUN;
  const steps = STATES * every;
  const states: HostTensors[] = [];
  await trainSmall({
    what: plan.what,
    step: stepOf(net, rule),
    state: { ...net.init, ...rule.slots(net.init) },
    inputs: {
      ...kindInputs('real', learn.real, contest, plan.batch),
      ...kindInputs('samples', learn.samples, contest, plan.batch),
      ...coolingInputs(rule, steps, 1),
    },
    ...{ seed, steps, threads, stepsPerRun: STEPS_PER_RUN },
    onRun: (made, _, state) => {
      onRows?.(made, steps);
      if (made % every === 0) states.push(copyOf(pick(state(), `${NAME}/`)));
    },
  });
  return states;
}

function stepOf(net: Net, rule: Optimizer) {
  return descentStep({
    rule,
    moves: (name) => Object.hasOwn(net.init, name),
    loss: (_, inputs) => (params) => {
      const logits = (kind: string) => net.apply(params, inputs[kind]!, inputs[`${kind}/label`]);
      return telling(logits('real'), logits('samples'));
    },
  });
}

/** Examples of a kind, epoch after epoch, and their classes. Few examples come several times in a batch. */
function kindInputs(
  name: string,
  { rows, labels }: Kind,
  { shape, classes, seed }: Contest,
  batch: number,
): Record<string, InputSource> {
  const count = countOf(rows);
  const taken = Math.min(batch, count);
  const batches = new Batches(count, taken, seed + (name === 'real' ? 0 : 1));
  const indices = (step: number) => {
    const chosen = batches.indices(step);
    return Array.from({ length: batch }, (_, i) => chosen[i % taken]!);
  };
  const images: InputSource = {
    from: 'computed',
    spec: { dtype: 'float32', shape: [batch, ...shape] },
    fill(out, step) {
      for (const [i, index] of indices(step).entries()) (out as Float32Array).set(rowAt(rows, index), i * rows.size);
    },
  };
  if (classes === 0) return { [name]: images };
  const classInput: InputSource = {
    from: 'computed',
    spec: { dtype: 'float32', shape: [batch, classes] },
    fill(out, step) {
      const own = indices(step).map((index) => labels![index]!);
      (out as Float32Array).set(oneHot(own, classes));
    },
  };
  return { [name]: images, [`${name}/label`]: classInput };
}

async function verdicts(
  net: Net,
  params: HostTensors,
  contest: Contest,
  { rows, labels }: Kind,
): Promise<Float64Array> {
  const { shape, classes } = contest;
  const row = (...sizes: readonly number[]) => ({ dtype: 'float32', shape: [-1, ...sizes] }) as const;
  const onnx = exportGraph((tensors, { x, label }) => ({ logit: net.apply(tensors, x!, label) }), {
    params,
    inputs: { x: row(...shape), ...(classes > 0 ? { label: row(classes) } : {}) },
    name: NAME,
  });
  const { threads, onRows } = contest.effort('asking it');
  const graph = await Session.load(onnx, { threads });
  try {
    const told = classes > 0 ? { data: oneHot(labels!, classes), size: classes } : undefined;
    const out = await through({ graph, input: 'x', shape, output: 'logit' }, rows, told);
    onRows?.(countOf(rows), countOf(rows));
    return Float64Array.from(out.data);
  } finally {
    await graph.release();
  }
}
