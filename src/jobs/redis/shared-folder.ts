// Runs, data and models travel through a folder that all machines share. Whether they do is found out, not believed: a
// file in it holds the same word that Redis holds, and its path is the same everywhere, for jobs speak of paths.

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GanymedeError } from '../../errors.js';
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

async function wordIn(data: string): Promise<string> {
  await mkdir(data, { recursive: true });
  const path = join(data, FILE);
  try {
    await writeFile(path, randomUUID(), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFile(path, 'utf8');
}

function another(setting: string, known: string, mine: string): GanymedeError {
  return new GanymedeError(
    'CONFIG_INVALID',
    `Expected ${setting} to be the folder that all servers and workers of this Redis share, ${known}, but received ${mine}. Mount it at the same path on each machine. If it was moved on purpose, end them all and remove the key ${KEY}.`,
    { details: { setting } },
  );
}
