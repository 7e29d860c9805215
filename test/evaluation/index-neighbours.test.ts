import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexNeighbours } from '../../src/evaluation/index-neighbours.js';
import { readManifest, writeManifest } from '../../src/models/manifest.js';
import { readNeighbours } from '../../src/models/neighbour-index.js';
import type { WorkEvent } from '../../src/work.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { HEIGHT, tinyFeatures, WIDTH } from '../server/tiny-graphs.js';

const PIXELS = WIDTH * HEIGHT;
/** Of image n; a folder reads its pictures in the order of their names. */
const levelsOf = (n: number) => Uint8Array.from({ length: PIXELS }, (_, p) => (p * 31 + n * 57) % 256);

let root = '';
let data = '';
let checkpoint = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-index-'));
  const folder = join(root, 'pictures');
  data = `${folder},channels=1`;
  for (const [n, name] of ['cats', 'cats', 'cats', 'dogs', 'dogs', 'dogs'].entries()) {
    await mkdir(join(folder, name), { recursive: true });
    const raw = { width: WIDTH, height: HEIGHT, channels: 1 } as const;
    await writeFile(join(folder, name, `${n}.png`), await sharp(levelsOf(n), { raw }).png().toBuffer());
  }
  await writeTinyGan(root, { model: 'whole' });
  await writeTinyGan(root, { model: 'ring' });
  checkpoint = join(root, 'whole', '1');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const written = async () => readNeighbours(checkpoint, await readManifest(checkpoint));

describe('ganymede index', () => {
  test('writes the images as they are, with their classes, and says before how large it will be', async () => {
    const events: WorkEvent[] = [];
    const path = await indexNeighbours({ checkpoint, data }, { onEvent: (event) => events.push(event) });
    expect(path).toBe(join(checkpoint, 'neighbours.safetensors'));
    const { images, places, labels, classes, space, features } = await written();
    expect([space, features, classes]).toEqual(['pixels', undefined, ['cats', 'dogs']]);
    expect(images.shape).toEqual([6, 1, HEIGHT, WIDTH]);
    expect([...images.data]).toEqual([0, 1, 2, 3, 4, 5].flatMap((n) => [...levelsOf(n)]));
    expect([...places.data]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...labels!.data]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(events[0]).toMatchObject({ kind: 'started', text: /6 images.*MiB that holds them/ });
    expect(events.map(({ kind }) => kind).slice(-2)).toEqual(['checkpoint', 'finished']);
  });

  test('takes as many as it may at equal distances through the data, so that each class has its share', async () => {
    await indexNeighbours({ checkpoint, data, max: 3 });
    const { places, labels, images } = await written();
    expect([...places.data]).toEqual([0, 2, 4]);
    expect([...labels!.data]).toEqual([0, 0, 1]);
    expect([...images.data]).toEqual([0, 2, 4].flatMap((n) => [...levelsOf(n)]));
  });

  describe('of a model that was trained on mirrored images too', () => {
    let mirroring = '';
    beforeAll(async () => {
      mirroring = join(root, 'turned', 'whole', '1');
      await writeTinyGan(join(root, 'turned'), { model: 'whole' });
      const manifest = await readManifest(mirroring);
      const training = { seed: 1, step: 1, kimg: 1, dataset: {}, figures: {} };
      await writeManifest(mirroring, { ...manifest, training: { ...training, recipe: { augment: { mirror: true } } } });
    });
    const turned = (n: number) => Array.from({ length: HEIGHT }, (_, y) => rowOf(n, y).reverse()).flat();
    const rowOf = (n: number, y: number) => [...levelsOf(n).subarray(y * WIDTH, (y + 1) * WIDTH)];
    const read = async () => readNeighbours(mirroring, await readManifest(mirroring));

    test('has each image as it is, then each mirrored, with its place among both', async () => {
      const events: WorkEvent[] = [];
      await indexNeighbours({ checkpoint: mirroring, data, max: 3 }, { onEvent: (event) => events.push(event) });
      const { images, places, labels, mirroredFrom, dataset } = await read();
      expect([...images.data]).toEqual([...[0, 2, 4].flatMap((n) => [...levelsOf(n)]), ...[0, 2, 4].flatMap(turned)]);
      expect([[...places.data], mirroredFrom]).toEqual([[0, 2, 4, 6, 8, 10], 6]);
      expect([...labels!.data]).toEqual([0, 0, 1, 0, 0, 1]);
      expect(dataset.name).toMatch(/and mirrored$/);
      expect(events[0]).toMatchObject({ text: /6 images of .* and mirrored/ });
    });

    test('in features has what is seen of both', async () => {
      await indexNeighbours({ checkpoint: mirroring, data, max: 2, in: 'features', threads: 1 });
      const seen = [levelsOf(0), levelsOf(3), turned(0), turned(3)];
      const wanted = seen.flatMap((levels) => [...tinyFeatures(Float32Array.from(levels, (v) => v / 255))]);
      expect([...(await read()).features!.data]).toEqual(wanted.map((value) => expect.closeTo(value, 4)));
    });
  });

  test('in features has what the version’s own graph sees', async () => {
    await indexNeighbours({ checkpoint, data, in: 'features', threads: 1 });
    const { features } = await written();
    expect(features!.shape).toEqual([6, 3]);
    const wanted = [0, 1, 2, 3, 4, 5].flatMap((n) => [...tinyFeatures(Float32Array.from(levelsOf(n), (v) => v / 255))]);
    expect([...features!.data]).toEqual(wanted.map((value) => expect.closeTo(value, 4)));
  });

  test('stopped leaves an earlier index as it is, and nothing half written', async () => {
    await indexNeighbours({ checkpoint, data, max: 2 });
    const stop = new AbortController();
    const onEvent = ({ kind }: WorkEvent) => {
      if (kind === 'progress') stop.abort();
    };
    expect(await indexNeighbours({ checkpoint, data }, { signal: stop.signal, onEvent })).toBeNull();
    expect((await written()).images.shape[0]).toBe(2);
    expect((await readdir(checkpoint)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('refuses another space, images of another shape, a model of points and one without features', async () => {
    await expect(indexNeighbours({ checkpoint, data, in: 'colours' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: /a space among pixels, features but received "colours"/,
    });
    const square = `${data},resize=8x8`;
    await expect(indexNeighbours({ checkpoint, data: square })).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    await expect(indexNeighbours({ checkpoint: join(root, 'ring', '1'), data })).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    });
    await writeTinyGan(root, { model: 'tiny' });
    await expect(indexNeighbours({ checkpoint: join(root, 'tiny', '1'), data, in: 'features' })).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    });
  });
});
