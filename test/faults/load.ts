// Clients that ask for samples without a pause, and what was wrong with any answer.

import type { Server } from './site.js';

interface Sampled {
  readonly data?: {
    readonly model: { readonly version: number };
    readonly sample: readonly { readonly image: { readonly url: string } }[];
  };
  readonly errors?: readonly { readonly message: string }[];
}

export class Load {
  answers = 0;
  readonly faults: string[] = [];
  /** Versions that answered. */
  readonly seen = new Set<number>();
  #going = true;
  readonly #clients: Promise<unknown>;
  readonly #server: Pick<Server, 'url'>;
  readonly #query: string;

  constructor(server: Pick<Server, 'url'>, model: string, clients = 8) {
    this.#server = server;
    this.#query = `{ model(name: "${model}") { version } sample(model: "${model}", seed: 1, count: 2) { image { url dataUri } } }`;
    this.#clients = Promise.all(Array.from({ length: clients }, () => this.#ask()));
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#clients;
  }

  /** Resolves after so many more answers. */
  async answered(count: number): Promise<void> {
    const until = this.answers + count;
    while (this.answers < until) await new Promise((resolve) => setImmediate(resolve));
  }

  async #ask(): Promise<void> {
    while (this.#going) {
      try {
        const reply = await fetch(`${this.#server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: this.#query }),
        });
        this.#look((await reply.json()) as Sampled);
      } catch (error) {
        this.faults.push(String(error));
      }
      this.answers++;
    }
  }

  /** One version answers a request, in all its parts. */
  #look({ data, errors }: Sampled): void {
    if (!data || errors) {
      this.faults.push(errors?.[0]?.message ?? 'no data');
      return;
    }
    const named = data.sample.map(({ image }) => Number(/\/images\/[^/]+\/(\d+)\//.exec(image.url)?.[1]));
    const versions = new Set([data.model.version, ...named]);
    if (versions.size !== 1) this.faults.push(`one answer names versions ${[...versions].join(' and ')}`);
    for (const version of versions) this.seen.add(version);
  }
}
