// Ganymede against other servers of the same models, in turns. They come from PyPI: `bench/peers/get.sh FOLDER` fetches
// them, and `PEERS=FOLDER npm run bench -- --only peers` compares. A peer that is absent is named, and its rows are
// left out. Whose turn it is not is stopped (SIGSTOP): some spin while they have nothing to do.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { decodeImage } from 'ganymede/images/image.js';
import { type Asked, answersPerSecond, answerTimes, asking, Connection } from './client.js';
import { median } from './measure.js';
import { absence, type KindName, type Peer, type Shipped, started, type Work } from './peer-servers.js';
import { type Row, spreadRow } from './report.js';

const ROUNDS = 5;
const ROUND_MS = 1000;
/**
 * The round before them, in which servers that compile as they go (V8) do so: 700 ms left ours at a tenth of its pace.
 */
const WARM_MS = 5000;
const MOST_CLIENTS = 64;

/** Peer → answers a second, or milliseconds for one client alone, of each round. */
type Figures = ReadonlyMap<string, readonly number[]>;

/** [peer, work of ours, least ratio that we want] */
type Against = readonly [peer: KindName, work: Work, target: number];

interface Comparison {
  readonly name: string;
  readonly model: Shipped;
  /** What peers do. */
  readonly work: Work;
  /** Clients at once; 1 compares how long an answer takes. */
  readonly clients: number;
  readonly against: readonly Against[];
}

const COMPARISONS: readonly Comparison[] = [
  {
    name: 'one digit, 64 clients',
    model: 'mnist',
    work: 'picture',
    clients: MOST_CLIENTS,
    against: [
      ['python', 'picture', 5],
      ['pythons', 'picture', 4],
      ['triton', 'picture', 0.9],
      ['triton', 'address', 1.3],
      ['litserve', 'picture', 1.3],
      ['mlserver', 'picture', 1.3],
      ['bentoml', 'picture', 1.3],
    ],
  },
  {
    name: 'an address, 64 clients',
    model: 'mnist',
    work: 'address',
    clients: MOST_CLIENTS,
    against: [
      ['python', 'address', 4],
      ['pythons', 'address', 3],
    ],
  },
  {
    name: '64 samples, z and score, 8 clients',
    model: 'mnist',
    work: 'numbers',
    clients: 8,
    against: [
      ['triton', 'numbers', 1.1],
      ['litserve', 'numbers', 1.3],
      ['mlserver', 'numbers', 1.3],
      ['bentoml', 'numbers', 1.3],
    ],
  },
  {
    name: '64 digits, 8 clients',
    model: 'mnist',
    work: 'pictures',
    clients: 8,
    against: [
      ['triton', 'pictures', 1.2],
      ['litserve', 'pictures', 1.3],
      ['mlserver', 'pictures', 1.3],
      ['bentoml', 'pictures', 1.3],
    ],
  },
  {
    name: 'one digit, one client alone, p50',
    model: 'mnist',
    work: 'picture',
    clients: 1,
    against: [
      ['triton', 'picture', 1],
      ['triton', 'address', 1.3],
      ['litserve', 'picture', 1.3],
      ['mlserver', 'picture', 1.3],
      ['bentoml', 'picture', 1.3],
    ],
  },
  {
    name: 'one face of 64×64, 64 clients',
    model: 'faces',
    work: 'picture',
    clients: MOST_CLIENTS,
    against: [
      ['triton', 'picture', 1.2],
      ['triton', 'address', 1.5],
    ],
  },
];

export async function peersRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const model of ['mnist', 'faces'] as const) {
    const comparisons = COMPARISONS.filter((one) => one.model === model);
    const wanted = new Set<KindName>([
      'ours',
      'two',
      ...comparisons.flatMap(({ against }) => against.map(([peer]) => peer)),
    ]);
    const absent = [...wanted].filter((kind) => absence(kind) !== undefined);
    for (const kind of absent) console.log(`  without ${absence(kind)}`);
    const peers = new Map<KindName, Peer>();
    try {
      for (const kind of wanted) if (!absent.includes(kind)) peers.set(kind, await started(kind, model));
      await checkPictures([...peers.values()]);
      for (const comparison of comparisons) rows.push(...(await compared(comparison, peers)));
      if (model === 'mnist') rows.push(...(await bareRows([peers.get('ours')!, peers.get('two')!])));
    } finally {
      await Promise.all(Array.from(peers.values(), (peer) => peer.stop()));
    }
  }
  return rows;
}

async function compared(comparison: Comparison, peers: ReadonlyMap<KindName, Peer>): Promise<Row[]> {
  const { name, work, clients, against } = comparison;
  const present = against.filter(([peer]) => peers.has(peer));
  const ours = (['ours', 'two'] as const).filter((kind) => kind === 'ours' || clients === MOST_CLIENTS);
  const contenders = new Map<string, Contender>();
  const enter = (name: string, kind: KindName, how: Work): void => {
    const peer = peers.get(kind)!;
    contenders.set(name, { asked: peer.asks[how]!, peer });
  };
  for (const [peer] of present) enter(peer, peer, work);
  for (const kind of ours) for (const [, own] of present) enter(`${kind} ${own}`, kind, own);
  const figures = await inTurns(contenders, clients);
  return present.flatMap(([peer, own, target]) =>
    ours.map((kind) => {
      const [mine, theirs] = [figures.get(`${kind} ${own}`)!, figures.get(peer)!];
      const ratios = mine.map((figure, round) => (clients === 1 ? theirs[round]! / figure : figure / theirs[round]!));
      const how = own === 'address' && work !== 'address' ? ' by GET' : '';
      return spreadRow(`${name}: ${peers.get(kind)!.name}${how} against ${peers.get(peer)!.name}`, ratios, '×', target);
    }),
  );
}

interface Contender {
  readonly asked: Asked;
  readonly peer?: Peer;
}

async function inTurns(contenders: ReadonlyMap<string, Contender>, clients: number): Promise<Figures> {
  const figures = new Map(Array.from(contenders.keys(), (name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, { asked, peer }] of contenders) {
      peer?.resume();
      const ms = round < 0 ? WARM_MS : ROUND_MS;
      const figure = clients === 1 ? median(await answerTimes(asked, ms)) : await answersPerSecond(asked, clients, ms);
      peer?.pause();
      if (round >= 0) figures.get(name)!.push(figure);
    }
  }
  return figures;
}

/** A route of Fastify that reads the same bodies and answers the same bytes, and does nothing. */
async function bareRows(ours: readonly Peer[]): Promise<Row[]> {
  const picture = (port: number, path?: string) =>
    asking(port, 'query ($seed: Seed) { sample(model: "mnist", count: 1, seed: $seed) { image { dataUri } } }', path);
  ours[0]!.resume();
  const connection = new Connection(picture(ours[0]!.port));
  const answer = await connection.ask(1);
  connection.close();
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4).toString();
  const bare = fork(fileURLToPath(new URL('./bare.js', import.meta.url)), [body], { stdio: 'inherit' });
  try {
    const [{ port }] = (await once(bare, 'message')) as [{ port: number }];
    const contenders = new Map<string, Contender>([['bare', { asked: picture(port) }]]);
    for (const peer of ours) contenders.set(peer.name, { asked: picture(peer.port), peer });
    const figures = await inTurns(contenders, MOST_CLIENTS);
    return ours.map(({ name }) => {
      const ratios = figures.get(name)!.map((rate, round) => rate / figures.get('bare')![round]!);
      return spreadRow(
        `one digit, 64 clients: ${name} against a bare Fastify route of the same bytes`,
        ratios,
        '×',
        0.35,
      );
    });
  } finally {
    bare.kill();
  }
}

/** The same seed must be the same picture: float arithmetic of two builds may move a pixel by one level. */
async function checkPictures(peers: readonly Peer[]): Promise<void> {
  let first: Uint8Array | undefined;
  for (const { name, asks, pictureOf, resume, pause } of peers) {
    const connection = new Connection(asks.picture!);
    resume();
    const file = pictureOf(await connection.ask(42));
    pause();
    connection.close();
    const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
    const { data } = await decodeImage(file, { width, height, channels: 1 });
    first ??= data;
    const furthest = first.reduce((most, level, i) => Math.max(most, Math.abs(level - data[i]!)), 0);
    if (furthest > 1)
      throw new Error(`${name} makes another picture of seed 42: a pixel differs by ${furthest} levels.`);
  }
}

/**
 * Requests per second of the servers' own CPU time at 1, 2 and 4 processes: what scaling can be, whatever the cores.
 */
export async function clusterRows(): Promise<Row[]> {
  const rows: Row[] = [];
  const peers = await Promise.all((['ours', 'two', 'four'] as const).map((kind) => started(kind, 'mnist')));
  try {
    const figures = new Map(peers.map(({ name }) => [name, [] as number[]]));
    for (let round = -1; round < ROUNDS; round++) {
      for (const { name, pid, asks, resume, pause } of peers) {
        resume();
        const before = await cpuSeconds(pid);
        const began = performance.now();
        const rate = await answersPerSecond(asks.picture!, MOST_CLIENTS, round < 0 ? WARM_MS : 2 * ROUND_MS);
        const requests = (rate * (performance.now() - began)) / 1000;
        if (round >= 0) figures.get(name)!.push(requests / ((await cpuSeconds(pid)) - before));
        pause();
      }
    }
    const [one, ...more] = peers.map(({ name }) => [name, figures.get(name)!] as const);
    for (const [name, list] of more) {
      const ratios = list.map((figure, round) => figure / one![1][round]!);
      rows.push(spreadRow(`one digit, requests per second of CPU: ${name} against one process`, ratios, '×', 0.85));
    }
    return rows;
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
}

/** Of a process and its children, as Linux counts them. */
async function cpuSeconds(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
  const times = await Promise.all(
    [pid, ...children].map(async (id) => {
      const fields = (await readFile(`/proc/${id}/stat`, 'utf8')).split(') ')[1]!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    }),
  );
  return times.reduce((sum, time) => sum + time, 0);
}
