// What a process that was killed at the wrong moment left undone: a job that is to be queued and is in no queue, or one
// that runs by the records and by no queue. Everybody looks from time to time; whoever finds it first does it.

import type { JobChange } from '../store.js';
import type { Queues } from './queues.js';
import { VERSIONS } from './queues.js';
import type { Placed, RedisRecords } from './records.js';

export async function upkeep(records: RedisRecords, queues: Queues): Promise<void> {
  for (const job of await records.open()) {
    if (job.state === 'paused' || (await queues.has(job))) continue;
    if (job.state === 'queued' || job.place === VERSIONS) await queues.put(job);
    else await goOn(job, records, queues);
  }
}

async function goOn(job: Placed, records: RedisRecords, queues: Queues): Promise<void> {
  const { id, state, turn, device } = job;
  const stopped = stoppedBy(job);
  const set = stopped?.set ?? { state: 'queued', turn: turn + 1, place: device };
  const text = stopped?.text ?? 'It was in no queue any more; goes on.';
  const event = { kind: 'state', state: set.state, text } as const;
  const done = await records.change(id, { when: { states: [state], turn }, set, event });
  if (done && set.state === 'queued') await queues.put(await records.job(id));
}

/** Where a job that ends was told to; undefined where it was not. */
export function stoppedBy({ state }: Pick<Placed, 'state'>) {
  if (state === 'pausing') return { set: { state: 'paused' } satisfies JobChange, text: 'Paused and saved.' } as const;
  if (state !== 'cancelling') return undefined;
  return { set: { state: 'cancelled', ended: Date.now() } satisfies JobChange, text: 'Cancelled.' } as const;
}
