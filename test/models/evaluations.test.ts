import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GanymedeError } from '../../src/errors.js';
import { temporaryIn } from '../../src/files/atomic.js';
import { addEvaluation, type Evaluation, evaluationsOf } from '../../src/models/evaluations.js';
import { ModelRepository } from '../../src/models/repository.js';
import { temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine } from './fakes.js';

const result = (protocol: string, date: string): Evaluation => ({
  protocol,
  seed: 1,
  dataset: { name: 'd' },
  figures: { mean: 225 },
  date,
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  const evaluations = [result('encoder', '2026-01-01T00:00:00Z')];
  path = await writeCheckpoint(folder.path, 'm', 1, { edit: (manifest) => Object.assign(manifest, { evaluations }) });
});
afterEach(() => folder.remove());

it('results are those of the manifest, then those written beside it, oldest first', async () => {
  const manifest = await readFile(join(path, 'manifest.json'), 'utf8');
  await addEvaluation(path, result('parzen', '2026-03-01T00:00:00Z'));
  await addEvaluation(path, result('prdc', '2026-02-01T00:00:00+02:00'));
  expect((await evaluationsOf(path)).map(({ protocol }) => protocol)).toEqual(['encoder', 'prdc', 'parzen']);
  expect(await readFile(join(path, 'manifest.json'), 'utf8')).toBe(manifest);
});

it('two results of one protocol and moment get names of their own, and neither is lost', async () => {
  const twins = Array.from({ length: 20 }, () => result('parzen', '2026-03-01T00:00:00.000Z'));
  const files = await Promise.all(twins.map((each) => addEvaluation(path, each)));
  expect(new Set(files).size).toBe(20);
  expect(basename(files[0]!)).toMatch(/^parzen-2026-03-01T00-00-00\.000Z-[0-9a-f-]{36}\.json$/);
  expect(await readdir(join(path, 'evaluations'))).toHaveLength(20); // no temporary file is left
  expect(await evaluationsOf(path)).toHaveLength(21);
});

it('a name that a protocol gives stays inside the folder', async () => {
  const file = await addEvaluation(path, result('../../x', '2026-03-01T00:00:00Z'));
  expect(join(path, 'evaluations', basename(file))).toBe(file);
});

it('what could not be read back is not written', async () => {
  await expect(
    addEvaluation(path, { ...result('parzen', 'yesterday'), figures: { mean: Number.NaN } }),
  ).rejects.toMatchObject({
    code: 'CHECKPOINT_INVALID',
    message: expect.stringMatching(/figures\.mean to be a JSON value but received NaN.*date to be an ISO 8601 time/s),
  });
  await expect(readdir(join(path, 'evaluations'))).rejects.toThrow('ENOENT');
});

it('leftovers and damaged files are reported by name, and the others are read', async () => {
  await addEvaluation(path, result('parzen', '2026-03-01T00:00:00Z'));
  const beside = (name: string) => join(path, 'evaluations', name);
  await writeFile(beside('prdc.json.tmp-77'), '{"proto');
  await writeFile(beside('cut.json'), '{"proto');
  await writeFile(beside('other.json'), '{"protocol": "x"}');
  await mkdir(beside('folder.json'));
  await symlink('/etc/hostname', beside('link.json'));
  const problems: GanymedeError[] = [];
  const found = await evaluationsOf(path, (problem) => problems.push(problem));
  expect(found.map(({ protocol }) => protocol)).toEqual(['encoder', 'parzen']);
  const named = ['cut.json', 'folder.json', 'link.json', 'other.json', 'prdc.json.tmp-77'];
  expect(problems.map(({ details }) => basename(details['file'] as string))).toEqual(named);
});

it('what another writes at this moment is no leftover', async () => {
  await addEvaluation(path, result('parzen', '2026-03-01T00:00:00Z'));
  await writeFile(temporaryIn(join(path, 'evaluations')), '{"proto');
  const problems: GanymedeError[] = [];
  expect(await evaluationsOf(path, (problem) => problems.push(problem))).toHaveLength(2);
  expect(problems).toEqual([]);
});

it('of a version that was removed meanwhile nothing is kept, and the version does not come back', async () => {
  await rm(path, { recursive: true });
  await expect(addEvaluation(path, result('parzen', '2026-03-01T00:00:00Z'))).rejects.toMatchObject({
    code: 'CHECKPOINT_INVALID',
    message: `Expected ${path} to be there still, to keep what was measured, but received none.`,
  });
  expect(await readdir(join(folder.path, 'm'))).toEqual([]);
});

it('a file in the place of the folder is reported too', async () => {
  await writeFile(join(path, 'evaluations'), '');
  const problems: GanymedeError[] = [];
  expect(await evaluationsOf(path, (problem) => problems.push(problem))).toHaveLength(1);
  expect(problems[0]!.message).toContain('to be a readable folder');
});

it('a checkpoint with results beside it is served as it is', async () => {
  await addEvaluation(path, result('parzen', '2026-03-01T00:00:00Z'));
  const repository = await ModelRepository.open(folder.path, new FakeEngine());
  expect(repository.problems).toEqual([]);
  expect(repository.get('m').version).toBe(1);
});
