// What a process that was killed at the wrong moment left undone: a job that is to be queued and is in no queue, or one
// that runs by the records and by no queue. Everybody looks from time to time; whoever finds it first does it.

import { again, stoppedBy } from './outcome.js';
import { type Queues, VERSIONS } from './queues.js';
import type { Placed, RedisRecords } from './records.js';

export async function upkeep(records: RedisRecords, queues: Queues): Promise<void> {
  for (const job of await records.open()) {
    if (job.state === 'paused' || (await queues.has(job))) continue;
    if (job.state === 'queued' || job.place === VERSIONS) await queues.put(job);
    else await goOn(job, records, queues);
  }
}

async function goOn(job: Placed, records: RedisRecords, queues: Queues): Promise<void> {
  const { id, state, turn } = job;
  const change = stoppedBy(job) ?? again(job, 'It was in no queue any more; goes on.');
  const changed = await records.change(id, { when: { states: [state], turn }, ...change });
  const now = await records.job(id);
  if (changed && now.state === 'queued') await queues.put(now);
}
