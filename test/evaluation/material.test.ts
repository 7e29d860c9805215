import { expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { strewn } from '../../src/evaluation/material.js';

/** Examples that say which one they are, their classes in turn. */
function numbered(count: number, classes: number): Dataset {
  return {
    ...{ name: 'numbered', count, shape: [1], range: [0, 1], sha256: '' },
    labels: Int32Array.from({ length: count }, (_, i) => i % classes),
    classes: Array.from({ length: classes }, (_, i) => String(i)),
    read: async (places, out) => out.set(Array.from(places)),
  };
}

async function placesIn(dataset: Dataset): Promise<number[]> {
  const out = new Float32Array(dataset.count);
  await dataset.read(
    Array.from({ length: dataset.count }, (_, i) => i),
    out,
  );
  return [...out];
}

it('some of much data meet all of its classes, also where these come in turn', async () => {
  // 7.2 apart: equal distances would meet five classes of 36.
  const some = strewn(numbered(36_000, 36), 5000);
  const counts = new Array<number>(36).fill(0);
  for (const label of some.labels!) counts[label]!++;
  expect(some.count).toBe(5000);
  for (const count of counts) {
    // 139 of each, give or take five standard deviations of as many drawn without any order.
    expect(count).toBeGreaterThan(80);
    expect(count).toBeLessThan(200);
  }
  const places = await placesIn(some);
  expect([...some.labels!]).toEqual(places.map((place) => place % 36));
});

it('some of much data come from all through it, none twice, the same each time', async () => {
  const places = await placesIn(strewn(numbered(1000, 3), 300));
  places.forEach((place, i) => {
    expect(place).toBeGreaterThanOrEqual(Math.floor((i * 1000) / 300));
    expect(place).toBeLessThan(Math.floor(((i + 1) * 1000) / 300));
  });
  expect(await placesIn(strewn(numbered(1000, 3), 300))).toEqual(places);
});

it('little data is taken as it is', () => {
  const all = numbered(20, 3);
  expect(strewn(all, 20)).toBe(all);
  expect(strewn(all, 30)).toBe(all);
});
