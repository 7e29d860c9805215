import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/datasets/address.js';
import { type Dataset, readAll, split } from '../../src/datasets/dataset.js';
import { drawGlyph } from '../../src/datasets/glyphs.js';
import { hasPart, openDataset } from '../../src/datasets/open.js';

async function points(dataset: Dataset): Promise<[number, number][]> {
  const all = await readAll(dataset);
  return Array.from({ length: dataset.count }, (_, i) => [all[2 * i]!, all[2 * i + 1]!]);
}

describe('the mixtures of Gaussians', () => {
  it.each([
    ['ring8', 8, 0.01],
    ['grid25', 25, 0.05],
  ])(
    '%s has %i equally likely modes, and its points lie around them with the σ that it states',
    async (name, modes, sigma) => {
      const dataset = await openDataset(`builtin:${name},count=20000`);
      expect(dataset).toMatchObject({ count: 20_000, shape: [2], name: `builtin:${name}` });
      expect(dataset.mixture).toMatchObject({ sigma });
      expect(dataset.mixture!.centers).toHaveLength(modes);
      const counts = new Array<number>(modes).fill(0);
      const squares = [0, 0];
      let within = 0;
      for (const [i, point] of (await points(dataset)).entries()) {
        const mode = dataset.labels![i]!;
        const [dx, dy] = [0, 1].map((axis) => point[axis]! - dataset.mixture!.centers[mode]![axis]!) as [
          number,
          number,
        ];
        counts[mode]! += 1;
        squares[0]! += dx * dx;
        squares[1]! += dy * dy;
        if (Math.hypot(dx, dy) <= 3 * sigma) within++;
      }
      const mean = 20_000 / modes;
      for (const count of counts) expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(mean));
      for (const sum of squares) expect(Math.sqrt(sum / 20_000) / sigma).toBeCloseTo(1, 1);
      expect(within / 20_000).toBeCloseTo(1 - Math.exp(-4.5), 2); // Rayleigh: 98.9 % within 3σ in the plane
    },
  );

  it('ring8 lies on the unit circle an eighth of a turn apart, grid25 two apart around the origin', async () => {
    const ring = (await openDataset('builtin:ring8,count=1')).mixture!.centers;
    for (const [i, [x, y]] of ring.entries()) {
      expect(x).toBeCloseTo(Math.cos((i * Math.PI) / 4), 12);
      expect(y).toBeCloseTo(Math.sin((i * Math.PI) / 4), 12);
    }
    const grid = (await openDataset('builtin:grid25,count=1')).mixture!.centers;
    expect(grid[0]).toEqual([-4, -4]);
    expect(grid[12]).toEqual([0, 0]);
    expect(grid[24]).toEqual([4, 4]);
    expect(new Set(grid.map(String)).size).toBe(25);
  });
});

describe('data made here', () => {
  it.each(['ring8', 'grid25', 'swissroll', 'gaussian1d', 'two-gaussians', 'segment'])(
    '%s stays within the range that it states',
    async (name) => {
      const dataset = await openDataset(`builtin:${name},count=50000`);
      const [low, high] = dataset.range;
      const all = await readAll(dataset);
      expect(Math.min(...all.subarray(0, 50_000))).toBeGreaterThan(low);
      expect(Math.max(...all.subarray(0, 50_000))).toBeLessThan(high);
      expect(all.every(Number.isFinite)).toBe(true);
    },
  );

  it('gaussian1d has mean 0 and variance 1', async () => {
    const all = await readAll(await openDataset('builtin:gaussian1d,count=50000'));
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  it('two-gaussians has as many points on each side, with mean 0 and variance 4.25, its kurtosis that of the mixture', async () => {
    const all = Array.from(await readAll(await openDataset('builtin:two-gaussians,count=50000')));
    const mean = (f: (x: number) => number) => all.reduce((sum, x) => sum + f(x), 0) / all.length;
    expect(Math.abs(mean((x) => x))).toBeLessThan(0.05);
    expect(Math.abs(mean((x) => x ** 2) - 4.25)).toBeLessThan(0.05);
    // E x⁴ of N(±2, ½²) = 16 + 6·4·¼ + 3/16.
    expect(Math.abs(mean((x) => x ** 4) - 22.1875)).toBeLessThan(0.4);
  });

  it('segment is uniform on a line, dirac one point, gaussian64d 64 independent standard normals', async () => {
    const line = await points(await openDataset('builtin:segment,count=20000'));
    expect(line.every(([, y]) => y === 0)).toBe(true);
    expect(Math.abs(line.reduce((sum, [x]) => sum + x * x, 0) / 20_000 - 1 / 3)).toBeLessThan(0.01);
    expect(new Set(await readAll(await openDataset('builtin:dirac,count=100')))).toEqual(new Set([0]));
    const dataset = await openDataset('builtin:gaussian64d,count=4000');
    const all = await readAll(dataset);
    const product = (i: number, j: number) => {
      let sum = 0;
      for (let row = 0; row < 4000; row++) sum += all[64 * row + i]! * all[64 * row + j]!;
      return sum / 4000;
    };
    for (const [i, j] of [
      [0, 1],
      [0, 63],
      [31, 32],
    ] as const)
      expect(Math.abs(product(i, j))).toBeLessThan(0.08);
    for (const i of [0, 31, 63]) expect(Math.abs(product(i, i) - 1)).toBeLessThan(0.12);
  });

  it('swissroll lies on its spiral but for noise of 0.02', async () => {
    const dataset = await openDataset('builtin:swissroll,count=5000');
    let squares = 0;
    for (const [x, y] of await points(dataset)) {
      const radius = Math.hypot(x, y);
      const turn = Math.atan2(y, x);
      // On the spiral r = θ / 4.5π; θ is known up to whole turns, of which the nearest counts.
      const nearest = [0, 1, 2].map((k) => Math.abs(radius - (turn + 2 * Math.PI * k) / (4.5 * Math.PI)));
      squares += Math.min(...nearest) ** 2;
    }
    expect(Math.sqrt(squares / 5000)).toBeGreaterThan(0.017);
    expect(Math.sqrt(squares / 5000)).toBeLessThan(0.023);
    expect(dataset.labels).toBeUndefined();
  });

  it('is the same for the same seed whatever the count, and another for another seed', async () => {
    for (const name of ['ring8', 'grid25', 'swissroll', 'gaussian1d', 'glyphs']) {
      const [short, long, other] = await Promise.all([
        openDataset(`builtin:${name},count=20`),
        openDataset(`builtin:${name},count=40`),
        openDataset(`builtin:${name},count=20,seed=5`),
      ]);
      const values = await readAll(short);
      expect((await readAll(long)).subarray(0, values.length)).toEqual(values);
      expect(await readAll(other)).not.toEqual(values);
      expect(new Set([short.sha256, long.sha256, other.sha256]).size).toBe(3);
    }
  });

  it('never changes while its definition has the same number: these digests were taken then', async () => {
    const digests: Record<string, string> = {};
    for (const name of ['ring8', 'grid25', 'gaussian1d', 'glyphs', 'gaussian64d', 'two-gaussians', 'segment']) {
      const values = await readAll(await openDataset(`builtin:${name},count=72`));
      digests[name] = createHash('sha256').update(values).digest('hex').slice(0, 16);
    }
    expect(digests).toMatchInlineSnapshot(`
      {
        "gaussian1d": "1d0ffb86f3d68a62",
        "gaussian64d": "8ee37a930138c088",
        "glyphs": "999a089600d15083",
        "grid25": "19762bd9df78c03b",
        "ring8": "55f5f4176880a69f",
        "segment": "f62e6da9e1eeb000",
        "two-gaussians": "22106eb90e43eae8",
      }
    `);
  });

  it('splits, has no published parts, and is refused under a name that it does not have', async () => {
    const dataset = await openDataset('builtin:ring8,count=100');
    const { train, validation } = split(dataset, 20);
    expect([train.count, validation!.count, validation!.labels!.length]).toEqual([80, 20, 20]);
    expect(validation!.mixture).toBe(dataset.mixture);
    expect(await hasPart('builtin:ring8', 'test')).toBe(false);
    await expect(openDataset('builtin:ring9')).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(
        /^Expected built-in data named ring8, grid25, .*, glyphs but received "ring9"\.$/,
      ) as string,
    });
  });
});

describe('glyphs', () => {
  it('are white characters on black in 36 classes, equally many of each', async () => {
    const dataset = await openDataset('builtin:glyphs,count=360', { range: [-1, 1] });
    expect(dataset).toMatchObject({ shape: [1, 28, 28], range: [-1, 1] });
    expect(dataset.classes!.join('')).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const counts = new Array<number>(36).fill(0);
    for (const label of dataset.labels!) counts[label]! += 1;
    expect(new Set(counts)).toEqual(new Set([10]));
    const all = await readAll(dataset);
    for (let i = 0; i < 360; i++) {
      const image = all.subarray(i * 784, (i + 1) * 784);
      const lit = image.filter((value) => value > 0).length;
      expect(lit).toBeGreaterThan(30);
      expect(lit).toBeLessThan(300);
      expect(image.some((value) => value > -0.95 && value < 0.95)).toBe(true); // smooth edges
    }
  });

  it('are told apart: even the nearest mean image of another seed names most of them, where chance is 1 in 36', async () => {
    const size = 784;
    const means = Array.from({ length: 36 }, () => new Float64Array(size));
    const row = new Uint8Array(size);
    for (let i = 0; i < 36 * 150; i++) {
      drawGlyph(1, i, row);
      const mean = means[i % 36]!;
      for (let at = 0; at < size; at++) mean[at]! += row[at]! / 150;
    }
    let right = 0;
    for (let i = 0; i < 720; i++) {
      drawGlyph(2, i, row);
      const distances = means.map((mean) => mean.reduce((sum, value, at) => sum + (value - row[at]!) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === i % 36) right++;
    }
    expect(right / 720).toBeGreaterThan(0.6);
  });
});

describe('the address of data', () => {
  it('is a path with settings behind commas, and a comma in a path does no harm', () => {
    expect(parseAddress('a,b=c/photos, old.zip,resize=64x48,channels=1,bad=skip')).toEqual({
      path: 'a,b=c/photos, old.zip',
      builtin: false,
      settings: { resize: { width: 64, height: 48 }, channels: 1, bad: 'skip' },
    });
    expect(parseAddress('builtin:ring8,seed=3')).toEqual({ path: 'ring8', builtin: true, settings: { seed: 3 } });
  });

  it.each(['x,resize=64', 'x,resize=0x9', 'x,channels=2', 'x,bad=maybe', 'x,layout=hw', 'x,count=0', 'x,seed=-1'])(
    'is refused for a setting out of its range: %s',
    (address) => {
      expect(() => parseAddress(address)).toThrow(
        `The setting ${address.slice(2)} of the data ${address} is not valid.`,
      );
    },
  );
});
