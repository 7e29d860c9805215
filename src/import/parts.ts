// Walks over all that a model holds, subgraphs and functions included: its graphs, and its tensors wherever they lie.

import type { GraphProto, Model, NodeProto, SparseTensorProto, TensorProto } from '../engine/onnx-proto.js';

/** The graph and those inside its nodes, outer ones first. */
export function graphsOf(graph: GraphProto): GraphProto[] {
  return [graph, ...graph.node.flatMap(graphsIn)];
}

/** Every tensor of a model. */
export function tensorsOf(model: Model): TensorProto[] {
  const ofFunctions = model.functions.flatMap(({ node }) => node);
  const graphs = [...graphsOf(model.graph), ...ofFunctions.flatMap(graphsIn)];
  const attributes = [...graphs.flatMap(({ node }) => node), ...ofFunctions].flatMap(({ attribute }) => attribute);
  const sparse = [
    ...graphs.flatMap(({ sparseInitializer }) => sparseInitializer),
    ...attributes.flatMap(({ sparseTensor, sparseTensors }) => [...present(sparseTensor), ...sparseTensors]),
  ];
  return [
    ...graphs.flatMap(({ initializer }) => initializer),
    ...attributes.flatMap(({ t, tensors }) => [...present(t), ...tensors]),
    ...sparse.flatMap(({ values, indices }: SparseTensorProto) => [...present(values), ...present(indices)]),
  ];
}

/** Those of its attributes, and those within them. */
function graphsIn(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => [...present(g), ...graphs]).flatMap(graphsOf);
}

function present<T>(value: T | null): T[] {
  return value === null ? [] : [value];
}
