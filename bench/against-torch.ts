// Training steps in turns with PyTorch on the processor: the paper's MLP and a DCGAN, against whichever of its setups
// is fastest here.

import { compileStep } from 'ganymede/engine/step.js';
import { type Contender, median, repeat, timesInTurns } from './measure.js';
import * as dcgan from './programs/dcgan.js';
import { block } from './programs/weights.js';
import { type Row, row, spreadRow } from './report.js';
import { openPeers, type Peer, type Program } from './torch.js';
import { paperStep, THREADS } from './training.js';

const ROUNDS = 15;

interface Ours {
  readonly title: string;
  readonly contender: Contender;
  release(): Promise<void>;
}

export async function torchRows(): Promise<Row[]> {
  return [
    ...(await against('paper', await paperContender(), 20)),
    ...(await against('dcgan', await dcganContender(), 4)),
  ];
}

async function paperContender(): Promise<Ours> {
  const paper = await paperStep(20);
  const compiled = await compileStep(paper.step, { ...paper, threads: THREADS, stepsPerRun: 20 });
  const contender = { name: 'ours', run: () => compiled.run(paper.feeds), per: 20 };
  return { title: 'paper’s MLP GAN step, batch 100', contender, release: () => compiled.dispose() };
}

async function dcganContender(): Promise<Ours> {
  const compiled = await compileStep(dcgan.step, { state: dcgan.state(), inputs: dcgan.inputs, threads: THREADS });
  const feeds = block(dcgan.inputs, 1, { rate: 2e-4 });
  const contender = { name: 'ours', run: () => repeat(4, () => compiled.run(feeds)), per: 4 };
  return { title: 'DCGAN 32×32×3 step, batch 32', contender, release: () => compiled.dispose() };
}

async function against(program: Program, ours: Ours, steps: number): Promise<Row[]> {
  const peers = await openPeers(program, { threads: THREADS, device: 'cpu' }, console.log);
  try {
    if (peers.length === 0) return [];
    return await comparison(ours, peers, steps);
  } finally {
    for (const peer of peers) peer.stop();
    await ours.release();
  }
}

/** Their milliseconds over ours, round by round: neighbours in time saw the same machine. */
async function comparison({ title, contender }: Ours, peers: readonly Peer[], steps: number): Promise<Row[]> {
  const times = await timesInTurns([contender, ...peers.map((peer) => peer.contender(steps))], { rounds: ROUNDS });
  const ours = times.get('ours')!;
  const fastest = peers.reduce((a, b) => (median(times.get(a.setup)!) <= median(times.get(b.setup)!) ? a : b));
  const ratios = times.get(fastest.setup)!.map((theirs, i) => theirs / ours[i]!);
  return [
    row(`${title}: ours`, median(ours), 'ms'),
    ...peers.map(({ setup, version }) => row(`… PyTorch ${version}, ${setup}`, median(times.get(setup)!), 'ms')),
    spreadRow(`… ours against PyTorch, ${fastest.setup}`, ratios, '×', 1),
  ];
}
