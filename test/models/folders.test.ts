// Several folders of models: the first is written, all are read.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activate } from '../../src/models/activate.js';
import { writeActive } from '../../src/models/active.js';
import { ModelRepository } from '../../src/models/repository.js';
import { addVersion, nextVersion } from '../../src/models/versions.js';
import { manifestOf, temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine } from './fakes.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let mine: string;
let shipped: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  [mine, shipped] = [join(folder.path, 'mine'), join(folder.path, 'shipped')];
  await mkdir(mine);
  await writeCheckpoint(shipped, 'faces', 1);
  await writeCheckpoint(shipped, 'mnist', 1);
});
afterEach(() => folder.remove());

const open = () => ModelRepository.open([mine, shipped], new FakeEngine());
const versions = (repository: ModelRepository) =>
  repository.list().map(({ name, version }) => [name, version, repository.versions(name).map((each) => each.version)]);

describe('models of several folders', () => {
  it('are all served, and the versions of one model may lie in two', async () => {
    await writeCheckpoint(mine, 'digits', 3);
    await writeCheckpoint(mine, 'mnist', 2);
    const repository = await open();
    expect(versions(repository)).toEqual([
      ['digits', 3, [3]],
      ['faces', 1, [1]],
      ['mnist', 2, [1, 2]],
    ]);
    expect(repository.problems).toEqual([]);
    const old = repository.get('mnist', 1);
    expect(await old.generate(old.latents({ seed: 1, count: 1 }))).toHaveLength(1);
  });

  it('that have the same version in two folders show that of the first, and the other is reported', async () => {
    await writeCheckpoint(mine, 'mnist', 1, { edit: (manifest) => Object.assign(manifest, { title: 'mine' }) });
    const repository = await open();
    expect(repository.get('mnist').manifest.title).toBe('mine');
    expect(repository.problems).toHaveLength(1);
    const [problem] = repository.problems;
    expect(problem!.path).toBe(join(shipped, 'mnist', '1'));
    expect(problem!.error.message).toBe(
      `Expected each version of a model in one folder but ${join(shipped, 'mnist', '1')} is in ${mine} as well, which comes first and counts. Remove or renumber one of the two.`,
    );
  });

  it('are made active in the first folder, whose file counts before those of the others', async () => {
    await writeCheckpoint(mine, 'mnist', 2);
    await writeActive(join(shipped, 'mnist'), 1);
    expect((await open()).get('mnist').version).toBe(1);
    await activate([mine, shipped], 'mnist', 'latest');
    expect((await open()).get('mnist').version).toBe(2);
    await activate([mine, shipped], 'mnist', 1);
    expect(await readFile(join(mine, 'mnist', 'active'), 'utf8')).toBe('1\n');
    await activate([mine, shipped], 'faces', 1); // of which the first folder has nothing else
    expect(versions(await open())).toEqual([
      ['faces', 1, [1]],
      ['mnist', 1, [1, 2]],
    ]);
  });

  it('get numbers that no folder has or had', async () => {
    const { files: _, version: __, ...described } = manifestOf('mnist', 1, { 'generate.onnx': '' });
    const beside = [join(shipped, 'mnist')];
    expect(await nextVersion(join(mine, 'mnist'), beside)).toBe(2);
    const path = await addVersion(join(mine, 'mnist'), described, { 'generate.onnx': Buffer.from('bytes') }, beside);
    expect(path).toBe(join(mine, 'mnist', '2'));
    expect(await nextVersion(join(shipped, 'mnist'), [join(mine, 'mnist')])).toBe(3);
  });

  it('are refused as a whole where one of the folders cannot be read', async () => {
    const none = join(folder.path, 'none');
    await expect(ModelRepository.open([mine, none], new FakeEngine())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`Expected a readable folder of checkpoints at ${none}`),
    });
  });
});
