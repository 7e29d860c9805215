// How much of the data a generator makes, while it trains: the share of some hundred examples in whose ball a sample
// lies. It is the coverage of Naeem et al. 2020 (arXiv:2002.09797) with wider balls, because what is to be seen are
// parts of the data that are missing, not how well a part is made. Nothing here changes the run: latents come from a
// stream of their own.
import type { Dataset } from '../datasets/dataset.js';
import { openStep, type StepDevice } from '../engine/native.js';
import type { CompiledStep } from '../engine/step.js';
import { allocate, type HostTensors, sizeOf, type TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { countOf, mean, type Rows, rowAt, squaredDistance } from '../evaluation/rows.js';
import { fillStream, permutation, streamOf } from '../random/noise.js';
import type { Game } from './step.js';

/** Examples that are to be covered, at the most: the share has an error of 0.02. */
const EXAMPLES = 512;
/** Of fewer no ball is a part of the data. */
const LEAST = 100;
/** A ball reaches to as many of the others as make a fiftieth of all… */
const BALL = 50;
/**
 * …but at least over this share of the mean distance between two examples: what lies nearer to each other is no other
 * part of the data. Of 25 modes on a square grid two are 0.48 apart, so measured.
 */
const REACH = 0.15;
/**
 * At least so many, in batches of the game's size: one that makes the data itself misses a ball in (1 − 1/50)²⁵⁶ = 0.6
 * % of all cases.
 */
const SAMPLES = 256;
/**
 * Blocks along the longer side of an image, about, of which the means are compared: pixel by pixel the mean of all
 * images lies near to each of them, and 0.7 of MNIST's digits would be covered by one grey blot.
 */
const SIDE = 8;

export interface CoverageOptions {
  readonly game: Game;
  /** Parameters of the generator; later states may hold more. */
  readonly params: HostTensors;
  /** What is trained on. */
  readonly data: Dataset;
  readonly seed: number;
  readonly threads: number;
  readonly device?: StepDevice;
}

/** Examples as they are compared, how large the ball of each is, and their classes. */
interface Balls {
  readonly examples: Rows;
  readonly radii: Float32Array<ArrayBuffer>;
  readonly labels: readonly number[];
}

export class Coverage {
  private constructor(
    private readonly options: CoverageOptions,
    private readonly balls: Balls,
    private readonly compiled: CompiledStep,
  ) {}

  /** Null of data of which too little is there. */
  static async open(options: CoverageOptions): Promise<Coverage | null> {
    const { game, params, data, threads, device } = options;
    if (data.count < LEAST) return null;
    const balls = await ballsOf(options);
    if (balls.radii.every((radius) => radius === 0)) return null; // the data never varies
    const compiled = await openStep(
      (state, { z, label, examples, radii }) => {
        const made = game.generator.apply(state, z!, { running: {}, ...(label ? { label } : {}) });
        const inside = tf.lessEqual(tf.min(squaredDistances(examples!, coarse(made)), 1), tf.square(radii!));
        return { state: {}, outputs: { inside: tf.cast(inside, 'float32') } };
      },
      { state: ownOf(game, params), inputs: inputsOf(game, balls), threads, ...(device ? { device } : {}) },
    );
    return new Coverage(options, balls, compiled);
  }

  /** The share that the generator of `state` makes, after `step` steps; other latents each time. */
  async at(step: number, state: HostTensors): Promise<number> {
    const { game, seed } = this.options;
    const { examples, radii, labels } = this.balls;
    const rounds = Math.ceil(SAMPLES / game.batch);
    const size = game.batch * sizeOf(game.prior.shape);
    const z = allocate('float32', rounds * size) as Float32Array<ArrayBuffer>;
    fillStream(z, streamOf(seed, 'diagnostics/coverage', step), game.prior);
    const covered = new Uint8Array(countOf(examples));
    this.compiled.setState(ownOf(game, state));
    for (let round = 0; round < rounds; round++) {
      const { inside } = await this.compiled.run({
        ...{ z: z.slice(round * size, (round + 1) * size), examples: examples.data, radii },
        ...(game.classes === undefined ? {} : { label: classesOf(labels, round * game.batch, game) }),
      });
      inside!.data.forEach((value, i) => {
        covered[i]! |= Number(value);
      });
    }
    return mean(covered);
  }

  dispose(): Promise<void> {
    return this.compiled.dispose();
  }
}

/** Those of examples that are drawn once for a run. */
async function ballsOf(options: CoverageOptions): Promise<Balls> {
  const { data, seed } = options;
  const places = permutation(data.count, streamOf(seed, 'diagnostics/covered')).subarray(0, EXAMPLES);
  const examples = await seen(places, options);
  const labels = data.labels ? Array.from(places, (place) => data.labels![place]!) : [];
  return { examples, radii: radiiOf(examples), labels };
}

/** The examples at these places as they are compared, read a batch at a time. */
async function seen(places: Uint32Array, { data, game, threads, device }: CoverageOptions): Promise<Rows> {
  const real = { dtype: 'float32', shape: [game.batch, ...data.shape] } as const;
  const compiled = await openStep((_, inputs) => ({ state: {}, outputs: { examples: coarse(inputs['real']!) } }), {
    ...{ state: {}, inputs: { real }, threads },
    ...(device ? { device } : {}),
  });
  try {
    const batch = allocate('float32', sizeOf(real.shape)) as Float32Array<ArrayBuffer>;
    const blocks: Float32Array[] = [];
    for (let from = 0; from < places.length; from += game.batch) {
      const here = places.subarray(from, from + game.batch);
      await data.read(here, batch);
      const { examples } = await compiled.run({ real: batch });
      const size = examples!.shape[1]!;
      blocks.push((examples!.data as Float32Array).subarray(0, here.length * size));
    }
    return joined(blocks, places.length);
  } finally {
    await compiled.dispose();
  }
}

function joined(blocks: readonly Float32Array[], count: number): Rows {
  const data = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    data.set(block, at);
    at += block.length;
  }
  return { data, size: data.length / count };
}

function radiiOf(examples: Rows): Float32Array<ArrayBuffer> {
  const count = countOf(examples);
  const sorted = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: count }, (__, j) =>
      Math.sqrt(squaredDistance(rowAt(examples, i), rowAt(examples, j))),
    ).sort(),
  );
  const reach = (REACH * mean(sorted.map(mean)) * count) / (count - 1); // an example is none of its own others
  return Float32Array.from(sorted, (distances) => Math.max(distances[Math.round(count / BALL)]!, reach));
}

function inputsOf({ batch, prior, classes }: Game, { examples, radii }: Balls): TensorSpecs {
  return {
    z: { dtype: 'float32', shape: [batch, ...prior.shape] },
    ...(classes === undefined ? {} : { label: { dtype: 'float32', shape: [batch, classes] } }),
    examples: { dtype: 'float32', shape: [countOf(examples), examples.size] },
    radii: { dtype: 'float32', shape: [radii.length] },
  };
}

/** One-hot, in the shares of the data: those of a batch that begins with this sample. */
function classesOf(labels: readonly number[], from: number, { batch, classes }: Game): Float32Array<ArrayBuffer> {
  const label = new Float32Array(batch * classes!);
  for (let row = 0; row < batch; row++) label[row * classes! + labels[(from + row) % labels.length]!] = 1;
  return label;
}

/** [N, D]: images [N, C, H, W] with the means of their blocks for pixels. */
function coarse(examples: tf.Tensor): tf.Tensor2D {
  const [, , height, width] = examples.shape;
  const block = height && width ? Math.floor(Math.max(height, width) / SIDE) : 1;
  const seen =
    block > 1 ? tf.avgPool(tf.transpose(examples, [0, 2, 3, 1]) as tf.Tensor4D, block, block, 'same') : examples;
  return tf.reshape(seen, [examples.shape[0]!, -1]) as tf.Tensor2D;
}

/** ‖a − b‖² = ‖a‖² + ‖b‖² − 2a·b, about the mean of `a`, which loses no digits. */
function squaredDistances(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const centre = tf.mean(a, 0, true);
  const [x, y] = [tf.sub(a, centre) as tf.Tensor2D, tf.sub(b, centre) as tf.Tensor2D];
  const norms = tf.add(tf.sum(tf.square(x), 1, true), tf.reshape(tf.sum(tf.square(y), 1), [1, -1]));
  return tf.sub(norms, tf.mul(tf.matMul(x, y, false, true), 2));
}

/** The generator's tensors, without optimizer slots. */
function ownOf({ generator }: Game, tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(`${generator.name}/`)));
}
