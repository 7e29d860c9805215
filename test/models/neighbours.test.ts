// Nearest training images on the real engine, against a search by hand through all of them in double precision.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { float32 } from '../../src/engine/tensor.js';
import type { Manifest } from '../../src/models/manifest.js';
import { readManifest } from '../../src/models/manifest.js';
import type { Model } from '../../src/models/model.js';
import { nearestExamples } from '../../src/models/nearest.js';
import { checkSearchable, type NeighbourIndex, writeNeighbours } from '../../src/models/neighbour-index.js';
import type { Neighbour } from '../../src/models/neighbours.js';
import { ModelRepository } from '../../src/models/repository.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { HEIGHT, tinyFeatures, WIDTH } from '../server/tiny-graphs.js';

const PIXELS = WIDTH * HEIGHT;
const COUNT = 300;

/** Numbers from 0 to 255 without a pattern, each image once and the tenth twice. */
const levels = Uint8Array.from(
  { length: COUNT * PIXELS },
  (_, i) => Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i << 7), 0x85ebca6b) >>> 24,
);
levels.copyWithin(11 * PIXELS, 10 * PIXELS, 11 * PIXELS);
const imageAt = (row: number) => levels.subarray(row * PIXELS, (row + 1) * PIXELS);
const valuesAt = (row: number) => Float32Array.from(imageAt(row), (level) => level / 255);

const PIXEL_INDEX: NeighbourIndex = {
  space: 'pixels',
  dataset: { name: 'noise', sha256: 'abc' },
  classes: ['even', 'odd'],
  images: { dtype: 'uint8', shape: [COUNT, 1, HEIGHT, WIDTH], data: levels },
  places: { dtype: 'int32', shape: [COUNT], data: Int32Array.from({ length: COUNT }, (_, row) => 2 * row) },
  labels: { dtype: 'int32', shape: [COUNT], data: Int32Array.from({ length: COUNT }, (_, row) => row % 2) },
};
/** An index of so many images, without classes. */
function firstRows(count: number): Pick<NeighbourIndex, 'images' | 'places' | 'labels'> {
  return {
    images: { dtype: 'uint8', shape: [count, 1, HEIGHT, WIDTH], data: levels.slice(0, count * PIXELS) },
    places: { dtype: 'int32', shape: [count], data: Int32Array.from({ length: count }, (_, row) => row) },
    labels: undefined,
  };
}

const features = Array.from({ length: COUNT }, (_, row) => tinyFeatures(valuesAt(row)));
const FEATURE_INDEX: NeighbourIndex = {
  ...PIXEL_INDEX,
  space: 'features',
  features: float32([COUNT, 3], Float32Array.from(features.flatMap((row) => [...row]))),
};

const queries = [0, 1, 2].map((turn) =>
  Float32Array.from({ length: PIXELS }, (_, p) => ((p * 7 + turn * 3) % 11) / 10),
);

/** Rows and distances, all of them compared. */
function byHand(
  query: ArrayLike<number>,
  rowAt: (row: number) => ArrayLike<number>,
): { row: number; distance: number }[] {
  const all = Array.from({ length: COUNT }, (_, row) => {
    const other = rowAt(row);
    let sum = 0;
    for (let i = 0; i < query.length; i++) sum += (query[i]! - other[i]!) ** 2;
    return { row, distance: Math.sqrt(sum) };
  });
  return all.sort((a, b) => a.distance - b.distance || a.row - b.row);
}

let root = '';
let path = '';
let engine: Engine;
let manifest: Manifest;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-neighbours-'));
  path = join(root, 'whole', '1');
  engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
});
beforeEach(async () => {
  await writeTinyGan(root, { model: 'whole' });
  manifest = await readManifest(path);
});
afterAll(async () => {
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

async function asked<T>(work: (model: Model) => Promise<T>): Promise<T> {
  const repository = await ModelRepository.open(root, engine);
  try {
    return await work(repository.get('whole'));
  } finally {
    await repository.close();
  }
}
const found = (model: Model, count: number) => nearestExamples(model, queries, count) as Promise<Neighbour[][]>;

describe('the nearest training images', () => {
  test('in pixels are those of a search by hand, with distance, place and class', async () => {
    await writeNeighbours(path, manifest, PIXEL_INDEX);
    for (const [i, near] of (await asked((model) => found(model, 32))).entries()) {
      const wanted = byHand(queries[i]!, valuesAt).slice(0, 32);
      expect(near.map(({ row }) => row)).toEqual(wanted.map(({ row }) => row));
      for (const [k, { row, place, distance, label }] of near.entries()) {
        expect(distance).toBeCloseTo(wanted[k]!.distance, 6);
        expect([place, label]).toEqual([2 * row, row % 2 ? 'odd' : 'even']);
      }
    }
  });

  test('in features are those of a search by hand, too', async () => {
    await writeNeighbours(path, manifest, FEATURE_INDEX);
    for (const [i, near] of (await asked((model) => found(model, 5))).entries()) {
      const wanted = byHand(tinyFeatures(queries[i]!), (row) => features[row]!).slice(0, 5);
      expect(near.map(({ row }) => row)).toEqual(wanted.map(({ row }) => row));
      expect(near[0]!.distance).toBeCloseTo(wanted[0]!.distance, 4);
    }
  });

  test('of one of themselves begin with itself at distance 0, and of equal ones the earlier comes first', async () => {
    await writeNeighbours(path, manifest, PIXEL_INDEX);
    await asked(async (model) => {
      const [near] = (await nearestExamples(model, [valuesAt(10)], 3)) as Neighbour[][];
      expect(near!.map(({ row }) => row).slice(0, 2)).toEqual([10, 11]);
      expect(near![0]!.distance).toBeCloseTo(0, 6);
      const opened = await model.neighbours();
      expect(opened.imageOf(10, [0, 1])).toEqual(valuesAt(10));
    });
  });

  test('are mirrored ones too, each told from the example that it mirrors', async () => {
    const half = COUNT / 2;
    const shown = { ...PIXEL_INDEX, ...firstRows(COUNT), mirroredFrom: half };
    await writeNeighbours(path, manifest, shown);
    await asked(async (model) => {
      const [asIs, mirrored] = (await nearestExamples(model, [3, half + 7].map(valuesAt), 1)) as Neighbour[][];
      expect(asIs).toMatchObject([{ row: 3, place: 3, mirrored: false, distance: 0 }]);
      expect(mirrored).toMatchObject([{ row: half + 7, place: 7, mirrored: true, distance: 0 }]);
    });
    await writeNeighbours(path, manifest, PIXEL_INDEX);
    const [plain] = await asked((model) => found(model, 32));
    expect(plain!.some(({ mirrored }) => mirrored)).toBe(false);
  });

  test('are fewer than asked for where the index holds fewer', async () => {
    await writeNeighbours(path, manifest, { ...PIXEL_INDEX, ...firstRows(2) });
    const [near] = await asked((model) => found(model, 32));
    expect(near!.map(({ label }) => label)).toEqual([null, null]);
  });

  test('come from the index that lies there now, and who asked before has the one that lay there then', async () => {
    await writeNeighbours(path, manifest, PIXEL_INDEX);
    await asked(async (model) => {
      const one = { ...PIXEL_INDEX, ...firstRows(1) };
      const [before] = await model.withNeighbours(async (opened) => {
        await writeNeighbours(path, manifest, one);
        expect(await found(model, 32)).toMatchObject([[{ row: 0 }], [{ row: 0 }], [{ row: 0 }]]);
        return opened.nearest([valuesAt(10).map((value) => 255 * value)], 2, {});
      });
      expect(before!.map(({ row }) => row)).toEqual([10, 11]);
      await rm(join(path, 'neighbours.safetensors'));
      await expect(found(model, 1)).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
    });
  });

  test('come from one index, however many ask for it first', async () => {
    await writeNeighbours(path, manifest, PIXEL_INDEX);
    await asked(async (model) => {
      const opened = await Promise.all([model.neighbours(), model.neighbours(), model.neighbours()]);
      expect(new Set(opened).size).toBe(1);
    });
  });

  test('leave an error among the images in its place', async () => {
    await writeNeighbours(path, manifest, PIXEL_INDEX);
    const error = new Error('unreadable');
    const results = await asked((model) => nearestExamples(model, [error, queries[0]!], 2));
    expect(results[0]).toBe(error);
    expect(results[1]).toHaveLength(2);
  });
});

describe('refused is an index', () => {
  const refusal = () =>
    asked((model) =>
      model.neighbours().then(
        () => undefined,
        (error: unknown) => error,
      ),
    );

  test('that nobody wrote, with the command that writes it; once it is there it is found', async () => {
    await rm(join(path, 'neighbours.safetensors'), { force: true });
    await asked(async (model) => {
      await expect(model.neighbours()).rejects.toMatchObject({
        code: 'CAPABILITY_MISSING',
        message: /no.*npx ganymede index/s,
      });
      await writeNeighbours(path, manifest, PIXEL_INDEX);
      expect((await model.neighbours()).index.space).toBe('pixels');
    });
  });

  test('of another version, of another model or of other weights', async () => {
    const other = (changes: Partial<Manifest>) => writeNeighbours(path, { ...manifest, ...changes }, PIXEL_INDEX);
    await other({ version: 2 });
    expect(await refusal()).toMatchObject({ code: 'INDEX_MISMATCH', message: /one of whole version 2/ });
    await other({ model: 'half' });
    expect(await refusal()).toMatchObject({ code: 'INDEX_MISMATCH', message: /one of half version 1/ });
    const files = { ...manifest.files, 'generate.onnx': { bytes: 1, sha256: '0'.repeat(64) } };
    await other({ files });
    expect(await refusal()).toMatchObject({ code: 'INDEX_MISMATCH', message: /one of other weights/ });
  });

  test('of which a byte changed, or the end is gone', async () => {
    const file = await writeNeighbours(path, manifest, PIXEL_INDEX);
    const bytes = await readFile(file);
    const at = bytes.length - 1000;
    await writeFile(
      file,
      Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte)),
    );
    expect(await refusal()).toMatchObject({ code: 'CHECKPOINT_INVALID', message: /SHA-256/ });
    await writeFile(file, bytes.subarray(0, at));
    expect(await refusal()).toMatchObject({ code: 'CHECKPOINT_INVALID', message: /truncated/ });
  });

  test('of images of another shape', async () => {
    const images = { ...PIXEL_INDEX.images, shape: [COUNT, 1, WIDTH, HEIGHT] };
    await writeNeighbours(path, manifest, { ...PIXEL_INDEX, images });
    expect(await refusal()).toMatchObject({ code: 'CHECKPOINT_INVALID', message: /of one count/ });
  });

  test('too large to be searched, with how many images would not be', () => {
    expect(() => checkSearchable(100_000, 3 * 64 * 64)).toThrow(/at most 1024 MiB to search.*4688 MiB.*--max 21845/);
    expect(() => checkSearchable(21_845, 3 * 64 * 64)).not.toThrow();
  });
});
