// How near the engine comes to the machine's limit: floating-point operations of whole training steps against the best
// matrix product that the same runtime reaches here, and one run of many steps against many runs of one.

import { GraphBuilder } from 'ganymede/engine/graph.js';
import { encodeModel } from 'ganymede/engine/onnx.js';
import { Session } from 'ganymede/engine/session.js';
import { type CompiledStep, compileStep } from 'ganymede/engine/step.js';
import { float32, type HostTensors } from 'ganymede/engine/tensor.js';
import { type Contender, inTurns, repeat } from './measure.js';
import * as dcgan from './programs/dcgan.js';
import * as small from './programs/small-gan.js';
import { block } from './programs/weights.js';
import { type Row, row } from './report.js';
import { paperFlops, paperStep, THREADS } from './training.js';

export async function engineRows(): Promise<Row[]> {
  return [...(await stepsAgainstPeak()), ...(await loops())];
}

async function stepsAgainstPeak(): Promise<Row[]> {
  const products = await Promise.all(PRODUCTS.map(product));
  const paper = await paperStep(20);
  const paperCompiled = await compileStep(paper.step, { ...paper, threads: THREADS, stepsPerRun: 20 });
  const convolutional = await compileStep(dcgan.step, { state: dcgan.state(), inputs: dcgan.inputs, threads: THREADS });
  const feeds = block(dcgan.inputs, 1, { rate: 2e-4 });
  const times = await inTurns(
    [
      ...products.map(({ contender }) => contender),
      { name: 'paper', run: () => paperCompiled.run(paper.feeds), per: 20 },
      { name: 'dcgan', run: () => repeat(4, () => convolutional.run(feeds)), per: 4 },
    ],
    7,
  );
  const speeds = products.map(({ contender, flops }) => flops / times.get(contender.name)! / 1e6);
  const peak = Math.max(...speeds);
  const speed = (flops: number, name: string) => flops / times.get(name)! / 1e6;
  const rows = [
    row('best matrix product', peak, 'GFLOP/s'),
    row('paper’s MLP GAN step, batch 100, 20 a run', speed(paperFlops(), 'paper'), 'GFLOP/s'),
    row('… of the best product', speed(paperFlops(), 'paper') / peak, '×', 0.7),
    row('DCGAN 32×32×3 step, batch 32, Adam', speed(dcgan.flops(), 'dcgan'), 'GFLOP/s'),
    row('… of the best product', speed(dcgan.flops(), 'dcgan') / peak, '×', 0.55),
    row('DCGAN step, trace and compile', (convolutional.traceMs + convolutional.compileMs) / 1000, 's'),
  ];
  await Promise.all([paperCompiled.dispose(), convolutional.dispose(), ...products.map(({ release }) => release())]);
  return rows;
}

/** [M, K, N]: square ones and those of the steps below. */
const PRODUCTS = [
  [1024, 1024, 1024],
  [100, 1200, 1200],
  [1200, 100, 1200],
] as const;

async function product([m, k, n]: (typeof PRODUCTS)[number]) {
  const graph = new GraphBuilder();
  const a = graph.input('a', { dtype: 'float32', shape: [m, k] });
  const b = graph.input('b', { dtype: 'float32', shape: [k, n] });
  const y = graph.emit('MatMul', [a, b], 'float32', { shape: [m, n] });
  const session = await Session.load(encodeModel(graph.finish('product', new Map([['y', y]]))), { threads: THREADS });
  const values = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const feeds: HostTensors = { a: float32([m, k], values(m * k)), b: float32([k, n], values(k * n)) };
  const times = 10;
  const contender: Contender = {
    name: `${m}×${k}×${n}`,
    run: () => repeat(times, () => session.run(feeds)),
    per: times,
  };
  return { contender, flops: 2 * m * k * n, release: () => session.release() };
}

async function loops(): Promise<Row[]> {
  const compile = (stepsPerRun: number) =>
    compileStep(small.step, { state: small.state(), inputs: small.inputs, threads: 1, stepsPerRun });
  const [single, many] = [await compile(1), await compile(1000)];
  const times = await inTurns([runs('1,000 runs', single, 1000), runs('one run', many, 1)], 5);
  await Promise.all([single.dispose(), many.dispose()]);
  return [
    row('small MLP (2→64→64→2, batch 64): a step, 1,000 in one run', times.get('one run')! / 1000, 'ms'),
    row('1,000 steps in one run against 1,000 runs', times.get('1,000 runs')! / times.get('one run')!, '×', 1.8),
  ];

  function runs(name: string, compiled: CompiledStep, times: number): Contender {
    const feeds = block(small.inputs, compiled.stepsPerRun, { rate: 1e-3 });
    return { name, run: () => repeat(times, () => compiled.run(feeds)) };
  }
}
