import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDirectoryAtomically, writeFileAtomically } from '../../src/files/atomic.js';
import { fillStream, permutation, streamOf } from '../../src/random/noise.js';
import { duration } from '../../src/work.js';
import { temporaryFolder } from './helpers.js';

describe('files that appear at once', () => {
  it('replace the old file, and leave it when the new one cannot be written', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'state');
    await writeFileAtomically(path, 'old');
    await writeFileAtomically(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    await mkdir(join(folder, 'taken'));
    await writeFile(join(folder, 'taken', 'file'), '');
    await expect(writeFileAtomically(join(folder, 'taken'), 'x')).rejects.toThrow();
    expect((await readdir(folder)).sort()).toEqual(['state', 'taken']);
  });

  it('make a whole directory or none', async () => {
    const folder = await temporaryFolder();
    await createDirectoryAtomically(join(folder, 'model', '1'), (temporary) => writeFile(join(temporary, 'a'), 'a'));
    const failing = createDirectoryAtomically(join(folder, 'model', '2'), async (temporary) => {
      await writeFile(join(temporary, 'a'), 'a');
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await readdir(join(folder, 'model'))).toEqual(['1']);
    expect(await readdir(join(folder, 'model', '1'))).toEqual(['a']);
  });
});

describe('noise by name', () => {
  const draw = (seed: number, name: string, step: number) => {
    const out = new Float32Array(8);
    fillStream(out, streamOf(seed, name, step), { kind: 'uniform', low: 0, high: 1, shape: [8] });
    return out;
  };

  it('is the same for the same seed, name and step, and another when one of them changes', () => {
    expect(draw(1, 'd1/z', 5)).toEqual(draw(1, 'd1/z', 5));
    for (const other of [draw(2, 'd1/z', 5), draw(1, 'g/z', 5), draw(1, 'd1/z', 6)])
      expect(other).not.toEqual(draw(1, 'd1/z', 5));
  });

  it('shuffles into every order equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = permutation(3, streamOf(1, 'order', i)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Six orders, 1000 each, standard deviation 29.
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [59.4, '59s'],
    [200, '3m 20s'],
    [7500, '2h 05m'],
    [97_200, '1d 03h'],
    [-3, '0s'],
  ])('print their two largest units: %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
