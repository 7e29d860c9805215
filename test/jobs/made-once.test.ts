import { mkdir, mkdtemp, readdir, readFile, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JobStore } from '../../src/jobs/store.js';
import { ring8 } from './requests.js';
import { Running } from './running.js';

test('a version that appeared just before its server was killed is the one that the job made, not the first of two', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-once-'));
  const first = await Running.in(folder);
  const { id } = first.jobs.add(ring8(folder, 200));
  await first.until(id, 'succeeded');
  const weights = await readFile(join(folder, 'ring8', '1', 'generate.onnx'));
  await first.jobs.close();
  const store = await JobStore.open(join(folder, 'data'));
  store.change(id, { state: 'running', made: null, ended: null }); // as the killed server left it
  await store.close();

  const second = await Running.in(folder);
  expect(await second.until(id, 'succeeded')).toMatchObject({ made: 1, attempt: 2 });
  expect((await readdir(join(folder, 'ring8'))).filter((name) => /^\d+$/.test(name))).toEqual(['1']);
  expect(await readFile(join(folder, 'ring8', '1', 'generate.onnx'))).toEqual(weights);
  await second.jobs.close();
  await rm(folder, { recursive: true });
});

test('a job whose process is killed as its version appears has made that version, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-once-'));
  const model = join(folder, 'ring8');
  await mkdir(model);
  const running = await Running.in(folder);
  const changes = watch(model);
  const { id } = running.jobs.add(ring8(folder, 60));
  for await (const { filename } of changes) if (filename === '1') break;
  running.processes.at(-1)!.kill();
  expect(await running.until(id, 'succeeded')).toMatchObject({ made: 1 });
  expect((await readdir(model)).filter((name) => /^\d+$/.test(name))).toEqual(['1']);
  await running.jobs.close();
  await rm(folder, { recursive: true });
});
