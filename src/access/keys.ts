// The keys of a server: 256 random bits each, shown once, and kept as their SHA-256 in a file of the data folder. So
// many bits cannot be guessed, and a slow digest, as passwords need one, would only hold requests up. The file is
// replaced as a whole, under a lock, so that commands that run at once lose nothing and servers never read a part.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type Lock, lockDirectory } from '../files/lock.js';
import { ROLES, type Role } from './role.js';

/** By it scanners of secrets know one that was published by mistake. */
const PREFIX = 'gnm_';

const KEY_BYTES = 32;

/** What lists show of a key: enough to tell it from others. */
const END_LENGTH = 4;

const NAME = /^[A-Za-z0-9][\w.@ -]{0,63}$/;

/** Of actors without a key. */
const RESERVED: ReadonlySet<string> = new Set(['local', 'anybody']);

/** For a command that waits until another has written. */
const LOCK_MS = 10_000;

const instant = z.iso.datetime();

const recordSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: z.string().regex(NAME),
  role: z.enum(ROLES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The last characters of the key. */
  end: z.string(),
  created: instant,
  expires: instant.nullable(),
  revoked: instant.nullable(),
});

const fileSchema = z.strictObject({ version: z.literal(1), keys: z.array(recordSchema) });

export type KeyRecord = Readonly<z.infer<typeof recordSchema>>;

export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly expires?: Date;
}

export function keyFileOf(data: string): string {
  return join(data, 'keys.json');
}

/** Those that were ever made, oldest first. @throws GanymedeError KEYS_INVALID */
export async function readKeys(data: string): Promise<readonly KeyRecord[]> {
  const path = keyFileOf(data);
  try {
    return parseKeys(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error instanceof GanymedeError ? error : keysInvalid(path, messageOf(error), error);
  }
}

/** @throws GanymedeError KEYS_INVALID */
export function parseKeys(text: string, path: string): readonly KeyRecord[] {
  try {
    return fileSchema.parse(JSON.parse(text)).keys;
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    throw keysInvalid(path, issue ? `${issue.path.join('.')}: ${issue.message}` : 'text that is no JSON', error);
  }
}

/** `key` is shown to whoever asked for it, and kept nowhere. */
export async function createKey(
  data: string,
  { name, role, expires }: NewKey,
  now: Date = new Date(),
): Promise<{ readonly key: string; readonly record: KeyRecord }> {
  if (!NAME.test(name) || RESERVED.has(name)) throw expected(NAME_RULE, name);
  if (expires && expires <= now) throw expected('an expiry in the future', expires.toISOString());
  const key = `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
  const record: KeyRecord = {
    ...{ id: randomBytes(4).toString('hex'), name, role },
    sha256: digestOf(key).toString('hex'),
    end: key.slice(-END_LENGTH),
    created: now.toISOString(),
    expires: expires?.toISOString() ?? null,
    revoked: null,
  };
  await changeKeys(data, (keys) => {
    if (keys.some((other) => other.name === name && inForce(other, now))) throw taken(name);
    return [...keys, record];
  });
  return { key, record };
}

const NAME_RULE = 'a name of at most 64 letters, digits, spaces and . _ - @, other than "local" and "anybody",';

/** `which`: its id, or the name under which it is in force. @throws GanymedeError BAD_USER_INPUT where there is none */
export async function revokeKey(data: string, which: string, now: Date = new Date()): Promise<KeyRecord> {
  let revoked: KeyRecord | undefined;
  await changeKeys(data, (keys) => {
    const found = keys.find((key) => !key.revoked && (key.id === which || key.name === which));
    if (!found) throw expected('the name or the id of a key that is not revoked', which);
    revoked = { ...found, revoked: now.toISOString() };
    return keys.map((key) => (key === found ? revoked! : key));
  });
  return revoked!;
}

/** Neither revoked nor expired. */
export function inForce({ revoked, expires }: KeyRecord, now: Date = new Date()): boolean {
  return revoked === null && (expires === null || new Date(expires) > now);
}

/** Compares with each of them, all of it, so that how long it takes tells nothing. */
export function findKey(keys: readonly KeyRecord[], key: string): KeyRecord | undefined {
  const digest = digestOf(key);
  let found: KeyRecord | undefined;
  for (const record of keys) if (timingSafeEqual(digest, Buffer.from(record.sha256, 'hex'))) found = record;
  return found;
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

async function changeKeys(data: string, change: (keys: readonly KeyRecord[]) => readonly KeyRecord[]): Promise<void> {
  await mkdir(data, { recursive: true });
  const lock = await lockWhenFree(join(data, '.keys'));
  try {
    const keys = change(await readKeys(data));
    await writeFileAtomically(keyFileOf(data), `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, { mode: 0o600 });
  } finally {
    await lock.release();
  }
}

/** Not of the data folder itself: that lock is the server's. */
async function lockWhenFree(folder: string): Promise<Lock> {
  const until = performance.now() + LOCK_MS;
  for (;;) {
    try {
      return await lockDirectory(folder, 'a change of the keys');
    } catch (error) {
      const isHeld = error instanceof GanymedeError && error.code === 'RUN_IN_USE';
      if (!isHeld || performance.now() > until) throw error;
      await setTimeout(10 + 20 * Math.random());
    }
  }
}

function taken(name: string): GanymedeError {
  return expected(
    'a name that no key in force has',
    name,
    'BAD_USER_INPUT',
    'Revoke that one, or choose another name.',
  );
}

function keysInvalid(path: string, received: string, cause: unknown): GanymedeError {
  return new GanymedeError(
    'KEYS_INVALID',
    `Expected ${path} to be the file of keys as "ganymede keys" writes it but received: ${received}. Restore it.`,
    { cause, details: { path } },
  );
}
