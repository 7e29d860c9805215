import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { convertDataset } from '../../src/datasets/convert.js';
import { readAll } from '../../src/datasets/dataset.js';
import { describeDataset } from '../../src/datasets/describe.js';
import { openDataset } from '../../src/datasets/open.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';

const folder = () => mkdtemp(join(tmpdir(), 'ganymede-convert-'));

/** Three classes of pictures of unequal sizes, one of them clear in half. */
async function pets(): Promise<string> {
  const clear = Buffer.from(Array.from({ length: 12 * 10 }, (_, i) => [i, 2 * i, 200, i % 2 ? 255 : 60]).flat());
  const root = await folder();
  await writeFiles(root, {
    'cat/1.png': await picture([250, 20, 30], { width: 20, height: 12 }),
    'cat/2.jpg': await picture([50, 20, 230], { format: 'jpeg', width: 16, height: 16 }),
    'chien/1.webp': await picture([5, 120, 30], { format: 'webp' }),
    'été/1.png': await sharp(clear, { raw: { width: 12, height: 10, channels: 4 } })
      .png()
      .toBuffer(),
  });
  return root;
}

describe('converted data', () => {
  it.each(['resize=8x6', 'resize=8x6,alpha=white', 'resize=8x6,channels=1', 'resize=8x6,alpha=keep'])(
    'has the labels and pixels of what it was made of: %s',
    async (settings) => {
      const data = `${await pets()},${settings}`;
      const out = join(await folder(), 'x.zip');
      expect(await convertDataset({ data, out })).toBe(4);
      const keep = settings.includes('keep') ? ',alpha=keep' : '';
      const [before, after] = [await openDataset(data), await openDataset(`${out}${keep}`)];
      expect(after.shape).toEqual(before.shape);
      expect(after.classes).toEqual(['cat', 'chien', 'été']);
      expect(Array.from(after.labels!)).toEqual([0, 0, 1, 2]);
      expect(await readAll(after)).toEqual(await readAll(before));
      const summary = await describeDataset({ data: `${out}${keep}` });
      expect(summary!.classes.map(({ count }) => count)).toEqual([2, 1, 1]);
    },
  );

  it('lies in the zip as dataset_tool.py of StyleGAN has it, which another reader of zips finds', async () => {
    const [data, to] = [`${await pets()},resize=4x4`, await folder()];
    await convertDataset({ data, out: join(to, 'x.zip') });
    const zip = new AdmZip(join(to, 'x.zip'));
    expect(zip.getEntries().map(({ entryName }) => entryName)).toEqual([
      ...[0, 1, 2, 3].map((i) => `00000/img0000000${i}.png`),
      'dataset.json',
    ]);
    expect(JSON.parse(zip.readAsText('dataset.json')).labels).toEqual([
      ['00000/img00000000.png', 0],
      ['00000/img00000001.png', 0],
      ['00000/img00000002.png', 1],
      ['00000/img00000003.png', 2],
    ]);
    const first = await sharp(zip.readFile('00000/img00000000.png')!).raw().toBuffer({ resolveWithObject: true });
    expect([first.info.width, first.info.height, ...first.data.subarray(0, 3)]).toEqual([4, 4, 250, 20, 30]);
    await convertDataset({ data, out: join(to, 'again.zip') });
    expect(await readFile(join(to, 'again.zip'))).toEqual(await readFile(join(to, 'x.zip')));
  });

  it('replaces nothing unless that is said, and leaves nothing where it fails or is stopped', async () => {
    const [data, to] = [`${await pets()},resize=4x4`, await folder()];
    const out = join(to, 'x.zip');
    await writeFile(out, 'mine');
    await expect(convertDataset({ data, out })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('--overwrite'),
    });
    expect(await readFile(out, 'utf8')).toBe('mine');

    const stop = new AbortController();
    const onEvent = ({ kind }: { kind: string }) => kind === 'progress' && stop.abort();
    expect(await convertDataset({ data, out, overwrite: true }, { signal: stop.signal, onEvent })).toBeNull();
    const whole = await picture([1, 2, 3], { format: 'jpeg', width: 64, height: 64 });
    await writeFiles(to, { 'cut/a.png': await picture([1, 2, 3]), 'cut/b.jpg': whole.subarray(0, whole.length - 40) });
    const cut = join(to, 'cut');
    await expect(convertDataset({ data: `${cut},resize=4x4`, out, overwrite: true })).rejects.toThrow('b.jpg');
    expect(await readFile(out, 'utf8')).toBe('mine');
    expect((await readdir(to)).sort()).toEqual(['cut', 'x.zip']);

    await convertDataset({ data, out, overwrite: true });
    expect((await openDataset(out)).count).toBe(4);
  });

  it('is refused of points, and into what is no zip', async () => {
    const to = await folder();
    await expect(convertDataset({ data: 'builtin:ring8,count=9', out: join(to, 'x.zip') })).rejects.toThrow('images');
    await expect(convertDataset({ data: 'builtin:glyphs,count=9', out: join(to, 'x') })).rejects.toThrow('a .zip');
  });
});

describe('a contact sheet', () => {
  it('has a row for each class, with its examples at their places', async () => {
    const to = await folder();
    const sheet = join(to, 'sheet.png');
    await describeDataset({ data: `${await pets()},resize=8x8`, sheet });
    const { data, info } = await sharp(await readFile(sheet))
      .raw()
      .toBuffer({ resolveWithObject: true });
    // Rows of 64 pixels, 6 apart; names take 190 pixels.
    expect([info.width, info.height]).toEqual([190 + 10 * 70, 6 + 3 * 70]);
    // A PNG of 256 colours: a level more or less.
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
    const near = (seen: number[], colour: number[]) => seen.every((value, i) => Math.abs(value - colour[i]!) <= 3);
    expect(near(at(190 + 32, 6 + 32), [250, 20, 30])).toBe(true);
    expect(near(at(190 + 32, 76 + 32), [5, 120, 30])).toBe(true);
    expect(at(190 + 170, 76 + 32)).toEqual([255, 255, 255]); // there is one only
  });
});
