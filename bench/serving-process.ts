// The server that bench/serving.ts and bench/metrics.ts measure, in a process of its own: the real parts on a free
// port. On 'report' it says how large its batches were since the last report; on 'usage', what it took. `unwatched`, it
// counts no requests.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readConfig } from 'ganymede/config.js';
import { Engine } from 'ganymede/engine/engine.js';
import { ModelRepository } from 'ganymede/models/repository.js';
import { Metrics } from 'ganymede/server/metrics.js';
import { buildServer } from 'ganymede/server/server.js';
import { Traffic } from 'ganymede/server/traffic.js';
import { pino } from 'pino';

export interface ServerReport {
  /** Rows per run of `generate` since the last report. */
  readonly meanBatch: number;
}

/** What the process took since the last time that it was asked. */
export interface Usage {
  readonly cpuSeconds: number;
  /** By which its resident memory rose at most. */
  readonly megabytes: number;
  /** 99th percentile of how late a timer of the HTTP thread was. */
  readonly delayMs: number;
}

const logger = pino({ level: 'silent' });
const { WORKERS, THREADS } = process.env;
const engine = await Engine.start({
  ...(WORKERS && { workers: Number(WORKERS) }),
  ...(THREADS && { threadsPerWorker: Number(THREADS) }),
});
const repository = await ModelRepository.open(fileURLToPath(new URL('../../checkpoints', import.meta.url)), engine);
const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent', RATE_LIMIT: 'none' });
const traffic = new Traffic(logger);
const watched =
  process.argv[2] === 'unwatched' ? {} : { traffic, metrics: new Metrics({ repository, engine, traffic }) };
const app = await buildServer({ repository, engine, config, logger, ...watched, isDraining: () => false });
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.addresses()[0];
process.send!({ port: typeof address === 'object' ? address.port : 0 });

const RESOLUTION_MS = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let [cpu, resident, peak] = [process.cpuUsage(), process.memoryUsage.rss(), 0];
const sampling = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);

let last = { batches: 0, rows: 0 };
process.on('message', async (message) => {
  if (message === 'report') process.send!(report());
  if (message === 'usage') process.send!(usage());
  if (message !== 'stop') return;
  clearInterval(sampling);
  await app.close();
  await repository.close();
  await engine.close();
  process.disconnect();
});

function report(): ServerReport {
  const { batches = 0, rows = 0 } = repository.get('mnist').stats().generate ?? {};
  const meanBatch = (rows - last.rows) / Math.max(1, batches - last.batches);
  last = { batches, rows };
  return { meanBatch };
}

function usage(): Usage {
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = Math.max(0, peak - resident) / 1e6;
  [cpu, resident, peak] = [process.cpuUsage(), process.memoryUsage.rss(), 0];
  const delayMs = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS); // it tells the whole time between two ticks
  delay.reset();
  return { cpuSeconds: (user + system) / 1e6, megabytes, delayMs };
}
