// The documents that were parsed and validated last, so that a page that asks the same again and again does not wait
// for it. Few of them, counted and not weighed: a parsed document takes many times the bytes of its text, and whoever
// writes a seed into the text sends a new one each time.

import type { DocumentNode } from 'graphql';

/** More than any front end has; at 1,000 tokens each they take some 30 MB. */
const MOST = 128;

/** Those of the entries that were used last. */
export class Recent<T> {
  readonly #entries = new Map<string, T>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#touch(key, entry);
    return entry;
  }

  set(key: string, entry: T): void {
    this.#touch(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST && oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** A Map keeps the order in which keys came in: the one used last goes to the end. */
  #touch(key: string, entry: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }
}

/** What Apollo asks of its documentStore. */
export class RecentDocuments {
  readonly #documents = new Recent<DocumentNode>();

  get size(): number {
    return this.#documents.size;
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(key);
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    this.#documents.set(key, document);
  }

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key);
  }
}
