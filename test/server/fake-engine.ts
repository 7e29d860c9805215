// An engine of one worker that computes the tiny GAN in JavaScript, notes every run, and can be held, so that tests
// can say what happens while it is busy. It keeps to the interface of src/engine/engine.ts and nothing more.

import type { Engine, Graph } from '../../src/engine/engine.js';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import { HEIGHT, LATENT, tinyImage, tinyLogit, WIDTH } from './tiny-gan.js';

const PIXELS = WIDTH * HEIGHT;

export class FakeEngine implements Pick<Engine, 'load' | 'workers' | 'threadsPerWorker' | 'healthy'> {
  readonly workers = 1;
  readonly threadsPerWorker = 1;
  healthy = true;
  /** Every run since the last `forget`: graph and rows. */
  runs: { graph: 'generate' | 'score'; rows: number }[] = [];
  /** Set to make every run fail with it. */
  failure: Error | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Keeps the worker busy until the returned function is called. */
  hold(): () => void {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#turn = this.#turn.then(() => held);
    return release;
  }

  forget(): void {
    this.runs = [];
    this.failure = undefined;
  }

  async load(name: string): Promise<Graph> {
    const kind = name.endsWith('generate') ? 'generate' : 'score';
    const z = { dtype: 'float32', shape: [-1, LATENT] } as const;
    const image = { dtype: 'float32', shape: [-1, 1, HEIGHT, WIDTH] } as const;
    const logit = { dtype: 'float32', shape: [-1] } as const;
    const run = (feeds: HostTensors): HostTensors => {
      const rows = Object.values(feeds)[0]?.shape[0] ?? 0;
      this.runs.push({ graph: kind, rows });
      if (this.failure) throw this.failure;
      return kind === 'generate' ? generate(feeds, rows) : score(feeds, rows);
    };
    const graph: Graph = {
      name,
      inputs: kind === 'generate' ? { z } : { image },
      outputs: kind === 'generate' ? { image } : { logit },
      run: (feeds) => this.#next(() => run(feeds)),
      runWhenFree: (makeFeeds) =>
        this.#next(() => {
          const feeds = makeFeeds();
          return feeds && run(feeds);
        }),
      release: async () => {},
    };
    return graph;
  }

  #next<T>(work: () => T): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function generate({ z }: HostTensors, rows: number): HostTensors {
  const images = new Float32Array(rows * PIXELS);
  for (let i = 0; i < rows; i++) {
    images.set(tinyImage((z!.data as Float32Array).subarray(i * LATENT, (i + 1) * LATENT)), i * PIXELS);
  }
  return { image: float32([rows, 1, HEIGHT, WIDTH], images) };
}

function score({ image }: HostTensors, rows: number): HostTensors {
  const logits = Float32Array.from({ length: rows }, (_, i) =>
    tinyLogit((image!.data as Float32Array).subarray(i * PIXELS, (i + 1) * PIXELS)),
  );
  return { logit: float32([rows], logits) };
}
