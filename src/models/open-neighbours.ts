// Started by neighbours.ts as a thread of its own, because the work takes more than a moment: reads and checks an index
// of neighbours, builds the graph that searches it, and sends both.

import { parentPort, workerData } from 'node:worker_threads';
import { GanymedeError } from '../errors.js';
import type { Manifest } from './manifest.js';
import { readNeighbours, searchGraph } from './neighbour-index.js';
import type { NeighboursAnswer } from './neighbours.js';

const { path, manifest, candidates } = workerData as { path: string; manifest: Manifest; candidates: number };
parentPort?.postMessage(await answer());

async function answer(): Promise<NeighboursAnswer> {
  try {
    const index = await readNeighbours(path, manifest);
    return { index, search: searchGraph(index, candidates) };
  } catch (error) {
    if (!(error instanceof GanymedeError)) throw error;
    const { code, message, details } = error;
    return { refusal: { code, message, details } };
  }
}
