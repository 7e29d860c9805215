// Stand-ins for the engine: graphs that compute in JavaScript, with workers that a test can hold busy and free again.

import type { Graph } from '../../src/engine/engine.js';
import { describeModel, encodeModel } from '../../src/engine/onnx.js';
import { float32, type HostTensors, sizeOf, type TensorSpecs } from '../../src/engine/tensor.js';
import { GanymedeError } from '../../src/errors.js';

type Compute = (feeds: HostTensors) => HostTensors;

interface Waiting {
  readonly makeFeeds: () => HostTensors | null;
  readonly resolve: (outputs: HostTensors | null) => void;
  readonly reject: (error: unknown) => void;
}

export class FakeGraph implements Graph {
  /** Feeds of every run, in the order in which they started. */
  readonly runs: HostTensors[] = [];
  released = false;
  #free: number;
  #held = false;
  #waiting: Waiting[] = [];
  #finish: (() => void)[] = [];
  #watchers: { count: number; resolve: () => void }[] = [];

  constructor(
    readonly name: string,
    readonly inputs: TensorSpecs,
    readonly outputs: TensorSpecs,
    readonly compute: Compute,
    workers = 1,
  ) {
    this.#free = workers;
  }

  /** From now on a run goes on until `finish`. */
  hold(): void {
    this.#held = true;
  }

  /** Ends the oldest run that is held; the worker takes up waiting work. */
  finish(): void {
    this.#finish.shift()?.();
  }

  /** Ends all runs held, now and later. */
  free(): void {
    this.#held = false;
    while (this.#finish.length > 0) this.finish();
  }

  /** Resolves when `count` runs have started since the graph was made. */
  started(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.push({ count, resolve });
      this.#notify();
    });
  }

  async run(feeds: HostTensors): Promise<HostTensors> {
    return (await this.runWhenFree(() => feeds))!;
  }

  runWhenFree(makeFeeds: () => HostTensors | null): Promise<HostTensors | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ makeFeeds, resolve, reject });
      this.#dispatch();
    });
  }

  /** What an engine does that stops: work it has not taken is refused. */
  refuseWaiting(error: GanymedeError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  async release(): Promise<void> {
    this.released = true;
  }

  #dispatch(): void {
    while (this.#free > 0 && this.#waiting.length > 0) {
      const { makeFeeds, resolve, reject } = this.#waiting.shift()!;
      const feeds = makeFeeds();
      if (feeds === null) {
        resolve(null);
        continue;
      }
      this.#free--;
      this.runs.push(feeds);
      this.#finish.push(() => {
        this.#free++;
        try {
          resolve(this.compute(feeds));
        } catch (error) {
          reject(error);
        }
        this.#dispatch();
      });
      this.#notify();
      if (!this.#held) this.finish();
    }
  }

  #notify(): void {
    for (const watcher of this.#watchers) if (this.runs.length >= watcher.count) watcher.resolve();
  }
}

/** y = x + 1 on rows of `width` values; a row that begins with 666 crashes the whole run. */
export function plusOne(width: number, workers = 1): FakeGraph {
  const spec = { y: { dtype: 'float32', shape: [-1, width] } } as const;
  return new FakeGraph(
    'plus-one',
    { x: { dtype: 'float32', shape: [-1, width] } },
    spec,
    ({ x }) => {
      const data = x!.data as Float32Array<ArrayBuffer>;
      for (let i = 0; i < data.length; i += width)
        if (data[i] === 666) throw new GanymedeError('ENGINE_FAILED', 'poison');
      return {
        y: float32(
          x!.shape,
          data.map((value) => value + 1),
        ),
      };
    },
    workers,
  );
}

/** What a fake graph is. Every output value of a row is the sum of the row's first input, plus `add`. */
export interface FakeOnnx {
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
  readonly add?: number | 'NaN';
}

/** An ONNX file that says in its doc string, as JSON, what the fake engine makes of it. */
export function fakeOnnx(description: FakeOnnx): Uint8Array {
  const doc = JSON.stringify(description);
  return encodeModel({ name: 'fake', doc, nodes: [], inputs: [], outputs: [], initializers: new Map() });
}

export class FakeEngine {
  /** Names of the graphs loaded, in order. */
  readonly loads: string[] = [];
  readonly graphs: FakeGraph[] = [];
  #held: ((graph: FakeGraph) => void) | undefined;

  /** The next graph that is loaded runs on until it is freed: `started` says that its first run began. */
  holdNext(): { readonly started: Promise<void>; free(): void } {
    let held: FakeGraph | undefined;
    const started = new Promise<void>((resolve) => {
      this.#held = (graph) => {
        held = graph;
        graph.hold();
        void graph.started(1).then(resolve);
      };
    });
    return { started, free: () => held?.free() };
  }

  async load(name: string, onnx: Uint8Array): Promise<FakeGraph> {
    this.loads.push(name);
    let description: FakeOnnx;
    try {
      description = JSON.parse(describeModel(onnx).doc) as FakeOnnx;
    } catch (cause) {
      throw new GanymedeError('ENGINE_FAILED', 'not a graph', { cause });
    }
    const { inputs, outputs, add = 0 } = description;
    const graph = new FakeGraph(name, inputs, outputs, (feeds) => sumRows(feeds, outputs, Number(add)));
    this.graphs.push(graph);
    this.#held?.(graph);
    this.#held = undefined;
    return graph;
  }
}

function sumRows(feeds: HostTensors, outputs: TensorSpecs, add: number): HostTensors {
  const first = Object.values(feeds)[0]!;
  const count = first.shape[0]!;
  const width = first.data.length / count;
  const sums = Array.from({ length: count }, (_, row) => {
    const values = first.data.subarray(row * width, (row + 1) * width) as Float32Array;
    return values.reduce((sum, value) => sum + value, add);
  });
  const results: HostTensors = {};
  for (const [name, spec] of Object.entries(outputs)) {
    const row = spec.shape.slice(1);
    const size = sizeOf(row);
    results[name] = float32(
      [count, ...row],
      Float32Array.from({ length: count * size }, (_, i) => sums[Math.floor(i / size)]!),
    );
  }
  return results;
}
