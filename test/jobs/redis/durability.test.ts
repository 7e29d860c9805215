import { describe, expect, test } from 'vitest';
import { lossAtPowerCut, type RedisSettings, refuseEviction } from '../../../src/jobs/redis/durability.js';

const SAFE: RedisSettings = {
  appendonly: 'yes',
  appendfsync: 'always',
  'no-appendfsync-on-rewrite': 'no',
  'maxmemory-policy': 'noeviction',
  save: '',
};

describe('what a power cut of Redis would lose', () => {
  test.each<[Partial<RedisSettings>, RegExp | null]>([
    [{}, null],
    [{ save: '3600 1' }, null],
    [{ appendfsync: 'everysec' }, /last second/],
    [{ appendfsync: 'no' }, /had not written yet/],
    [{ 'no-appendfsync-on-rewrite': 'yes' }, /log began to be rewritten/],
    [{ appendonly: 'no', save: '3600 1' }, /last snapshot .*save 3600 1/],
    [{ appendonly: 'no' }, /^Everything/],
    [{ appendonly: null }, /does not tell/],
  ])('with %j is said', (settings, words) => {
    const loss = lossAtPowerCut({ ...SAFE, ...settings });
    if (words) expect(loss).toMatch(words);
    else expect(loss).toBeNull();
  });

  test.each(['allkeys-lru', 'volatile-ttl'])('is not even asked where keys may be thrown away (%s)', (policy) => {
    expect(() => refuseEviction({ ...SAFE, 'maxmemory-policy': policy })).toThrow(/noeviction but received/);
  });

  test('is as it is where Redis does not tell its policy', () => {
    expect(() => refuseEviction({ ...SAFE, 'maxmemory-policy': null })).not.toThrow();
  });
});
