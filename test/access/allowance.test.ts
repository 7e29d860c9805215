// Points a minute, on a clock of the test's own.

import { describe, expect, test } from 'vitest';
import { Bucket, Buckets } from '../../src/access/allowance.js';

function bucketOf(perMinute: number) {
  let now = 0;
  const bucket = new Bucket(perMinute, () => now);
  const pass = (seconds: number): void => {
    now += 1000 * seconds;
  };
  return { bucket, pass };
}

describe('a bucket', () => {
  test('holds a minute of points and fills up steadily, never beyond', () => {
    const { bucket, pass } = bucketOf(600);
    bucket.take(600);
    expect(bucket.points).toBe(0);
    pass(1);
    expect(bucket.points).toBeCloseTo(10); // 600 a minute
    pass(3600);
    expect(bucket.points).toBe(600);
  });

  test('refuses what is not there, with when to come back, and then lets it in', () => {
    const { bucket, pass } = bucketOf(60);
    bucket.take(50);
    expect(() => bucket.take(25)).toThrow(
      expect.objectContaining({
        code: 'RATE_LIMITED',
        details: { points: 25, perMinute: 60, retryAfterSeconds: 15 }, // 15 more at one a second
      }),
    );
    pass(15);
    bucket.take(25);
    expect(bucket.points).toBeCloseTo(0);
  });

  test('lets in what costs more than it holds when it is full, and is then in debt for as long as that takes', () => {
    const { bucket, pass } = bucketOf(60);
    bucket.take(180);
    expect(bucket.points).toBe(-120);
    pass(119);
    expect(() => bucket.take(1)).toThrow(/Ask again in 2 s/);
    pass(3);
    bucket.take(1);
  });

  test('counts what was done already, without refusing', () => {
    const { bucket } = bucketOf(60);
    bucket.settle(100);
    expect(bucket.points).toBe(-40);
    expect(bucket.secondsUntil(60)).toBe(100);
  });
});

test('buckets of a million addresses do not stay, and one that owes is not forgotten before full ones', () => {
  const buckets = new Buckets(() => 0);
  buckets.of('debtor', 60).take(60);
  for (let i = 0; i < 30_000; i++) buckets.of(`address ${i}`, 60);
  expect(buckets.size).toBeLessThanOrEqual(10_001);
  expect(buckets.of('debtor', 60).points).toBe(0);
});
