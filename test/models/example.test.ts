import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleOf, imageOf } from '../../src/models/example.js';
import type { Manifest } from '../../src/models/manifest.js';
import { ModelRepository } from '../../src/models/repository.js';
import { manifestOf, temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine, type FakeOnnx } from './fakes.js';

const float = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;
/** The fake engine sums rows; only names and shapes matter here. */
const GENERATE: FakeOnnx = { inputs: { z: float(-1, 3) }, outputs: { point: float(-1, 2) } };
const SCORE: FakeOnnx = { inputs: { point: float(-1, 2) }, outputs: { logit: float(-1) } };

function ofPoints(manifest: Record<string, unknown>): void {
  delete manifest['image'];
  manifest['point'] = { size: 2 };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder.path, 'checkpoints');
  await mkdir(root);
});
afterEach(() => folder.remove());

describe('a model of points', () => {
  it('is loaded, makes points and scores them', async () => {
    await writeCheckpoint(root, 'ring8', 1, { graphs: { generate: GENERATE, score: SCORE }, edit: ofPoints });
    const repository = await ModelRepository.open(root, new FakeEngine());
    expect(repository.problems).toEqual([]);
    const model = repository.get('ring8');
    const points = await model.generate(model.latents({ seed: 1, count: 3 }));
    expect(points.map((point) => point.length)).toEqual([2, 2, 2]);
    expect(await model.score(points)).toHaveLength(3);
    await expect(model.score([Float32Array.of(1, 2, 3)])).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'Expected point 0 to have 2 values but received "3 values".',
    });
  });

  it('is skipped when its graph gives an image instead', async () => {
    const image: FakeOnnx = { inputs: { z: float(-1, 3) }, outputs: { image: float(-1, 1, 2, 2) } };
    await writeCheckpoint(root, 'ring8', 1, { graphs: { generate: image }, edit: ofPoints });
    const repository = await ModelRepository.open(root, new FakeEngine());
    expect(repository.problems.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('Expected output "point" of'),
    ]);
  });

  it.each([
    {
      name: 'both an image and a point',
      edit: (m: Record<string, unknown>) => Object.assign(m, { point: { size: 2 } }),
    },
    { name: 'neither', edit: (m: Record<string, unknown>) => delete m['image'] },
  ])('is skipped when its manifest has $name', async ({ edit }) => {
    await writeCheckpoint(root, 'ring8', 1, { edit: (manifest) => void edit(manifest) });
    const { problems } = await ModelRepository.open(root, new FakeEngine());
    expect(problems).toHaveLength(1);
    expect(problems[0]!.error.message).toContain('Expected image to be given, or else "point", and not both');
  });

  it('has no pixels to give to what needs an image', () => {
    const manifest = manifestOf('ring8', 3, {}) as Record<string, unknown> & Manifest;
    expect(exampleOf(manifest)).toEqual({ tensor: 'image', shape: [1, 2, 2], middle: 0.5 });
    expect(imageOf(manifest)).toBe(manifest.image);
    ofPoints(manifest);
    expect(exampleOf(manifest)).toEqual({ tensor: 'point', shape: [2], middle: 0 });
    expect(() => imageOf(manifest)).toThrow(
      expect.objectContaining({
        code: 'CAPABILITY_MISSING',
        message: 'Expected a model of images but ring8 version 3 makes points, which have no pixels.',
      }),
    );
  });
});
