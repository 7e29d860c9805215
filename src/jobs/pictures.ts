// The pictures that a job made, in the order of their making.

import type { WorkEvent } from '../work.js';
import type { JobRecords } from './engine.js';

export interface JobPicture {
  /** Number of the event that told of it. */
  readonly seq: number;
  readonly event: Extract<WorkEvent, { readonly kind: 'picture' }>;
}

/** A run makes about a hundred; one that was begun again tells again of those that it makes again. */
const MOST = 1000;

/** Each once. */
export async function picturesOf(records: JobRecords, id: string): Promise<JobPicture[]> {
  const byPath = new Map<string, JobPicture>();
  for (const { seq, event } of await records.events(id, { kinds: ['picture'], first: MOST })) {
    if (event.kind === 'picture' && !byPath.has(event.path)) byPath.set(event.path, { seq, event });
  }
  return [...byPath.values()];
}
