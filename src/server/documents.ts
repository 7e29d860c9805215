// The documents that were parsed and validated last, so that a page that asks the same again and again does not wait
// for it. Few of them, counted and not weighed: a parsed document takes many times the bytes of its text, and whoever
// writes a seed into the text sends a new one each time.

import type { DocumentNode } from 'graphql';

/** More than any front end has; at 1,000 tokens each they take some 30 MB. */
const MOST = 128;

/** What Apollo asks of its documentStore. */
export class RecentDocuments {
  readonly #documents = new Map<string, DocumentNode>();

  get size(): number {
    return this.#documents.size;
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    const document = this.#documents.get(key);
    if (document) this.#remember(key, document);
    return document;
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    this.#remember(key, document);
    const [oldest] = this.#documents.keys();
    if (this.#documents.size > MOST && oldest !== undefined) this.#documents.delete(oldest);
  }

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key);
  }

  /** A Map keeps the order in which keys came in: the one used last goes to the end. */
  #remember(key: string, document: DocumentNode): void {
    this.#documents.delete(key);
    this.#documents.set(key, document);
  }
}
