// Readable names: each node after the layer whose weights it takes, or whose result it works on, and what it does, as
// "generator/deconv1/ConvTranspose". No node is called as a weight: some converters take both for one.

import { changed, type GraphProto, type NodeProto } from '../engine/onnx-proto.js';

/** `origins`: weights that were computed, and from which others. */
export function named(graph: GraphProto, origins: ReadonlyMap<string, readonly string[]>): GraphProto {
  if (graph.node.some(({ attribute }) => attribute.some(({ g, graphs }) => g || graphs.length > 0))) return graph;
  const kept = [...graph.input, ...graph.output].map(({ name }) => name);
  const fresh = unlike(new Set(kept));
  const names = new Map(kept.map((name) => [name, name]));
  const layers = new Map<string, string>();
  for (const { name } of graph.initializer) {
    const [first] = (origins.get(name) ?? [name]).filter((each) => each.includes('/'));
    names.set(name, fresh(first === undefined ? 'constant' : plainly(first)));
    if (first !== undefined) layers.set(name, plainly(first).replace(/\/[^/]+$/, ''));
  }
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const node = graph.node.map((each) => {
    const layer = layerOf(each, layers, weights) ?? graph.name;
    const name = fresh(`${layer}/${each.opType}`);
    each.output.forEach((value, i) => {
      layers.set(value, layer);
      if (!names.has(value)) names.set(value, i === 0 ? name : fresh(name));
    });
    const rename = (value: string) => names.get(value) ?? value;
    return changed(each, { name, input: each.input.map(rename), output: each.output.map(rename) });
  });
  const initializer = graph.initializer.map((each) => changed(each, { name: names.get(each.name)! }));
  return changed(graph, { node, initializer });
}

/** That of its weights, else that of what it works on. */
function layerOf({ input }: NodeProto, layers: ReadonlyMap<string, string>, weights: ReadonlySet<string>) {
  const given = input.filter((name) => layers.has(name));
  const first = given.find((name) => weights.has(name)) ?? given[0];
  return first === undefined ? undefined : layers.get(first);
}

/** Without what says how it is stored: in half precision, or with its axes in another order. */
function plainly(name: string): string {
  return name.replace(/(\/(float16|\d+))+$/, '');
}

function unlike(taken: Set<string>): (name: string) => string {
  return (name) => {
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
    taken.add(free);
    return free;
  };
}
