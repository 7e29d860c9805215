// A graph in the engine and the queue before it.

import type { Graph } from '../engine/engine.js';
import type { Batcher } from './batcher.js';
import type { Capability } from './capabilities.js';

export interface LoadedGraph {
  readonly graph: Graph;
  readonly batcher: Batcher;
}

export type LoadedGraphs = ReadonlyMap<Capability, LoadedGraph>;

/** Lets the work that it has finish first. */
export async function freeGraph({ graph, batcher }: LoadedGraph): Promise<void> {
  await batcher.close();
  await graph.release();
}
