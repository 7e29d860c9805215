// How a run is doing, judged from outside the steps: the current weights on examples held out from training, in a graph
// of its own that runs once a report. What is measured is the game as it is played, batch statistics included, but
// without dropout and augmentation; coverage.ts has one figure more. Nothing here changes the run: noise comes from a
// stream of its own, and no value goes back.
import type { Dataset } from '../datasets/dataset.js';
import { openStep, type StepDevice } from '../engine/native.js';
import { type CompiledStep, type StepFunction } from '../engine/step.js';
import { allocate, type HostTensors, sizeOf, type TensorSpec } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { Network, Tensors } from '../networks/network.js';
import { fillStream, streamOf } from '../random/noise.js';
import { Coverage } from './coverage.js';
import type { Game, Player } from './step.js';

/** Figures of one report; docs/objectives.md explains each. */
export interface Diagnosis {
  /** Share of examples and samples that D puts on the right side; ½ when it cannot tell. */
  readonly accuracy: number;
  /** What D's loss bounds from below (Objective.estimate). Null where it bounds nothing. */
  readonly divergence: number | null;
  /** Euclidean norms of each player's gradient, penalties apart, and of its weights. */
  readonly gradientD: number;
  readonly gradientG: number;
  readonly weightD: number;
  readonly weightG: number;
  /** Mean ‖∂ loss of G/∂x‖ at a sample x, times the mean distance between two examples. */
  readonly pull: number;
  /** Mean distance between two samples, over that between two examples. */
  readonly diversity: number;
  /** Share of the data that samples come near to (coverage.ts). Absent where there is too little to tell. */
  readonly coverage?: number;
}

export interface DiagnosticsOptions {
  readonly game: Game;
  /** Parameters of both networks; later states may hold more. */
  readonly params: HostTensors;
  /** What the run is judged on. */
  readonly held: Dataset;
  /** What it is trained on, of which the generator may leave parts out. */
  readonly data: Dataset;
  readonly examples: number;
  readonly seed: number;
  readonly threads: number;
  readonly device?: StepDevice;
}

export class Diagnostics {
  private constructor(
    private readonly options: DiagnosticsOptions,
    private readonly count: number,
    private readonly compiled: CompiledStep,
    private readonly coverage: Coverage | null,
  ) {}

  static async open(options: DiagnosticsOptions): Promise<Diagnostics> {
    const { game, params, held, threads, device } = options;
    const count = Math.min(options.examples, held.count);
    const compiled = await openStep(diagnosticStep(game), {
      state: ownOf(game, params),
      inputs: diagnosticInputs(game, count),
      threads,
      ...(device ? { device } : {}),
    });
    return new Diagnostics(options, count, compiled, await Coverage.open(options));
  }

  /** Judges `state` after `step` steps, the `report`-th time: other examples each time, in turn. */
  async at(step: number, report: number, state: HostTensors): Promise<Diagnosis> {
    const { game, held, seed } = this.options;
    const { count } = this;
    const indices = Uint32Array.from({ length: count }, (_, i) => (report * count + i) % held.count);
    const inputs = diagnosticInputs(game, count);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [
        name,
        allocate('float32', sizeOf(shape)) as Float32Array<ArrayBuffer>,
      ]),
    );
    await held.read(indices, feeds['real']!);
    fillStream(feeds['z']!, streamOf(seed, 'diagnostics/z', step), game.prior);
    if (feeds['label']) {
      for (const [row, index] of indices.entries()) feeds['label'][row * game.classes! + held.labels![index]!] = 1;
    }
    this.compiled.setState(ownOf(game, state));
    const outputs = await this.compiled.run(feeds);
    const value = (name: string) => Number(outputs[name]!.data[0]);
    const coverage = await this.coverage?.at(step, state);
    return {
      accuracy: value('accuracy'),
      divergence: game.objective.estimate?.value(value('lossD')) ?? null,
      gradientD: value('gradientD'),
      gradientG: value('gradientG'),
      weightD: value('weightD'),
      weightG: value('weightG'),
      // Both are in units of how far examples lie apart: of data that never varies they say nothing.
      pull: value('spreadReal') > 0 ? value('slope') * value('spreadReal') : Number.NaN,
      diversity: value('spreadReal') > 0 ? value('spreadFake') / value('spreadReal') : Number.NaN,
      ...(coverage === undefined ? {} : { coverage }),
    };
  }

  async dispose(): Promise<void> {
    await this.compiled.dispose();
    await this.coverage?.dispose();
  }
}

function diagnosticInputs(game: Game, count: number): Readonly<Record<string, TensorSpec>> {
  const rows = (shape: readonly number[]): TensorSpec => ({ dtype: 'float32', shape: [count, ...shape] });
  return {
    real: rows(game.discriminator.input),
    z: rows(game.prior.shape),
    ...(game.classes === undefined ? {} : { label: rows([game.classes]) }),
  };
}

/** (weights, real, z) → scalars. The state comes out as it went in. */
function diagnosticStep(game: Game): StepFunction {
  return (state, inputs) => {
    const { real, z, label } = inputs as { real: tf.Tensor; z: tf.Tensor; label?: tf.Tensor };
    const scratch: Tensors = {};
    const pass = { running: scratch, ...(label ? { label } : {}) };
    const generate = (params: Tensors) => game.generator.apply(params, z, pass);
    const judge = (params: Tensors, images: tf.Tensor, role: 'real' | 'fake') =>
      tf.reshape(game.discriminator.apply(params, images, { ...pass, role }), [-1]);
    const lossG = (images: tf.Tensor) =>
      game.objective.generator(judge(state, images, 'fake'), () => judge(state, real, 'real'));

    const fake = generate(state);
    const [vReal, vFake] = [judge(state, real, 'real'), judge(state, fake, 'fake')];
    const slopes = tf.grad((images: tf.Tensor) => lossG(images))(fake);
    const outputs = {
      lossD: game.objective.discriminator(vReal, vFake),
      accuracy: shareOnTheRightSide(vReal, vFake, game.objective.boundary),
      gradientD: gradientNorm(game.discriminator, state, (params) =>
        game.objective.discriminator(judge(params, real, 'real'), judge(params, fake, 'fake')),
      ),
      gradientG: gradientNorm(game.generator, state, (params) => lossG(generate(params))),
      weightD: norm(Object.values(trainedOf(game.discriminator, state))),
      weightG: norm(Object.values(trainedOf(game.generator, state))),
      // The loss is a mean over samples; each one's own gradient is N times what it contributes.
      slope: tf.mul(tf.mean(lengths(slopes)), slopes.shape[0]!),
      spreadReal: meanDistance(real),
      spreadFake: meanDistance(fake),
    };
    tf.dispose(scratch);
    return { state: {}, outputs };
  };
}

/** Where only differences of V mean something, the boundary is half-way between the means of the two sides. */
function shareOnTheRightSide(real: tf.Tensor, fake: tf.Tensor, boundary: number | null): tf.Tensor {
  const at = boundary ?? tf.mul(tf.add(tf.mean(real), tf.mean(fake)), 0.5);
  const share = (right: tf.Tensor) => tf.mean(tf.cast(right, 'float32'));
  return tf.mul(tf.add(share(tf.greater(real, at)), share(tf.lessEqual(fake, at))), 0.5);
}

function gradientNorm(network: Network, state: Tensors, loss: (params: Tensors) => tf.Scalar): tf.Tensor {
  const trained = trainedOf(network, state);
  const names = Object.keys(trained);
  const gradients = tf.grads((...tensors: tf.Tensor[]) =>
    loss({ ...state, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) }),
  )(Object.values(trained));
  return norm(gradients);
}

function norm(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.sqrt(tensors.map((tensor) => tf.sum(tf.square(tensor))).reduce((a, b) => tf.add(a, b), tf.scalar(0)));
}

/** Euclidean length of each example's values, [N]. */
function lengths(examples: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tf.reshape(examples, [examples.shape[0]!, -1])), 1));
}

/**
 * Mean Euclidean distance between two different examples: ‖a − b‖² = ‖a‖² + ‖b‖² − 2a·b, centred first to lose no
 * digits.
 */
function meanDistance(examples: tf.Tensor): tf.Tensor {
  const count = examples.shape[0]!;
  const flat = tf.reshape(examples, [count, -1]);
  const centred = tf.sub(flat, tf.mean(flat, 0, true));
  const squares = tf.sum(tf.square(centred), 1, true);
  const products = tf.matMul(centred, centred, false, true);
  const squared = tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(products, 2));
  // An example's distance to itself is rounding only.
  const distances = tf.mul(tf.sqrt(tf.relu(squared)), tf.sub(1, tf.eye(count)));
  return tf.div(tf.sum(distances), count * (count - 1));
}

function trainedOf(network: Network, tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(`${network.name}/`) && network.fate(name) === 'trained'),
  );
}

/** The tensors of both networks, without optimizer slots. */
function ownOf(game: Game, tensors: HostTensors): HostTensors {
  const players: readonly Player[] = ['generator', 'discriminator'];
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => players.some((player) => name.startsWith(`${game[player].name}/`))),
  );
}
