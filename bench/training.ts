// Training speed: the step of the paper's MNIST recipe, traced, against the same program on TensorFlow.js wasm.

import { compileStep, eagerStep } from 'ganymede/engine/step.js';
import * as tf from 'ganymede/engine/tf.js';
import { streamOf } from 'ganymede/random/noise.js';
import { loadRecipe } from 'ganymede/recipes/check-recipe.js';
import { gameOf, networksOf } from 'ganymede/training/game.js';
import { trainingStep } from 'ganymede/training/step.js';
import { inTurns, repeat } from './measure.js';
import { block } from './programs/weights.js';
import { type Row, row } from './report.js';

export const THREADS = 2;

/** The step of recipes/mnist-mlp.json with its initial state and inputs for `steps` steps. */
export async function paperStep(steps: number) {
  const recipe = await loadRecipe('mnist-mlp');
  const data = { shape: [1, 28, 28] };
  const networks = networksOf(recipe, data);
  const training = trainingStep(gameOf(recipe, networks, data));
  const params = {
    ...networks.generator.init(streamOf(1, 'generator')),
    ...networks.discriminator.init(streamOf(1, 'discriminator')),
  };
  return {
    step: training.step,
    state: training.state(params),
    inputs: training.specs,
    feeds: block(training.specs, steps),
  };
}

/** Floating-point operations of the products in one step of the paper's GAN: two for each multiply-add. */
export function paperFlops(): number {
  const product = (from: number, to: number) => 2 * 100 * from * to;
  const g = [product(100, 1200), product(1200, 1200), product(1200, 784)];
  const d = [product(784, 1200), product(240, 1200), product(240, 1)];
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  // D on real and on fake: forward, by weights, and by inputs but for the first layer.
  const stepD = 2 * (sum(d) + sum(d) + sum(d.slice(1)));
  // G, whose samples D saw as well: back through D to its inputs, then G by weights and by inputs.
  const stepG = sum(d) + sum(g) + sum(g.slice(1));
  return sum(g) + stepD + stepG;
}

export async function trainingRows(): Promise<Row[]> {
  const { step, state, inputs, feeds } = await paperStep(1);
  const traced = await compileStep(step, { state, inputs, threads: THREADS });
  const many = await paperStep(20);
  const looped = await compileStep(step, { state, inputs, threads: THREADS, stepsPerRun: 20 });
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  const wasm = await eagerStep(step, { state, inputs });
  const times = await inTurns(
    [
      { name: 'traced', run: () => repeat(20, () => traced.run(feeds)), per: 20 },
      { name: 'looped', run: () => looped.run(many.feeds), per: 20 },
      { name: 'wasm', run: () => wasm.run(feeds) },
    ],
    5,
  );
  await Promise.all([traced.dispose(), looped.dispose(), wasm.dispose()]);
  const best = Math.min(times.get('traced')!, times.get('looped')!);
  return [
    row('paper’s MLP GAN, batch 100: traced step', times.get('traced')!, 'ms'),
    row('paper’s MLP GAN, batch 100: traced step, 20 a run', times.get('looped')!, 'ms'),
    row('paper’s MLP GAN, batch 100: TensorFlow.js wasm step', times.get('wasm')!, 'ms'),
    row('traced step against TensorFlow.js wasm', times.get('wasm')! / best, '×', 25),
    row('20 steps in one run against 20 runs', times.get('traced')! / times.get('looped')!, '×', 1.3),
  ];
}
