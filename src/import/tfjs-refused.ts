// Operators of graph models that no ONNX graph is made of here, by what they are for, found before anything is loaded.

import { z } from 'zod';
import { quoted, refused } from './refusals.js';
import type { TfNode } from './tfjs-culprit.js';
import { CONVERT } from './tfjs-files.js';

const KINDS: readonly (readonly [what: string, operators: RegExp])[] = [
  [
    'without loops and branches',
    /^(Ref)?(Switch|Merge|Enter|Exit|NextIteration)$|^(LoopCond|(Stateless)?(While|If|Case))$/,
  ],
  ['without lists of tensors', /^(Tensor(List|Array)|EmptyTensorList)/],
  ['without tables', /(HashTable|LookupTable)/],
  ['of numbers alone', /String|^Regex|^(Decode|Encode)/],
  ['with shapes that are known beforehand', /^(NonMaxSuppression|Where$|Unique|ListDiff|BooleanMask|Sparse)/],
];

/** @throws GanymedeError GRAPH_REFUSED naming the first that is refused */
export function refuseOperators(nodes: readonly TfNode[], file: string): void {
  for (const { name, op } of nodes) {
    const [what] = KINDS.find(([, operators]) => operators.test(op)) ?? [];
    if (what !== undefined)
      throw refused(`${file} to compute ${what}`, `${quoted(op)} (node ${quoted(name)})`, CONVERT);
  }
}

const NODES = z.object({
  node: z.array(z.looseObject({ name: z.string(), op: z.string(), input: z.array(z.string()).default([]) })).nonempty(),
});

/** @throws GanymedeError GRAPH_REFUSED */
export function nodesOf(topology: object, file: string): readonly TfNode[] {
  const { data, error } = NODES.safeParse(topology);
  if (data) return data.node;
  throw refused(`${file} to hold the nodes of a graph`, 'a topology without them', CONVERT, error);
}
