// All rows of a batch at once if the graph keeps them apart, else one row at a time, else not at all.

import type { Engine, Graph } from '../engine/engine.js';
import type { HostTensors } from '../engine/tensor.js';
import type { GanymedeError } from '../errors.js';
import { DIVERGED, type Foreign } from './foreign.js';
import { refused } from './refusals.js';
import type { Decide } from './roles.js';
import { type Fault, faultsOfTrial, loaded } from './trials.js';
import { type Batching, type Wiring, wrapped } from './wrap.js';

export interface Served {
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly graph: Graph;
}

export interface Sought {
  readonly foreign: Foreign;
  /** Of a row alone. */
  readonly wiring: Wiring;
  readonly batch: number | null;
  /** Of all rows at once, to be tried in turn; none where they share an input. */
  readonly together: readonly Wiring[];
  readonly feeds: () => HostTensors;
  readonly what: string;
}

/** @throws GanymedeError GRAPH_REFUSED with what to do */
export async function served(engine: Engine, sought: Sought, decide: Decide): Promise<Served> {
  const { foreign, batch, together, what } = sought;
  const shared = together.length === 0;
  const declared =
    batch === null
      ? 'any number of rows'
      : batch === 0
        ? 'one row'
        : batch === 1
          ? 'a batch of 1'
          : `a batch of ${batch}`;
  let why = shared ? 'an input is shared by all rows' : `it was exported for one row`;
  if (!shared && batch !== 0) {
    const tried = await firstOf(together, (wiring) => attempt(engine, { ...sought, wiring }, 'batched'));
    if ('onnx' in tried) {
      decide(`${what}, batch`, 'any number of rows at once', `exported for ${declared}; rows at 1, 3 and 8 agree`);
      return tried;
    }
    if (!isMendable(tried.fault)) throw refusal(foreign, tried.fault, false);
    why =
      tried.fault.kind === 'mixed'
        ? 'rows of a batch depend on each other'
        : `it does not run on other batches than ${declared}`;
  }
  const tried = await attempt(engine, sought, 'row by row');
  if (!('onnx' in tried)) throw refusal(foreign, tried.fault, why.startsWith('rows'));
  decide(`${what}, batch`, 'one row at a time', why);
  return tried;
}

/** The first that is served, or else what the last one came to. */
async function firstOf(
  [wiring, ...others]: readonly Wiring[],
  trial: (wiring: Wiring) => Promise<Served | { readonly fault: Fault }>,
): Promise<Served | { readonly fault: Fault }> {
  const tried = await trial(wiring!);
  return 'onnx' in tried || others.length === 0 || !isMendable(tried.fault) ? tried : firstOf(others, trial);
}

async function attempt(
  engine: Engine,
  { foreign, wiring, batch, feeds }: Sought,
  how: Batching,
): Promise<Served | { readonly fault: Fault }> {
  const onnx = wrapped(foreign, wiring, batch, how);
  let graph: Graph;
  try {
    graph = await loaded(engine, `${foreign.file}, ${how}`, onnx, foreign.file);
  } catch (error) {
    if (how === 'row by row') throw error;
    return { fault: { kind: 'failed', error: error as GanymedeError } };
  }
  const [fault] = await faultsOfTrial(graph, feeds, wiring.taken[0]!.name);
  if (fault === undefined) return { onnx, graph };
  await graph.release();
  return { fault };
}

function isMendable({ kind }: Fault): boolean {
  return kind === 'mixed' || kind === 'failed';
}

function refusal({ file, producer }: Foreign, fault: Fault, wasMixed: boolean): GanymedeError {
  const give = (what: string) => `${file} to give ${what}`;
  switch (fault.kind) {
    case 'failed':
      return refused(`${file} to run on rows of any number`, fault.error.message, EXPORT_DYNAMIC, fault.error);
    case 'other each time':
      return refused(
        give('the same each time'),
        `another result (by ${fault.by.toPrecision(2)})`,
        "Take what is random out of the graph: call model.eval() before the export, and noise_mode='const' of StyleGAN.",
      );
    case 'mixed':
      return refused(
        give('a row the same alone as among others'),
        `one that differs by ${fault.by.toPrecision(2)}, where rows differ by ${fault.spread.toPrecision(2)}`,
        EVAL,
      );
    case 'constant':
      return wasMixed
        ? refused(
            give('rows that do not depend on their neighbours'),
            'rows that do, and that are all alike when each runs alone',
            EVAL,
          )
        : refused(
            give('another result for each row'),
            `the same for all of them${producer ? `, as ${producer} wrote it` : ''}`,
            CONSTANT,
          );
    case 'not finite':
      return refused(give('finite values'), `${fault.rows} of ${fault.of} rows with values that are not`, DIVERGED);
    default:
      return fault satisfies never;
  }
}

const EVAL =
  'It takes statistics of the batch: call model.eval() before the export, so that those of the training are used.';
const EXPORT_DYNAMIC = 'Export it with a batch of 1, or with dynamic_axes={"z": {0: "N"}}.';
const CONSTANT =
  'Its training collapsed, or the export froze its input: look at samples in Python, and trace the model with an input of its own.';
