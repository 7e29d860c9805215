// A network as a list of operations, each on results of earlier ones: how a recipe writes down a network that was made
// elsewhere and rebuilt from its graph. Images are [N, C, H, W]; sizes are those of one example.
import { z } from 'zod';

const MOST_NODES = 4096;
const size = z.int().min(1).max(1_048_576);
const pair = z.tuple([size, size]);
const pads = z
  .tuple([z.int().min(0), z.int().min(0), z.int().min(0), z.int().min(0)])
  .describe('Zeros beside what it sees: top, left, bottom, right.');
const axis = z.int().min(0).max(8).describe('Along which axis; 0 is the batch.');
const shape = z.array(z.int().min(-1)).min(1).max(8).describe('Sizes of what comes out; −1 is the batch.');
const bias = z.boolean().describe('Whether a bias is added.');
const from = size.describe('Numbers, or channels, of what goes in.');
const to = size.describe('Numbers, or channels, of what comes out.');

const valueName = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, 'a name of lower-case letters and digits');

/** `x` is what goes into the network, `label` its class, one-hot; anything else an operation by its name. */
function operation<Op extends string, Shape extends z.ZodRawShape>(op: Op, what: string, own: Shape) {
  return z
    .strictObject({
      op: z.literal(op).describe('What it does.'),
      name: valueName.describe('What later operations and its weights call it.'),
      of: z.array(valueName).max(64).describe('What it takes: x, label or earlier operations.'),
      ...own,
    })
    .describe(what);
}

const window = {
  kernel: pair.describe('Height and width of what it sees at once.'),
  stride: pair.describe('Pixels from one place to the next, down and across.'),
  pads,
};
const maps = {
  from,
  to,
  sees: pair.describe('Height and width of what goes in.'),
  gives: pair.describe('Height and width of what comes out.'),
  bias,
};

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
  operation('dense', 'A product with a matrix.', { from, to, bias }),
  operation('conv', 'A convolution.', {
    ...maps,
    ...window,
    dilation: pair.describe('Pixels between the taps of the kernel, down and across.'),
  }),
  operation('depthwise', 'A convolution of each channel by itself.', {
    from,
    kernel: window.kernel,
    stride: window.stride,
    pads,
  }),
  operation('deconv', 'A transposed convolution.', { ...maps, ...window }),
  operation('norm', 'Each channel, axis 1, by its mean and variance over the batch; served with running ones.', {
    channels: size.describe('How many channels.'),
    epsilon: z.number().positive().describe('What is added to the variance.'),
  }),
  operation('weight', 'Numbers of its own, which are trained.', { shape }),
  operation('elementwise', 'A function of each number.', { by: z.enum(ELEMENTWISE).describe('Which function.') }),
  operation('leakyRelu', 'Numbers below zero, times a slope.', { slope: z.number().describe('The slope below zero.') }),
  operation('clip', 'Numbers kept within bounds.', {
    low: z.number().optional().describe('The least; none without it.'),
    high: z.number().optional().describe('The most; none without it.'),
  }),
  operation('binary', 'Of two values, or of one and a number.', {
    by: z.enum(BINARY).describe('Which function.'),
    number: z.number().optional().describe('In place of a second value.'),
    first: z.boolean().optional().describe('Whether the number comes first.'),
  }),
  operation('reshape', 'The same numbers in another shape.', { shape }),
  operation('broadcast', 'Repeats along axes of size 1.', { shape }),
  operation('transpose', 'Axes in another order.', {
    order: z.array(axis).max(8).describe('Which axis of what goes in each one is.'),
  }),
  operation('concat', 'Several values side by side.', { axis }),
  operation('slice', 'A part of a value.', {
    axis,
    start: z.int().min(0).describe('Where the part begins.'),
    size: size.describe('How long the part is.'),
  }),
  operation('pad', 'Zeros around a value.', {
    before: z.array(z.int().min(0)).max(8).describe('How many before it along each axis.'),
    after: z.array(z.int().min(0)).max(8).describe('How many behind it along each axis.'),
  }),
  operation('resize', 'Images in another size.', {
    size: pair.describe('Height and width of what comes out.'),
    method: z.enum(['nearest', 'linear']).describe('Between pixels: the nearest, or a line.'),
    corners: z.boolean().describe('Whether the middles of the corners stay in place.'),
    half: z.boolean().describe('Whether pixels lie at halves.'),
  }),
  operation('pool', 'One number for each window.', {
    ...window,
    method: z.enum(['average', 'max']).describe('The mean, or the largest.'),
  }),
  operation('reduce', 'One number along axes.', {
    by: z.enum(['mean', 'sum']).describe('The mean, or the sum.'),
    axes: z.array(axis).min(1).describe('Along which axes.'),
    keep: z.boolean().describe('Whether these stay, of size 1.'),
  }),
]);
export type GraphNode = z.infer<typeof node>;

export const graphConfig = z
  .strictObject({
    kind: z.literal('graph').describe('Operations one after another.'),
    nodes: z.array(node).min(1).max(MOST_NODES).describe('The operations; what the last one gives comes out.'),
  })
  .describe('A network that was made elsewhere, as an import found it in a graph.')
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
