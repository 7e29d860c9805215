import { describe, expect, it } from 'vitest';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import type { Capability } from '../../src/models/capabilities.js';
import type { Manifest } from '../../src/models/manifest.js';
import { checkHalves, warmUp, warmUpFeeds } from '../../src/models/warm-up.js';
import { float, manifestOf } from './checkpoints.js';
import { FakeGraph } from './fakes.js';

const FILE = 'm/1/generate.onnx';
const manifest: Manifest = { ...manifestOf('m', 1, { 'generate.onnx': '' }), labels: ['a', 'b', 'c'] };

/** A generator of 1 × 2 × 2 whose row is made of its z; `run` counts the runs. */
function generator(row: (z: Float32Array, all: readonly Float32Array[], run: number) => number[], conditional = false) {
  let runs = 0;
  const inputs = conditional ? { z: float(-1, 3), label: float(-1, 3) } : { z: float(-1, 3) };
  return new FakeGraph('generate', inputs, { image: float(-1, 1, 2, 2) }, ({ z }) => {
    runs++;
    const [count] = z!.shape as [number];
    const rows = Array.from({ length: count }, (_, i) => (z!.data as Float32Array).subarray(3 * i, 3 * i + 3));
    return {
      image: float32(
        [count, 1, 2, 2],
        rows.flatMap((each) => row(each, rows, runs)),
      ),
    };
  });
}

const warm = (graph: FakeGraph, as: Capability = 'generate') => warmUp(graph, as, manifest, FILE);
const image = (z: Float32Array, add = 0) => [z[0]! + add, z[1]! + add, z[2]! + add, add];
const mean = (rows: readonly Float32Array[]) => rows.reduce((sum, row) => sum + row[0]!, 0) / rows.length;

describe('a graph warms up', () => {
  it('when a row is what it is, alone or not, each time', async () => {
    expect(await warm(generator((z) => image(z)))).toBe(0);
  });

  it('with the same image for every z, since nothing in it depends on anything', async () => {
    expect(await warm(generator(() => [0, 0, 0, 0]))).toBe(0);
    expect(await warm(generator(() => [0.7, 0.7, 0.7, 0.7]))).toBe(0);
  });

  it.each([1e-6, 1, 1e6])('when rows of size %d differ by what float32 rounds', async (size) => {
    const rounded = (all: readonly Float32Array[]) => size * (all.length === 1 ? 1 + 2 ** -22 : 1);
    expect(await warm(generator((z, all) => image(z).map((value) => value * rounded(all))))).toBe(0);
  });

  it('on rows of different classes, masks and contrasts, each a pure function of its number', () => {
    const inputs = { z: float(-1, 3), label: float(-1, 3), image: float(-1, 1, 2, 2), mask: float(-1, 1, 8, 8) };
    const rows = [0, 1, 2].map((index) => warmUpFeeds({ inputs }, manifest, [index]));
    for (const name of Object.keys(inputs)) {
      expect(new Set(rows.map((feeds) => feeds[name]!.data.join())).size, name).toBe(3);
    }
    const all = warmUpFeeds({ inputs }, manifest, [0, 1, 2]);
    expect(all['z']!.data).toEqual(Float32Array.from(rows.flatMap((feeds) => [...(feeds['z']!.data as Float32Array)])));
    expect([...all['label']!.data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    for (const value of all['image']!.data) expect(value >= 0 && value <= 1).toBe(true);
  });
});

describe('a graph is refused', () => {
  it.each<[string, (z: Float32Array, all: readonly Float32Array[]) => number[]]>([
    ['subtracts the mean of the batch', (z, all) => image(z, -mean(all))],
    ['adds a hundredth of the mean of the batch', (z, all) => image(z, mean(all) / 100)],
    ['adds what stands before it', (z, all) => image(z, all.indexOf(z) > 0 ? 1 : 0)],
    ['adds what stands behind it', (z, all) => image(z, all.indexOf(z) < all.length - 1 ? 1 : 0)],
    ['is not a number in company', (z, all) => image(z, all.length > 1 ? Number.NaN : 0)],
  ])('when a row %s', async (_, row) => {
    await expect(warm(generator(row))).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringMatching(
        /^Expected m\/1\/generate\.onnx to give a row the same output alone as among others/,
      ),
    });
  });

  it('when it gives something else each time', async () => {
    await expect(warm(generator((z, _, run) => image(z, run / 100)))).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining('Expected m/1/generate.onnx to give the same output each time'),
    });
  });

  it('when many rows come out in another number or shape', async () => {
    const one = new FakeGraph('generate', { z: float(-1, 3) }, { image: float(-1, 1, 2, 2) }, () => ({
      image: float32([1, 1, 2, 2], [0, 0, 0, 0]),
    }));
    await expect(warm(one)).rejects.toThrow(
      'Expected output "image" for 3 rows of m/1/generate.onnx to be float32 [N, 1, 2, 2]',
    );
  });

  it('when no row is finite, saying what came', async () => {
    await expect(warm(generator(() => [0, Number.NEGATIVE_INFINITY, 0, 0]))).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining('to give finite values but received -Infinity at index 1 of output "image"'),
    });
  });

  it('with every output that is wrong named', async () => {
    const both = new FakeGraph('score', { image: float(-1, 1, 2, 2) }, { logit: float(-1) }, ({ image: images }) => {
      const [count] = images!.shape as [number];
      return {
        logit: float32(
          [count],
          Array.from({ length: count }, () => both.runs.length * count),
        ),
      };
    });
    await expect(warm(both, 'score')).rejects.toThrow(
      /the same output each time.*the same output alone as among others/s,
    );
  });
});

it('a graph whose rows are partly not finite is served, and says how many were not', async () => {
  const half = (z: Float32Array) => image(z, z[0]! > 0 ? Number.NaN : 0);
  expect(await warm(generator(half))).toBeGreaterThan(0);
  const rare = generator((z) => image(z, z[0]! > -0.6 ? Number.NaN : 0)); // none of the first three rows
  expect(await warm(rare)).toBeGreaterThan(0);
  expect(rare.runs.length).toBeGreaterThan(4);
});

it('what float32 rounds beside a value that is not finite is no dependence on neighbours', async () => {
  const rounded = (all: readonly Float32Array[]) => (all.length === 1 ? 1 + 2 ** -22 : 1);
  const torn = generator((z, all) => [z[0]! * rounded(all), z[1]! * rounded(all), z[2]! * rounded(all), Number.NaN]);
  await expect(warm(torn)).rejects.toThrow('to give finite values but received NaN at index 3');
});

it('a conditional graph is warmed up with different classes', async () => {
  const graph = generator((z) => image(z), true);
  await warm(graph);
  const labels = graph.runs.map((feeds: HostTensors) => [...feeds['label']!.data]);
  expect(labels[0]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect(sizeOf(graph.runs[1]!['label']!.shape)).toBe(3);
});

describe('the halves of a generator', () => {
  const styled: Manifest = { ...manifest, styles: { layers: 2, size: 3 } };
  const whole = (conditional = false) => generator((z) => image(z, 0.5), conditional);
  /** w = z twice. */
  const mapping = (inputs: Record<string, ReturnType<typeof float>> = { z: float(-1, 3) }) =>
    new FakeGraph('map', inputs, { w: float(-1, 2, 3) }, ({ z }) => {
      const [count] = z!.shape as [number];
      const rows = Array.from({ length: count }, (_, i) => [...z!.data].slice(3 * i, 3 * i + 3).map(Number));
      return {
        w: float32(
          [count, 2, 3],
          rows.flatMap((row) => [...row, ...row]),
        ),
      };
    });
  /** The first style of each row as `whole` shows z, but for what is added to one pixel. */
  const synthesis = (added = 0) =>
    new FakeGraph('synthesize', { w: float(-1, 2, 3) }, { image: float(-1, 1, 2, 2) }, ({ w }) => {
      const [count] = w!.shape as [number];
      const rows = Array.from({ length: count }, (_, i) =>
        Float32Array.from([...w!.data].slice(6 * i, 6 * i + 3).map(Number)),
      );
      return {
        image: float32(
          [count, 1, 2, 2],
          rows.flatMap((row) => image(row, 0.5).map((value, p) => value + (p === 0 ? added : 0))),
        ),
      };
    });
  const check = (generate: FakeGraph, map: FakeGraph, synthesize: FakeGraph) =>
    checkHalves({ generate, map, synthesize }, styled, 'm/1');

  it('are taken where together they give what it gives, but for what float32 rounds', async () => {
    await check(whole(), mapping(), synthesis());
    await check(whole(), mapping(), synthesis(1e-6));
  });

  it('are refused where they give something else', async () => {
    await expect(check(whole(), mapping(), synthesis(0.1))).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringMatching(
        /"synthesize" of m\/1 to give together what "generate" gives but received images that/,
      ),
    });
  });

  it('are refused where they are told of a class and it is not, or the other way round', async () => {
    await expect(check(whole(true), mapping(), synthesis())).rejects.toThrow(/told of a class where "generate" is/);
    const told = mapping({ z: float(-1, 3), label: float(-1, 3) });
    await expect(check(whole(), told, synthesis())).rejects.toThrow(/but received a label for "map" alone/);
  });
});
