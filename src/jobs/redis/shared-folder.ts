// Runs, data and models travel through a folder that all machines share. Whether they do is found out, not believed: a
// file in it holds the same word that Redis holds, and its path is the same everywhere, for jobs speak of paths.

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GanymedeError } from '../../errors.js';
import { createFileAtomically, textOf } from '../../files/atomic.js';
import type { Redis } from './connection.js';

export interface SharedFolders {
  /** `DATA` */
  readonly data: string;
  /** `CHECKPOINTS` */
  readonly checkpoints: readonly string[];
}

const KEY = 'ganymede:folders';
const FILE = '.ganymede-shared';

interface Known {
  readonly word: string;
  readonly data: string;
  readonly checkpoints: string;
}

/** The first that comes decides which folders they are. @throws GanymedeError CONFIG_INVALID for other ones */
export async function checkShared(redis: Redis, folders: SharedFolders): Promise<void> {
  const data = resolve(folders.data);
  const mine: Known = {
    word: await wordIn(data),
    data,
    checkpoints: folders.checkpoints.map((one) => resolve(one)).join(':'),
  };
  await redis.set(KEY, JSON.stringify(mine), 'NX');
  const known = JSON.parse((await redis.get(KEY))!) as Known;
  for (const [name, setting] of [
    ['data', 'DATA'],
    ['checkpoints', 'CHECKPOINTS'],
  ] as const) {
    if (known[name] !== mine[name]) throw another(setting, known[name], mine[name]);
  }
  if (known.word !== mine.word) throw another('DATA', `${data} of another machine`, 'a folder of this machine alone');
}

/** Of who makes the file where the file system cannot make one with its text at once. */
const WRITING_MS = 2000;

async function wordIn(data: string): Promise<string> {
  await mkdir(data, { recursive: true });
  const path = join(data, FILE);
  for (const giveUpAt = performance.now() + WRITING_MS; ; ) {
    const word = await textOf(path);
    if (word) return word;
    if (performance.now() > giveUpAt) throw empty(path);
    if (word === null) await createFileAtomically(path, randomUUID());
    else await setTimeout(WRITING_MS / 20);
  }
}

function another(setting: string, known: string, mine: string): GanymedeError {
  return new GanymedeError(
    'CONFIG_INVALID',
    `Expected ${setting} to be the folder that all servers and workers of this Redis share, ${known}, but received ${mine}. Mount it at the same path on each machine. If it was moved on purpose, end them all and remove the key ${KEY}.`,
    { details: { setting } },
  );
}

function empty(path: string): GanymedeError {
  return new GanymedeError(
    'CONFIG_INVALID',
    `Expected ${path} to hold the word of this folder but it is empty: whoever began it was ended. Remove it.`,
    { details: { setting: 'DATA' } },
  );
}
