// One step of a program, or many, as an ONNX graph: traced, with its state laid out as its convolutions want it.

import { GanymedeError } from '../errors.js';
import { GraphBuilder, plainOrder, type Value } from './graph.js';
import type { NamedSpec, OnnxGraph } from './onnx.js';
import type { Device } from './session.js';
import {
  type HostTensor,
  type HostTensors,
  permute,
  type TensorData,
  type TensorSpec,
  type TensorSpecs,
} from './tensor.js';
import { type Tensors, trace } from './tracer.js';

/**
 * One step: (state, inputs) → new values of (some of) the state, and outputs to look at. Pure: noise, dropout masks and
 * learning rates are inputs. Gradients come from `tf.grads` and friends.
 */
export type StepFunction = (state: Tensors, inputs: Tensors) => { state: Tensors; outputs: Tensors };

export interface StepOptions {
  /** Initial values; copied. */
  readonly state: HostTensors;
  readonly inputs: TensorSpecs;
  /** Steps in one run (an ONNX Loop). Above 1 every input and every output has this as its first dimension. */
  readonly stepsPerRun?: number;
  readonly device?: Device;
  readonly threads?: number;
  readonly profile?: string;
}

export interface CompiledStep {
  /**
   * Runs `stepsPerRun` steps, or the first `steps` of them, and gives as many rows of outputs, which are fresh. Inputs
   * must match their specs either way.
   */
  run(inputs: Readonly<Record<string, HostTensor | TensorData>>, steps?: number): Promise<HostTensors>;
  /** A copy of the state, or of those tensors of it. */
  state(names?: readonly string[]): HostTensors;
  setState(state: HostTensors): void;
  readonly stepsPerRun: number;
  /** Milliseconds that tracing and compiling took; near 0 when this process had compiled the same graph before. */
  readonly traceMs: number;
  readonly compileMs: number;
  dispose(): Promise<void>;
}

/** State name → the order of its axes in memory. */
export type Layouts = ReadonlyMap<string, readonly number[]>;

/** What a first trace shows: how each state tensor is to be held, and what the step gives to look at. */
export function surveyed(step: StepFunction, options: StepOptions): { layouts: Layouts; outputs: TensorSpecs } {
  const graph = new GraphBuilder();
  const results = traceStep(graph, step, options, new Map(), (name, spec) => graph.input(`input/${name}`, spec));
  // A filter is held as its convolution wants it. State that is only combined with it, like an optimizer's slot, is
  // held in the layout in which the step returns it.
  const layouts = Object.entries(options.state).map(
    ([name, { shape }]) =>
      [
        name,
        graph.wantedOrder.get(`state/${name}`) ?? results.get(`next/${name}`)?.order ?? plainOrder(shape.length),
      ] as const,
  );
  const outputs = [...results].filter(([key]) => splitName(key)[0] === 'output');
  return {
    layouts: new Map(layouts),
    outputs: Object.fromEntries(outputs.map(([key, { dtype, shape }]) => [splitName(key)[1], { dtype, shape }])),
  };
}

/** Traces the step into `graph`: `next/…` and `output/…` values, laid out as they come. */
function traceStep(
  graph: GraphBuilder,
  step: StepFunction,
  options: StepOptions,
  layouts: Layouts,
  input: (name: string, spec: TensorSpec) => Value,
): Map<string, Value> {
  const states = Object.entries(options.state).map(([name, { dtype, shape }]) => ({
    name,
    value: graph.input(`state/${name}`, { dtype, shape }, layouts.get(name)),
  }));
  const inputs = Object.entries(options.inputs).map(([name, spec]) => ({ name, value: input(name, spec) }));
  const results = trace(graph, (liftValue) => {
    const tensors = (list: readonly { name: string; value: Value }[]) =>
      Object.fromEntries(list.map(({ name, value }) => [name, liftValue(value)]));
    const { state, outputs } = step(tensors(states), tensors(inputs));
    return { ...prefixed('next', state), ...prefixed('output', outputs) };
  });
  for (const [key, value] of Object.entries(results)) {
    const [kind, name] = splitName(key);
    if (kind === 'next') checkState(name, options.state[name], value);
  }
  return new Map(Object.entries(results));
}

function checkState(name: string, before: HostTensor | undefined, value: Value) {
  if (!before) {
    throw new GanymedeError(
      'TRACE_UNSUPPORTED',
      `Expected the step to return state it was given but received a new name, "${name}".`,
    );
  }
  if (before.shape.join() !== value.shape.join() || before.dtype !== value.dtype) {
    throw new GanymedeError(
      'TRACE_UNSUPPORTED',
      `Expected state "${name}" to stay ${before.dtype} [${before.shape}] but the step returned ${value.dtype} [${value.shape}].`,
    );
  }
}

/** Outputs in plain form; new state in the layout of the old. */
function arranged(graph: GraphBuilder, results: ReadonlyMap<string, Value>, layouts: Layouts): Map<string, Value> {
  return new Map(
    [...results].map(([key, value]) => {
      const [kind, name] = splitName(key);
      return [key, kind === 'next' ? graph.arrange(value, layouts.get(name)!) : graph.plain(value)];
    }),
  );
}

export function single(step: StepFunction, options: StepOptions, layouts: Layouts): OnnxGraph {
  const graph = new GraphBuilder();
  const results = traceStep(graph, step, options, layouts, (name, spec) => graph.input(`input/${name}`, spec));
  return graph.finish('step', arranged(graph, results, layouts));
}

/** The step as the body of an ONNX Loop: state is carried, inputs are read by iteration, outputs are stacked. */
export function loop(step: StepFunction, options: StepOptions, layouts: Layouts, stepsPerRun: number): OnnxGraph {
  const { body, outputs } = loopBody(step, options, layouts, stepsPerRun);
  const state = Object.entries(options.state).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    dims: layouts.get(name)!.map((axis) => shape[axis]!),
  }));
  const stateAs = (kind: 'state' | 'next'): NamedSpec[] =>
    state.map(({ name, dtype, dims }) => ({ name: `${kind}/${name}`, dtype, shape: dims }));
  const stacked = (name: string, { dtype, shape }: TensorSpec, rows: number): NamedSpec => ({
    name,
    dtype,
    shape: [rows, ...shape],
  });
  return {
    name: 'steps',
    nodes: [
      {
        op: 'Loop',
        inputs: [TRIP_COUNT, 'condition', ...state.map(({ name }) => `state/${name}`)],
        outputs: [...state.map(({ name }) => `next/${name}`), ...outputs.map(([key]) => key)],
        attributes: { body: { graph: body } },
      },
    ],
    inputs: [
      { name: TRIP_COUNT, dtype: 'int64', shape: [] },
      ...stateAs('state'),
      ...Object.entries(options.inputs).map(([name, spec]) => stacked(`input/${name}`, spec, stepsPerRun)),
    ],
    outputs: [...stateAs('next'), ...outputs.map(([key, value]) => stacked(key, value, -1))],
    initializers: new Map<string, HostTensor>([
      ['condition', { dtype: 'bool', shape: [], data: Uint8Array.from([1]) }],
    ]),
  };
}

export const TRIP_COUNT = 'trip_count';

export function tripCount(steps: number, most: number): HostTensor {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) {
    return { dtype: 'int64', shape: [], data: BigInt64Array.from([BigInt(steps)]) };
  }
  throw new GanymedeError('CONFIG_INVALID', `Expected from 1 to ${most} steps in a run but received ${steps}.`);
}

/** A Loop carries state in the order of its inputs, all of it, and stacks what its body gives after that. */
function loopBody(step: StepFunction, options: StepOptions, layouts: Layouts, stepsPerRun: number) {
  const graph = new GraphBuilder();
  const iteration = graph.input('iteration', { dtype: 'int64', shape: [] });
  const proceed = graph.input('proceed', { dtype: 'bool', shape: [] });
  const traced = traceStep(graph, step, options, layouts, (name, spec) => {
    const block = graph.outer(`input/${name}`, { dtype: spec.dtype, shape: [stepsPerRun, ...spec.shape] });
    return graph.emit('Gather', [block, iteration], spec.dtype, { shape: spec.shape }, { axis: 0 });
  });
  const results = arranged(graph, traced, layouts);
  const given = new Map<string, Value>([['proceed_out', proceed]]);
  for (const [name, { dtype, shape }] of Object.entries(options.state)) {
    const order = layouts.get(name)!;
    const unchanged = { name: `state/${name}`, dtype, shape, order, dims: order.map((axis) => shape[axis]!) };
    given.set(`carried/${name}`, results.get(`next/${name}`) ?? unchanged);
  }
  const outputs = [...results].filter(([key]) => splitName(key)[0] === 'output');
  for (const [key, value] of outputs) given.set(`each/${splitName(key)[1]}`, value);
  return { body: graph.finish('body', given), outputs };
}

export function toMemory(state: HostTensors, layouts: Layouts): HostTensors {
  return Object.fromEntries([...layouts].map(([name, order]) => [name, permute(state[name]!, order)]));
}

/** In the order of `names`: of the layouts, which is that of the state, without them. */
export function fromMemory(
  state: HostTensors,
  layouts: Layouts,
  names: Iterable<string> = layouts.keys(),
): HostTensors {
  return Object.fromEntries(
    Array.from(names, (name) => {
      const order = layouts.get(name)!;
      return [
        name,
        permute(
          state[name]!,
          order.map((_, axis) => order.indexOf(axis)),
        ),
      ];
    }),
  );
}

export function prefixed<T>(prefix: string, tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

export function splitName(key: string): [kind: string, name: string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}
