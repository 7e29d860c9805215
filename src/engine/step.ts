// Compiles one step of a program with state (weights, optimizer slots) into an ONNX graph and runs it. The program is a
// pure TensorFlow.js function; it is traced, never run. State stays here between runs, or on the GPU.

import { compiled } from './compiled.js';
import { encodeModel } from './onnx.js';
import { residentStep } from './resident-step.js';
import {
  type CompiledStep,
  fromMemory,
  loop,
  type StepFunction,
  type StepOptions,
  single,
  surveyed,
  TRIP_COUNT,
  toMemory,
  tripCount,
} from './step-graph.js';
import { feed, refuseOtherShapes, sorted, stack, stackedSpecs, unstacked } from './step-rows.js';
import type { HostTensors } from './tensor.js';
import * as tf from './tf.js';
import { hostTensor, type Tensors, tensorOf } from './tracer.js';

export type { CompiledStep, StepFunction, StepOptions } from './step-graph.js';

/** @throws GanymedeError TRACE_UNSUPPORTED, DEVICE_UNAVAILABLE or ENGINE_FAILED. */
export async function compileStep(step: StepFunction, options: StepOptions): Promise<CompiledStep> {
  const { stepsPerRun = 1, device = 'cpu', threads = 1, profile } = options;
  if (device === 'webgpu') return residentStep(step, options);
  const started = performance.now();
  // The first trace shows in which layout each state tensor is wanted; the second holds it that way, so that filters
  // are never transposed while training runs.
  const { layouts } = surveyed(step, options);
  const bytes = encodeModel(
    stepsPerRun === 1 ? single(step, options, layouts) : loop(step, options, layouts, stepsPerRun),
  );
  const traceMs = performance.now() - started;
  const { session, compileMs, release } = await compiled(bytes, {
    ...{ device, threads },
    ...(profile === undefined ? {} : { profile }),
  });
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
    state: (names) => fromMemory(state, layouts, names),
    setState(values) {
      refuseOtherShapes(values, options.state);
      state = toMemory(values, layouts);
    },
    dispose: release,
  };
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
    state: (names) => readSync(names ? pick(state, names) : state),
    setState(values) {
      tf.dispose(Object.values(state));
      state = lift(values);
    },
    dispose: async () => tf.dispose(Object.values(state)),
  };
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

function pick(tensors: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[name]!]));
}

function readSync(tensors: Tensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, hostTensor(t.dataSync(), t.shape, t.dtype)]),
  );
}
