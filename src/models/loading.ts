// The graphs of a checkpoint on their way into the engine: bytes verified, session, shapes, first runs. What fails on
// the way frees what was loaded before it.

import { join } from 'node:path';
import type { Graph, GraphEngine } from '../engine/engine.js';
import { EngineUnavailable } from '../engine/unavailable.js';
import { GanymedeError } from '../errors.js';
import { Batcher, type BatcherOptions } from './batcher.js';
import { type Capability, checkGraph, checkScorer, publishedName } from './capabilities.js';
import { forAll } from './faults.js';
import type { LoadedGraph, LoadedGraphs } from './model.js';
import type { Checkpoint } from './verified.js';
import { checkHalves, warmUp } from './warm-up.js';

export interface Loading {
  readonly engine: Pick<GraphEngine, 'load'>;
  /** Limits of each graph's batcher. */
  readonly limits: Partial<BatcherOptions>;
  /** Told of rows of the first runs that are not finite: each is refused when it is asked for. */
  readonly onBadRows: (path: string, rows: number) => void;
}

export async function loadGraphs(checkpoint: Checkpoint, loading: Loading): Promise<LoadedGraphs> {
  const loaded = new Map<Capability, LoadedGraph>();
  try {
    await forAll(Object.keys(checkpoint.manifest.graphs) as Capability[], async (capability) => {
      const graph = await loadGraph(checkpoint, capability, loading);
      loaded.set(capability, { graph, batcher: new Batcher(graph, loading.limits) });
    });
    await checkStyles(loaded, checkpoint);
    const scorer = loaded.get('scorer');
    if (scorer) checkScorer(scorer.graph, loaded.get('generate')?.graph, checkpoint.path);
  } catch (error) {
    await Promise.all(Array.from(loaded.values(), ({ graph }) => graph.release()));
    throw error;
  }
  return loaded;
}

/** Of a version that has them: the manifest sees to it that none of the three is missing. */
async function checkStyles(loaded: LoadedGraphs, { path, manifest }: Checkpoint): Promise<void> {
  if (!manifest.styles) return;
  const graph = (capability: Capability) => loaded.get(capability)!.graph;
  const halves = { generate: graph('generate'), map: graph('map'), synthesize: graph('synthesize') };
  await orInvalid(path, 'to hold halves of its generator that run', () => checkHalves(halves, manifest, path));
}

/** Bytes verified again, as they are what runs; then the session, its shapes, and its first runs. */
async function loadGraph(checkpoint: Checkpoint, capability: Capability, loading: Loading): Promise<Graph> {
  const { path, manifest } = checkpoint;
  const where = join(path, manifest.graphs[capability]!.file);
  const onnx = await checkpoint.graph(capability);
  const { model, version } = manifest;
  const published = { model: publishedName(model, capability), version };
  const graph = await orInvalid(where, 'to hold a graph that loads', () =>
    loading.engine.load(`${model}/${version}/${capability}`, onnx, published),
  );
  try {
    checkGraph(graph, capability, manifest, where);
    const bad = await orInvalid(where, 'to run on one row and on three', () =>
      warmUp(graph, capability, manifest, where),
    );
    if (bad > 0) loading.onBadRows(where, bad);
    return graph;
  } catch (error) {
    await graph.release();
    throw error;
  }
}

/**
 * The engine's refusal of a graph is a fault of the checkpoint; that the engine is stopping, lacks a device or cannot
 * be reached is not.
 */
async function orInvalid<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GanymedeError) || error.code !== 'ENGINE_FAILED') throw error;
    if (error instanceof EngineUnavailable) throw error;
    throw new GanymedeError('CHECKPOINT_INVALID', `Expected ${file} ${what} but received: ${error.message}`, {
      cause: error,
      details: { file },
    });
  }
}
