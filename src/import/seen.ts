// What a graph by other hands gives, found by running it once: the shapes that it declares may be open, or wrong.

import type { Engine, Graph } from '../engine/engine.js';
import type { HostTensors } from '../engine/tensor.js';
import type { Foreign, Port } from './foreign.js';
import { loaded, notRun } from './trials.js';
import { FLOAT32, isFloat, isInteger } from './types.js';
import { type Given, probe, type Taken } from './wrap.js';

/** An output, and its shape without the batch. */
export interface Seen {
  readonly port: Port;
  readonly row: readonly number[];
}

export interface Known {
  readonly given: readonly Given[];
  readonly settings: ReadonlyMap<Port, number>;
  /** For how many rows it was declared; null for any, 0 for one without such a dimension. */
  readonly batch: number | null;
}

/** Rows of the first run where any number may do. Several tell the batch from other dimensions. */
const TRIED = [5, 4, 1];

/** Of its outputs of numbers. @throws GanymedeError GRAPH_REFUSED where it does not run */
export async function outputsOf(
  engine: Engine,
  foreign: Foreign,
  { batch, ...known }: Known,
  feeds: (from: number, count: number) => HostTensors,
): Promise<Seen[]> {
  const ports = foreign.outputs.filter(({ type }) => isFloat(type) || isInteger(type));
  const taken = ports.map((port, i): Taken => {
    const read: Taken['read'] = (nodes, value) => nodes.cast(value, FLOAT32);
    return { name: `import/output ${i}`, row: [], port, read };
  });
  const graph = await loaded(engine, foreign.file, probe(foreign, { ...known, taken }, batch), foreign.file);
  try {
    const counts = batch === null ? TRIED : [Math.max(1, batch)];
    const { results, rows } = await firstRun(graph, counts, feeds, foreign.file);
    return taken.map(({ name, port }) => {
      const { shape } = results[name]!;
      return { port, row: shape[0] === rows ? shape.slice(1) : shape };
    });
  } finally {
    await graph.release();
  }
}

/** Of the first number of rows that it takes. */
async function firstRun(
  graph: Graph,
  [rows, ...others]: readonly number[],
  feeds: (from: number, count: number) => HostTensors,
  file: string,
): Promise<{ results: HostTensors; rows: number }> {
  try {
    return { results: await graph.run(feeds(0, rows!)), rows: rows! };
  } catch (error) {
    if (others.length === 0) throw notRun(file, error);
    return firstRun(graph, others, feeds, file);
  }
}
