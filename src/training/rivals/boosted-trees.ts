// Gradient-boosted decision trees for one question, real or sample: the classifier that needs no tuning. Values are put
// into bins of equal counts once, each tree is grown level by level from histograms of the gradient, as LightGBM and
// XGBoost do it, and boosting stops when the log loss of examples that grew nothing falls no more. Pure TypeScript.
// Sources: Friedman 2001; Chen and Guestrin 2016 (gain and leaves by second-order terms); Ke et al. 2017 (histograms).

import { type Rows, rowAt } from '../../evaluation/rows.js';
import { sigmoid } from '../../models/density.js';
import { fillStream, streamOf } from '../../random/noise.js';

export interface Pair {
  readonly real: Rows;
  readonly samples: Rows;
}

export interface TreesOptions {
  readonly seed: number;
  /** Called before each tree; it may throw, and so stop the growing. */
  readonly onTree?: (made: number, most: number) => void | Promise<void>;
}

/** Trees at most, and how many more may come without the check's log loss falling. */
const MOST_TREES = 400;
const PATIENCE = 20;
const DEPTH = 6;
const RATE = 0.1;
const BINS = 255;
/** Rows that the edges of bins are read off. */
const EDGE_ROWS = 10_000;
/** Features that a tree may ask about: each tree has its own, which is faster for pixels, and overfits less. */
const FEATURES = 64;
/** λ of XGBoost, and the least sum of second derivatives on either side of a split. */
const RIDGE = 1;
const LEAST_CURVATURE = 1;

/** A complete tree: node n asks whether value[feature] ≤ edge, and its answers are the nodes 2n + 1 and 2n + 2. */
interface Tree {
  readonly features: Int32Array;
  readonly edges: Float32Array;
  readonly leaves: Float64Array;
}

/** What gives the logit of a row. */
export type Trees = (row: ArrayLike<number>) => number;

/** `check` chooses how many trees are kept. Rows of both kinds count alike, so the logit is that of equal shares. */
export async function growTrees(learn: Pair, check: Pair, { seed, onTree }: TreesOptions): Promise<Trees> {
  const forest: Tree[] = [];
  const table = new Table(learn);
  const checks = new Checks(check);
  let [kept, least] = [0, Math.LN2];
  while (forest.length < MOST_TREES && forest.length < kept + PATIENCE) {
    await onTree?.(forest.length, MOST_TREES);
    const tree = table.grow(featuresOf(table.size, seed, forest.length));
    forest.push(tree);
    const loss = checks.lossWith(tree);
    if (loss < least) [kept, least] = [forest.length, loss];
  }
  forest.length = kept;
  return (row) => forest.reduce((sum, tree) => sum + answerOf(tree, row), 0);
}

function answerOf({ features, edges, leaves }: Tree, row: ArrayLike<number>): number {
  let node = 0;
  for (let level = 0; level < DEPTH; level++) node = 2 * node + (row[features[node]!]! <= edges[node]! ? 1 : 2);
  return leaves[node - features.length]!;
}

/** Which features tree number `tree` may ask about: those of the smallest draws. */
function featuresOf(size: number, seed: number, tree: number): number[] {
  const draws = new Float32Array(size);
  fillStream(draws, streamOf(seed, 'trees/features', tree), { kind: 'uniform', low: 0, high: 1, shape: [] });
  const order = Array.from(draws.keys()).sort((a, b) => draws[a]! - draws[b]!);
  return order.slice(0, FEATURES);
}

/** Examples that grow nothing, and what the trees so far say of them. */
class Checks {
  private readonly rows: readonly Float32Array[];
  private readonly logits: Float64Array;
  private readonly reals: number;

  constructor({ real, samples }: Pair) {
    this.rows = [...allRows(real), ...allRows(samples)];
    this.reals = real.data.length / real.size;
    this.logits = new Float64Array(this.rows.length);
  }

  lossWith(tree: Tree): number {
    const samples = this.rows.length - this.reals;
    let loss = 0;
    this.rows.forEach((row, i) => {
      this.logits[i]! += answerOf(tree, row);
      const isReal = i < this.reals;
      loss -= Math.log(sigmoid(isReal ? this.logits[i]! : -this.logits[i]!)) / (2 * (isReal ? this.reals : samples));
    });
    return loss;
  }
}

/** The examples that trees grow on, in bins: feature after feature, so that a histogram reads one run of memory. */
class Table {
  readonly size: number;
  private readonly count: number;
  private readonly reals: number;
  private readonly codes: Uint8Array;
  private readonly edges: readonly Float32Array[];
  private readonly logits: Float64Array;
  private readonly gradients: Float64Array;
  private readonly curvatures: Float64Array;
  /** Of each row, its node on the level that grows. */
  private readonly nodes: Uint8Array;

  constructor({ real, samples }: Pair) {
    const rows = [...allRows(real), ...allRows(samples)];
    this.size = real.size;
    this.count = rows.length;
    this.reals = real.data.length / real.size;
    this.edges = Array.from({ length: this.size }, (_, feature) => edgesOf(rows, feature));
    this.codes = new Uint8Array(this.size * this.count);
    rows.forEach((row, i) => {
      for (let f = 0; f < this.size; f++) this.codes[f * this.count + i] = binOf(row[f]!, this.edges[f]!);
    });
    [this.logits, this.gradients, this.curvatures] = [0, 1, 2].map(() => new Float64Array(this.count)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    this.nodes = new Uint8Array(this.count);
  }

  /** One more tree against the gradient; its answers are added to the logits. */
  grow(features: readonly number[]): Tree {
    this.derive();
    const inner = 2 ** DEPTH - 1;
    const tree = {
      features: new Int32Array(inner),
      edges: new Float32Array(inner),
      leaves: new Float64Array(inner + 1),
    };
    this.nodes.fill(0);
    for (let level = 0; level < DEPTH; level++) this.growLevel(level, features, tree);
    const sums = this.sumsByNode();
    for (let leaf = 0; leaf <= inner; leaf++) {
      tree.leaves[leaf] = (-RATE * sums[2 * leaf]!) / (sums[2 * leaf + 1]! + RIDGE);
    }
    for (let i = 0; i < this.count; i++) this.logits[i]! += tree.leaves[this.nodes[i]!]!;
    return tree;
  }

  /** First and second derivative of each row's loss by its logit, weighted so that both kinds count alike. */
  private derive(): void {
    const weights = [this.count / (2 * this.reals), this.count / (2 * (this.count - this.reals))] as const;
    for (let i = 0; i < this.count; i++) {
      const isReal = i < this.reals;
      const weight = weights[isReal ? 0 : 1];
      const probability = sigmoid(this.logits[i]!);
      this.gradients[i] = weight * (probability - (isReal ? 1 : 0));
      this.curvatures[i] = weight * probability * (1 - probability);
    }
  }

  private growLevel(level: number, features: readonly number[], tree: Tree): void {
    const first = 2 ** level - 1;
    const width = 2 ** level;
    const sums = this.sumsByNode();
    const best = Array.from({ length: width }, () => ({ gain: 0, feature: 0, bin: BINS }));
    for (const feature of features) {
      const histogram = this.histogram(feature, width);
      for (let node = 0; node < width; node++) {
        const found = bestSplit(
          histogram.subarray(node * 2 * BINS, (node + 1) * 2 * BINS),
          sums[2 * node]!,
          sums[2 * node + 1]!,
        );
        if (found.gain > best[node]!.gain) best[node] = { ...found, feature };
      }
    }
    best.forEach(({ feature, bin }, node) => {
      tree.features[first + node] = feature;
      // The last bin has no edge: everything goes to the left, and a node that nothing splits stays whole.
      tree.edges[first + node] = this.edges[feature]![bin] ?? Number.POSITIVE_INFINITY;
    });
    for (let i = 0; i < this.count; i++) {
      const { feature, bin } = best[this.nodes[i]!]!;
      this.nodes[i] = 2 * this.nodes[i]! + (this.codes[feature * this.count + i]! <= bin ? 0 : 1);
    }
  }

  /** Gradient and curvature of each node and bin, one beside the other. */
  private histogram(feature: number, width: number): Float64Array {
    const { nodes, gradients, curvatures, count } = this;
    const codes = this.codes.subarray(feature * count, (feature + 1) * count);
    const sums = new Float64Array(width * BINS * 2);
    for (let i = 0; i < count; i++) {
      const at = 2 * (nodes[i]! * BINS + codes[i]!);
      sums[at]! += gradients[i]!;
      sums[at + 1]! += curvatures[i]!;
    }
    return sums;
  }

  private sumsByNode(): Float64Array {
    const sums = new Float64Array(2 * 2 ** DEPTH);
    for (let i = 0; i < this.count; i++) {
      sums[2 * this.nodes[i]!]! += this.gradients[i]!;
      sums[2 * this.nodes[i]! + 1]! += this.curvatures[i]!;
    }
    return sums;
  }
}

/** Where a histogram is best cut in two, by the gain of Chen and Guestrin (7); the bin is the last of the left side. */
function bestSplit(histogram: Float64Array, gradient: number, curvature: number): { gain: number; bin: number } {
  const worth = (g: number, h: number) => g ** 2 / (h + RIDGE);
  const whole = worth(gradient, curvature);
  let [left, leftCurvature] = [0, 0];
  let best = { gain: 0, bin: BINS };
  for (let bin = 0; bin < BINS - 1; bin++) {
    left += histogram[2 * bin]!;
    leftCurvature += histogram[2 * bin + 1]!;
    const rightCurvature = curvature - leftCurvature;
    if (leftCurvature < LEAST_CURVATURE || rightCurvature < LEAST_CURVATURE) continue;
    const gain = worth(left, leftCurvature) + worth(gradient - left, rightCurvature) - whole;
    if (gain > best.gain) best = { gain, bin };
  }
  return best;
}

/** Values between bins of nearly equal counts, ascending and all different: bin b holds what is ≤ its edge. */
function edgesOf(rows: readonly Float32Array[], feature: number): Float32Array {
  const stride = Math.max(1, Math.floor(rows.length / EDGE_ROWS));
  const values = new Float32Array(Math.floor((rows.length - 1) / stride) + 1);
  for (let i = 0; i < values.length; i++) values[i] = rows[i * stride]![feature]!;
  values.sort();
  const edges: number[] = [];
  for (let bin = 1; bin < BINS; bin++) {
    const edge = values[Math.floor((bin * values.length) / BINS)]!;
    if (edge !== edges.at(-1)) edges.push(edge);
  }
  return Float32Array.from(edges);
}

/** The first bin whose edge is not below the value; behind the last edge where all are. */
function binOf(value: number, edges: Float32Array): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function allRows(rows: Rows): Float32Array[] {
  return Array.from({ length: rows.data.length / rows.size }, (_, i) => rowAt(rows, i));
}
