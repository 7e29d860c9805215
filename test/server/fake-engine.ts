// An engine of one worker that computes the tiny GANs in JavaScript, notes every run, and can be held, so that tests
// can say what happens while it is busy. It keeps to the interface of src/engine/engine.ts and nothing more.

import type { Engine, Graph } from '../../src/engine/engine.js';
import { float32, type HostTensor, type HostTensors } from '../../src/engine/tensor.js';
import { HEIGHT, kindOf, specsOf, type TinyKind, tinyImage, tinyLogit, tinyPoint, WIDTH } from './tiny-gan.js';

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

  /** `name` is "<model>/<version>/<graph>". */
  async load(name: string): Promise<Graph> {
    const graph = name.endsWith('generate') ? 'generate' : 'score';
    const kind = kindOf(name.split('/')[0] as string);
    const run = (feeds: HostTensors): HostTensors => {
      const rows = Object.values(feeds)[0]?.shape[0] ?? 0;
      this.runs.push({ graph, rows });
      if (this.failure) throw this.failure;
      return graph === 'generate' ? generate(feeds, rows, kind.example) : score(feeds, rows);
    };
    return {
      name,
      ...specsOf(graph, kind),
      run: (feeds) => this.#next(() => run(feeds)),
      runWhenFree: (makeFeeds) =>
        this.#next(() => {
          const feeds = makeFeeds();
          return feeds && run(feeds);
        }),
      release: async () => {},
    };
  }

  #next<T>(work: () => T): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function generate(feeds: HostTensors, rows: number, example: TinyKind['example']): HostTensors {
  const width = example === 'image' ? PIXELS : 2;
  const data = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const z = rowOf(feeds['z']!, i);
    data.set(example === 'image' ? tinyImage(z, classOf(feeds, i)) : tinyPoint(z), i * width);
  }
  return { [example]: float32(example === 'image' ? [rows, 1, HEIGHT, WIDTH] : [rows, 2], data) };
}

function score(feeds: HostTensors, rows: number): HostTensors {
  const logits = Float32Array.from({ length: rows }, (_, i) =>
    feeds['image']
      ? tinyLogit(rowOf(feeds['image'], i), classOf(feeds, i))
      : rowOf(feeds['point']!, i).reduce((sum, value) => sum + value, 0),
  );
  return { logit: float32([rows], logits) };
}

function rowOf({ data, shape }: HostTensor, row: number): Float32Array {
  const width = data.length / shape[0]!;
  return (data as Float32Array).subarray(row * width, (row + 1) * width);
}

/** Undefined where the graph is not told of it. */
function classOf({ label }: HostTensors, row: number): number | undefined {
  return label && rowOf(label, row).indexOf(1);
}
