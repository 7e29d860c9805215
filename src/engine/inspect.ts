// What a graph from elsewhere must not hold, found in its bytes before ONNX Runtime sees them: values kept in other
// files, operators outside the ONNX standard, random numbers, training mode. It looks everywhere: in subgraphs,
// functions, attributes and training info.

import { messageOf } from '../errors.js';
import { everyPart, FIELDS, type Part, readParts } from './onnx-parts.js';

const {
  ModelProto: MODEL,
  GraphProto: GRAPH,
  FunctionProto: FUNCTION,
  NodeProto: NODE,
  AttributeProto: ATTRIBUTE,
} = FIELDS;
const { TensorProto: TENSOR, ValueInfoProto: VALUE, StringStringEntryProto: ENTRY } = FIELDS;

/** What must not be there, each as what it is and what to do; empty for a graph that may be loaded. */
export function faultsOf(onnx: Uint8Array): string[] {
  // The runtime's own flat format would pass all these checks by. Its mark stands behind an offset of four bytes.
  if (Buffer.from(onnx.subarray(4, 8)).toString('latin1') === 'ORTM') return [`a model in ORT format. ${EXPORT_AGAIN}`];
  let model: Part;
  try {
    model = readParts(onnx);
  } catch (error) {
    return [`bytes that are not an ONNX model (${messageOf(error)}). ${EXPORT_AGAIN}`];
  }
  if (model.parts(MODEL.graph).length === 0) return [`bytes that are not an ONNX model (no graph). ${EXPORT_AGAIN}`];
  return [...new Set([...faultsOfGraphs(model), ...model.parts(MODEL.functions).flatMap(faultsOfFunction)])];
}

const EXPORT_AGAIN = 'Export it as one .onnx file';

/** Several times over what published image models have: a bound on what loading may cost. */
const MAX_NODES = 100_000;

/** Of everything but the functions of the model. */
function faultsOfGraphs(model: Part): string[] {
  const isOff = switchesOf(model);
  const sizes = new Map<string, number>();
  for (const each of model.parts(MODEL.functions)) {
    const name = functionName(each);
    const nodes = [...everyPart(each)].filter(({ type }) => type === 'NodeProto');
    sizes.set(name, (sizes.get(name) ?? 0) + nodes.length);
  }
  const faults: string[] = [];
  let nodes = 0;
  for (const part of everyPart(model, 'FunctionProto')) {
    if (part.type === 'TensorProto') faults.push(...faultsOfTensor(part));
    if (part.type !== 'NodeProto') continue;
    const size = sizes.get(operatorName(part));
    nodes += 1 + (size ?? 0);
    if (size === undefined) faults.push(...faultsOfNode(part, isOff));
  }
  if (nodes > MAX_NODES) faults.push(`${nodes} nodes, functions written out. At most ${MAX_NODES} are loaded`);
  return faults;
}

/**
 * A function of the model's own is plain if it consists of standard operators. One that called others could stand for
 * more nodes than any machine holds, and one that bears the name of an operator could take its place.
 */
function faultsOfFunction(body: Part): string[] {
  const name = functionName(body);
  const faults: string[] = [];
  if (isStandard(body.text(FUNCTION.domain)) || RUNTIME_DOMAIN.test(body.text(FUNCTION.domain))) {
    faults.push(`a function "${name}" under the name of an operator. ${INLINE}`);
  }
  const isOff = switchesOf(body);
  for (const part of everyPart(body)) {
    if (part.type === 'TensorProto') faults.push(...faultsOfTensor(part));
    if (part.type === 'NodeProto') faults.push(...faultsOfNode(part, isOff, ` in function "${name}"`));
  }
  return faults;
}

const INLINE = 'Write functions out with onnx.inliner.inline_local_functions';

function faultsOfTensor(tensor: Part): string[] {
  const entries = tensor.parts(TENSOR.externalData);
  if (!tensor.flag(TENSOR.dataLocation) && entries.length === 0) return [];
  const file = entries.find((entry) => entry.text(ENTRY.key) === 'location')?.text(ENTRY.value) ?? '';
  return [
    `tensor ${quoted(tensor.text(TENSOR.name))} with its values in another file, ${quoted(file)}. ` +
      'Export with the weights inside: torch.onnx.export(…, external_data=False), or onnx.load and onnx.save',
  ];
}

/** `isOff`: whether a value, by its name, is known to be the constant false. */
function faultsOfNode(node: Part, isOff: (value: string) => boolean, where = ''): string[] {
  const what = `node ${quoted(node.text(NODE.name) || node.text(NODE.outputs))}${where}`;
  const domain = node.texts(NODE.domain).find((each) => !isStandard(each));
  if (domain !== undefined) {
    return [`${what}, ${quoted(operatorName(node))}, which is not a standard ONNX operator. ${STANDARD_ONLY}`];
  }
  return node.texts(NODE.operator).flatMap((operator) => {
    if (RANDOM.has(operator)) return [`${what}, ${operator}, which draws random numbers. ${NO_NOISE}`];
    if (operator === 'BatchNormalization' && normalisesByBatch(node)) return [`${what}, ${operator}, ${TRAINING}`];
    const mode = operator === 'Dropout' ? node.texts(NODE.inputs)[2] : undefined;
    return mode && !isOff(mode) ? [`${what}, ${operator}, ${TRAINING}`] : [];
  });
}

const STANDARD_ONLY =
  'Export with standard operators only: without the optimiser of ONNX Runtime, functions of a library written out';
const NO_NOISE =
  "Make its noise part of z, or leave it out (noise_mode='const' of StyleGAN): the same input must give the same output";
const TRAINING =
  'in training mode, where rows depend on their neighbours or on chance. Call model.eval() before exporting';

const RANDOM: ReadonlySet<string> = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
]);

/** More than one output is how BatchNormalization said so before opset 14. */
function normalisesByBatch(node: Part): boolean {
  const modes = node
    .parts(NODE.attributes)
    .filter((attribute) => attribute.texts(ATTRIBUTE.name).includes('training_mode'));
  return (
    modes.some((mode) => mode.flag(ATTRIBUTE.integer) || mode.texts(ATTRIBUTE.reference).some(Boolean)) ||
    node.texts(NODE.outputs).filter(Boolean).length > 1
  );
}

/** Tells the values that are the constant false, and nothing else, anywhere in `model` or function. */
function switchesOf(model: Part): (value: string) => boolean {
  let known: Set<string> | undefined; // most graphs have no switch to look for
  return (value) => {
    known ??= constantsFalse(model);
    return known.has(value);
  };
}

function constantsFalse(model: Part): Set<string> {
  const off = new Set<string>();
  const other = new Set<string>(model.type === 'FunctionProto' ? model.texts(FUNCTION.inputs) : []);
  const note = (names: readonly string[], tensor: Part | undefined) => {
    for (const name of names) (tensor && isFalse(tensor) ? off : other).add(name);
  };
  for (const part of everyPart(model, 'FunctionProto')) {
    if (part.type === 'GraphProto') {
      for (const tensor of part.parts(GRAPH.initializers)) note(tensor.texts(TENSOR.name), tensor);
      for (const input of part.parts(GRAPH.inputs)) note(input.texts(VALUE.name), undefined);
    } else if (part.type === 'NodeProto') note(part.texts(NODE.outputs), constantOf(part));
  }
  return new Set([...off].filter((name) => !other.has(name)));
}

/** The tensor that a Constant gives, if this is all that the node says. */
function constantOf(node: Part): Part | undefined {
  if (node.texts(NODE.operator).join() !== 'Constant') return undefined;
  const [attribute, ...others] = node.parts(NODE.attributes);
  const tensors = attribute?.parts(ATTRIBUTE.tensor) ?? [];
  return others.length === 0 && tensors.length === 1 ? tensors[0] : undefined;
}

/** One value, and that is 0. */
function isFalse(tensor: Part): boolean {
  const [bytes, ...others] = [...tensor.bytes(TENSOR.raw), ...tensor.bytes(TENSOR.integers)];
  return others.length === 0 && bytes?.length === 1 && bytes[0] === 0;
}

function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** Domains whose operators the runtime brings along. */
const RUNTIME_DOMAIN = /^(ai\.onnx|com\.microsoft|com\.ms|org\.pytorch)(\.|$)/;

function functionName(body: Part): string {
  return `${body.text(FUNCTION.domain)}.${body.text(FUNCTION.name)}`;
}

function operatorName(node: Part): string {
  return `${node.text(NODE.domain)}.${node.text(NODE.operator)}`;
}

/** Names come from the file: shortened, since they end in messages. */
function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"`;
}
