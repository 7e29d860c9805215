// A network as a list of operations, each on results of earlier ones: how a recipe writes down a network that was made
// elsewhere and rebuilt from its graph. Images are [N, C, H, W]; sizes are those of one example.
import { z } from 'zod';

const MOST_NODES = 4096;
const size = z.int().min(1).max(1_048_576);
const pair = z.tuple([size, size]);
/** Zeros beside what a window sees: top, left, bottom, right. */
const pads = z.tuple([z.int().min(0), z.int().min(0), z.int().min(0), z.int().min(0)]);
const axis = z.int().min(0).max(8);
/** Of a value, −1 the batch. */
const shape = z.array(z.int().min(-1)).min(1).max(8);

/** `x` is what goes into the network, `label` its class, one-hot; anything else an operation by its name. */
const valueName = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, 'a name of lower-case letters and digits');

function operation<Op extends string, Shape extends z.ZodRawShape>(op: Op, own: Shape) {
  return z.strictObject({ op: z.literal(op), name: valueName, of: z.array(valueName).max(64), ...own });
}

const window = { kernel: pair, stride: pair, pads };
/** Channels, and the sides of what it sees and of what it gives. */
const maps = { from: size, to: size, sees: pair, gives: pair, bias: z.boolean() };

export const ELEMENTWISE = [
  ...([
    'relu',
    'tanh',
    'sigmoid',
    'elu',
    'selu',
    'softplus',
    'exp',
    'log',
    'neg',
    'abs',
    'sqrt',
    'reciprocal',
  ] as const),
  ...(['erf', 'sin', 'cos', 'square'] as const),
] as const;
export const BINARY = ['add', 'sub', 'mul', 'div', 'pow', 'max', 'min'] as const;

const node = z.discriminatedUnion('op', [
  operation('dense', { from: size, to: size, bias: z.boolean() }),
  operation('conv', { ...maps, ...window, dilation: pair }),
  operation('deconv', { ...maps, ...window }),
  /** By mean and variance of each channel, which is axis 1, over the batch; served with running ones. */
  operation('norm', { channels: size, epsilon: z.number().positive() }),
  /** Numbers of its own, which are trained. */
  operation('weight', { shape }),
  operation('elementwise', { by: z.enum(ELEMENTWISE) }),
  operation('leakyRelu', { slope: z.number() }),
  operation('clip', { low: z.number().optional(), high: z.number().optional() }),
  /** Of two values, or of one and a number, which comes first where `first` says so. */
  operation('binary', { by: z.enum(BINARY), number: z.number().optional(), first: z.boolean().optional() }),
  operation('reshape', { shape }),
  /** Repeats along axes of size 1. */
  operation('broadcast', { shape }),
  operation('transpose', { order: z.array(axis).max(8) }),
  operation('concat', { axis }),
  operation('slice', { axis, start: z.int().min(0), size }),
  operation('pad', { pads }),
  operation('resize', { size: pair, method: z.enum(['nearest', 'linear']), corners: z.boolean(), half: z.boolean() }),
  operation('pool', { ...window, method: z.enum(['average', 'max']) }),
  operation('reduce', { by: z.enum(['mean', 'sum']), axes: z.array(axis).min(1), keep: z.boolean() }),
]);
export type GraphNode = z.infer<typeof node>;

export const graphConfig = z
  .strictObject({ kind: z.literal('graph'), nodes: z.array(node).min(1).max(MOST_NODES) })
  .superRefine(({ nodes }, context) => {
    const known = new Set(['x', 'label']);
    for (const [i, { name, of }] of nodes.entries()) {
      const fault = (part: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['nodes', i, part], message });
      if (of.some((each) => !known.has(each))) fault('of', 'names of earlier operations, "x" or "label"');
      if (known.has(name)) fault('name', 'a name that nothing else has');
      known.add(name);
    }
  });
export type GraphConfig = z.infer<typeof graphConfig>;

/** Operations with weights of several numbers, as layers are counted. */
export function isLayer({ op }: GraphNode): boolean {
  return op === 'dense' || op === 'conv' || op === 'deconv';
}
