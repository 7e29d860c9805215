// The animation of pictures of learning: its address, and what it shows.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { encodeLearning, learningName, pictureAt, readLearning } from '../../src/pictures/learning.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-learning-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A grey PNG, all of one level. */
async function picture(name: string, level: number, side = 6): Promise<() => Promise<Uint8Array>> {
  const path = join(folder, name);
  const data = new Uint8Array(side * side).fill(level);
  await writeFile(path, await encodePng({ width: side, height: side, channels: 1, data }));
  return () => pictureAt(path);
}

/** The red of the first pixel of each frame, and how long it shows. */
async function framesOf(bytes: Uint8Array): Promise<{ levels: number[]; delays: number[] | undefined }> {
  const image = sharp(bytes, { animated: true });
  const { pages = 1, delay } = await image.metadata();
  const data = await image.raw().toBuffer();
  const page = data.length / pages;
  return { levels: Array.from({ length: pages }, (_, i) => data[i * page]!), delays: delay };
}

describe('an animation of learning', () => {
  test('shows each picture for its time, in order, and the last for a second more', async () => {
    const paths = [await picture('a.png', 10), await picture('b.png', 100), await picture('c.png', 200)];
    const { levels, delays } = await framesOf(await encodeLearning(paths, { format: 'webp', fps: 4 }));
    expect(levels).toEqual([10, 100, 200]); // equal neighbours are one longer frame
    expect(delays).toEqual([250, 250, 1250]);
  });

  test('leaves out pictures of another size than the newest', async () => {
    const paths = [await picture('small.png', 50, 3), await picture('d.png', 100), await picture('e.png', 200)];
    expect((await framesOf(await encodeLearning(paths, { format: 'webp', fps: 10 }))).levels).toEqual([100, 200]);
  });

  test('of a great many pictures shows 64, the first and the last among them', async () => {
    const paths = await Promise.all(Array.from({ length: 200 }, (_, i) => picture(`${i}.png`, i)));
    const { levels } = await framesOf(await encodeLearning(paths, { format: 'webp', fps: 1 }));
    expect(levels).toHaveLength(64);
    expect([levels[0], levels.at(-1)]).toEqual([0, 199]);
  });

  test('of a run that was removed is refused', async () => {
    await expect(
      encodeLearning([() => pictureAt(join(folder, 'none.png'))], { format: 'gif', fps: 4 }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('its address', () => {
  test.each(['webp', 'gif', 'apng'] as const)('as %s is read as it was written', (format) => {
    const [file, query] = learningName({ until: 57, format, fps: 12 }).split('?');
    expect(readLearning(file!, Object.fromEntries(new URLSearchParams(query)))).toEqual({ until: 57, format, fps: 12 });
  });

  test.each(['until-0.webp', 'until-7.png', 'until-7.npy', '7.png', 'until-.gif'])('is not %s', (file) => {
    expect(readLearning(file, {})).toBeUndefined();
  });

  test.each([{ fps: '0' }, { fps: '51' }, { fps: '4.0' }, { fps: ['4', '4'] }, { size: '10' }])(
    'may not ask for %j',
    (query) => {
      expect(() => readLearning('until-7.webp', query)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    },
  );
});
