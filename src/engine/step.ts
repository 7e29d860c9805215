// Compiles one step of a program with state (weights, optimizer slots) into an ONNX graph and runs it. The program is a
// pure TensorFlow.js function; it is traced, never run. State stays here between runs.

import { createHash } from 'node:crypto';
import { GanymedeError } from '../errors.js';
import { GraphBuilder, plainOrder, type Value } from './graph.js';
import { encodeModel, type NamedSpec, type OnnxGraph } from './onnx.js';
import { type Device, Session } from './session.js';
import {
  allocate,
  type HostTensor,
  type HostTensors,
  permute,
  sizeOf,
  type TensorData,
  type TensorSpec,
  type TensorSpecs,
} from './tensor.js';
import * as tf from './tf.js';
import { hostTensor, type Tensors, tensorOf, trace } from './tracer.js';

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
  /** A copy of the state. */
  state(): HostTensors;
  setState(state: HostTensors): void;
  readonly stepsPerRun: number;
  /** Milliseconds that tracing and compiling took; near 0 when this process had compiled the same graph before. */
  readonly traceMs: number;
  readonly compileMs: number;
  dispose(): Promise<void>;
}

/** @throws GanymedeError TRACE_UNSUPPORTED, DEVICE_UNAVAILABLE or ENGINE_FAILED. */
export async function compileStep(step: StepFunction, options: StepOptions): Promise<CompiledStep> {
  const { stepsPerRun = 1, device = 'cpu', threads = 1, profile } = options;
  const started = performance.now();
  // The first trace shows in which layout each state tensor is wanted; the second holds it that way, so that filters
  // are never transposed while training runs.
  const layouts = wantedLayouts(step, options);
  const bytes = encodeModel(
    stepsPerRun === 1 ? single(step, options, layouts) : loop(step, options, layouts, stepsPerRun),
  );
  const traceMs = performance.now() - started;
  const { session, compileMs, release } = await compiled(bytes, device, threads, profile);
  let state = toMemory(options.state, layouts);
  const specs = stepsPerRun === 1 ? options.inputs : stackedSpecs(options.inputs, stepsPerRun);
  return {
    stepsPerRun,
    traceMs,
    compileMs,
    async run(inputs, steps = stepsPerRun) {
      const feeds: HostTensors = stepsPerRun === 1 ? {} : { [TRIP_COUNT]: tripCount(steps, stepsPerRun) };
      for (const [name, spec] of Object.entries(specs)) feeds[`input/${name}`] = feed(name, spec, inputs[name]);
      for (const [name, tensor] of Object.entries(state)) feeds[`state/${name}`] = tensor;
      const { next, outputs } = sorted(await session.run(feeds));
      state = { ...state, ...next };
      return outputs;
    },
    state: () => fromMemory(state, options.state, layouts),
    setState(values) {
      refuseOtherShapes(values, options.state);
      state = toMemory(values, layouts);
    },
    dispose: release,
  };
}

/** The results of a run by what their names say: new state, and outputs to look at. */
function sorted(results: HostTensors): { next: HostTensors; outputs: HostTensors } {
  const [next, outputs]: [HostTensors, HostTensors] = [{}, {}];
  for (const [key, tensor] of Object.entries(results)) {
    const [kind, name] = splitName(key);
    if (kind === 'next') next[name] = tensor;
    else outputs[name] = tensor;
  }
  return { next, outputs };
}

function refuseOtherShapes(values: HostTensors, like: HostTensors): void {
  for (const [name, { shape }] of Object.entries(like)) {
    const given = values[name];
    if (given?.shape.join() === shape.join()) continue;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected state "${name}" of shape [${shape}] but received ${given ? `[${given.shape}]` : 'none'}.`,
    );
  }
}

/**
 * The same interface on the active TensorFlow.js backend, op by op: for native TensorFlow.js, and to check the tracer.
 */
export async function eagerStep(step: StepFunction, options: StepOptions): Promise<CompiledStep> {
  const { stepsPerRun = 1 } = options;
  await tf.ready();
  let state: Tensors = lift(options.state);
  const specs = stepsPerRun === 1 ? options.inputs : stackedSpecs(options.inputs, stepsPerRun);
  const once = (inputs: Tensors): Tensors => {
    const result = tf.tidy(() => {
      const { state: next, outputs } = step(state, inputs);
      return { next, outputs } as unknown as tf.TensorContainer;
    }) as unknown as { next: Tensors; outputs: Tensors };
    for (const name of Object.keys(result.next)) if (result.next[name] !== state[name]) state[name]?.dispose();
    state = { ...state, ...result.next };
    return result.outputs;
  };
  return {
    stepsPerRun,
    traceMs: 0,
    compileMs: 0,
    async run(inputs, steps = stepsPerRun) {
      const given = Object.fromEntries(
        Object.entries(specs).map(([name, spec]) => [name, feed(name, spec, inputs[name])]),
      );
      const perStep: HostTensors[] = [];
      for (const stepInputs of stepsPerRun === 1 ? [given] : unstacked(given, steps)) {
        const tensors = lift(stepInputs);
        const outputs = once(tensors);
        perStep.push(await read(outputs));
        tf.dispose([Object.values(tensors), Object.values(outputs)]);
      }
      return stepsPerRun === 1 ? perStep[0]! : stack(perStep);
    },
    state: () => readSync(state),
    setState(values) {
      tf.dispose(Object.values(state));
      state = lift(values);
    },
    dispose: async () => tf.dispose(Object.values(state)),
  };
}

/** State name → the order of its axes in memory. */
type Layouts = ReadonlyMap<string, readonly number[]>;

function wantedLayouts(step: StepFunction, options: StepOptions): Layouts {
  const graph = new GraphBuilder();
  const results = traceStep(graph, step, options, new Map(), (name, spec) => graph.input(`input/${name}`, spec));
  // A filter is held as its convolution wants it. State that is only combined with it, like an optimizer's slot, is
  // held in the layout in which the step returns it.
  return new Map(
    Object.entries(options.state).map(([name, { shape }]) => [
      name,
      graph.wantedOrder.get(`state/${name}`) ?? results.get(`next/${name}`)?.order ?? plainOrder(shape.length),
    ]),
  );
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

function single(step: StepFunction, options: StepOptions, layouts: Layouts): OnnxGraph {
  const graph = new GraphBuilder();
  const results = traceStep(graph, step, options, layouts, (name, spec) => graph.input(`input/${name}`, spec));
  return graph.finish('step', arranged(graph, results, layouts));
}

/** The step as the body of an ONNX Loop: state is carried, inputs are read by iteration, outputs are stacked. */
function loop(step: StepFunction, options: StepOptions, layouts: Layouts, stepsPerRun: number): OnnxGraph {
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

const TRIP_COUNT = 'trip_count';

function tripCount(steps: number, most: number): HostTensor {
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

/** One compiled graph per process for the same bytes, device and threads. */
const cache = new Map<string, { session: Promise<Session>; users: number }>();

async function compiled(bytes: Uint8Array, device: Device, threads: number, profile: string | undefined) {
  const key = `${device}:${threads}:${profile ?? ''}:${createHash('sha256').update(bytes).digest('hex')}`;
  const started = performance.now();
  let entry = cache.get(key);
  if (!entry) {
    entry = {
      session: Session.load(bytes, { device, threads, ...(profile === undefined ? {} : { profile }) }),
      users: 0,
    };
    cache.set(key, entry);
  }
  entry.users++;
  const release = async () => {
    if (--entry.users > 0) return;
    cache.delete(key);
    const session = await entry.session;
    if (profile !== undefined) session.endProfiling();
    await session.release();
  };
  try {
    return { session: await entry.session, compileMs: performance.now() - started, release };
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}

function feed(name: string, { dtype, shape }: TensorSpec, given: HostTensor | TensorData | undefined): HostTensor {
  const data = given && 'data' in given ? given.data : given;
  const wanted = allocate(dtype, 0);
  if (!data || data.constructor !== wanted.constructor || data.length !== sizeOf(shape)) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected input "${name}" as ${wanted.constructor.name} of ${sizeOf(shape)} values ([${shape}]) but received ${data ? `${data.constructor.name} of ${data.length}` : 'nothing'}.`,
    );
  }
  return { dtype, shape, data };
}

function stackedSpecs(specs: TensorSpecs, steps: number): TensorSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => [name, { dtype, shape: [steps, ...shape] }]),
  );
}

function toMemory(state: HostTensors, layouts: Layouts): HostTensors {
  return Object.fromEntries([...layouts].map(([name, order]) => [name, permute(state[name]!, order)]));
}

function fromMemory(state: HostTensors, like: HostTensors, layouts: Layouts): HostTensors {
  return Object.fromEntries(
    Object.entries(like).map(([name, { shape }]) => {
      const order = layouts.get(name)!;
      const inverse = order.map((_, axis) => order.indexOf(axis));
      return [name, { ...permute(state[name]!, inverse), shape }];
    }),
  );
}

/** The inputs of each of a run's steps. */
function unstacked(inputs: HostTensors, steps: number): HostTensors[] {
  const entries = Object.entries(inputs);
  return Array.from({ length: steps }, (_, k) =>
    Object.fromEntries(entries.map(([name, tensor]) => [name, rowOf(tensor, k)])),
  );
}

function rowOf({ dtype, shape, data }: HostTensor, row: number): HostTensor {
  const size = sizeOf(shape.slice(1));
  return { dtype, shape: shape.slice(1), data: data.slice(row * size, (row + 1) * size) as TensorData };
}

function stack(rows: readonly HostTensors[]): HostTensors {
  return Object.fromEntries(
    Object.entries(rows[0] ?? {}).map(([name, { dtype, shape }]) => {
      const data = allocate(dtype, rows.length * sizeOf(shape));
      for (const [i, row] of rows.entries())
        (data as Float32Array).set(row[name]!.data as Float32Array, i * sizeOf(shape));
      return [name, { dtype, shape: [rows.length, ...shape], data }];
    }),
  );
}

function lift(tensors: HostTensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensorOf(tensor)]));
}

async function read(tensors: Tensors): Promise<HostTensors> {
  const entries = Object.entries(tensors).map(
    async ([name, t]) => [name, hostTensor(await t.data(), t.shape, t.dtype)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function readSync(tensors: Tensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, hostTensor(t.dataSync(), t.shape, t.dtype)]),
  );
}

function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

function splitName(key: string): [kind: string, name: string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}
