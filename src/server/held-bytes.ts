// What clients make the server keep: bodies that are still arriving or in use, and answers that nobody has read yet.
// One account for the whole server. Where it has no room, whoever has kept others waiting longest is cut off; where
// nobody has, the newcomer is refused. It knows bytes and sockets, nothing of HTTP.

import type { Socket } from 'node:net';
import { GanymedeError } from '../errors.js';

/** Counted but never refused: a refusal itself is no longer. */
const TINY_BYTES = 4 * 2 ** 10;

/** What a connection may hold in any case: queries and health checks pass while others hold the account full. */
export const SMALL_BYTES = 64 * 2 ** 10;

/** What of the bound one connection may hold with several requests at once. */
const CONNECTION_SHARE = 1 / 4;

/** A client is cut off for others' sake no sooner than this: so long a fast one may take for a large answer. */
export const PATIENCE_MS = 2000;

export interface Terms {
  /** Whether the client, not the server, is what this waits for. */
  readonly waits: () => boolean;
  /** How long the client may take, even if there is room. */
  readonly mostMs?: number;
}

/** Linked from the oldest to the newest: a request costs two of them, and a Set would hash each. */
interface Holding {
  readonly socket: Socket;
  readonly terms: Terms;
  readonly since: number;
  readonly bytes: number;
  older: Holding | undefined;
  newer: Holding | undefined;
}

export class HeldBytes {
  readonly #limit: number;
  #oldest: Holding | undefined;
  #newest: Holding | undefined;
  readonly #connections = new WeakMap<Socket, Holding[]>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Counts `bytes` until the function that it returns is called or the connection closes.
   * @throws GanymedeError QUEUE_FULL
   */
  take(bytes: number, socket: Socket, terms: Terms): () => void {
    if (socket.destroyed) return () => {}; // nothing is kept for who has left
    const own = this.#ofConnection(socket);
    if (!this.#fits(bytes, socket, own)) throw full(bytes, this.#limit);
    const holding = { socket, terms, since: performance.now(), bytes, older: this.#newest, newer: undefined };
    this.#append(holding);
    own.push(holding);
    return () => this.#release(holding);
  }

  /** Cuts off every client that took longer than it may. Returns how many those were. */
  cutOverdue(): number {
    const now = performance.now();
    let cut = 0;
    for (const holding of this.#oldestFirst()) {
      const { mostMs = Number.POSITIVE_INFINITY } = holding.terms;
      if (now - holding.since > mostMs && this.#cut(holding)) cut++;
    }
    return cut;
  }

  /** Those that are released meanwhile are passed over. */
  *#oldestFirst(): Generator<Holding> {
    const all: Holding[] = [];
    for (let holding = this.#oldest; holding; holding = holding.newer) all.push(holding);
    for (const holding of all) if (this.#isHeld(holding)) yield holding;
  }

  /** An answer that waits for others of its connection is never told that the connection closed. */
  #ofConnection(socket: Socket): Holding[] {
    const known = this.#connections.get(socket);
    if (known) return known;
    const holdings: Holding[] = [];
    this.#connections.set(socket, holdings);
    socket.once('close', () => {
      for (const holding of [...holdings]) this.#release(holding);
    });
    return holdings;
  }

  /** One answer may be of any size; several that wait on one connection, a part of what all share. */
  #fits(bytes: number, socket: Socket, holdings: readonly Holding[]): boolean {
    if (bytes <= TINY_BYTES) return true;
    const own = holdings.reduce((sum, holding) => sum + holding.bytes, 0);
    if (own + bytes <= SMALL_BYTES) return true;
    const shares = own <= SMALL_BYTES || own + bytes <= this.#limit * CONNECTION_SHARE;
    return shares && this.#makeRoom(bytes, socket);
  }

  /** A server that holds nothing takes anything: what one request may ask for is bounded elsewhere. */
  #makeRoom(bytes: number, newcomer: Socket): boolean {
    const fits = () => this.#total === 0 || this.#total + bytes <= this.#limit;
    const before = performance.now() - PATIENCE_MS;
    if (fits()) return true;
    for (const holding of this.#oldestFirst()) {
      if (fits() || holding.since > before) break;
      if (holding.socket !== newcomer) this.#cut(holding);
    }
    return fits();
  }

  #cut(holding: Holding): boolean {
    if (!holding.terms.waits()) return false;
    this.#release(holding);
    holding.socket.destroy();
    return true;
  }

  #append(holding: Holding): void {
    if (this.#newest) this.#newest.newer = holding;
    else this.#oldest = holding;
    this.#newest = holding;
    this.#total += holding.bytes;
  }

  #isHeld(holding: Holding): boolean {
    return this.#connections.get(holding.socket)?.includes(holding) ?? false;
  }

  /** Released again, it gives nothing back. */
  #release(holding: Holding): void {
    const own = this.#connections.get(holding.socket);
    const at = own?.indexOf(holding) ?? -1;
    if (!own || at < 0) return;
    own.splice(at, 1);
    const { older, newer } = holding;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    this.#total -= holding.bytes;
  }
}

function full(bytes: number, limit: number): GanymedeError {
  return new GanymedeError(
    'QUEUE_FULL',
    `Expected room for ${bytes} bytes but bodies and unread answers fill the ${limit} that this server keeps, a quarter of it for one connection. Try again soon, or ask for less at a time.`,
    { details: { bytes, limit } },
  );
}
