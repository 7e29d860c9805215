// An engine of one worker that computes the tiny GANs in JavaScript, notes every run, and can be held, so that tests
// can say what happens while it is busy. It keeps to the interface of src/engine/engine.ts and nothing more.

import type { Engine, EngineStats, Graph } from '../../src/engine/engine.js';
import { float32, type HostTensor, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import { Distribution, SECONDS } from '../../src/measures.js';
import type { Capability } from '../../src/models/capabilities.js';
import { kindOf, specsOf, type TinyKind } from './tiny-gan.js';
import { CLASSES, LATENT, TINY_GRAPHS, tinyLayer } from './tiny-graphs.js';

export class FakeEngine
  implements Pick<Engine, 'load' | 'device' | 'workers' | 'threadsPerWorker' | 'healthy' | 'stats'>
{
  readonly device = 'cpu';
  readonly workers = 1;
  readonly threadsPerWorker = 1;
  healthy = true;
  /** Every run since the last `forget`: graph and rows. */
  runs: { graph: Capability; rows: number }[] = [];
  /** Set to make every run fail with it. */
  failure: Error | undefined;
  readonly #seconds = new Map<string, Distribution>();
  #turn: Promise<unknown> = Promise.resolve();

  get stats(): EngineStats {
    return { busy: 0, waiting: 0, crashes: 0, runs: this.#seconds };
  }

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
    const [model, , graph] = name.split('/') as [string, string, Capability];
    const kind = kindOf(model);
    if (name.endsWith('/first-layer') || name.endsWith('/first-activations')) return firstLayer(name, kind);
    const seconds = new Distribution(SECONDS);
    this.#seconds.set(name, seconds);
    const run = (feeds: HostTensors): HostTensors => {
      const rows = Object.values(feeds)[0]?.shape[0] ?? 0;
      this.runs.push({ graph, rows });
      seconds.add(0);
      if (this.failure) throw this.failure;
      return compute(graph, kind, feeds, rows);
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

/** The parts of `generate` that directions are found from: z · W, and its sigmoid, which is the image. */
function firstLayer(name: string, { example, conditional }: TinyKind): Graph {
  const { row } = TINY_GRAPHS.generate;
  const linear = name.endsWith('/first-layer') || example === 'point';
  const told = !linear && conditional.includes('generate');
  const float = (width: number) => ({ dtype: 'float32', shape: [-1, width] }) as const;
  const run = async ({ z, label }: HostTensors) => {
    const count = z!.shape[0]!;
    const rows = Array.from({ length: count }, (_, i) => {
      const inputs = { z: rowOf(z!, i) };
      return linear
        ? tinyLayer(inputs.z, example)
        : Float32Array.from(row(inputs, example, told ? rowOf(label!, i) : undefined)[example]!);
    });
    const data = Float32Array.from(rows.flatMap((values) => [...values]));
    return { sum: float32([count, rows[0]!.length], data) };
  };
  return {
    name,
    inputs: { z: float(LATENT), ...(told && { label: float(CLASSES) }) },
    outputs: { sum: float(-1) },
    run,
    runWhenFree: () => Promise.reject(new Error('not asked for')),
    release: async () => {},
  };
}

function compute(graph: Capability, kind: TinyKind, feeds: HostTensors, rows: number): HostTensors {
  const { row } = TINY_GRAPHS[graph];
  const results = Array.from({ length: rows }, (_, i) => {
    const inputs = Object.fromEntries(Object.entries(feeds).map(([key, tensor]) => [key, rowOf(tensor, i)]));
    return row(inputs, kind.example, inputs['label']);
  });
  return Object.fromEntries(
    Object.entries(specsOf(graph, kind).outputs).map(([name, { shape }]) => {
      const data = new Float32Array(rows * sizeOf(shape.slice(1)));
      for (const [i, result] of results.entries()) data.set(result[name]!, i * sizeOf(shape.slice(1)));
      return [name, float32([rows, ...shape.slice(1)], data)];
    }),
  );
}

function rowOf({ data, shape }: HostTensor, row: number): Float32Array {
  const width = data.length / shape[0]!;
  return (data as Float32Array).subarray(row * width, (row + 1) * width);
}
