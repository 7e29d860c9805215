import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/engine/onnx.js';
import { ModelRepository } from '../../src/models/repository.js';
import { type Checkpoint, float, GENERATE, SCORE, temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine } from './fakes.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder.path, 'checkpoints');
  await mkdir(root);
});
afterEach(() => folder.remove());

const names = (repository: ModelRepository) => repository.list().map((model) => `${model.name}@${model.version}`);

/** Opens with a sound model beside whatever the test wrote, and checks that the sound one answers. */
async function openBeside(): Promise<ModelRepository> {
  await writeCheckpoint(root, 'sound', 1);
  const repository = await ModelRepository.open(root, new FakeEngine());
  const sound = repository.get('sound');
  expect(await sound.generate(sound.latents({ seed: 1, count: 2 }))).toHaveLength(2);
  return repository;
}

describe('ModelRepository', () => {
  it('lists the latest version of each model, and gets any version', async () => {
    for (const version of [1, 2, 10]) await writeCheckpoint(root, 'mnist', version);
    await writeCheckpoint(root, 'faces', 4);
    const repository = await ModelRepository.open(root, new FakeEngine());
    expect(names(repository)).toEqual(['faces@4', 'mnist@10']);
    expect(repository.versions('mnist').map((model) => model.version)).toEqual([1, 2, 10]);
    expect(repository.get('mnist').version).toBe(10);
    expect(repository.get('mnist', 2).version).toBe(2);
    expect(repository.problems).toEqual([]);
  });

  it('names what is served when a model or version is not', async () => {
    await writeCheckpoint(root, 'mnist', 1);
    await writeCheckpoint(root, 'mnist', 3);
    const repository = await ModelRepository.open(root, new FakeEngine());
    expect(() => repository.get('minst')).toThrow(
      expect.objectContaining({
        code: 'MODEL_NOT_FOUND',
        message: 'Expected a model among mnist but received "minst".',
      }),
    );
    expect(() => repository.get('mnist', 2)).toThrow(
      expect.objectContaining({
        code: 'VERSION_NOT_FOUND',
        message: 'Expected a version of mnist among 1, 3 but received 2.',
      }),
    );
    expect(() => repository.get('__proto__')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  });

  it('serves an empty folder, and refuses one that does not exist', async () => {
    expect((await ModelRepository.open(root, new FakeEngine())).list()).toEqual([]);
    await expect(ModelRepository.open(join(root, 'none'), new FakeEngine())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('loads and warms up the latest version at once, an older one on first use and only once', async () => {
    await writeCheckpoint(root, 'mnist', 1);
    await writeCheckpoint(root, 'mnist', 2);
    const engine = new FakeEngine();
    const repository = await ModelRepository.open(root, engine);
    expect(engine.loads).toEqual(['mnist/2/generate', 'mnist/2/score']);
    const rows = engine.graphs.map(({ runs }) => runs.map((feeds) => Object.values(feeds)[0]!.shape[0]));
    expect(rows).toEqual([
      [3, 1, 3, 1],
      [3, 1, 3, 1],
    ]);
    const old = repository.get('mnist', 1);
    const [z] = old.latents({ seed: 1, count: 1 });
    await Promise.all([1, 2, 3].map(() => old.generate([z!])));
    expect(engine.loads.slice(2)).toEqual(['mnist/1/generate', 'mnist/1/score']);
  });

  it('ignores what is not a model or a version, and logs each', async () => {
    const path = await writeCheckpoint(root, 'mnist', 1);
    for (const name of ['01', '0', '-1', '2.5', 'latest', '.tmp-3', '99999999999']) {
      await cp(path, join(root, 'mnist', name), { recursive: true });
    }
    await writeFile(join(root, 'README.md'), '');
    await writeFile(join(root, 'notes'), '');
    const ignored: string[] = [];
    const log = {
      info: (details: object, message: string) => {
        if (message.startsWith('ignored')) ignored.push((details as { path: string }).path.slice(root.length + 1));
      },
      warn: () => {},
    };
    const repository = await ModelRepository.open(root, new FakeEngine(), { log });
    expect(repository.versions('mnist').map((model) => model.version)).toEqual([1]);
    expect(repository.problems).toEqual([]);
    expect(ignored.sort()).toEqual(
      [
        'README.md',
        'mnist/-1',
        'mnist/.tmp-3',
        'mnist/0',
        'mnist/01',
        'mnist/2.5',
        'mnist/99999999999',
        'mnist/latest',
        'notes',
      ].sort(),
    );
  });

  it('frees every loaded graph when it closes, and then takes no work', async () => {
    await writeCheckpoint(root, 'mnist', 1);
    await writeCheckpoint(root, 'mnist', 2);
    const engine = new FakeEngine();
    const repository = await ModelRepository.open(root, engine);
    const [old, latest] = [repository.get('mnist', 1), repository.get('mnist')];
    await repository.close();
    expect(engine.graphs.map((graph) => graph.released)).toEqual([true, true]);
    for (const model of [old, latest]) {
      await expect(model.generate(model.latents({ seed: 1, count: 1 }))).rejects.toMatchObject({
        code: 'SHUTTING_DOWN',
      });
    }
  });

  it('passes its limits to the batchers', async () => {
    await writeCheckpoint(root, 'mnist', 1);
    const model = (await ModelRepository.open(root, new FakeEngine(), { limits: { maxQueue: 2 } })).get('mnist');
    await expect(model.generate(model.latents({ seed: 0, count: 3 }))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });
});

describe('a corrupt checkpoint is reported and skipped, and the others are served', () => {
  const edited = (edit: Checkpoint['edit']) => async () => {
    await writeCheckpoint(root, 'bad', 1, { ...(edit && { edit }) });
  };
  const withGraphs = (graphs: NonNullable<Checkpoint['graphs']>, edit?: Checkpoint['edit']) => async () => {
    await writeCheckpoint(root, 'bad', 1, { graphs, ...(edit && { edit }) });
  };
  const changed = (change: (path: string) => Promise<unknown>) => async () => {
    await change(await writeCheckpoint(root, 'bad', 1));
  };

  it.each<[string, () => Promise<void>, string]>([
    ['a missing file', changed((path) => rm(join(path, 'score.onnx'))), 'score.onnx'],
    ['no manifest', changed((path) => rm(join(path, 'manifest.json'))), 'manifest.json'],
    ['a file cut short', changed((path) => truncate(join(path, 'score.onnx'), 10)), 'bytes but received 10 bytes'],
    [
      'a changed byte',
      changed(async (path) => {
        const file = join(path, 'generate.onnx');
        const bytes = await readFile(file);
        bytes[5]! ^= 1;
        await writeFile(file, bytes);
      }),
      'to have SHA-256',
    ],
    ['invalid JSON', changed((path) => writeFile(join(path, 'manifest.json'), '{')), 'to hold JSON'],
    ['an unknown format', edited((m) => Object.assign(m, { format: 9 })), 'Expected format to be 1 but received 9'],
    [
      'a manifest of another model',
      edited((m) => Object.assign(m, { model: 'other' })),
      'but received other version 1',
    ],
    [
      'a manifest of another version',
      edited((m) => Object.assign(m, { version: 2 })),
      'to describe model bad version 1',
    ],
    [
      'a file name that climbs out of the folder',
      edited((m) => Object.assign(m.files, { '../../sound/1/score.onnx': m.files['score.onnx'] })),
      'without folders',
    ],
    [
      'a file that is a link out of the folder',
      changed(async (path) => {
        await rename(join(path, 'score.onnx'), join(folder.path, 'elsewhere.onnx'));
        await symlink(join(folder.path, 'elsewhere.onnx'), join(path, 'score.onnx'));
      }),
      'a link that leaves it',
    ],
    [
      'a manifest that is a link out of the folder',
      changed(async (path) => {
        await rename(join(path, 'manifest.json'), join(folder.path, 'manifest.json'));
        await symlink(join(folder.path, 'manifest.json'), join(path, 'manifest.json'));
      }),
      'a link that leaves it',
    ],
    [
      'a folder that is a link out of the checkpoints',
      changed(async (path) => {
        await rename(path, join(folder.path, 'moved'));
        await symlink(join(folder.path, 'moved'), path);
      }),
      'a link that leaves it',
    ],
    [
      'a folder in place of a file',
      changed(async (path) => {
        await rm(join(path, 'score.onnx'));
        await mkdir(join(path, 'score.onnx'));
      }),
      'to be a regular file',
    ],
    [
      'a named pipe in place of a file, which would never end',
      changed(async (path) => {
        await rm(join(path, 'score.onnx'));
        execFileSync('mkfifo', [join(path, 'score.onnx')]);
      }),
      'to be a regular file',
    ],
    ['a graph that is not one', withGraphs({ generate: 'not a graph' }), 'bytes that are not an ONNX model'],
    [
      'a graph that the runtime does not load',
      withGraphs({
        generate: encodeModel({ name: 'empty', nodes: [], inputs: [], outputs: [], initializers: new Map() }),
      }),
      'to hold a graph that loads',
    ],
    [
      'a latent of another size than the manifest says',
      withGraphs({ generate: { ...GENERATE, inputs: { z: float(-1, 7) } } }),
      'to be float32 [N, 3] but received float32 [-1, 7]',
    ],
    [
      'an image of another size than the manifest says',
      withGraphs({ generate: { ...GENERATE, outputs: { image: float(-1, 1, 4, 4) } } }),
      'Expected output "image"',
    ],
    [
      'a batch size baked into the graph',
      withGraphs({ generate: { ...GENERATE, inputs: { z: float(1, 3) } } }),
      'to be float32 [N, 3] but received float32 [1, 3]',
    ],
    [
      'an input that nothing can fill',
      withGraphs({ generate: { ...GENERATE, inputs: { ...GENERATE.inputs, style: float(-1, 5) } } }),
      'Expected input "style"',
    ],
    [
      'a label input without labels',
      withGraphs({ generate: { ...GENERATE, inputs: { ...GENERATE.inputs, label: float(-1, 2) } } }),
      'Expected input "label"',
    ],
    ['a score without logit', withGraphs({ score: { ...SCORE, outputs: { p: float(-1) } } }), 'no such tensor'],
    [
      'weights that give NaN',
      withGraphs({ generate: { ...GENERATE, add: 'NaN' } }),
      'to give finite values but received NaN',
    ],
  ])('%s', async (_, write, says) => {
    await write();
    const repository = await openBeside();
    expect(names(repository)).toEqual(['sound@1']);
    expect(repository.problems).toHaveLength(1);
    const [problem] = repository.problems;
    expect(problem!.path).toBe(join(root, 'bad', '1'));
    expect(problem!.error).toMatchObject({ code: 'CHECKPOINT_INVALID', message: expect.stringContaining(says) });
  });

  it('names all that is wrong with it at once', async () => {
    const path = await writeCheckpoint(root, 'bad', 1, {
      edit: (m) => Object.assign(m.files, { 'a.txt': m.files['score.onnx'], 'b.txt': m.files['score.onnx'] }),
    });
    await writeFile(join(path, 'generate.onnx'), 'changed');
    await writeFile(
      join(path, 'manifest.json'),
      (await readFile(join(path, 'manifest.json'), 'utf8')).replace('bad', 'good'),
    );
    const warnings: string[] = [];
    const log = {
      info: () => {},
      warn: (details: object) => void warnings.push((details as { reason: string }).reason),
    };
    await ModelRepository.open(root, new FakeEngine(), { log });
    expect(warnings).toHaveLength(1);
    for (const part of ['a.txt', 'b.txt', 'generate.onnx to have', 'to describe model bad version 1']) {
      expect(warnings[0]).toContain(part);
    }
  });

  it('names every tensor of every graph that contradicts the manifest', async () => {
    const other = float(-1, 9);
    await writeCheckpoint(root, 'bad', 1, {
      graphs: {
        generate: { inputs: { z: other, style: other }, outputs: { image: other } },
        score: { inputs: { image: other }, outputs: { logit: other } },
      },
    });
    const [problem] = (await openBeside()).problems;
    const inFile = (file: string) => join(root, 'bad', '1', file);
    for (const [tensor, file] of [
      ['input "z"', 'generate.onnx'],
      ['input "style"', 'generate.onnx'],
      ['output "image"', 'generate.onnx'],
      ['input "image"', 'score.onnx'],
      ['output "logit"', 'score.onnx'],
    ]) {
      expect(problem!.error.message).toContain(`Expected ${tensor} of ${inFile(file!)}`);
    }
  });

  it('a bad latest version leaves the one before it in place', async () => {
    await writeCheckpoint(root, 'mnist', 1);
    await writeCheckpoint(root, 'mnist', 2, { graphs: { generate: { ...GENERATE, add: 'NaN' } } });
    const engine = new FakeEngine();
    const repository = await ModelRepository.open(root, engine);
    expect(names(repository)).toEqual(['mnist@1']);
    expect(repository.problems.map((problem) => problem.path)).toEqual([join(root, 'mnist', '2')]);
    expect(engine.graphs[0]!.released).toBe(true);
    expect(() => repository.get('mnist', 2)).toThrow(expect.objectContaining({ code: 'VERSION_NOT_FOUND' }));
  });

  it('an older version that fails on first use is reported then, and served no more', async () => {
    const path = await writeCheckpoint(root, 'mnist', 1);
    await writeCheckpoint(root, 'mnist', 2);
    const engine = new FakeEngine();
    const repository = await ModelRepository.open(root, engine);
    const old = repository.get('mnist', 1);
    await writeFile(join(path, 'score.onnx'), 'changed after the start');
    const uses = await Promise.allSettled([1, 2].map((seed) => old.generate(old.latents({ seed, count: 1 }))));
    for (const use of uses) expect(use).toMatchObject({ status: 'rejected', reason: { code: 'CHECKPOINT_INVALID' } });
    expect(repository.problems.map((problem) => problem.path)).toEqual([path]);
    expect(repository.versions('mnist').map((model) => model.version)).toEqual([2]);
    expect(engine.graphs.find((graph) => graph.name === 'mnist/1/generate')!.released).toBe(true);
  });
});
