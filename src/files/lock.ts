// One process at a time works in a directory. A lock is a file `.lock-<n>` that says who holds it, and the highest
// number counts. Whoever finds it left by a process that is gone adds the next number, which only one can, and removes
// those below. Nothing is ever taken away from a name under which another may just have put something new.
//
// It needs no clock and no sign of life, so a process that was stopped for a day still holds what it held. It cannot
// see processes of other hosts: their lock holds until it is released or removed by hand, or until its lease is
// another's. On network folders it is as sure as their exclusive creation of a file (NFS since version 3, SMB).
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GanymedeError } from '../errors.js';
import { createFileAtomically, textOf } from './atomic.js';
import { isGone, thisProcess } from './owner.js';

export interface Lock {
  release(): Promise<void>;
}

/** What this process holds: file → its text. */
const own = new Map<string, string>();

let ownLease: string | undefined;

/**
 * From now on this process works under a lease: somebody who sees all machines has said that it alone may. So it takes
 * what a process of another host holds under the same lease.
 */
export function workUnderLease(lease: string): void {
  ownLease = lease;
}

/** Whether somebody took what this process holds, because its lease is theirs now. Then it must write no more. */
export async function isDispossessed(): Promise<boolean> {
  for (const [file, text] of own) {
    if ((await textOf(file)) !== text && own.has(file)) return true;
  }
  return false;
}

/**
 * Makes the directory if it must. `what`: who holds it, in messages: "the training of mnist".
 * @throws GanymedeError RUN_IN_USE
 */
export async function lockDirectory(directory: string, what: string): Promise<Lock> {
  let made = false;
  const text = JSON.stringify({
    ...thisProcess(),
    what,
    since: new Date().toISOString(),
    id: randomUUID(),
    lease: ownLease,
  });
  for (;;) {
    made = (await madeDirectory(directory)) || made;
    const { held, highest } = await locksIn(directory);
    if (held) throw inUse(directory, held);
    const file = fileOf(directory, highest + 1);
    if (!(await createFileAtomically(file, text))) continue; // another was faster, or took its directory away
    // A list that was read while locks changed may have missed the one that counts; now it is sure to be there.
    const others = await locksIn(directory, file);
    if (!others.held) {
      await Promise.all(others.stale.map((stale) => rm(stale, { force: true })));
      own.set(file, text);
      return { release: () => release(directory, file, text, made) };
    }
    await rm(file, { force: true });
  }
}

/** Whether it was not there. One that another takes away at this very moment is made again. */
async function madeDirectory(directory: string): Promise<boolean> {
  for (let time = 1; ; time++) {
    try {
      return (await mkdir(directory, { recursive: true })) !== undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || time === TIMES_AGAIN) throw error;
    }
  }
}

/** mkdir says ENOENT, too, where the directory cannot be made at all. */
const TIMES_AGAIN = 100;

const NAME = /^\.lock-([1-9]\d{0,8})$/;

function fileOf(directory: string, number: number): string {
  return join(directory, `.lock-${number}`);
}

const holderSchema = z.object({
  host: z.string(),
  pid: z.int(),
  began: z.string(),
  what: z.string(),
  since: z.string(),
  lease: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema> & { readonly file: string };

interface Locks {
  /** By a process that lives, as far as can be seen. */
  readonly held: Holder | null;
  /** Files of those that are gone. */
  readonly stale: readonly string[];
  readonly highest: number;
}

/** All but the file `own`. */
async function locksIn(directory: string, own?: string): Promise<Locks> {
  const numbers = (await namesIn(directory)).flatMap((name) => (NAME.test(name) ? [Number(name.slice(6))] : []));
  const stale: string[] = [];
  let held: Holder | null = null;
  for (const file of numbers.map((number) => fileOf(directory, number)).filter((name) => name !== own)) {
    const holder = await holderOf(file);
    if (holder && !isGone(holder) && !isInherited(holder)) held = holder;
    else if (holder) stale.push(file);
  }
  return { held, stale, highest: Math.max(0, ...numbers) };
}

/** Of processes of this host more is known than any lease says. */
function isInherited({ host, lease }: Holder): boolean {
  return lease !== undefined && lease === ownLease && host !== thisProcess().host;
}

/** None where the directory went with the lock of another that had made it. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Null where it was released meanwhile. A file that cannot be understood is somebody's all the same. */
async function holderOf(file: string): Promise<Holder | null> {
  const text = await textOf(file);
  if (text === null) return null;
  const parsed = holderSchema.safeParse(jsonOf(text));
  const unknown = { host: 'unknown', pid: 0, began: '', what: 'a process', since: 'an unknown time' };
  return { ...(parsed.success ? parsed.data : unknown), file };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Unless it is another's by now, because a person removed ours. A directory that the lock made goes if it is empty. */
async function release(directory: string, file: string, text: string, made: boolean): Promise<void> {
  own.delete(file);
  if ((await textOf(file)) === text) await rm(file, { force: true });
  if (made) await removeIfEmpty(directory);
}

export async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function inUse(directory: string, { host, pid, what, since, file }: Holder): GanymedeError {
  return new GanymedeError(
    'RUN_IN_USE',
    `Expected nobody to work in ${directory} but ${what} (process ${pid} on ${host}) does, since ${since}. ` +
      `Wait for it, stop it, or choose another directory. If that process is gone, remove ${file}.`,
    { details: { directory, host, pid, since, lock: file } },
  );
}
