import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisProcess } from '../../src/files/owner.js';
import { JobProcess } from '../../src/jobs/job-process.js';
import { ring8 } from './requests.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-lease-'));
});
afterEach(() => rm(folder, { recursive: true }));

const LONG = 10_000_000;

test('a process whose lease another machine has by now ends, although nobody tells it to', async () => {
  const run = join(folder, 'run');
  const { kind, options } = ring8(folder, LONG);
  const process = await new Promise<JobProcess>((resolve) => {
    const process: JobProcess = new JobProcess({
      ...{ say: 'start', kind, options: { ...options, run }, lease: 'a' },
      onEvent: (event) => event.kind === 'progress' && resolve(process),
    });
  });
  const elsewhere = { ...thisProcess(), host: 'elsewhere', what: 'the same job', since: 'now', lease: 'a' };
  await writeFile(join(run, '.lock-2'), JSON.stringify(elsewhere));
  await rm(join(run, '.lock-1'));
  expect(await process.ending).toMatchObject({ say: 'crashed', message: expect.stringContaining('SIGKILL') });
});
