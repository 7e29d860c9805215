// Requests of jobs for tests: small trainings of the plane, which take a second.

import { join } from 'node:path';
import type { JobRequest } from '../../src/jobs/job.js';

export function ring8(out: string, steps: number, changes: Partial<JobRequest> = {}): JobRequest {
  return {
    kind: 'train',
    model: 'ring8',
    dataset: 'builtin:ring8',
    asked: { model: 'ring8', steps },
    recipe: 'ring8',
    device: 'cpu',
    priority: 0,
    promotion: { when: 'never' },
    by: 'local',
    options: { config: 'ring8', data: 'builtin:ring8', out: join(out, 'ring8'), steps, threads: 1 },
    ...changes,
  };
}
