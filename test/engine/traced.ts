// Holds traced programs against the TensorFlow.js `cpu` backend. Many cases share one graph and one session, because a
// session costs more than the cases in it. Operands come in every form that a value can have inside a graph.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../../src/engine/graph.js';
import { encodeModel } from '../../src/engine/onnx.js';
import { Session } from '../../src/engine/session.js';
import { allocate, type HostTensor, type HostTensors, permute, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { hostTensor, tensorOf, trace } from '../../src/engine/tracer.js';

/** How an operand reaches the graph: as TensorFlow.js sees it nothing differs, in memory everything does. */
export type Form = 'plain' | 'permuted' | 'broadcast' | 'constant' | 'splat';

export interface Operand {
  /** All values, row-major: what the eager run sees. */
  readonly tensor: HostTensor;
  /** Adds the operand to a graph, and its data to the feeds. */
  readonly place: (graph: GraphBuilder, name: string, feeds: HostTensors) => Value;
}

export interface Case {
  /** Shapes and attributes: what a failure prints. */
  readonly label: string;
  readonly operands: readonly Operand[];
  readonly run: (...x: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];
  /** |traced - eager| may be this times max(1, |eager|); 1e-4 by default. */
  readonly tolerance?: number;
}

/** More graphs a property (a factor), and a seed that a failure printed, to repeat it. */
const { PROPERTY_RUNS = '1', PROPERTY_SEED } = process.env;

/** One property: `count` random cases a graph, `runs` graphs, traced and eager agree. fast-check prints the seed. */
export function agrees(name: string, cases: fc.Arbitrary<Case>, { count = 20, runs = 2 } = {}): void {
  const printed = cases.map((one) => ({ ...one, [fc.toStringMethod]: () => one.label }));
  const seed = PROPERTY_SEED === undefined ? {} : { seed: Number(PROPERTY_SEED) };
  const options = { numRuns: runs * Number(PROPERTY_RUNS), ...seed };
  const lists = fc.array(printed, { minLength: 1, maxLength: count, size: 'max' });
  test(name, { timeout: 30_000 * Number(PROPERTY_RUNS) }, () => fc.assert(fc.asyncProperty(lists, agree), options));
}

/** Fails unless every case gives the same shape, dtype and values traced as eagerly. */
export async function agree(cases: readonly Case[]): Promise<void> {
  const traced = await runTraced(cases);
  for (const [i, one] of cases.entries()) {
    const eager = runEagerly(one);
    expect(traced[i]!.length, `outputs of ${one.label}`).toBe(eager.length);
    for (const [k, wanted] of eager.entries()) {
      expectClose(traced[i]![k]!, wanted, one.tolerance ?? 1e-4, `${one.label}, output ${k}`);
    }
  }
}

export async function runTraced(cases: readonly Case[]): Promise<HostTensor[][]> {
  const graph = new GraphBuilder();
  const feeds: HostTensors = {};
  const operands = cases.map((one, i) =>
    one.operands.map((operand, k) => operand.place(graph, `case${i}/${k}`, feeds)),
  );
  const results = trace(graph, (lift) => {
    const all = cases.flatMap((one, i) => {
      try {
        return list(one.run(...operands[i]!.map(lift))).map((tensor, k) => [`out${i}/${k}`, tensor] as const);
      } catch (error) {
        throw new Error(`While tracing ${one.label}: ${String(error)}`, { cause: error });
      }
    });
    return Object.fromEntries(all);
  });
  const outputs = new Map(Object.entries(results).map(([name, value]) => [name, graph.plain(value)]));
  const session = await Session.load(encodeModel(graph.finish('cases', outputs)));
  const values = await session.run(feeds);
  await session.release();
  return cases.map((_, i) => {
    const own = Object.keys(values).filter((name) => name.startsWith(`out${i}/`));
    return own.map((_name, k) => values[`out${i}/${k}`]!);
  });
}

function runEagerly({ operands, run }: Case): HostTensor[] {
  const inputs = operands.map(({ tensor }) => tensorOf(tensor));
  const outputs = list(tf.tidy(() => run(...inputs) as tf.TensorContainer) as tf.Tensor | tf.Tensor[]);
  const values = outputs.map((tensor) => hostTensor(tensor.dataSync(), tensor.shape, tensor.dtype));
  tf.dispose([...inputs, ...outputs]);
  return values;
}

export function expectClose(actual: HostTensor, wanted: HostTensor, tolerance: number, label: string): void {
  expect({ shape: actual.shape, dtype: actual.dtype }, label).toEqual({ shape: wanted.shape, dtype: wanted.dtype });
  for (let i = 0; i < wanted.data.length; i++) {
    const [a, w] = [Number(actual.data[i]), Number(wanted.data[i])];
    const close = Object.is(a, w) || a === w || Math.abs(a - w) <= tolerance * Math.max(1, Math.abs(w));
    if (!close)
      expect.fail(`${label}: expected ${w} within ${tolerance} but received ${a} at ${i} of [${wanted.shape}]`);
  }
}

function list(result: tf.Tensor | readonly tf.Tensor[]): readonly tf.Tensor[] {
  return result instanceof tf.Tensor ? [result] : result;
}

export interface Draw {
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** What fast-check draws for one operand: the values follow from `seed`. */
export interface Ticket {
  readonly seed: number;
  readonly form: Form;
}

const forms: readonly Form[] = ['plain', 'permuted', 'broadcast', 'constant', 'splat'];

/** A ticket for an operand of any form. */
export const ticket = fc.record({ seed: fc.nat(), form: fc.constantFrom(...forms) });

/** A ticket for an operand whose values all differ: neither repeated nor one number. */
export const variedTicket = fc.record({
  seed: fc.nat(),
  form: fc.constantFrom<Form>('plain', 'permuted', 'constant'),
});

/** Makes the operand that a ticket stands for. */
export function operand({ seed, form }: Ticket, shape: readonly number[], draw: Draw = {}): Operand {
  const random = mulberry32(seed);
  const dtype = draw.dtype ?? 'float32';
  switch (form) {
    case 'plain': {
      const tensor = drawn(random, shape, draw);
      return { tensor, place: (graph, name, feeds) => graph.input(name, fed(feeds, name, tensor)) };
    }
    case 'permuted': {
      const tensor = drawn(random, shape, draw);
      const order = shuffled(
        shape.map((_, axis) => axis),
        random,
      );
      return {
        tensor,
        place: (graph, name, feeds) => {
          fed(feeds, name, permute(tensor, order));
          return graph.input(name, { dtype, shape }, order);
        },
      };
    }
    case 'broadcast': {
      const small = drawn(
        random,
        shape.map((size) => (random() < 0.5 ? 1 : size)),
        draw,
      );
      return {
        tensor: repeated(small, shape),
        place: (graph, name, feeds) => graph.broadcastTo(graph.input(name, fed(feeds, name, small)), shape),
      };
    }
    case 'constant': {
      const tensor = drawn(random, shape, draw);
      return { tensor, place: (graph) => graph.constant(tensor) };
    }
    case 'splat': {
      const fill = Number(drawn(random, [1], draw).data[0]);
      const data = allocate(dtype, sizeOf(shape)) as Float32Array<ArrayBuffer>;
      return { tensor: { dtype, shape, data: data.fill(fill) }, place: (graph) => graph.splat(fill, dtype, shape) };
    }
    default:
      return form satisfies never;
  }
}

/** Values evenly spread over [low, high): float32 by default in [-2, 2). */
export function drawn(random: () => number, shape: readonly number[], draw: Draw = {}): HostTensor {
  const { low = -2, high = 2, dtype = 'float32' } = draw;
  const data = allocate(dtype, sizeOf(shape)) as Float32Array<ArrayBuffer>;
  for (let i = 0; i < data.length; i++) {
    const value = low + (high - low) * random();
    data[i] = dtype === 'bool' ? Number(random() < 0.5) : dtype === 'int32' ? Math.floor(value) : value;
  }
  return { dtype, shape, data };
}

/** A small seeded generator: https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
export function mulberry32(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function fed(feeds: HostTensors, name: string, tensor: HostTensor): HostTensor {
  feeds[name] = tensor;
  return tensor;
}

function shuffled(axes: number[], random: () => number): number[] {
  for (let i = axes.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1));
    [axes[i], axes[k]] = [axes[k]!, axes[i]!];
  }
  return axes;
}

/** `small` repeated along its axes of size 1 until it has `shape`. */
function repeated(small: HostTensor, shape: readonly number[]): HostTensor {
  const data = allocate(small.dtype, sizeOf(shape)) as Float32Array<ArrayBuffer>;
  const source = small.data as Float32Array;
  for (let i = 0; i < data.length; i++) {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      if (small.shape[axis] !== 1) at += index * stride;
      stride *= small.shape[axis]!;
    }
    data[i] = source[at]!;
  }
  return { dtype: small.dtype, shape, data };
}

/** Gradients of Σ f(x…)·dy with respect to each x, as a case over (dy, x…). */
export function gradientCase(
  f: (...x: tf.Tensor[]) => tf.Tensor,
  dy: Operand,
  operands: readonly Operand[],
  label: string,
  tolerance?: number,
): Case {
  return {
    label: `gradient of ${label}`,
    operands: [dy, ...operands],
    run: (seed, ...x) => tf.grads(f)(x, seed),
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}

/** A shape of rank `ranks`, sizes 1 to 4, often 1. */
export function shapes(minRank: number, maxRank: number, maxSize = 4): fc.Arbitrary<number[]> {
  const size = fc.oneof(
    { arbitrary: fc.constant(1), weight: 1 },
    { arbitrary: fc.integer({ min: 2, max: maxSize }), weight: 3 },
  );
  return fc.array(size, { minLength: minRank, maxLength: maxRank, size: 'max' });
}

/** Two shapes that broadcast together, of ranks 0 to 5. */
export const broadcastPair: fc.Arbitrary<[number[], number[]]> = shapes(0, 5).chain((full) =>
  fc
    .tuple(
      fc.nat(full.length),
      fc.nat(full.length),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 }),
    )
    .map(([dropA, dropB, ones]): [number[], number[]] => {
      const a = full.map((size, i) => (ones[i] === 1 ? 1 : size));
      const b = full.map((size, i) => (ones[i] === 2 ? 1 : size));
      // At most one of the two loses leading axes.
      return dropA < dropB ? [a.slice(dropA), b] : [a, b.slice(dropB)];
    }),
);
