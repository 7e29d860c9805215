// What docs/publish-and-roll-back.md promises: a version without its manifest is not served, the one before it is, and
// its number stays taken.

import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelRepository } from '../../src/models/repository.js';
import { nextVersion } from '../../src/models/versions.js';
import { FakeEngine } from '../server/fake-engine.js';
import { writeTinyGan } from '../server/tiny-gan.js';

test('taking the manifest of the latest version away serves the one before it, until it is back', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ganymede-roll-back-'));
  const served = async () => {
    const repository = await ModelRepository.open(root, new FakeEngine());
    const versions = repository.versions('tiny').map(({ version }) => version);
    await repository.close();
    return versions;
  };
  try {
    await writeTinyGan(root, { version: 1 });
    await writeTinyGan(root, { version: 2 });
    expect(await served()).toEqual([1, 2]);
    const manifest = join(root, 'tiny/2/manifest.json');
    const withdrawn = join(root, 'tiny/2/withdrawn.json');
    await rename(manifest, withdrawn);
    expect(await served()).toEqual([1]);
    expect(await nextVersion(join(root, 'tiny'))).toBe(3);
    await rename(withdrawn, manifest);
    expect(await served()).toEqual([1, 2]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
