// What counting costs: two servers on one machine, one that is watched and one that is not, asked in turns. A ratio of
// requests a second is taken in each round, so that what else the machine does falls on both.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { median } from './measure.js';
import { type Row, row, spreadRow } from './report.js';
import { client, perSecond } from './serving.js';
import type { Usage } from './serving-process.js';

const ROUNDS = 15;
const CLIENTS = 64;

/** The shortest request that GraphQL answers, on which any cost weighs most, and the most usual one. */
const QUERIES = {
  '{ models { name } }': '{ models { name } }',
  'one 28×28 image': 'query ($seed: Seed) { sample(model: "mnist", count: 1, seed: $seed) { image { dataUri } } }',
} as const;

export async function metricsRows(): Promise<Row[]> {
  const servers = await Promise.all([start('watched'), start('unwatched')]);
  const [watched, unwatched] = servers;
  try {
    const rows: Row[] = [];
    for (const [name, query] of Object.entries(QUERIES)) {
      const ratios = { wall: [] as number[], cpu: [] as number[] };
      for (let round = -1; round < ROUNDS; round++) {
        const turns = new Map<Served, Turn>();
        const order = round % 2 === 0 ? [watched, unwatched] : [unwatched, watched];
        for (const server of order) turns.set(server, await turn(server, query));
        if (round < 0) continue;
        for (const clock of ['wall', 'cpu'] as const) {
          ratios[clock].push(turns.get(watched)![clock] / turns.get(unwatched)![clock]);
        }
      }
      rows.push(spreadRow(`${name}: requests/s, watched against unwatched`, ratios.wall, '×', 0.97));
      rows.push(spreadRow(`${name}: requests per second of CPU, the same`, ratios.cpu, '×', 0.97));
    }
    rows.push(row('one reading of /metrics', await readingMs(watched.port), 'ms'));
    return rows;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Requests in a second, by the clock on the wall and by the server's own CPU time, which others do not touch. */
interface Turn {
  readonly wall: number;
  readonly cpu: number;
}

async function turn({ ask, usage }: Served, query: string): Promise<Turn> {
  await usage();
  const started = performance.now();
  const wall = await perSecond(ask, query, CLIENTS);
  const requests = (wall * (performance.now() - started)) / 1000;
  return { wall, cpu: requests / (await usage()).cpuSeconds };
}

interface Served {
  readonly port: number;
  readonly ask: (query: string) => Promise<void>;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

async function start(mode: 'watched' | 'unwatched'): Promise<Served> {
  const server = fork(fileURLToPath(new URL('./serving-process.js', import.meta.url)), [mode], { stdio: 'inherit' });
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const usage = async (): Promise<Usage> => {
    server.send('usage');
    return ((await once(server, 'message')) as [Usage])[0];
  };
  const stop = async () => {
    server.send('stop');
    await once(server, 'exit');
  };
  return { port, ask: client(port), usage, stop };
}

async function readingMs(port: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const started = performance.now();
    const [response] = await once(get({ port, path: '/metrics', host: '127.0.0.1' }), 'response');
    response.resume();
    await once(response, 'end');
    times.push(performance.now() - started);
  }
  return median(times);
}
