// One step of Algorithm 1 (Goodfellow et al. 2014) as a pure function for the engine: k discriminator updates, then one of the
// generator, for any pair of networks, any objective and any optimizers. It says which inputs it takes and where each comes
// from; it never draws noise, reads data or knows how many steps were made.

import { z } from 'zod';
import type { StepFunction } from '../engine/step.js';
import type { HostTensors, TensorSpec, TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { Network, NoiseSpec, Pass, Tensors } from './networks/network.js';
import type { Objective } from './objectives.js';
import type { Optimizer } from './optimizers.js';

export const updatesConfig = z.strictObject({
  /**
   * alternating: Algorithm 1 to the letter, each update with its own noise and with the newest D.
   * simultaneous: G and D move together from one forward pass, as in the paper's own code; needs one discriminator step.
   */
  order: z.enum(['alternating', 'simultaneous']),
  /** k: updates of D per update of G. */
  discriminatorSteps: z.int().min(1).max(100).default(1),
  /** What each loss is multiplied by. The paper's code halves D's. */
  weights: z.strictObject({ discriminator: z.number().positive(), generator: z.number().positive() }),
});
export type UpdatesConfig = z.infer<typeof updatesConfig>;

export interface Game {
  readonly generator: Network;
  readonly discriminator: Network;
  /** What z is drawn from; its shape is [latent size]. */
  readonly prior: NoiseSpec;
  readonly objective: Objective;
  readonly optimizers: { readonly generator: Optimizer; readonly discriminator: Optimizer };
  readonly updates: UpdatesConfig;
  readonly batch: number;
  /** How many classes both networks are told; none without it. */
  readonly classes?: number;
}

/** Where the trainer gets an input from. */
export type InputSource =
  | { readonly from: 'data'; readonly spec: TensorSpec }
  /** One-hot classes of the examples that the input `of` takes. */
  | { readonly from: 'label'; readonly spec: TensorSpec; readonly of: string }
  | { readonly from: 'noise'; readonly spec: TensorSpec; readonly noise: NoiseSpec }
  | { readonly from: 'hyper'; readonly spec: TensorSpec; readonly player: Player; readonly name: string };

export type Player = 'generator' | 'discriminator';

export interface TrainingStep {
  readonly step: StepFunction;
  readonly inputs: Readonly<Record<string, InputSource>>;
  readonly specs: TensorSpecs;
  /** Fresh optimizer slots beside the parameters: the whole state the step carries. */
  state(params: HostTensors): HostTensors;
}

/** Outputs of the step, scalars: losses before weighting, and D's mean probability σ(V) on its last real and fake batch. */
export const OUTPUTS = ['lossD', 'lossG', 'dReal', 'dFake'] as const;

export function trainingStep(game: Game): TrainingStep {
  const { updates } = game;
  if (updates.order === 'simultaneous' && updates.discriminatorSteps !== 1) {
    throw new RangeError(
      `Expected 1 discriminator step for simultaneous updates but received ${updates.discriminatorSteps}.`,
    );
  }
  const inputs = inputsOf(game);
  return {
    step: updates.order === 'simultaneous' ? simultaneous(game) : alternating(game),
    inputs,
    specs: Object.fromEntries(Object.entries(inputs).map(([name, source]) => [name, source.spec])),
    state: (params) => ({
      ...params,
      ...game.optimizers.generator.slots(trainedOf(game.generator, params)),
      ...game.optimizers.discriminator.slots(trainedOf(game.discriminator, params)),
    }),
  };
}

// The losses of both players share the fake images, their masks and so D's forward pass on them: the graph holds it once.
function simultaneous(game: Game): StepFunction {
  return (state, inputs) => {
    const d = discriminatorUpdate(game, state, inputs, 'd1');
    const g = generatorUpdate(game, state, inputs, { z: 'd1', data: 'd1' });
    return { state: { ...d.state, ...g.state }, outputs: { ...d.outputs, ...g.outputs } };
  };
}

function alternating(game: Game): StepFunction {
  return (state, inputs) => {
    let current = state;
    let outputs: Tensors = {};
    for (let k = 1; k <= game.updates.discriminatorSteps; k++) {
      const d = discriminatorUpdate(game, current, inputs, `d${k}`);
      current = { ...current, ...d.state };
      outputs = d.outputs;
    }
    const g = generatorUpdate(game, current, inputs, { z: 'g', data: `d${game.updates.discriminatorSteps}` });
    return { state: { ...current, ...g.state }, outputs: { ...outputs, ...g.outputs } };
  };
}

interface Update {
  state: Tensors;
  outputs: Tensors;
}

function discriminatorUpdate(game: Game, state: Tensors, inputs: Tensors, phase: string): Update {
  const passing: Tensors = {};
  const made = passAt(inputs, phase, phase, 'latent', passing);
  const fake = game.generator.apply(pick(state, 'generator/'), inputs[`${phase}/z`]!, made);
  settle(passing);
  const seen: Tensors = {};
  const moved = move(game, 'discriminator', state, inputs, (params, running) => {
    const see = (role: 'real' | 'fake', images: tf.Tensor) =>
      tf.keep(judge(game, params, images, passAt(inputs, phase, phase, role, running)));
    seen['real'] = see('real', inputs[`${phase}/real`]!);
    seen['fake'] = see('fake', fake);
    return game.objective.discriminator(seen['real'], seen['fake']);
  });
  const outputs = {
    lossD: moved.loss,
    dReal: tf.mean(tf.sigmoid(seen['real']!)),
    dFake: tf.mean(tf.sigmoid(seen['fake']!)),
  };
  tf.dispose(seen);
  return { state: moved.state, outputs };
}

/** `phase.z` names the noise, `phase.data` the examples whose classes the fakes take, and that some objectives look at. */
function generatorUpdate(game: Game, state: Tensors, inputs: Tensors, phase: { z: string; data: string }): Update {
  const judges = pick(state, 'discriminator/');
  const passing: Tensors = {};
  const moved = move(game, 'generator', state, inputs, (params, running) => {
    const latent = passAt(inputs, phase.z, phase.data, 'latent', running);
    const fake = game.generator.apply(params, inputs[`${phase.z}/z`]!, latent);
    const real = () =>
      judge(game, judges, inputs[`${phase.data}/real`]!, passAt(inputs, phase.data, phase.data, 'real', passing));
    return game.objective.generator(
      judge(game, judges, fake, passAt(inputs, phase.z, phase.data, 'fake', passing)),
      real,
    );
  });
  settle(passing);
  return { state: moved.state, outputs: { lossG: moved.loss } };
}

/** D's raw output as [N]. */
function judge(game: Game, params: Tensors, images: tf.Tensor, pass: Pass): tf.Tensor {
  return tf.reshape(game.discriminator.apply(params, images, pass), [-1]);
}

/** One player's gradient and update; the other stands still. The loss leaves running statistics in `running`. */
function move(
  game: Game,
  player: Player,
  state: Tensors,
  inputs: Tensors,
  loss: (params: Tensors, running: Tensors) => tf.Scalar,
): { state: Tensors; loss: tf.Tensor } {
  const optimizer = game.optimizers[player];
  const hyper = Object.fromEntries(optimizer.hyper.map((name) => [name, inputs[`${player}/${name}`]!]));
  const network = game[player];
  const before = pick(state, `${player}/`);
  const advanced = network.advance?.(before) ?? {};
  const all = { ...before, ...advanced };
  const params = trainedOf(network, all);
  const names = Object.keys(params);
  const running: Tensors = {};
  const weight = game.updates.weights[player];
  const factor = optimizer.lossFactor(hyper);
  let value: tf.Tensor | undefined;

  const gradients = tf.grads((...tensors: tf.Tensor[]) => {
    const unweighted = tf.keep(
      loss({ ...all, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) }, running),
    );
    value = unweighted;
    const weighted = weight === 1 ? unweighted : tf.mul(unweighted, weight);
    return factor ? tf.mul(weighted, factor) : tf.mul(weighted, 1);
  })(names.map((name) => params[name]!));

  const slots = Object.fromEntries(Object.entries(state).filter(([name]) => name.includes(`/${player}/`)));
  const moved = optimizer.update(
    params,
    Object.fromEntries(names.map((name, i) => [name, gradients[i]!])),
    slots,
    hyper,
  );
  // `value` was kept out of the gradient's own scope; an operation gives a tensor that the caller's scope owns.
  const reported = tf.add(value!, 0);
  value!.dispose();
  return { state: { ...advanced, ...settle(running), ...moved.params, ...moved.slots }, loss: reported };
}

/** Running values as tensors of the caller's scope: they were kept out of the gradient's. */
function settle(running: Tensors): Tensors {
  const owned = Object.fromEntries(Object.entries(running).map(([name, tensor]) => [name, tf.add(tensor, 0)]));
  tf.dispose(running);
  return owned;
}

function trainedOf<T>(network: Network, tensors: Record<string, T>): Record<string, T> {
  const own = Object.entries(pick(tensors, `${network.name}/`));
  return Object.fromEntries(own.filter(([name]) => !network.untrained.has(name)));
}

function inputsOf(game: Game): Record<string, InputSource> {
  const { batch, updates } = game;
  const inputs: Record<string, InputSource> = {};
  const addNoise = (name: string, noise: NoiseSpec) => {
    const dtype = noise.kind === 'bernoulli' ? 'uint8' : 'float32';
    inputs[name] = { from: 'noise', spec: { dtype, shape: [batch, ...noise.shape] }, noise };
  };
  const addLatent = (phase: string) => {
    addNoise(`${phase}/z`, game.prior);
    for (const [name, noise] of Object.entries(game.generator.noise)) addNoise(`${phase}/latent/${name}`, noise);
    for (const [name, noise] of Object.entries(game.discriminator.noise)) addNoise(`${phase}/fake/${name}`, noise);
  };
  for (let k = 1; k <= updates.discriminatorSteps; k++) {
    if (game.classes !== undefined) {
      inputs[`d${k}/label`] = {
        from: 'label',
        spec: { dtype: 'float32', shape: [batch, game.classes] },
        of: `d${k}/real`,
      };
    }
    inputs[`d${k}/real`] = { from: 'data', spec: { dtype: 'float32', shape: [batch, ...game.discriminator.input] } };
    for (const [name, noise] of Object.entries(game.discriminator.noise)) addNoise(`d${k}/real/${name}`, noise);
    addLatent(`d${k}`);
  }
  if (updates.order === 'alternating') addLatent('g');
  for (const player of ['generator', 'discriminator'] as const) {
    for (const name of game.optimizers[player].hyper) {
      inputs[`${player}/${name}`] = { from: 'hyper', spec: { dtype: 'float32', shape: [] }, player, name };
    }
  }
  return inputs;
}

/** What goes with one pass: the noise below `<phase>/<role>/`, and the classes of the examples of phase `data`. */
function passAt(
  inputs: Tensors,
  phase: string,
  data: string,
  role: 'latent' | 'real' | 'fake',
  running: Tensors,
): Pass {
  const prefix = `${phase}/${role}/`;
  const noise = Object.entries(inputs).flatMap(([name, tensor]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
  );
  const label = inputs[`${data}/label`];
  return {
    noise: Object.fromEntries(noise),
    running,
    ...(label ? { label } : {}),
    ...(role === 'latent' ? {} : { role }),
  };
}

function pick<T>(record: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name.startsWith(prefix)));
}
