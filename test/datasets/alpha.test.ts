import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../src/datasets/dataset.js';
import { openDataset, within } from '../../src/datasets/open.js';
import { Reporter, type WorkEvent } from '../../src/work.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { temporaryFolder } from '../training/helpers.js';

/** One pixel repeated 8 × 8: red at a third, over nothing. */
const RGBA = [240, 60, 0, 85] as const;
const pixels = (values: readonly number[]) => Buffer.from(Array.from({ length: 64 }, () => values).flat());

function transparent(format: 'png' | 'webp', values: readonly number[] = RGBA): Promise<Buffer> {
  const image = sharp(pixels(values), { raw: { width: 8, height: 8, channels: values.length as 2 | 4 } });
  const own = values.length === 2 ? image.toColourspace('b-w') : image;
  return format === 'png' ? own.png().toBuffer() : image.webp({ lossless: true, exact: true }).toBuffer();
}

async function folderOf(files: Record<string, Uint8Array>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  return folder;
}

/** The first pixel of each image, in 255ths. */
async function firstPixels(address: string): Promise<number[][]> {
  const dataset = await openDataset(address);
  const [channels, height, width] = dataset.shape as [number, number, number];
  const all = await readAll(dataset);
  const plane = height * width;
  return Array.from({ length: dataset.count }, (_, i) =>
    Array.from({ length: channels }, (_, c) => Math.round(all[(i * channels + c) * plane]! * 255)),
  );
}

async function warningsOf(address: string): Promise<string[]> {
  const events: WorkEvent[] = [];
  await openDataset(address, within(new Reporter({ onEvent: (event) => events.push(event) })));
  return events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
}

describe('images with alpha', () => {
  // 240 · 85/255 = 80, and 255 · 170/255 = 170 of white shows through.
  it.each([
    ['alpha=black', [80, 20, 0]],
    ['alpha=white', [250, 190, 170]],
    ['alpha=drop', [240, 60, 0]],
    ['alpha=keep', [240, 60, 0, 85]],
  ])('become with %s what is worked out by hand, as PNG and as WebP', async (setting, expected) => {
    const folder = await folderOf({ 'a.png': await transparent('png'), 'b.webp': await transparent('webp') });
    expect(await firstPixels(`${folder},${setting}`)).toEqual([expected, expected]);
    expect((await openDataset(`${folder},${setting}`)).alpha).toBe(
      setting === 'alpha=keep' ? undefined : setting.slice('alpha='.length),
    );
  });

  it('become black where nothing is said, which is told with their count; a choice is not commented on', async () => {
    const folder = await folderOf({ 'a.png': await transparent('png'), 'b.png': await picture([9, 9, 9]) });
    expect(await firstPixels(folder)).toEqual([
      [80, 20, 0],
      [9, 9, 9],
    ]);
    expect(await warningsOf(folder)).toEqual([expect.stringMatching(/^Transparency of 1 of 2 images becomes black\./)]);
    expect(await warningsOf(`${folder},alpha=black`)).toEqual([]);
    expect((await openDataset(`${folder},alpha=black`)).sha256).toBe((await openDataset(folder)).sha256);
    expect((await openDataset(`${folder},alpha=white`)).sha256).not.toBe((await openDataset(folder)).sha256);
  });

  it('may be kept beside grey, palettes and opaque colour: all have four channels then', async () => {
    const palette = await sharp(pixels(RGBA), { raw: { width: 8, height: 8, channels: 4 } })
      .png({ palette: true, dither: 0 })
      .toBuffer();
    const folder = await folderOf({
      'a.png': await picture([7, 7, 7], { grey: true }),
      'b.jpg': await picture([128, 128, 128], { format: 'jpeg' }),
      'c.png': await transparent('png', [100, 51]),
      'd.png': palette,
    });
    expect(await firstPixels(`${folder},alpha=keep`)).toEqual([
      [7, 7, 7, 255],
      [128, 128, 128, 255],
      [100, 100, 100, 51],
      [240, 60, 0, 85],
    ]);
  });

  it('grey with alpha stays grey where alpha is not kept: 100 · 51/255 = 20, and 204 of white', async () => {
    const folder = await folderOf({ 'a.png': await transparent('png', [100, 51]) });
    expect(await firstPixels(folder)).toEqual([[20]]);
    expect(await firstPixels(`${folder},alpha=white`)).toEqual([[224]]);
    expect(await firstPixels(`${folder},alpha=drop`)).toEqual([[100]]);
  });

  it('are scaled without colour from where nothing is seen, but with it where alpha is dropped', async () => {
    const half = Buffer.from(
      Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? [0, 200, 0, 255] : [250, 0, 250, 0])).flat(),
    );
    const image = await sharp(half, { raw: { width: 8, height: 8, channels: 4 } })
      .resize(1, 1)
      .raw()
      .toBuffer();
    const folder = await folderOf({
      'a.png': await sharp(half, { raw: { width: 8, height: 8, channels: 4 } })
        .png()
        .toBuffer(),
    });
    const [kept] = await firstPixels(`${folder},alpha=keep,resize=1x1`);
    expect(kept).toEqual([...image]);
    expect(kept![0]).toBe(0);
    expect(Math.abs(kept![3]! - 127.5)).toBeLessThan(2);
    const [dropped] = await firstPixels(`${folder},alpha=drop,resize=1x1`);
    for (const [channel, mean] of [125, 100, 125].entries())
      expect(Math.abs(dropped![channel]! - mean)).toBeLessThan(2);
  });

  it('are refused with alpha=keep beside a number of channels', async () => {
    const folder = await folderOf({ 'a.png': await transparent('png') });
    await expect(openDataset(`${folder},alpha=keep,channels=3`)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('kept alpha is a fourth channel'),
    });
  });
});
