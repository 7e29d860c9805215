// A disk that is full: while a job saves, while it makes its version, and while something is asked of the database.
// What is asked is refused by a typed error, what was served goes on being served, and once there is room all goes on.

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shippedVersion } from '../shipped.js';
import { type Disk, NO_TMPFS, tmpfs } from './disks.js';
import { Site } from './site.js';

if (NO_TMPFS) console.warn(`Skipped: no small disk can be mounted here. ${NO_TMPFS}`);

const SAMPLE = '{ sample(model: "ring8", seed: 7) { point } }';
const SAVES_OFTEN = { 'run.saveEverySteps': 100, 'run.previewEverySteps': 100 };

function training(steps: number, more = ''): string {
  return `mutation ($overrides: JSONObject) {
    train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: ${steps}, overrides: $overrides${more}) {
      id
    }
  }`;
}

describe.skipIf(NO_TMPFS !== null)('where the disk is full', () => {
  let disk: Disk;
  let site: Site;
  beforeEach(async () => {
    disk = await tmpfs(24);
  });
  afterEach(async () => {
    await site.remove();
    await disk.unmount();
  });

  test('of DATA, the job that runs fails and says why, new ones are refused, and samples are answered; then all goes on', async () => {
    site = await Site.make({ data: join(disk.path, 'data') });
    const server = await site.start({ DISK_RESERVE_MIB: '0' });
    const { id } = await server.get(training(1_000_000), { overrides: SAVES_OFTEN });
    await server.underWay(id, 200);
    const taken: string[] = []; // as many as fit what the database has allocated already
    for (let code: unknown; code === undefined; ) {
      disk.fill();
      const { data, errors } = await server.ask(training(100));
      code = errors?.[0]?.extensions.code;
      if (!errors) taken.push(String(data!['train']!['id']));
      else expect(code).toBe('INSUFFICIENT_STORAGE');
    }
    await server.get(SAMPLE);
    expect(['RUNNING', 'FAILED']).toContain((await server.job(id)).state); // a save may have come meanwhile
    await site.expectAlone([server.pid]); // its process could not save, and is gone
    await server.get(SAMPLE);
    disk.free();
    // One of them may have had its turn meanwhile, and be over.
    for (const other of taken)
      expect([undefined, 'JOB_STATE']).toContain(await server.refusal(`mutation { cancelJob(id: "${other}") { id } }`));
    const failed = await server.until(id, 'FAILED');
    expect(failed.error!.code).toBe('INSUFFICIENT_STORAGE');
    const reached = failed.progress!.done;
    await server.get(`mutation { retryJob(id: "${id}") { id } }`);
    await server.underWay(id, reached);
    await server.get(`mutation { cancelJob(id: "${id}") { id } }`);
    await site.expectSound([id, ...taken]);
  });

  test('of CHECKPOINTS, no half version appears; a retry makes the whole one', async () => {
    site = await Site.make({ checkpoints: join(disk.path, 'checkpoints') });
    const server = await site.start({ DISK_RESERVE_MIB: '0' });
    const { id } = await server.get(training(400, ', pace: { until: 0 }'));
    disk.fill();
    await server.get(`mutation { paceJob(id: "${id}", pace: { until: null }) { id } }`);
    expect((await server.until(id, 'FAILED')).error!.code).toBe('INSUFFICIENT_STORAGE');
    await server.get(SAMPLE);
    await site.expectSound([id]);
    const promotion = `mutation { promote(model: "ring8", version: ${shippedVersion('ring8')}) { version } }`;
    expect(await server.refusal(promotion)).toBe('INSUFFICIENT_STORAGE');
    disk.free();
    await server.get(`mutation { retryJob(id: "${id}") { id } }`);
    expect(await server.until(id, 'SUCCEEDED')).toMatchObject({ made: 1 });
    await site.expectSound([id]);
  });

  test('nearly, no job is taken, and what there is left is said', async () => {
    site = await Site.make({ data: join(disk.path, 'data') });
    const server = await site.start({ DISK_RESERVE_MIB: '1000' });
    const { errors } = await server.ask(training(100));
    expect(errors?.[0]?.extensions.code).toBe('INSUFFICIENT_STORAGE');
    expect(errors?.[0]?.message).toMatch(/Expected 1000 MiB to stay free .* but there are 2\d\./);
    await site.expectSound([]);
  });

  test('at its start, a server serves, and takes jobs once there is room', async () => {
    site = await Site.make({ data: join(disk.path, 'data') });
    disk.fill();
    const server = await site.start({ DISK_RESERVE_MIB: '0' });
    expect(await server.refusal(training(100))).toBe('INSUFFICIENT_STORAGE');
    await server.get(SAMPLE);
    disk.free();
    const { id } = await server.get(training(100));
    await site.expectSound([id]);
  });
});
