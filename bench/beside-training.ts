// How long one sample takes while a job trains beside the server, against without, in turns: between two rounds the
// job's process is stopped and let go on by signals.

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobProcess } from 'ganymede/jobs/job-process.js';
import { answerTimes, asking } from './client.js';
import { percentile } from './measure.js';
import { type Row, spreadRow } from './report.js';
import { served } from './served.js';

const ROUNDS = 12;
const ROUND_MS = 2500;
const SINGLE = 'query ($seed: Seed) { sample(model: "mnist", count: 1, seed: $seed) { image { dataUri } } }';

export async function besideTrainingRows(): Promise<Row[]> {
  const server = await served();
  const single = asking(server.port, SINGLE);
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-bench-'));
  const training = await begun(folder);
  const rounds: { readonly alone: readonly number[]; readonly beside: readonly number[] }[] = [];
  try {
    for (let round = -1; round < ROUNDS; round++) {
      process.kill(training.pid!, 'SIGSTOP');
      const alone = await answerTimes(single, ROUND_MS);
      process.kill(training.pid!, 'SIGCONT');
      const beside = await answerTimes(single, ROUND_MS);
      if (round >= 0) rounds.push({ alone, beside });
    }
  } finally {
    training.kill();
    await training.ending;
    await server.stop();
    await rm(folder, { recursive: true });
  }
  const ratios = (share: number) =>
    rounds.map(({ alone, beside }) => percentile(beside, share) / percentile(alone, share));
  return [
    spreadRow(
      'one sample alone, p50',
      rounds.map(({ alone }) => percentile(alone, 0.5)),
      'ms',
    ),
    spreadRow(
      'one sample alone, p99',
      rounds.map(({ alone }) => percentile(alone, 0.99)),
      'ms',
    ),
    spreadRow('one sample beside a training, p50, of alone', ratios(0.5), '×', 2, 'most'),
    spreadRow('one sample beside a training, p99, of alone', ratios(0.99), '×', 2, 'most'),
  ];
}

/** A training as a server begins it, once it makes steps. */
async function begun(folder: string): Promise<JobProcess> {
  const options = {
    ...{ config: 'mnist-conditional', data: 'builtin:glyphs', steps: 10_000_000 },
    ...{ out: join(folder, 'mnist-conditional'), run: join(folder, 'run') },
    threads: Math.max(1, availableParallelism() - 1),
  };
  return new Promise((resolve, reject) => {
    const training = new JobProcess({
      ...{ say: 'start', kind: 'train', options },
      onEvent: (event) => {
        if (event.kind === 'progress' && event.phase === 'training' && event.done > 0) resolve(training);
      },
    });
    void training.ending.then((ending) => reject(new Error(`The training ended: ${JSON.stringify(ending)}`)));
  });
}
