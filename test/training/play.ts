// Plays a game for some steps on the engine, with data from a function instead of files: real training in a second or
// two.
import { type CompiledStep, compileStep } from '../../src/engine/step.js';
import {
  allocate,
  float32,
  type HostTensor,
  type HostTensors,
  sizeOf,
  type TensorData,
} from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { Network, Tensors } from '../../src/networks/network.js';
import { fillStream, type Stream, streamOf } from '../../src/random/noise.js';
import { type Game, trainingStep } from '../../src/training/step.js';

export interface Play {
  readonly game: Game;
  readonly params: HostTensors;
  /** Writes the real batch of one step. */
  readonly data: (out: Float32Array, stream: Stream) => void;
  readonly steps: number;
  readonly stepsPerRun?: number;
  readonly seed?: number;
  /** After each run: steps made, the outputs of the run, the step itself. */
  readonly onRun?: (step: number, outputs: HostTensors, compiled: CompiledStep) => void | Promise<void>;
}

/** The state after `steps` steps. */
export async function play({
  game,
  params,
  data,
  steps,
  stepsPerRun = 50,
  seed = 1,
  onRun,
}: Play): Promise<HostTensors> {
  const plan = trainingStep(game);
  const compiled = await compileStep(plan.step, { state: plan.state(params), inputs: plan.specs, stepsPerRun });
  for (let step = 0; step < steps; step += stepsPerRun) {
    const feeds: Record<string, TensorData> = {};
    for (const [name, source] of Object.entries(plan.inputs)) {
      const size = sizeOf(source.spec.shape);
      const all = allocate(source.spec.dtype, stepsPerRun * size);
      for (let k = 0; k < stepsPerRun; k++) {
        const out = all.subarray(k * size, (k + 1) * size) as Float32Array;
        const stream = streamOf(seed, name, step + k);
        if (source.from === 'noise') fillStream(out, stream, source.noise);
        else if (source.from === 'data') data(out, stream);
        else if (source.from === 'schedule') out[0] = source.at(step + k);
        else if (source.from === 'hyper') out[0] = game.optimizers[source.player].hyperAt(step + k, 1)[source.name]!;
        else throw new RangeError(`Expected no input from ${source.from} in a test but ${name} is.`);
      }
      feeds[name] = all;
    }
    const outputs = await compiled.run(feeds);
    await onRun?.(step + stepsPerRun, outputs, compiled);
  }
  const state = compiled.state();
  await compiled.dispose();
  return state;
}

/** A network of one dense map written out: for games whose every number is known. */
export function plainNetwork(
  name: 'generator' | 'discriminator',
  init: Readonly<Record<string, number>>,
  apply: (params: Tensors, x: tf.Tensor) => tf.Tensor,
): Network {
  return {
    name,
    input: [1],
    output: [1],
    noise: {},
    fate: () => 'trained',
    stages: Object.keys(init).map((key) => `${name}/${key}`),
    init: () =>
      Object.fromEntries(
        Object.entries(init).map(([key, value]) => [`${name}/${key}`, float32([1], Float32Array.of(value))]),
      ),
    apply,
  };
}

/** G(z) = mean + deviation · z, z one standard normal number: Q is the Gaussian of those two parameters. */
export function gaussianGenerator(mean: number, deviation: number): Network {
  return plainNetwork('generator', { mean, deviation }, (params, z) =>
    tf.add(params['generator/mean']!, tf.mul(params['generator/deviation']!, z)),
  );
}

/** D's outputs for numbers x, from its parameters. */
export function outputsOf(discriminator: Network, params: HostTensors, xs: readonly number[]): number[] {
  const values = tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(params).flatMap(([name, { data, shape }]) =>
        name.startsWith('discriminator/') ? [[name, tf.tensor(data as Float32Array, [...shape])]] : [],
      ),
    );
    return discriminator.apply(tensors, tf.tensor2d([...xs], [xs.length, 1])).dataSync();
  });
  return Array.from(values);
}

export function numberOf(tensors: HostTensors, name: string): number {
  return Number((tensors[name] as HostTensor).data[0]);
}
