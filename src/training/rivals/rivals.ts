// The rivals of scorers by name: three classifiers as different as one core affords. For images a convolutional net, a
// perceptron and boosted trees; for points nearest neighbours, a perceptron and boosted trees. Each takes at
// most a few minutes of one core; docs/evaluation.md has their costs.

import { Cloud } from '../../evaluation/cloud.js';
import type { Contest, Kind, Rival, Sides, Verdicts } from '../../evaluation/rivals.js';
import { countOf, type Rows, rowAt } from '../../evaluation/rows.js';
import type { NetworkConfig } from '../../recipes/network-configs.js';
import { growTrees } from './boosted-trees.js';
import { type NetPlan, trainNet } from './nets.js';

export const RIVALS: readonly Rival[] = [
  {
    name: 'convolutions',
    train: async (contest) => (isImages(contest) ? trainNet(CONVOLUTIONS, contest) : null),
  },
  { name: 'neighbours', train: async (contest) => (isImages(contest) ? null : askNeighbours(contest)) },
  { name: 'perceptron', train: (contest) => trainNet(isImages(contest) ? OF_PIXELS : OF_POINTS, contest) },
  { name: 'boosted trees', train: trainTrees },
];

const NEIGHBOURS = 100;

const CONVOLUTIONS: NetPlan = {
  what: 'convolutions',
  config: {
    kind: 'dcgan-discriminator',
    ...{ width: 48, most: 256, depth: 1, spectral: false, norm: 'none', activation: 'leakyRelu' },
    minibatchDeviation: false,
  },
  ...{ learningRate: 0.001, steps: 2400, batch: 50 },
};
const OF_PIXELS: NetPlan = {
  what: 'the perceptron',
  config: perceptron(512, 256),
  ...{ learningRate: 0.0005, steps: 3000, batch: 50 },
};
const OF_POINTS: NetPlan = {
  what: 'the perceptron',
  config: perceptron(64, 64, 64, 64),
  ...{ learningRate: 0.002, steps: 6000, batch: 512 },
};
function perceptron(...units: readonly number[]): NetworkConfig {
  const hidden = units.map((size) => ({ units: size, activation: 'leakyRelu', keep: 1 }) as const);
  return { kind: 'mlp', layers: [...hidden, { units: 1, activation: 'linear', keep: 1 }] };
}

/** How many of the nearest that a point is told by are real. */
function askNeighbours({ learn: { real, samples } }: Contest): Verdicts {
  const reals = countOf(real.rows);
  const data = new Float32Array([...real.rows.data, ...samples.rows.data]);
  const cloud = new Cloud({ data, size: real.rows.size });
  return async ({ rows }) =>
    Float64Array.from({ length: countOf(rows) }, (_, i) => {
      const place = rowAt(rows, i);
      const near = cloud.within(place, cloud.distanceOf(NEIGHBOURS, place));
      const ofReal = near.filter((id) => id < reals).length;
      return Math.log((ofReal + 0.5) / (near.length - ofReal + 0.5));
    });
}

/**
 * Greys in sixteenths. With all their digits trees told digits of MNIST, which are black around, from samples of a
 * sigmoid, which is never quite black, with a log loss of 0.003: true, but nothing that anybody sees, or that is left
 * of a picture once it was resized or written as JPEG.
 */
const GREYS = 16;

async function trainTrees(contest: Contest): Promise<Verdicts> {
  const { classes, learn, check, seed, effort } = contest;
  const { onRows } = effort('growing trees');
  const seen = (kind: Kind) => withClass(isImages(contest) ? coarse(kind) : kind, classes);
  const pair = ({ real, samples }: Sides) => ({ real: seen(real), samples: seen(samples) });
  const trees = await growTrees(pair(learn), pair(check), {
    seed,
    async onTree(made, most) {
      onRows?.(made, most);
      await new Promise(setImmediate); // so that a signal can arrive
    },
  });
  return async (kind) => {
    const rows = seen(kind);
    return Float64Array.from({ length: countOf(rows) }, (_, i) => trees(rowAt(rows, i)));
  };
}

function coarse({ rows, labels }: Kind): Kind {
  return { rows: { ...rows, data: rows.data.map((value) => Math.round(GREYS * value) / GREYS) }, labels };
}

/** Each row with its class as one more number, which trees cut into classes themselves. */
function withClass({ rows, labels }: Kind, classes: number): Rows {
  if (classes === 0) return rows;
  const size = rows.size + 1;
  const data = new Float32Array(countOf(rows) * size);
  for (let i = 0; i < countOf(rows); i++) {
    data.set(rowAt(rows, i), i * size);
    data[i * size + rows.size] = labels![i]!;
  }
  return { data, size };
}

function isImages({ shape }: Contest): boolean {
  return shape.length === 3;
}
