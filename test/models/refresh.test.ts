// Hot swap: what a repository does when it looks at its folders again while it serves.

import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeDirectoryAtomically } from '../../src/files/atomic.js';
import { writeActive } from '../../src/models/active.js';
import { ModelRepository } from '../../src/models/repository.js';
import { GENERATE, SCORE, temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine, type FakeGraph } from './fakes.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
let engine: FakeEngine;
let repository: ModelRepository;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = folder.path;
  engine = new FakeEngine();
  await writeCheckpoint(root, 'mnist', 1);
  repository = await ModelRepository.open(root, engine);
});
afterEach(async () => {
  await repository.close();
  await folder.remove();
});

const active = () => repository.list().map(({ name, version }) => `${name}@${version}`);
const graph = (name: string): FakeGraph => engine.graphs.findLast((each) => each.name === name)!;
const loaded = () => engine.graphs.filter(({ released }) => !released).map(({ name }) => name);
const BAD = { graphs: { generate: { ...GENERATE, add: 'NaN' }, score: SCORE } } as const;

describe('a refresh', () => {
  it('lets a new version take over, and one of a new model', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    await writeCheckpoint(root, 'faces', 1);
    expect(await repository.refresh()).toEqual([
      { model: 'faces', from: null, to: 1 },
      { model: 'mnist', from: 1, to: 2 },
    ]);
    expect(active()).toEqual(['faces@1', 'mnist@2']);
    expect(repository.versions('mnist').map(({ version }) => version)).toEqual([1, 2]);
    expect(repository.problems).toEqual([]);
    expect(Object.fromEntries(repository.swaps)).toEqual({ mnist: 1 });
  });

  it('changes nothing where nothing changed: no graph is loaded again', async () => {
    const model = repository.get('mnist');
    const loads = engine.loads.length;
    expect(await repository.refresh()).toEqual([]);
    expect(repository.get('mnist')).toBe(model);
    expect(engine.loads).toHaveLength(loads);
  });

  it('serves the old version until the new one is warm', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    const warm = engine.holdNext();
    const refreshed = repository.refresh();
    await warm.started;
    expect(active()).toEqual(['mnist@1']);
    const model = repository.get('mnist');
    expect(await model.generate(model.latents({ seed: 1, count: 1 }))).toHaveLength(1);
    warm.free();
    await refreshed;
    expect(active()).toEqual(['mnist@2']);
  });

  it('keeps the old version when the new one fails its warm-up, and says why', async () => {
    const path = await writeCheckpoint(root, 'mnist', 2, BAD);
    expect(await repository.refresh()).toEqual([]);
    expect(active()).toEqual(['mnist@1']);
    expect(repository.problems.map((problem) => [problem.path, problem.error.message])).toEqual([
      [path, expect.stringContaining('to give finite values but received NaN')],
    ]);
    expect(loaded()).toEqual(['mnist/1/generate', 'mnist/1/score']);
    await rm(path, { recursive: true });
    expect(await repository.refresh()).toEqual([]);
    expect(repository.problems).toEqual([]);
  });

  it('keeps the old version, and not the newest, when the one that is to be active fails', async () => {
    await writeCheckpoint(root, 'mnist', 2, BAD);
    await writeCheckpoint(root, 'mnist', 3);
    await writeActive(join(root, 'mnist'), 2);
    expect(await repository.refresh()).toEqual([]);
    expect(active()).toEqual(['mnist@1']);
    expect(repository.versions('mnist').map(({ version }) => version)).toEqual([1, 3]);
  });

  it('goes to the version that was made active, and back', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    await writeActive(join(root, 'mnist'), 1);
    expect(await repository.refresh()).toEqual([{ model: 'mnist', from: 2, to: 1 }]);
    await writeActive(join(root, 'mnist'), 'latest');
    expect(await repository.refresh()).toEqual([{ model: 'mnist', from: 1, to: 2 }]);
  });

  it('lets go of versions and models that were removed, or whose manifest was', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    await writeCheckpoint(root, 'faces', 1);
    await repository.refresh();
    await rm(join(root, 'faces'), { recursive: true });
    await rename(join(root, 'mnist/2/manifest.json'), join(root, 'mnist/2/withdrawn.json'));
    expect(await repository.refresh()).toEqual([
      { model: 'faces', from: 1, to: null },
      { model: 'mnist', from: 2, to: 1 },
    ]);
    expect(() => repository.get('faces')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
    expect(() => repository.get('mnist', 2)).toThrow(expect.objectContaining({ code: 'VERSION_NOT_FOUND' }));
    await settled();
    expect(loaded()).toEqual(['mnist/1/generate', 'mnist/1/score']);
  });

  it('reports a version that is a link to nothing, and serves the others', async () => {
    await symlink(join(root, 'nowhere'), join(root, 'mnist', '2'));
    expect(await repository.refresh()).toEqual([]);
    expect(repository.problems).toEqual([
      { path: join(root, 'mnist', '2'), error: expect.objectContaining({ code: 'CHECKPOINT_INVALID' }) },
    ]);
  });

  it('makes no problem of versions that are removed while it looks', async () => {
    const paths = await Promise.all(Array.from({ length: 40 }, (_, i) => writeCheckpoint(root, 'mnist', i + 2)));
    await writeActive(join(root, 'mnist'), 1);
    let isOver = false;
    const remove = async () => {
      for (const path of paths) await removeDirectoryAtomically(path);
    };
    const removed = remove().finally(() => {
      isOver = true;
    });
    for (let isLast = false; !isLast; ) {
      isLast = isOver; // this look begins after all are gone
      await repository.refresh();
      expect(repository.problems).toEqual([]);
    }
    await removed;
    expect(repository.versions('mnist')).toHaveLength(1);
  });

  it('keeps what answers where the version that is to be active is not there', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    await writeActive(join(root, 'mnist'), 1);
    await repository.refresh();
    await writeCheckpoint(root, 'mnist', 3);
    await writeActive(join(root, 'mnist'), 4);
    expect(await repository.refresh()).toEqual([]);
    expect(active()).toEqual(['mnist@1']);
    expect(repository.problems).toHaveLength(1);
  });

  it('serves what lies there now where a version was replaced', async () => {
    await writeCheckpoint(root, 'mnist', 1, { edit: (manifest) => Object.assign(manifest, { title: 'another' }) });
    expect(await repository.refresh()).toEqual([{ model: 'mnist', from: 1, to: 1 }]);
    expect(repository.get('mnist').manifest.title).toBe('another');
    await settled();
    expect(loaded()).toEqual(['mnist/1/generate', 'mnist/1/score']);
  });

  it('that cannot read the folder fails, and everything stays', async () => {
    await rename(root, `${root}-moved`);
    try {
      await expect(repository.refresh()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      expect(active()).toEqual(['mnist@1']);
    } finally {
      await rename(`${root}-moved`, root);
    }
    expect(await repository.refresh()).toEqual([]);
  });

  it('is shared by those who ask for it while another runs', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    const warm = engine.holdNext();
    const first = repository.refresh();
    await warm.started;
    await writeCheckpoint(root, 'mnist', 3); // too late for the first
    const later = [repository.refresh(), repository.refresh(), repository.refresh()];
    warm.free();
    expect(await first).toEqual([{ model: 'mnist', from: 1, to: 2 }]);
    for (const swaps of await Promise.all(later)) expect(swaps).toEqual([{ model: 'mnist', from: 2, to: 3 }]);
    expect(engine.loads.filter((name) => name === 'mnist/3/generate')).toHaveLength(1);
  });
});

describe('what was served before a swap', () => {
  it('is the same for a request until it ends, whatever takes over meanwhile', async () => {
    const request = repository.enter();
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    expect(request.get('mnist').version).toBe(1);
    expect(request.list().map(({ version }) => version)).toEqual([1]);
    expect(repository.enter().get('mnist').version).toBe(2);
  });

  it('stays in the engine until the last request that may ask it has ended', async () => {
    const requests = [repository.enter(), repository.enter()];
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    await rm(join(root, 'mnist', '1'), { recursive: true });
    await repository.refresh();
    requests[0]!.leave();
    await settled();
    const model = requests[1]!.get('mnist');
    expect(await model.generate(model.latents({ seed: 1, count: 1 }))).toHaveLength(1); // its files are gone
    requests[1]!.leave();
    await settled();
    expect(loaded()).toEqual(['mnist/2/generate', 'mnist/2/score']);
  });

  it('answers what it was asked before it goes', async () => {
    const model = repository.get('mnist');
    graph('mnist/1/generate').hold();
    const answer = model.generate(model.latents({ seed: 1, count: 1 }));
    await graph('mnist/1/generate').started(5); // four were its warm-up
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    expect(loaded()).toContain('mnist/1/generate');
    graph('mnist/1/generate').free();
    expect(await answer).toHaveLength(1);
    await settled();
    expect(loaded()).toEqual(['mnist/2/generate', 'mnist/2/score']);
  });

  it('is loaded again by an address that names it, and leaves the engine once it is idle', async () => {
    await repository.close();
    repository = await ModelRepository.open(root, engine, { idleMs: 1 });
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    await settled();
    const old = repository.get('mnist', 1);
    expect(await old.generate(old.latents({ seed: 1, count: 1 }))).toHaveLength(1);
    while (loaded().length > 2) {
      await repository.unloadIdle();
      await new Promise((resolve) => setImmediate(resolve)); // its own sweep may be at it, which ends in a later round
    }
    expect(loaded()).toEqual(['mnist/2/generate', 'mnist/2/score']);
    expect(await old.generate(old.latents({ seed: 1, count: 1 }))).toHaveLength(1);
  });

  it('never fails who asks it at the moment in which it is unloaded', async () => {
    const model = repository.get('mnist');
    const z = model.latents({ seed: 1, count: 1 });
    for (let round = 0; round < 50; round++) {
      const asked = [
        model.generate(z),
        model.unload(),
        model.generate(z),
        model.unload(),
        model.score([new Float32Array(4)]),
      ];
      await Promise.all(asked);
    }
    await model.unload();
    expect(loaded()).toEqual([]);
    expect(await model.generate(z)).toHaveLength(1);
  });

  it('stays in the engine for good if it is active again before it could go', async () => {
    const request = repository.enter();
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    await writeActive(join(root, 'mnist'), 1);
    await repository.refresh();
    request.leave();
    await settled();
    expect(loaded()).toEqual(['mnist/1/generate', 'mnist/1/score']);
    expect(engine.loads.filter((name) => name === 'mnist/1/generate')).toHaveLength(1);
  });

  it('is looked for no more once the repository closes', async () => {
    await writeCheckpoint(root, 'mnist', 2);
    const warm = engine.holdNext();
    const running = repository.refresh();
    await warm.started;
    const waiting = repository.refresh();
    const closed = repository.close();
    warm.free();
    expect(await running).toHaveLength(1);
    await expect(waiting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await closed;
    await expect(repository.refresh()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(loaded()).toEqual([]);
  });

  it('is freed with everything else when the repository closes', async () => {
    repository.enter();
    await writeCheckpoint(root, 'mnist', 2);
    await repository.refresh();
    await repository.close();
    expect(loaded()).toEqual([]);
  });
});

it('a bad file beside the versions of a model that is served is only ignored', async () => {
  await writeFile(join(root, 'mnist', 'notes.txt'), '');
  expect(await repository.refresh()).toEqual([]);
  expect(repository.problems).toEqual([]);
});

/** What waits for the event loop's next rounds is done. */
async function settled(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
