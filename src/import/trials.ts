// First runs of a wrapped graph, before anything is written: whether it gives the same each time, whether a row is the
// same alone as among others, whether rows differ, and whether all is finite.

import type { Engine, Graph } from '../engine/engine.js';
import type { HostTensors } from '../engine/tensor.js';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { firstNotFinite, rowsOf, sliceBatch } from '../models/batch.js';
import { refused } from './refusals.js';

/** How much a row may differ from itself, as a share of how far rows differ, and of their size: float32 rounds. */
const [SHARE, ROUNDING] = [1e-3, 1e-5];

export const TRIAL_ROWS = 8;

/** What kept a graph from being served as it is wrapped. */
export type Fault =
  | { readonly kind: 'failed'; readonly error: GanymedeError }
  | { readonly kind: 'other each time'; readonly by: number }
  | { readonly kind: 'mixed'; readonly by: number; readonly spread: number }
  | { readonly kind: 'constant' }
  | { readonly kind: 'not finite'; readonly rows: number; readonly of: number };

/** `feeds`: of `TRIAL_ROWS` rows. All faults that it has, the ones that no other way of running mends last. */
export async function faultsOfTrial(graph: Graph, feeds: () => HostTensors, output: string): Promise<Fault[]> {
  try {
    const run = async (from: number, to: number) => {
      const rows = copied(sliceBatch(feeds(), from, to));
      const made = (await graph.run(rows))[output]!;
      if (made.shape[0] === to - from) return rowsOf(made);
      throw expected(`${to - from} rows`, `[${made.shape.join(', ')}]`, 'ENGINE_FAILED');
    };
    const all = await run(0, TRIAL_ROWS);
    const bad = all.filter((row) => firstNotFinite(row) >= 0).length;
    if (bad > 0) return [{ kind: 'not finite', rows: bad, of: TRIAL_ROWS }];
    const [again, three, alone] = [await run(0, TRIAL_ROWS), await run(2, 5), await run(6, 7)];
    const spread = spreadOf(all);
    const size = Math.max(...all.map((row) => distance(row, new Float32Array(row.length))));
    const allowed = SHARE * spread + ROUNDING * size;
    const unsteady = Math.max(...all.map((row, i) => distance(row, again[i]!)));
    if (unsteady > allowed) return [{ kind: 'other each time', by: unsteady }];
    const mixed = Math.max(...three.map((row, i) => distance(row, all[i + 2]!)), distance(alone[0]!, all[6]!));
    if (mixed > allowed) return [{ kind: 'mixed', by: mixed, spread }];
    return spread <= ROUNDING * size || spread === 0 ? [{ kind: 'constant' }] : [];
  } catch (error) {
    if (!(error instanceof GanymedeError) || error.code !== 'ENGINE_FAILED') throw error;
    return [{ kind: 'failed', error }];
  }
}

function copied(tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}

/** @throws GanymedeError GRAPH_REFUSED where the runtime does not take it */
export async function loaded(engine: Engine, name: string, onnx: Uint8Array, file: string): Promise<Graph> {
  try {
    return await engine.load(name, onnx);
  } catch (error) {
    throw notRun(file, error);
  }
}

/** What the runtime said, and what that comes of. */
export function notRun(file: string, error: unknown): GanymedeError {
  if (!(error instanceof GanymedeError) || error.code !== 'ENGINE_FAILED') throw error;
  return refused(`${file} to run`, messageOf(error), NOT_RUN, error);
}

const NOT_RUN =
  'Export it in float32 with standard operators, by a newer exporter or another opset_version (11 to 23), and try it in Python with onnxruntime.';

function spreadOf(rows: readonly Float32Array[]): number {
  return Math.max(0, ...rows.flatMap((a, i) => rows.slice(i + 1).map((b) => distance(a, b))));
}

/** Root of the mean square. */
export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / Math.max(1, a.length));
}
