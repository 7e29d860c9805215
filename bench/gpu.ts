// What a GPU is worth here, in ten minutes at the most: training steps against PyTorch on the same card, serving at
// three batch sizes against the processor, and how far a step drifts from the same step on the processor.

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Device, Session } from 'ganymede/engine/session.js';
import { type CompiledStep, compileStep, type StepFunction } from 'ganymede/engine/step.js';
import { type HostTensors, sizeOf, type TensorData, type TensorSpecs } from 'ganymede/engine/tensor.js';
import { type Contender, median, timesInTurns } from './measure.js';
import * as dcgan from './programs/dcgan.js';
import { block } from './programs/weights.js';
import { type Row, row, spreadRow, tableOf } from './report.js';
import { shippedFolder } from './shipped.js';
import { openPeers, type Program } from './torch.js';
import { paperStep, THREADS } from './training.js';

/** No part begins after this; the last may still run for a while. */
const LIMIT_MS = 8 * 60_000;
/** How long contenders take turns in one part. Compiling their steps takes about as long again. */
const PART_MS = 40_000;
const ROUNDS = 9;
const STEPS_COMPARED = 10;

interface Training {
  readonly program: Program;
  readonly title: string;
  readonly step: StepFunction;
  readonly state: HostTensors;
  readonly inputs: TensorSpecs;
  feeds(steps: number): Record<string, TensorData>;
}

/** Prints each part's rows as soon as they are there: whoever stops it keeps what was measured. */
export async function gpuRows(device: Device, print: (text: string) => void): Promise<Row[]> {
  print(`card: ${cardName()}\n`);
  const trainings = [await paperTraining(), dcganTraining()];
  const parts: (() => Promise<Row[]>)[] = [
    ...trainings.map((training) => async () => [await drift(training, device)]),
    ...['mnist', 'cifar10'].map((model) => () => servingRows(model, device)),
    ...trainings.map((training) => () => stepRows(training, device, print)),
  ];
  const began = performance.now();
  const rows: Row[] = [];
  for (const [i, measure] of parts.entries()) {
    if (performance.now() - began > LIMIT_MS) {
      print(`${parts.length - i} of ${parts.length} parts are left out: their time is over.`);
      break;
    }
    const measured = await measure();
    print(`${tableOf(measured)}\n`);
    rows.push(...measured);
  }
  return rows;
}

function cardName(): string {
  try {
    const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
    return execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'not named (no nvidia-smi here); write it beside the table';
  }
}

async function paperTraining(): Promise<Training> {
  const { step, state, inputs } = await paperStep(1);
  const title = 'paper’s MLP GAN step, batch 100';
  return { program: 'paper', title, step, state, inputs, feeds: (steps) => block(inputs, steps, PAPER_RATES) };
}

/** The recipe's first step: block() would draw rates in [0, 1), with which training diverges. */
const PAPER_RATES = {
  'generator/negativeLearningRate': -0.1,
  'generator/momentum': 0.5,
  'discriminator/negativeLearningRate': -0.1,
  'discriminator/momentum': 0.5,
};

function dcganTraining(): Training {
  const { step, inputs } = dcgan;
  const feeds = (steps: number) => block(inputs, steps, { rate: 2e-4 });
  return { program: 'dcgan', title: 'DCGAN 32×32×3 step, batch 32', step, state: dcgan.state(), inputs, feeds };
}

/**
 * How far a state tensor lies from the processor's, ‖device − cpu‖ / ‖cpu‖, at its worst, after as many of the steps as
 * the device makes in a part's time. Norms, because Adam divides a tiny gradient by its own size: single weights may
 * differ by a whole step where gradients differ by a rounding.
 */
async function drift(training: Training, device: Device): Promise<Row> {
  const [there, steps] = await stateAfter(training, device, STEPS_COMPARED, PART_MS);
  const [here] = await stateAfter(training, 'cpu', steps);
  const differences = Object.entries(here).map(([name, { data }]) => relative(there[name]!.data, data));
  return row(`${training.title}: drift from cpu after ${steps} steps`, Math.max(...differences), 'of its norm');
}

async function stateAfter(
  { step, state, inputs, feeds }: Training,
  device: Device,
  steps: number,
  budgetMs = Number.POSITIVE_INFINITY,
): Promise<[HostTensors, steps: number]> {
  const compiled = await compileStep(step, { state, inputs, device, threads: THREADS });
  const began = performance.now();
  let made = 0;
  while (made < steps && (made === 0 || performance.now() - began < budgetMs)) {
    await compiled.run(feeds(1));
    made++;
  }
  const reached = compiled.state();
  await compiled.dispose();
  return [reached, made];
}

function relative(values: TensorData, reference: TensorData): number {
  let [difference, size] = [0, 0];
  for (const [i, value] of reference.entries()) {
    difference += (Number(values[i]) - Number(value)) ** 2;
    size += Number(value) ** 2;
  }
  return Math.sqrt(difference / Math.max(size, Number.MIN_VALUE));
}

async function stepRows(training: Training, device: Device, print: (text: string) => void): Promise<Row[]> {
  const { program, title, step, state, inputs, feeds } = training;
  const open = async (name: string, on: Device, stepsPerRun: number) => {
    const compiled = await compileStep(step, { state, inputs, device: on, threads: THREADS, stepsPerRun });
    return { compiled, contender: runs(name, compiled, feeds(stepsPerRun)) };
  };
  const ours = [await open(`ours on ${device}`, device, 1), await open('ours on cpu', 'cpu', 1)];
  const began = performance.now();
  await ours[0]!.contender.run();
  // A software GPU takes seconds for one step: twenty in a run would take the whole part.
  if (performance.now() - began < PART_MS / 100) ours.push(await open(`ours on ${device}, 20 steps a run`, device, 20));
  const peers = await openPeers(program, { threads: THREADS, device: 'cuda' }, print);
  const contenders = [
    ...ours.map(({ contender }) => contender),
    ...peers.map((peer) => ({ ...peer.contender(20), name: `PyTorch ${peer.version}, ${peer.setup}, ${peer.card}` })),
  ];
  const times = await timesInTurns(contenders, { rounds: ROUNDS, budgetMs: PART_MS });
  for (const peer of peers) peer.stop();
  await Promise.all(ours.map(({ compiled }) => compiled.dispose()));

  const rows = [...times].map(([name, list]) => spreadRow(`${title}: ${name}`, list, 'ms'));
  const onDevice = ours.map(({ contender }) => contender.name).filter((name) => name !== 'ours on cpu');
  const best = fastest(times, onDevice);
  rows.push(row('… against cpu', median(times.get('ours on cpu')!) / best, '×'));
  if (peers.length > 0) {
    const theirs = fastest(
      times,
      contenders.slice(ours.length).map(({ name }) => name),
    );
    rows.push(row('… against PyTorch’s fastest on this card', theirs / best, '×'));
  }
  return rows;
}

function runs(name: string, compiled: CompiledStep, feeds: Record<string, TensorData>): Contender {
  return { name, run: () => compiled.run(feeds), per: compiled.stepsPerRun };
}

function fastest(times: ReadonlyMap<string, readonly number[]>, names: readonly string[]): number {
  return Math.min(...names.map((name) => median(times.get(name)!)));
}

/** A shipped generator as the server runs it, without the server. */
async function servingRows(model: string, device: Device): Promise<Row[]> {
  const onnx = await readFile(join(shippedFolder(model), 'generate.onnx'));
  const [there, here] = [await Session.load(onnx, { device }), await Session.load(onnx, { threads: THREADS })];
  const rows: Row[] = [];
  for (const batch of [1, 16, 256]) {
    const feeds = latents(there.inputs, batch);
    const contenders = [
      { name: 'there', run: () => there.run(feeds), per: batch },
      { name: 'here', run: () => here.run(feeds), per: batch },
    ];
    const times = await timesInTurns(contenders, { rounds: 4 * ROUNDS, budgetMs: PART_MS / 3 });
    const rates = times.get('there')!.map((ms) => 1000 / ms);
    rows.push(spreadRow(`${model}, generate at batch ${batch} on ${device}`, rates, 'samples/s'));
    rows.push(row('… against cpu', median(times.get('here')!) / median(times.get('there')!), '×'));
  }
  await Promise.all([there.release(), here.release()]);
  return rows;
}

function latents(inputs: TensorSpecs, batch: number): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => {
      const full = [batch, ...shape.slice(1)];
      const data = Float32Array.from({ length: sizeOf(full) }, (_, i) => Math.sin(i));
      return [name, { dtype: 'float32', shape: full, data }];
    }),
  );
}
