// What a game says of points: what its generator makes of given latents, where the generator's objective pulls each of
// them, and what the discriminator says at given places. One graph, run for each picture; the run is not changed by it.

import { type CompiledStep, compileStep } from '../engine/step.js';
import type { HostTensor, HostTensors } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { Network, Pass, Tensors } from '../networks/network.js';
import { type Objective, verdict } from './objectives.js';
import { pick } from './step.js';

export interface FieldOptions {
  readonly generator: Network;
  readonly discriminator: Network;
  readonly objective: Objective;
  /** Parameters of both, among others; later ones have the same shapes. */
  readonly params: HostTensors;
  /**
   * `z` and `label` of the samples, as `real` and `realLabel` of examples, which some objectives look at; `place` and
   * `placeLabel` of where D is asked.
   */
  readonly feeds: Readonly<Record<string, HostTensor>>;
  readonly threads: number;
}

/** Rows of the size of a point, but for `verdict`, a number for each place. */
export interface FieldValues {
  readonly points: Float32Array;
  /** By how much less loss of a sample's own a step of length 1 would have, in each direction. */
  readonly pulls: Float32Array;
  readonly verdict: Float32Array;
}

export class Field {
  private constructor(
    private readonly compiled: CompiledStep,
    private readonly feeds: FieldOptions['feeds'],
  ) {}

  static async open(options: FieldOptions): Promise<Field> {
    const { params, feeds, threads } = options;
    const state = playersOf(params);
    return new Field(await compileStep(fieldStep(options), { state, inputs: feeds, threads }), feeds);
  }

  async at(params: HostTensors): Promise<FieldValues> {
    this.compiled.setState(playersOf(params));
    const { points, pulls, verdict: said } = await this.compiled.run(this.feeds);
    const data = (tensor: HostTensor | undefined) => tensor!.data as Float32Array;
    return { points: data(points), pulls: data(pulls), verdict: data(said) };
  }

  dispose(): Promise<void> {
    return this.compiled.dispose();
  }
}

function playersOf(params: HostTensors): HostTensors {
  return { ...pick(params, 'generator/'), ...pick(params, 'discriminator/') };
}

function fieldStep({ generator, discriminator, objective }: FieldOptions) {
  return (state: Tensors, inputs: Tensors) => {
    const judge = (points: tf.Tensor, label: tf.Tensor | undefined) =>
      tf.reshape(discriminator.apply(pick(state, 'discriminator/'), points, passOf(label)), [-1]);
    const loss = (points: tf.Tensor) =>
      objective.generator(judge(points, inputs['label']), () => judge(inputs['real']!, inputs['realLabel']));
    const points = generator.apply(pick(state, 'generator/'), inputs['z']!, passOf(inputs['label']));
    // The loss is a mean over samples: each one's own slope is so many times what it contributes.
    const pulls = tf.mul(tf.grad(loss)(points), -points.shape[0]!);
    return {
      state: {},
      outputs: {
        points,
        pulls,
        verdict: verdict(judge(inputs['place']!, inputs['placeLabel']), objective.densityRatio),
      },
    };
  };
}

function passOf(label: tf.Tensor | undefined): Pass {
  return label ? { label } : {};
}
