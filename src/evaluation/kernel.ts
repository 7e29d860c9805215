// Kernel distance (Bińkowski et al. 2018, arXiv:1801.01401): the unbiased estimate of MMD² with the kernel (x·y/size +
// 1)³. With Inception features it is the KID. Unlike the Fréchet distance it has no bias from few samples, and it may
// fall below 0.
import { type CompiledStep, compileStep } from '../engine/step.js';
import * as tf from '../engine/tf.js';
import { expected } from '../errors.js';
import {
  compareFeatures,
  countOfReferences,
  countsText,
  FEATURE_SAMPLES,
  needsFeatures,
  numberAt,
  type Protocol,
  scaleText,
} from './protocol.js';
import { countOf, type Effort, mean, type Rows, sliceRows, standardErrorOf } from './rows.js';

export interface KernelDistance {
  /** Mean over the blocks. */
  readonly distance: number;
  /** Of that mean. */
  readonly standardError: number;
  readonly blocks: number;
  readonly blockSize: number;
}

/** Rows a block, as in the paper. */
export const KERNEL_BLOCK = 1000;

/**
 * The estimate on each pair of disjoint blocks, x's first `blockSize` rows with y's first and so on: independent
 * estimates, so their spread gives the error of their mean. Needs two blocks.
 */
export async function kernelDistance(
  x: Rows,
  y: Rows,
  { threads, onRows }: Effort,
  blockSize = KERNEL_BLOCK,
): Promise<KernelDistance> {
  const blocks = Math.floor(Math.min(countOf(x), countOf(y)) / blockSize);
  if (blocks < 2)
    throw expected(
      `at least ${2 * blockSize} rows on either side for a kernel distance`,
      Math.min(countOf(x), countOf(y)),
    );
  const sums = await compileSums(x.size, blockSize, threads);
  try {
    const estimates: number[] = [];
    for (let block = 0; block < blocks; block++) {
      const [from, to] = [block * blockSize, (block + 1) * blockSize];
      estimates.push(await unbiased(sums, sliceRows(x, from, to), sliceRows(y, from, to)));
      onRows?.(to, blocks * blockSize);
    }
    return { distance: mean(estimates), standardError: standardErrorOf(estimates), blocks, blockSize };
  } finally {
    await sums.dispose();
  }
}

/** Σ_{i≠j} k(xᵢ,xⱼ)/m(m−1) + Σ_{i≠j} k(yᵢ,yⱼ)/m(m−1) − 2 Σ k(xᵢ,yⱼ)/m². */
async function unbiased(sums: CompiledStep, x: Rows, y: Rows): Promise<number> {
  const m = countOf(x);
  const total = async (a: Rows, b: Rows) => {
    const { rows } = await sums.run({ a: a.data.slice(), b: b.data.slice() });
    return (rows!.data as Float32Array).reduce((sum, value) => sum + value, 0);
  };
  const within = async (a: Rows) => ((await total(a, a)) - diagonal(a)) / (m * (m - 1));
  return (await within(x)) + (await within(y)) - (2 * (await total(x, y))) / (m * m);
}

/** Row sums of the kernel matrix; adding the rows up is left to double precision, as the three terms nearly cancel. */
function compileSums(size: number, rows: number, threads: number): Promise<CompiledStep> {
  const spec = { dtype: 'float32', shape: [rows, size] } as const;
  return compileStep(
    (_, inputs) => {
      const base = tf.add(
        tf.mul(tf.matMul(inputs['a'] as tf.Tensor2D, inputs['b'] as tf.Tensor2D, false, true), 1 / size),
        1,
      );
      return { state: {}, outputs: { rows: tf.sum(tf.mul(tf.square(base), base), 1) } };
    },
    { state: {}, inputs: { a: spec, b: spec }, threads },
  );
}

function diagonal({ data, size }: Rows): number {
  let sum = 0;
  for (let from = 0; from < data.length; from += size) {
    let norm = 0;
    for (let i = from; i < from + size; i++) norm += data[i]! ** 2;
    sum += (norm / size + 1) ** 3;
  }
  return sum;
}

export const kernelProtocol: Protocol = {
  what: 'kernel distance (unbiased cubic MMD², blocks of 1,000) in a stated feature space',
  heeds: ['samples', 'split', 'features'],
  samples: FEATURE_SAMPLES,
  refuses: needsFeatures,
  needs: async (material) => ({
    real: await countOfReferences(material),
    least: 2 * KERNEL_BLOCK,
    enough: 5 * KERNEL_BLOCK,
    because: `its error is that of blocks of ${KERNEL_BLOCK}: one block has none, and that of two is itself uncertain by 71 %, of five by 35 % (1/√(2(blocks − 1)))`,
  }),
  measure: (material) =>
    compareFeatures(material, (real, others) => kernelDistance(real, others, material.effort('comparing'))),
  describe: (figures) =>
    `Kernel distance ${numberAt(figures, 'distance').toFixed(5)} ± ${numberAt(figures, 'standardError').toFixed(5)}` +
    `${scaleText(figures, 'distance', 5)}, ${numberAt(figures, 'blocks')} blocks of ${numberAt(figures, 'blockSize')}, ${countsText(figures)}`,
};
