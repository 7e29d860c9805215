// The thread of directions.ts: one task, one answer.

import { parentPort, workerData } from 'node:worker_threads';
import { type Direction, factorised, principal, type Rows } from './principal.js';

export interface DirectionsTask {
  readonly most: number;
  /** The layer's matrix, or activations with their latents. */
  readonly rows: Rows;
  readonly latents?: Rows;
  /** How many of the activations principal components are found from. */
  readonly basis: number;
}

function solve({ rows, latents, basis, most }: DirectionsTask): Direction[] {
  return latents ? principal(rows, latents, basis, most) : factorised(rows, most);
}

parentPort?.postMessage(solve(workerData as DirectionsTask));
