// A network as a list of operations (src/recipes/graph-config.ts), each on what earlier ones gave: one that was made
// elsewhere, with its own layers, so that it can be trained further.
import { sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { type GraphConfig, type GraphNode, isLayer } from '../recipes/graph-config.js';
import type { Place } from './dcgan.js';
import { fateOf, type Slot, started } from './layer.js';
import { labelOf, type Network, type Pass, type Tensors, type Trunk } from './network.js';
import { type Affine, batchScaled } from './normalisation.js';

type Values = Map<string, tf.Tensor>;
type Elementwise = Extract<GraphNode, { op: 'elementwise' }>['by'];
type Binary = Extract<GraphNode, { op: 'binary' }>['by'];

const ELEMENTWISE: Readonly<Record<Elementwise, (x: tf.Tensor) => tf.Tensor>> = {
  relu: tf.relu,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  elu: tf.elu,
  selu: tf.selu,
  softplus: tf.softplus,
  exp: tf.exp,
  log: tf.log,
  neg: tf.neg,
  abs: tf.abs,
  sqrt: tf.sqrt,
  reciprocal: tf.reciprocal,
  erf: tf.erf,
  sin: tf.sin,
  cos: tf.cos,
  square: tf.square,
};
const BINARY: Readonly<Record<Binary, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  pow: tf.pow,
  max: tf.maximum,
  min: tf.minimum,
};

export function graphNetwork(config: GraphConfig, { name, input, output }: Place): Network {
  const { nodes } = config;
  const slots: Record<string, Slot> = Object.assign({}, ...nodes.map((node) => slotsOf(node, name)));
  const run: Run = (some, values, params, pass) => {
    for (const node of some) {
      const of = node.of.map((each) => (each === 'label' ? labelOf(pass, name) : values.get(each)!));
      values.set(node.name, resultOf(node, of, params, `${name}/${node.name}`, pass));
    }
    return values;
  };
  const end = nodes.at(-1)!.name;
  const trunk = trunkOf(nodes, run);
  return {
    name,
    input,
    output,
    noise: {},
    fate: fateOf(slots),
    stages: nodes.filter(isLayer).map((node) => `${name}/${node.name}/`),
    ...(trunk ? { trunk } : {}),
    init: (stream) => started(slots, stream),
    apply: (params, x, pass = {}) => run(nodes, new Map([['x', x]]), params, pass).get(end)!,
  };
}

/** Adds what each operation gives. */
type Run = (some: readonly GraphNode[], values: Values, params: Tensors, pass: Pass) => Values;

/** What the last layer sees, where nothing behind it needs anything else, and no class goes into it. */
function trunkOf(nodes: readonly GraphNode[], run: Run): Trunk | undefined {
  const at = nodes.findLastIndex(isLayer);
  const layer = nodes[at];
  if (layer?.op !== 'dense' && layer?.op !== 'conv') return undefined;
  const [seen = ''] = layer.of;
  const behind = new Set([layer.name]);
  for (const { name, of } of nodes.slice(at + 1)) {
    if (of.some((each) => !behind.has(each))) return undefined;
    behind.add(name);
  }
  const before = neededFor(seen, nodes.slice(0, at));
  if (before.some(({ of }) => of.includes('label')) || seen === 'x') return undefined;
  const row = layer.op === 'dense' ? [layer.from] : [layer.from, ...layer.sees];
  return {
    size: sizeOf(row),
    features: (params, x, pass) =>
      tf.reshape(run(before, new Map([['x', x]]), params, pass).get(seen)!, [-1, sizeOf(row)]),
    head: (params, features, pass) => {
      const values: Values = new Map([[seen, tf.reshape(features, [-1, ...row])]]);
      return run(nodes.slice(at), values, params, pass).get(nodes.at(-1)!.name)!;
    },
  };
}

/** Those that a value follows from, in order. */
function neededFor(value: string, nodes: readonly GraphNode[]): GraphNode[] {
  const needed = new Set([value]);
  const found = nodes.toReversed().filter(({ name, of }) => {
    if (!needed.has(name)) return false;
    for (const each of of) needed.add(each);
    return true;
  });
  return found.reverse();
}

function slotsOf(node: GraphNode, network: string): Record<string, Slot> {
  const at = `${network}/${node.name}`;
  const zeros = (size: number) => ({ shape: [size], start: { kind: 'constant', value: 0 } }) as const;
  const ones = (size: number) => ({ shape: [size], start: { kind: 'constant', value: 1 } }) as const;
  // He et al. 2015: what keeps the size of signals.
  const normal = (shape: readonly number[], fanIn: number): Slot => ({
    shape,
    start: { kind: 'normal', deviation: Math.sqrt(2 / fanIn) },
  });
  switch (node.op) {
    case 'dense':
      return {
        [`${at}/weight`]: normal([node.from, node.to], node.from),
        ...(node.bias ? { [`${at}/bias`]: zeros(node.to) } : {}),
      };
    case 'conv':
    case 'deconv': {
      const { kernel, from, to, bias } = node;
      const shape = node.op === 'conv' ? [...kernel, from, to] : [...kernel, to, from];
      return {
        [`${at}/filter`]: normal(shape, sizeOf(kernel) * from),
        ...(bias ? { [`${at}/bias`]: zeros(to) } : {}),
      };
    }
    case 'depthwise':
      return { [`${at}/filter`]: normal([...node.kernel, node.from, 1], sizeOf(node.kernel)) };
    case 'norm':
      return {
        [`${at}/scale`]: ones(node.channels),
        [`${at}/shift`]: zeros(node.channels),
        [`${at}/mean`]: { ...zeros(node.channels), trained: false },
        [`${at}/variance`]: { ...ones(node.channels), trained: false },
      };
    case 'weight':
      return { [`${at}/value`]: { shape: node.shape, start: { kind: 'normal', deviation: 1 } } };
    default:
      return {};
  }
}

/** `at`: what the names of its tensors begin with. */
function resultOf(node: GraphNode, of: readonly tf.Tensor[], params: Tensors, at: string, pass: Pass): tf.Tensor {
  const [x] = of as [tf.Tensor];
  switch (node.op) {
    case 'dense':
      return biased(tf.matMul(x as tf.Tensor2D, params[`${at}/weight`] as tf.Tensor2D), params[`${at}/bias`]);
    case 'conv':
    case 'deconv':
      return convolved(node, x, params, at);
    case 'depthwise':
      return depthwise(node, x, params[`${at}/filter`] as tf.Tensor4D);
    case 'norm':
      return normed(node.epsilon, x, params, at, pass);
    case 'weight':
      return params[`${at}/value`]!;
    case 'elementwise':
      return ELEMENTWISE[node.by](x);
    case 'leakyRelu':
      return tf.leakyRelu(x, node.slope);
    case 'clip':
      return tf.clipByValue(x, node.low ?? Number.NEGATIVE_INFINITY, node.high ?? Number.POSITIVE_INFINITY);
    case 'binary':
      return binary(node, of);
    case 'reshape':
      return tf.reshape(x, [...node.shape]);
    case 'broadcast':
      return tf.mul(x, tf.ones(node.shape.map(Math.abs))); // −1, the batch, is 1 here
    case 'transpose':
      return tf.transpose(x, [...node.order]);
    case 'concat':
      return tf.concat([...of], node.axis);
    case 'slice': {
      const begin = x.shape.map((_, i) => (i === node.axis ? node.start : 0));
      return tf.slice(
        x,
        begin,
        x.shape.map((_, i) => (i === node.axis ? node.size : -1)),
      );
    }
    case 'pad':
      return tf.pad(
        x,
        node.before.map((before, i) => [before, node.after[i]!] as [number, number]),
      );
    case 'resize':
      return resized(node, x);
    case 'pool':
      return pooled(node, x);
    case 'reduce':
      return (node.by === 'mean' ? tf.mean : tf.sum)(x, [...node.axes], node.keep);
    default:
      return node satisfies never;
  }
}

function biased(x: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  return bias ? tf.add(x, bias) : x;
}

const last = (x: tf.Tensor) => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
const first = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);

function explicit([top, left, bottom, right]: readonly number[]): tf.backend_util.ExplicitPadding {
  return [
    [0, 0],
    [top!, bottom!],
    [left!, right!],
    [0, 0],
  ];
}

function convolved(
  node: Extract<GraphNode, { op: 'conv' | 'deconv' }>,
  x: tf.Tensor,
  params: Tensors,
  at: string,
): tf.Tensor {
  const filter = params[`${at}/filter`] as tf.Tensor4D;
  const [stride, pads] = [[...node.stride] as [number, number], explicit(node.pads)];
  const made =
    node.op === 'conv'
      ? tf.conv2d(last(x), filter, stride, pads, 'NHWC', [...node.dilation] as [number, number])
      : tf.conv2dTranspose(last(x), filter, [x.shape[0]!, ...node.gives, node.to], stride, pads);
  return first(biased(made, params[`${at}/bias`]));
}

function depthwise({ stride, pads }: Extract<GraphNode, { op: 'depthwise' }>, x: tf.Tensor, filter: tf.Tensor4D) {
  return first(tf.depthwiseConv2d(last(x), filter, [...stride] as [number, number], explicit(pads)));
}

function normed(epsilon: number, x: tf.Tensor, params: Tensors, at: string, pass: Pass): tf.Tensor {
  const order = x.rank === 2 ? undefined : [0, ...x.shape.map((_, i) => i).slice(2), 1];
  const back = order && x.shape.map((_, i) => order.indexOf(i));
  const affine: Affine = { scale: params[`${at}/scale`]!, shift: params[`${at}/shift`]! };
  const y = batchScaled(order ? tf.transpose(x, order) : x, params, pass, { name: at, epsilon, affine });
  return back ? tf.transpose(y, back) : y;
}

function binary({ by, number, first: isFirst }: Extract<GraphNode, { op: 'binary' }>, of: readonly tf.Tensor[]) {
  const other = number === undefined ? of[1]! : tf.scalar(number);
  const [a, b] = isFirst ? [other, of[0]!] : [of[0]!, other];
  return BINARY[by](a, b);
}

function resized({ size, method, corners, half }: Extract<GraphNode, { op: 'resize' }>, x: tf.Tensor): tf.Tensor {
  const resize = method === 'nearest' ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
  return first(resize(last(x), [...size] as [number, number], corners, half));
}

function pooled(node: Extract<GraphNode, { op: 'pool' }>, x: tf.Tensor): tf.Tensor {
  const pool = node.method === 'average' ? tf.avgPool : tf.maxPool;
  const [kernel, stride] = [[...node.kernel] as [number, number], [...node.stride] as [number, number]];
  return first(pool(last(x), kernel, stride, explicit(node.pads)));
}
