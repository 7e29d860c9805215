// One compiled graph per process for the same bytes and the same options: many users of it share a session.

import { createHash } from 'node:crypto';
import { Session, type SessionOptions } from './session.js';

export interface Compiled {
  readonly session: Session;
  /** Near 0 when this process had compiled the same graph before. */
  readonly compileMs: number;
  release(): Promise<void>;
}

const cache = new Map<string, { session: Promise<Session>; users: number }>();

/** @throws GanymedeError as Session.load. */
export async function compiled(bytes: Uint8Array<ArrayBuffer>, options: SessionOptions): Promise<Compiled> {
  const key = `${JSON.stringify(options)}:${createHash('sha256').update(bytes).digest('hex')}`;
  const started = performance.now();
  let entry = cache.get(key);
  if (!entry) {
    entry = { session: Session.load(bytes, options), users: 0 };
    cache.set(key, entry);
  }
  entry.users++;
  const release = async () => {
    if (--entry.users > 0) return;
    cache.delete(key);
    const session = await entry.session;
    if (options.profile !== undefined) session.endProfiling();
    await session.release();
  };
  try {
    return { session: await entry.session, compileMs: performance.now() - started, release };
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}
