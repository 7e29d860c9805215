// One step of Algorithm 1 (Goodfellow et al. 2014) as a pure function for the engine: k discriminator updates, then one
// of the generator, for any pair of networks, any objective and any optimizers. It says which inputs it takes and where
// each comes from; it never draws noise, reads data or knows how many steps were made.

import type { StepFunction } from '../engine/step.js';
import type { HostTensors, TensorData, TensorSpec, TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { Network, Pass, Tensors } from '../networks/network.js';
import type { NoiseSpec } from '../random/noise.js';
import type { Schedule } from '../recipes/schedules.js';
import type { PenaltyConfig, UpdatesConfig } from '../recipes/update-configs.js';
import { type Objective, verdict } from './objectives.js';
import { hyperIn, type Optimizer, slotsIn } from './optimizers.js';
import { clipWeights, firstRows, mixNoise, penaltyOf, slopePenalties } from './penalties.js';

export interface Game {
  readonly generator: Network;
  readonly discriminator: Network;
  /** What z is drawn from; its shape is [latent size]. */
  readonly prior: NoiseSpec;
  readonly objective: Objective;
  /** What is added to D's loss or done to its weights; the objective's own without it. */
  readonly penalties?: readonly PenaltyConfig[];
  readonly optimizers: { readonly generator: Optimizer; readonly discriminator: Optimizer };
  readonly updates: UpdatesConfig;
  readonly batch: number;
  /** How many classes both networks are told; none without it. */
  readonly classes?: number;
  /** Whether G completes examples instead of making them from z alone: both networks are then told of a random mask. */
  readonly completes?: boolean;
  /**
   * Added to G's loss: in what G's examples should be like those that they complete. `again` is what G makes of the
   * same examples from other noise.
   */
  readonly likeness?: (made: tf.Tensor, real: tf.Tensor, again: tf.Tensor) => tf.Scalar;
}

/** Where the trainer gets an input from. */
export type InputSource =
  | { readonly from: 'data'; readonly spec: TensorSpec }
  /** One-hot classes of the examples that the input `of` takes. */
  | { readonly from: 'label'; readonly spec: TensorSpec; readonly of: string }
  | { readonly from: 'noise'; readonly spec: TensorSpec; readonly noise: NoiseSpec }
  | { readonly from: 'hyper'; readonly spec: TensorSpec; readonly player: Player; readonly name: string }
  /** A number of the recipe that takes another value as training goes on. */
  | { readonly from: 'course'; readonly spec: TensorSpec; readonly course: Schedule }
  /** A number that only the step's number decides. */
  | { readonly from: 'schedule'; readonly spec: TensorSpec; at(step: number): number }
  /** Whatever a function writes for a step. */
  | { readonly from: 'computed'; readonly spec: TensorSpec; fill(out: TensorData, step: number): void | Promise<void> };

export type Player = 'generator' | 'discriminator';

export interface TrainingStep {
  readonly step: StepFunction;
  readonly inputs: Readonly<Record<string, InputSource>>;
  readonly specs: TensorSpecs;
  /** Fresh optimizer slots beside the parameters: the whole state the step carries. */
  state(params: HostTensors): HostTensors;
}

/**
 * Outputs of the step, scalars: losses before weighting, D's mean verdict (objectives.ts) on its last real and fake
 * batch, and the sum of its slope penalties, 0 without any.
 */
export const OUTPUTS = ['lossD', 'lossG', 'dReal', 'dFake', 'penalty'] as const;

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

// The losses of both players share the fake images, their masks and so D's forward pass on them: the graph holds it
// once.
function simultaneous(game: Game): StepFunction {
  return (state, inputs) => {
    const followed = { ...advanced(game.discriminator, state), ...advanced(game.generator, state) };
    const current = { ...state, ...followed };
    const d = discriminatorUpdate(game, current, inputs, 'd1');
    const g = generatorUpdate(game, current, inputs, { z: 'd1', data: 'd1' });
    return { state: { ...followed, ...d.state, ...g.state }, outputs: { ...d.outputs, ...g.outputs } };
  };
}

function alternating(game: Game): StepFunction {
  return (state, inputs) => {
    let current = state;
    let outputs: Tensors = {};
    for (let k = 1; k <= game.updates.discriminatorSteps; k++) {
      current = { ...current, ...advanced(game.discriminator, current) };
      const d = discriminatorUpdate(game, current, inputs, `d${k}`);
      current = { ...current, ...d.state };
      outputs = d.outputs;
    }
    current = { ...current, ...advanced(game.generator, current) };
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
  const moved = playerUpdate(
    game,
    'discriminator',
    state,
    inputs,
    (params, running) => {
      const see = (role: 'real' | 'fake', images: tf.Tensor) =>
        tf.keep(judge(game, params, images, passAt(inputs, phase, phase, role, running)));
      seen['real'] = see('real', inputs[`${phase}/real`]!);
      seen['fake'] = see('fake', fake);
      return game.objective.discriminator(seen['real'], seen['fake']);
    },
    (params) => penaltyAt(game, params, inputs, phase, fake),
  );
  const { densityRatio } = game.objective;
  const outputs = {
    lossD: moved.loss,
    dReal: tf.mean(verdict(seen['real']!, densityRatio)),
    dFake: tf.mean(verdict(seen['fake']!, densityRatio)),
    penalty: moved.penalty,
  };
  tf.dispose(seen);
  return { state: { ...moved.state, ...clipWeights(moved.params, penaltiesOf(game)) }, outputs };
}

/** The sum of D's slope penalties at one phase's real and fake images; null without any. */
function penaltyAt(game: Game, params: Tensors, inputs: Tensors, phase: string, fake: tf.Tensor): tf.Scalar | null {
  let sum: tf.Scalar | null = null;
  slopePenalties(penaltiesOf(game)).forEach((penalty, index) => {
    const running: Tensors = {};
    const weight = typeof penalty.weight === 'number' ? penalty.weight : inputs[weightInput(index)]!;
    const value = penaltyOf(penalty, weight, {
      real: inputs[`${phase}/real`]!,
      fake,
      mix: inputs[`${phase}/mix`],
      judge: (images, role, count) =>
        judge(game, params, images, firstOf(passAt(inputs, phase, phase, role, running), count)),
    });
    // Running statistics follow the passes of the losses alone: those of this one are thrown away.
    tf.dispose(running);
    const due = inputs[dueInput(index)];
    const counted = due ? tf.mul<tf.Scalar>(value, due) : value;
    sum = sum ? tf.add(sum, counted) : counted;
  });
  return sum;
}

function penaltiesOf(game: Game): readonly PenaltyConfig[] {
  return game.penalties ?? game.objective.penalties;
}

/** n at each n-th step and 0 between, for the lazy penalty at this place of the list. */
function dueInput(index: number): string {
  return `penalty${index + 1}/due`;
}

/** The weight of the penalty at this place of the list, where it takes a course. */
function weightInput(index: number): string {
  return `penalty${index + 1}/weight`;
}

/**
 * `phase.z` names the noise, `phase.data` the examples whose classes the fakes take, and that some objectives look at.
 */
function generatorUpdate(game: Game, state: Tensors, inputs: Tensors, phase: { z: string; data: string }): Update {
  const judges = pick(state, 'discriminator/');
  const passing: Tensors = {};
  const moved = playerUpdate(game, 'generator', state, inputs, (params, running) => {
    const latent = passAt(inputs, phase.z, phase.data, 'latent', running);
    const fake = game.generator.apply(params, inputs[`${phase.z}/z`]!, latent);
    const examples = inputs[`${phase.data}/real`]!;
    const real = () => judge(game, judges, examples, passAt(inputs, phase.data, phase.data, 'real', passing));
    const loss = game.objective.generator(
      judge(game, judges, fake, passAt(inputs, phase.z, phase.data, 'fake', passing)),
      real,
    );
    if (!game.likeness) return loss;
    const another = { ...latent, running: passing };
    const again = game.generator.apply(params, inputs[`${phase.z}/again`]!, another);
    return tf.add(loss, game.likeness(fake, examples, again));
  });
  settle(passing);
  return { state: moved.state, outputs: { lossG: moved.loss } };
}

/** D's raw output as [N]. */
function judge(game: Game, params: Tensors, images: tf.Tensor, pass: Pass): tf.Tensor {
  return tf.reshape(game.discriminator.apply(params, images, pass), [-1]);
}

/** One player's gradient and update; the other stands still. The loss leaves running statistics in `running`. */
function playerUpdate(
  game: Game,
  player: Player,
  state: Tensors,
  inputs: Tensors,
  loss: (params: Tensors, running: Tensors) => tf.Scalar,
  penalty: (params: Tensors) => tf.Scalar | null = () => null,
): { state: Tensors; params: Tensors; loss: tf.Tensor; penalty: tf.Tensor } {
  const optimizer = game.optimizers[player];
  const hyper = hyperIn(inputs, optimizer, `${player}/`);
  const network = game[player];
  const all = pick(state, `${player}/`);
  const params = trainedOf(network, all);
  const names = Object.keys(params);
  const running: Tensors = {};
  const weight = game.updates.weights[player];
  const factor = optimizer.lossFactor(hyper);
  const seen: { loss?: tf.Tensor; penalty?: tf.Tensor } = {};

  const gradients = tf.grads((...tensors: tf.Tensor[]) => {
    const own = { ...all, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) };
    const unweighted = tf.keep(loss(own, running));
    seen.loss = unweighted;
    let total: tf.Tensor = weight === 1 ? unweighted : tf.mul(unweighted, weight);
    const added = penalty(own);
    if (added) {
      seen.penalty = tf.keep(added);
      total = tf.add(total, added);
    }
    return factor ? tf.mul<tf.Scalar>(total, factor) : tf.mul<tf.Scalar>(total, 1);
  })(names.map((name) => params[name]!));

  const moved = optimizer.update(
    params,
    Object.fromEntries(names.map((name, i) => [name, gradients[i]!])),
    slotsIn(state, optimizer, names),
    hyper,
  );
  const held = { ...moved.params, ...bounded(network, all, moved.params) };
  // These were kept alive past the gradient's own scope. Adding 0 gives copies that the caller's scope owns and frees.
  const reported = { loss: tf.add(seen.loss!, 0), penalty: tf.add(seen.penalty ?? 0, 0) };
  tf.dispose(Object.values(seen));
  return {
    state: { ...unfrozen(network, settle(running)), ...held, ...moved.slots },
    params: held,
    ...reported,
  };
}

/** Of what moved, what the network holds within bounds. */
function bounded(network: Network, all: Tensors, moved: Tensors): Tensors {
  const back = Object.entries(network.bounded?.({ ...all, ...moved }) ?? {});
  return Object.fromEntries(back.filter(([name]) => name in moved));
}

/** What follows from a network's parameters before they move. */
function advanced(network: Network, state: Tensors): Tensors {
  return unfrozen(network, network.advance?.(pick(state, `${network.name}/`)) ?? {});
}

function unfrozen(network: Network, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => network.fate(name) !== 'frozen'));
}

/** Running values as tensors of the caller's scope: they were kept out of the gradient's. */
function settle(running: Tensors): Tensors {
  const owned = Object.fromEntries(Object.entries(running).map(([name, tensor]) => [name, tf.add(tensor, 0)]));
  tf.dispose(running);
  return owned;
}

function trainedOf<T>(network: Network, tensors: Record<string, T>): Record<string, T> {
  const own = Object.entries(pick(tensors, `${network.name}/`));
  return Object.fromEntries(own.filter(([name]) => network.fate(name) === 'trained'));
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
    if (game.likeness) addNoise(`${phase}/again`, game.prior);
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
    if (game.completes) addNoise(`d${k}/mask`, { kind: 'mask', shape: [1, ...game.discriminator.input.slice(1)] });
    for (const [name, noise] of Object.entries(game.discriminator.noise)) addNoise(`d${k}/real/${name}`, noise);
    addLatent(`d${k}`);
    const mix = mixNoise(penaltiesOf(game), game.discriminator.input);
    if (mix) addNoise(`d${k}/mix`, mix);
  }
  if (updates.order === 'alternating') addLatent('g');
  const addCourse = (name: string, course: Schedule) => {
    inputs[name] = { from: 'course', spec: { dtype: 'float32', shape: [] }, course };
  };
  slopePenalties(penaltiesOf(game)).forEach(({ weight, everySteps = 1 }, index) => {
    if (typeof weight !== 'number') addCourse(weightInput(index), weight);
    if (everySteps === 1) return;
    const at = (step: number) => (step % everySteps === 0 ? everySteps : 0);
    inputs[dueInput(index)] = { from: 'schedule', spec: { dtype: 'float32', shape: [] }, at };
  });
  for (const player of ['generator', 'discriminator'] as const) {
    for (const [name, course] of Object.entries(game[player].courses ?? {}))
      addCourse(courseInput(player, name), course);
    for (const name of game.optimizers[player].hyper) {
      inputs[`${player}/${name}`] = { from: 'hyper', spec: { dtype: 'float32', shape: [] }, player, name };
    }
  }
  return inputs;
}

function courseInput(player: Player, name: string): string {
  return `${player}/course/${name}`;
}

/**
 * What goes with one pass: the noise below `<phase>/<role>/`, and the classes and masks of the examples of phase
 * `data`.
 */
function passAt(
  inputs: Tensors,
  phase: string,
  data: string,
  role: 'latent' | 'real' | 'fake',
  running: Tensors,
): Pass {
  const below = (prefix: string): Tensors =>
    Object.fromEntries(
      Object.entries(pick(inputs, prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  const label = inputs[`${data}/label`];
  const mask = inputs[`${data}/mask`];
  return {
    noise: below(`${phase}/${role}/`),
    courses: below(courseInput(role === 'latent' ? 'generator' : 'discriminator', '')),
    running,
    ...(label ? { label } : {}),
    ...(mask ? { given: { image: inputs[`${data}/real`]!, mask } } : {}),
    ...(role === 'latent' ? {} : { role }),
  };
}

/** The same pass for the first `count` examples only. */
function firstOf(pass: Pass, count: number): Pass {
  const noise = Object.entries(pass.noise ?? {}).map(([name, tensor]) => [name, firstRows(tensor, count)]);
  const { label, given } = pass;
  return {
    ...pass,
    noise: Object.fromEntries(noise),
    ...(label ? { label: firstRows(label, count) } : {}),
    ...(given ? { given: { image: firstRows(given.image, count), mask: firstRows(given.mask, count) } } : {}),
  };
}

/** The entries whose names begin so. */
export function pick<T>(record: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name.startsWith(prefix)));
}
