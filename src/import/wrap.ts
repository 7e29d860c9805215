// A graph by other hands inside one of ours: nodes before it turn what we feed into what it takes, nodes behind it turn
// what it gives into what we read, all rows of a batch at once or one row at a time in a Scan.

import {
  changed,
  encodeProto,
  type GraphProto,
  graphProto,
  type NodeProto,
  node,
  type ValueInfo,
  valueInfo,
} from '../engine/onnx-proto.js';
import type { Foreign, Port } from './foreign.js';
import { int, Nodes, subgraph } from './nodes.js';
import { FLOAT32, numberOf } from './types.js';

/** The leading dimensions of a tensor: −1 for the rows of a batch, none for a row alone. */
export interface Lead {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** An input or output of ours, float32 [N, ...row]. */
interface Ours {
  readonly name: string;
  readonly row: readonly number[];
}

/** What we feed. */
export interface Given extends Ours {
  readonly port: Port;
  /** From a value [...lead.ours, ...row] to what the port takes. */
  readonly feed: (nodes: Nodes, value: string, lead: Lead) => string;
}

/** What we read. */
export interface Taken extends Ours {
  /** From what the port gives, of any type, to a value [...lead.ours, ...row]. */
  readonly port: Port;
  readonly read: (nodes: Nodes, value: string, lead: Lead) => string;
}

export interface Wiring {
  readonly given: readonly Given[];
  readonly taken: readonly Taken[];
  /** Inputs that are always the same number. */
  readonly settings: ReadonlyMap<Port, number>;
  /** Nodes of theirs that others stand for. */
  readonly instead?: ReadonlyMap<NodeProto, NodeProto>;
}

/**
 * `batch`: how many rows theirs was declared for; null for any number, 0 for one that has no such dimension.
 */
export function wrapped(
  foreign: Foreign,
  wiring: Wiring,
  batch: number | null,
  how: Batching,
): Uint8Array<ArrayBuffer> {
  if (how === 'batched') return encoded(foreign, joined(foreign, wiring, { ours: [-1], theirs: [-1] }));
  const ofRow = (name: string) => `import/row of ${name}`; // a subgraph may not use the names around it again
  const lead = { ours: [], theirs: batch === 0 ? [] : [batch ?? 1] };
  return encoded(foreign, scanned(joined(foreign, renamed(wiring, ofRow), lead), wiring));
}

export type Batching = 'batched' | 'row by row';

/** To see what it gives: its outputs as they come, of as many rows as it was declared for. */
export function probe(foreign: Foreign, wiring: Wiring, batch: number | null): Uint8Array<ArrayBuffer> {
  const graph = joined(foreign, wiring, { ours: [-1], theirs: batch === 0 ? [] : [-1] });
  const output = graph.output.map(({ name }) => valueInfo(name, FLOAT32, null));
  return encoded(foreign, changed(graph, { output }));
}

function encoded({ model }: Foreign, graph: GraphProto): Uint8Array<ArrayBuffer> {
  // Before version 4, weights had to be inputs too.
  return encodeProto(changed(model, { irVersion: Math.max(numberOf(model.irVersion), 4), graph }));
}

function renamed(wiring: Wiring, name: (ours: string) => string): Wiring {
  const rename = <T extends Ours>(list: readonly T[]) => list.map((each) => ({ ...each, name: name(each.name) }));
  return { ...wiring, given: rename(wiring.given), taken: rename(wiring.taken) };
}

/** Shapes that theirs tells of values in between are left out: they are hints, and may be of another batch. */
function joined(foreign: Foreign, { given, taken, settings, instead }: Wiring, lead: Lead): GraphProto {
  const before = new Nodes('before');
  for (const { name, port, feed } of given) {
    before.add('Identity', [tiled(before, feed(before, name, lead), port, lead)], [], port.value);
  }
  for (const [port, setting] of settings) fill(before, port, setting, lead, given[0]!);
  const after = new Nodes('after');
  for (const { name, port, read } of taken) {
    after.add('Identity', [read(after, firstOf(after, port, lead), lead)], [], name);
  }
  const { graph } = foreign;
  const theirs = graph.node.map((each) => instead?.get(each) ?? each);
  return changed(graph, {
    node: [...before.nodes, ...theirs, ...after.nodes],
    initializer: [...before.constants, ...graph.initializer, ...after.constants],
    input: ports(given, lead),
    output: ports(taken, lead),
    valueInfo: [],
  });
}

function ports(list: readonly Ours[], { ours }: Lead): ValueInfo[] {
  return list.map(({ name, row }) => valueInfo(name, FLOAT32, [...ours, ...row]));
}

/** A row as often as theirs was declared for. */
function tiled(nodes: Nodes, value: string, port: Port, { theirs: [count = -1] }: Lead): string {
  if (count <= 1 || port.dims.length === 0 || port.dims[0] === 1) return value;
  return nodes.add('Expand', [value, nodes.integers([count, ...port.dims.slice(1).map(() => 1)])]);
}

function firstOf(nodes: Nodes, { value }: Port, { theirs: [count = -1] }: Lead): string {
  return count <= 1 ? value : nodes.gather(value, [0], 0);
}

/** An input of one number everywhere. Its first dimension is that of the batch where it is open. */
function fill(nodes: Nodes, { dims, type, value }: Port, setting: number, { theirs }: Lead, first: Given): void {
  const rest = dims.slice(1).map((dim) => dim ?? 1);
  const batch = () => nodes.gather(nodes.add('Shape', [first.name]), [0], 0);
  const shape =
    dims[0] === null && theirs[0] === -1
      ? nodes.add('Concat', [batch(), nodes.integers(rest)], [int('axis', 0)])
      : nodes.integers(dims.length === 0 ? [] : [dims[0] ?? theirs[0] ?? 1, ...rest]);
  const filled = nodes.add('Add', [nodes.add('ConstantOfShape', [shape]), nodes.number(setting)]);
  nodes.add('Cast', [filled], [int('to', type)], value);
}

/** One row at a time: the body of a Scan over the rows of all that is given. */
function scanned(body: GraphProto, { given, taken }: Wiring): GraphProto {
  const scan = node({
    opType: 'Scan',
    name: 'import/rows',
    input: given.map(({ name }) => name),
    output: taken.map(({ name }) => name),
    attribute: [subgraph('body', body), int('num_scan_inputs', given.length)],
  });
  const lead = { ours: [-1], theirs: [] };
  return graphProto({ name: 'one row at a time', node: [scan], input: ports(given, lead), output: ports(taken, lead) });
}
