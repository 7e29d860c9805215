// The file of keys: what is kept of a key, who may read it, and commands that run at once.

import { execFile } from 'node:child_process';
import * as crypto from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { createKey, findKey, inForce, keyFileOf, readKeys, revokeKey } from '../../src/access/keys.js';
import { WatchedFile } from '../../src/access/watched-file.js';
import { temporaryFolder } from '../training/helpers.js';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const run = promisify(execFile);

describe('a key', () => {
  test('has 256 random bits and is kept as its SHA-256, its role, its name and its end', async () => {
    const data = await temporaryFolder();
    const { key } = await createKey(data, { name: 'page', role: 'viewer' }, new Date('2026-01-02T03:04:05Z'));
    expect(Buffer.from(key.replace(/^gnm_/, ''), 'base64url')).toHaveLength(32);
    const text = await readFile(keyFileOf(data), 'utf8');
    expect(text).not.toContain(key);
    expect(JSON.parse(text).keys).toEqual([
      {
        ...{ id: expect.stringMatching(/^[0-9a-f]{8}$/), name: 'page', role: 'viewer' },
        sha256: crypto.createHash('sha256').update(key).digest('hex'),
        end: key.slice(-4),
        ...{ created: '2026-01-02T03:04:05.000Z', expires: null, revoked: null },
      },
    ]);
  });

  test('is in a file that only its owner may read, and write', async () => {
    const data = await temporaryFolder();
    for (const name of ['a', 'b']) {
      await createKey(data, { name, role: 'admin' });
      expect((await stat(keyFileOf(data))).mode & 0o777).toBe(0o600);
    }
  });

  test('is in force until it expires or is revoked', async () => {
    const data = await temporaryFolder();
    const at = (time: string) => new Date(`2026-01-01T${time}Z`);
    await createKey(data, { name: 'a', role: 'admin', expires: at('12:00:00') }, at('00:00:00'));
    const [key] = await readKeys(data);
    expect([at('11:59:59'), at('12:00:00')].map((now) => inForce(key!, now))).toEqual([true, false]);
    expect(inForce(await revokeKey(data, 'a'), at('01:00:00'))).toBe(false);
    await expect(revokeKey(data, 'a')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each(['', 'local', 'anybody', '../x', 'a\nb', 'x'.repeat(65)])('is not named %j', async (name) => {
    const made = createKey(await temporaryFolder(), { name, role: 'viewer' });
    await expect(made).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('shares its name with none in force, and its name is free once it is revoked', async () => {
    const data = await temporaryFolder();
    await createKey(data, { name: 'a', role: 'viewer' });
    await expect(createKey(data, { name: 'a', role: 'admin' })).rejects.toThrow(/no key in force has/);
    await revokeKey(data, 'a');
    await createKey(data, { name: 'a', role: 'admin' });
    expect((await readKeys(data)).map(({ role }) => role)).toEqual(['viewer', 'admin']);
  });

  test('is compared with every key by timingSafeEqual, wherever it stands and also if it is none of them', async () => {
    const data = await temporaryFolder();
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await createKey(data, { name: `key ${i}`, role: 'viewer' })).key);
    const keys = await readKeys(data);
    for (const [shown, name] of [...made.map((key, i) => [key, `key ${i}`] as const), ['gnm_x', undefined] as const]) {
      vi.mocked(crypto.timingSafeEqual).mockClear();
      expect(findKey(keys, shown)?.name).toBe(name);
      expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(5);
    }
  });
});

test('eight commands at once lose no key', async () => {
  const data = await temporaryFolder();
  const names = Array.from({ length: 8 }, (_, i) => `key-${i}`);
  await Promise.all(
    names.map((name) =>
      run(process.execPath, ['dist/cli.js', 'keys', 'create', name, '--role', 'viewer', '--data', data]),
    ),
  );
  expect((await readKeys(data)).map(({ name }) => name).sort()).toEqual(names);
  const { stdout } = await run(process.execPath, ['dist/cli.js', 'keys', 'list', '--data', data]);
  expect(stdout.trimEnd().split('\n')).toHaveLength(9);
}, 120_000);

describe('a file of keys', () => {
  test.each([
    ['no JSON', '{'],
    ['other JSON', '[]'],
    ['a later form', '{"version":2,"keys":[]}'],
    ['an unknown role', '{"version":1,"keys":[{"id":"00000000","name":"a","role":"root"}]}'],
  ])('of %s is refused by its name, and what was known goes on', async (_, text) => {
    const data = await temporaryFolder();
    await createKey(data, { name: 'a', role: 'admin' });
    const { parseKeys } = await import('../../src/access/keys.js');
    const problems: unknown[] = [];
    const file = await WatchedFile.open(keyFileOf(data), {
      parse: (content) => parseKeys(content!, keyFileOf(data)),
      onProblem: (error) => problems.push(error),
    });
    await writeFile(keyFileOf(data), text);
    await expect(readKeys(data)).rejects.toMatchObject({ code: 'KEYS_INVALID' });
    await file.look();
    await file.look();
    expect(problems).toEqual([expect.objectContaining({ code: 'KEYS_INVALID' })]); // told once
    expect(file.value.map(({ name }) => name)).toEqual(['a']);
    file.close();
  });

  test('that the system could not read at one look is read at the next, and told of once', async () => {
    const data = await temporaryFolder();
    const path = join(data, 'file');
    await writeFile(path, 'before');
    const problems: unknown[] = [];
    let free = true;
    const file = await WatchedFile.open(path, {
      parse: (text) => {
        if (free) return text;
        throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE', syscall: 'open' });
      },
      onProblem: (error) => problems.push(error),
    });
    free = false;
    await writeFile(path, 'after');
    await file.look();
    await file.look();
    expect([file.value, problems.length]).toEqual(['before', 1]);
    free = true;
    await file.look();
    expect([file.value, problems.length]).toEqual(['after', 1]);
    file.close();
  });

  test('that is a folder is refused, not taken for none', async () => {
    const data = await temporaryFolder();
    await mkdir(keyFileOf(data));
    await expect(readKeys(data)).rejects.toMatchObject({ code: 'KEYS_INVALID' });
  });
});
