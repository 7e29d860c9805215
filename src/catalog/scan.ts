// Looking through data in a process of its own (scan-child.ts): however large or malicious it is, this process goes on,
// and a reader that takes all memory or never ends takes only itself away.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, type ErrorCode, GanymedeError } from '../errors.js';
import type { DatasetRecord } from './record.js';

/** What is found. */
export type Scanned = Pick<
  DatasetRecord,
  'sha256' | 'examples' | 'shape' | 'classes' | 'classCount' | 'rejected' | 'rejectedCount' | 'bytes'
> & {
  /** Whether later openings have to leave out what cannot be read. */
  readonly skips: boolean;
};

export interface ToScan {
  readonly address: string;
  /** Where to write the sheet. */
  readonly preview: string;
}

export type FromScan =
  | { readonly say: 'scanned'; readonly scanned: Scanned }
  | {
      readonly say: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

export interface ScanOptions extends ToScan {
  /** Fires when the client leaves. */
  readonly signal?: AbortSignal;
}

const PROGRAM = fileURLToPath(new URL('../../dist/catalog/scan-child.js', import.meta.url));

/** A scan takes minutes for a million images; a client waits no longer. */
const MOST_MS = 280_000;
const HEAP_MB = 2048;

/** @throws GanymedeError DATASET_INVALID and whatever else the readers say; CANCELLED where the client left */
export async function scan(options: ScanOptions): Promise<Scanned> {
  const last = await lastWordOf(options);
  if (options.signal?.aborted) throw new GanymedeError('CANCELLED', 'The client left before the data was read.');
  if (last.say === 'scanned') return last.scanned;
  throw new GanymedeError(last.code, last.message, { details: { ...last.details } });
}

function lastWordOf({ signal, ...asked }: ScanOptions): Promise<FromScan> {
  const child = fork(PROGRAM, [], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const kill = () => void child.kill('SIGKILL');
  const late = setTimeout(kill, MOST_MS);
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();
  let last: FromScan | undefined;
  child.on('message', (message: FromScan) => {
    if (message.say === 'scanned' || message.code in ERROR_CODES) last = message;
  });
  child.send(asked, () => {}); // one that is gone shows by its ending
  return new Promise((resolve) => {
    const ended = (how: string) => {
      clearTimeout(late);
      signal?.removeEventListener('abort', kill);
      resolve(last ?? unread(how));
    };
    child.once('error', (error) => ended(error.message));
    child.once('close', (code, by) => ended(by === null ? `ended with code ${code}` : `was ended by ${by}`));
  });
}

function unread(how: string): FromScan {
  return {
    say: 'failed',
    code: 'DATASET_INVALID',
    message: `Expected data that can be read within ${MOST_MS / 1000} s and ${HEAP_MB} MB but its reader ${how}.`,
    details: {},
  };
}
