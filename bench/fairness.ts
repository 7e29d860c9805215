// How long a small request waits beside large ones, against how long it takes alone, in turns; and for how long the
// server's HTTP thread is away at a stretch.

import { answerTimes, asking } from './client.js';
import { during } from './load.js';
import { median } from './measure.js';
import { type Row, spreadRow } from './report.js';
import { served } from './served.js';

const ROUNDS = 5;
const ROUND_MS = 1500;

const SINGLE = 'query ($seed: Seed) { sample(model: "mnist", count: 1, seed: $seed) { image { dataUri } } }';

const LOADS = {
  'two clients of 32 images of 1024×1024': {
    clients: 2,
    query: 'query ($seed: Seed) { sample(model: "faces", count: 32, seed: $seed) { image(size: 1024) { dataUri } } }',
    least: 5,
  },
  'eight clients of 64 samples with z and score': {
    clients: 8,
    query: 'query ($seed: Seed) { sample(model: "mnist", count: 64, seed: $seed) { z score { probability logit } } }',
    least: 10,
  },
  '64 clients of one image': { clients: 64, query: SINGLE, least: null },
} as const;

export async function fairnessRows(): Promise<Row[]> {
  const server = await served();
  const single = asking(server.port, SINGLE);
  const figures = new Map(Object.keys(LOADS).map((name) => [name, { ratios: [] as number[], delays: [] as number[] }]));
  const alone: number[] = [];
  try {
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, { clients, query }] of Object.entries(LOADS)) {
        const undisturbed = median(await answerTimes(single, ROUND_MS / 3));
        const load = { port: server.port, query, clients, ms: 60_000 };
        const { beside, delay } = await during(load, async () => {
          await server.usage();
          const times = await answerTimes(single, ROUND_MS);
          return { beside: median(times), delay: (await server.usage()).delayMs };
        });
        if (round < 0) continue;
        alone.push(undisturbed);
        figures.get(name)!.ratios.push(beside / undisturbed);
        figures.get(name)!.delays.push(delay);
      }
    }
  } finally {
    await server.stop();
  }
  return [
    spreadRow('one sample alone, p50', alone, 'ms'),
    ...Array.from(figures, ([name, { ratios, delays }]) => [
      spreadRow(
        `one sample beside ${name}, p50, of alone`,
        ratios,
        '×',
        LOADS[name as keyof typeof LOADS].least,
        'most',
      ),
      spreadRow('… delay of the event loop, p99', delays, 'ms', 10, 'most'),
    ]).flat(),
  ];
}
