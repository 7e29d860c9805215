// The server that bench/serving.ts measures, in a process of its own: the real parts on a free port. On 'report' it
// says how large its batches were since the last report.

import { fileURLToPath } from 'node:url';
import { readConfig } from 'ganymede/config.js';
import { Engine } from 'ganymede/engine/engine.js';
import { ModelRepository } from 'ganymede/models/repository.js';
import { buildServer } from 'ganymede/server/server.js';
import { pino } from 'pino';

export interface ServerReport {
  /** Rows per run of `generate` since the last report. */
  readonly meanBatch: number;
}

const logger = pino({ level: 'silent' });
const engine = await Engine.start();
const repository = await ModelRepository.open(fileURLToPath(new URL('../../checkpoints', import.meta.url)), engine);
const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent' });
const app = await buildServer({ repository, engine, config, logger, isDraining: () => false });
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.addresses()[0];
process.send!({ port: typeof address === 'object' ? address.port : 0 });

let last = { batches: 0, rows: 0 };
process.on('message', async (message) => {
  if (message === 'report') process.send!(report());
  if (message !== 'stop') return;
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
