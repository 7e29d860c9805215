// A compiled step whose state stays on the GPU, from one step to the next and from one run to the next. A step's inputs
// cross to it; outputs and a copy of the state come back in one piece when a run ends. Each tensor that is read by
// itself makes the processor wait for the GPU, a millisecond or two, and a step has dozens.

import { type Compiled, compiled } from './compiled.js';
import { encodeModel } from './onnx.js';
import type { GpuTensor, GpuTensors } from './session.js';
import {
  type CompiledStep,
  fromMemory,
  type Layouts,
  prefixed,
  type StepFunction,
  type StepOptions,
  single,
  splitName,
  surveyed,
  toMemory,
  tripCount,
} from './step-graph.js';
import { feed, refuseOtherShapes, sorted, stack, stackedSpecs, unstacked } from './step-rows.js';
import { type HostTensor, type HostTensors, inOrderOf, sizeOf, type TensorData, type TensorSpecs } from './tensor.js';
import * as tf from './tf.js';

/** The outputs of a step that are float32, one after the other, under a name that no step gives. */
const ROW = '*';
/** Tensors that one Concat joins: a GPU binds few buffers at once. */
const JOINED = 6;

/** As compileStep, on WebGPU. */
export async function residentStep(step: StepFunction, options: StepOptions): Promise<CompiledStep> {
  const { stepsPerRun = 1, threads = 1, profile } = options;
  const started = performance.now();
  const survey = surveyed(step, options);
  const { layouts } = survey;
  const outputs = floats(survey.outputs);
  const graph = single(withRow(step, Object.keys(outputs)), options, layouts);
  const keep = graph.outputs.filter(({ name, dtype }) => isKept(name, dtype)).map(({ name }) => name);
  const traceMs = performance.now() - started;
  const gpu = { device: 'webgpu', threads } as const;
  const engine = await compiled(encodeModel(graph), { ...gpu, keep, ...(profile === undefined ? {} : { profile }) });
  const state = toMemory(options.state, layouts);
  const kept = keep.map(splitName).flatMap(([kind, name]) => (kind === 'next' ? [name] : []));
  const reader = await Reader.open({ state: inOrderOf(kept, state), rows: stepsPerRun, outputs }, gpu);
  return new ResidentStep({ options, layouts, engine, reader, stepsPerRun, traceMs }, state);
}

interface Parts {
  readonly options: StepOptions;
  readonly layouts: Layouts;
  readonly engine: Compiled;
  readonly reader: Reader;
  readonly stepsPerRun: number;
  readonly traceMs: number;
}

class ResidentStep implements CompiledStep {
  readonly stepsPerRun: number;
  readonly traceMs: number;
  readonly compileMs: number;
  /** Of the steps since the state was last set: newer than `#state` only while a run goes on. */
  #there: GpuTensors = {};
  /** All of the state after the last run, as the graph has it. */
  #state: HostTensors;

  constructor(
    private readonly parts: Parts,
    state: HostTensors,
  ) {
    this.#state = state;
    this.stepsPerRun = parts.stepsPerRun;
    this.traceMs = parts.traceMs;
    this.compileMs = parts.engine.compileMs + parts.reader.engine.compileMs;
  }

  async run(inputs: Readonly<Record<string, HostTensor | TensorData>>, steps = this.stepsPerRun): Promise<HostTensors> {
    tripCount(steps, this.stepsPerRun);
    const isSingle = this.stepsPerRun === 1;
    const { inputs: ofStep } = this.parts.options;
    const specs = Object.entries(isSingle ? ofStep : stackedSpecs(ofStep, this.stepsPerRun));
    const given = Object.fromEntries(specs.map(([name, spec]) => [name, feed(name, spec, inputs[name])]));
    const rows: GpuTensor[] = [];
    try {
      const outputs = await this.#make(isSingle ? [given] : unstacked(given, steps), rows);
      return isSingle ? outputs[0]! : stack(outputs);
    } catch (error) {
      this.#forget(); // it is of some step in between: the next run begins where this one did
      throw error;
    } finally {
      for (const row of rows) row.dispose();
    }
  }

  state(names?: readonly string[]): HostTensors {
    return fromMemory(this.#state, this.parts.layouts, names);
  }

  setState(values: HostTensors): void {
    refuseOtherShapes(values, this.parts.options.state);
    this.#forget();
    this.#state = toMemory(values, this.parts.layouts);
  }

  async dispose(): Promise<void> {
    this.#forget();
    await this.parts.engine.release();
    await this.parts.reader.engine.release();
  }

  /** The outputs of each step. `rows` is for those that are on the GPU meanwhile. */
  async #make(steps: readonly HostTensors[], rows: GpuTensor[]): Promise<HostTensors[]> {
    let beside = this.#state;
    const alone: HostTensors[] = [];
    for (const inputs of steps) {
      const feeds = { ...prefixed('state', { ...beside, ...this.#there }), ...prefixed('input', inputs) };
      const { given, kept } = await this.parts.engine.session.runKeeping(feeds);
      const { next, outputs } = sorted(given);
      beside = { ...beside, ...next };
      alone.push(outputs);
      for (const [key, tensor] of Object.entries(kept)) this.#keep(key, tensor, rows);
    }
    const read = await this.parts.reader.read(this.#there, rows);
    this.#state = { ...beside, ...read.state };
    return alone.map((outputs, i) => ({ ...outputs, ...read.outputs[i] }));
  }

  #keep(key: string, tensor: GpuTensor, rows: GpuTensor[]): void {
    const [kind, name] = splitName(key);
    if (kind === 'output') {
      rows.push(tensor);
      return;
    }
    this.#there[name]?.dispose();
    this.#there[name] = tensor;
  }

  #forget(): void {
    for (const tensor of Object.values(this.#there)) tensor.dispose();
    this.#there = {};
  }
}

/** The same step, those of its outputs as one. */
function withRow(step: StepFunction, names: readonly string[]): StepFunction {
  return (state, inputs) => {
    const { state: next, outputs } = step(state, inputs);
    const others = Object.fromEntries(Object.entries(outputs).filter(([name]) => !names.includes(name)));
    const row = names.length > 0 && { [ROW]: joined(names.map((name) => outputs[name]!)) };
    return { state: next, outputs: { ...others, ...row } };
  };
}

/** All values of the tensors, one after the other. */
function joined(tensors: readonly tf.Tensor[]): tf.Tensor {
  let parts = tensors.map((tensor) => tf.reshape(tensor, [-1]));
  while (parts.length > 1) {
    const groups = Math.ceil(parts.length / JOINED);
    const group = (i: number) => parts.slice(i * JOINED, (i + 1) * JOINED);
    parts = Array.from({ length: groups }, (_, i) => (group(i).length === 1 ? group(i)[0]! : tf.concat(group(i), 0)));
  }
  return parts[0]!;
}

/** What is of another type stays on the host: a step has little of it. */
function isKept(key: string, dtype: string): boolean {
  const [kind, name] = splitName(key);
  return dtype === 'float32' && (kind === 'next' || name === ROW);
}

/** What a reader is to read: these tensors of the state, and the rows of outputs of so many steps. */
interface Readable {
  readonly state: TensorSpecs;
  readonly rows: number;
  readonly outputs: TensorSpecs;
}

/** Reads what lies on the GPU: joined there, so that it crosses once. */
class Reader {
  private constructor(
    readonly engine: Compiled,
    private readonly readable: Readable,
  ) {}

  static async open(readable: Readable, gpu: { readonly device: 'webgpu'; readonly threads: number }): Promise<Reader> {
    const size = Object.values(readable.outputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const row = { dtype: 'float32', shape: [size] } as const;
    const rows = size > 0 ? Array.from({ length: readable.rows }, (_, i) => [rowName(i), row] as const) : [];
    const inputs: TensorSpecs = { ...prefixed('state', readable.state), ...Object.fromEntries(rows) };
    const join: StepFunction = (_, tensors) => ({ state: {}, outputs: { all: joined(Object.values(tensors)) } });
    return new Reader(await compiled(encodeModel(single(join, { state: {}, inputs }, new Map())), gpu), readable);
  }

  /** There may be fewer rows than places for them: the last is read again, and left out. */
  async read(there: GpuTensors, rows: readonly GpuTensor[]) {
    const places = rows.length > 0 ? this.readable.rows : 0;
    const filled = Array.from({ length: places }, (_, i) => [rowName(i), rows[Math.min(i, rows.length - 1)]!] as const);
    const feeds = prefixed('input', { ...prefixed('state', there), ...Object.fromEntries(filled) });
    const { 'output/all': all } = await this.engine.session.run(feeds);
    const cut = cutter(all!.data as Float32Array<ArrayBuffer>);
    return { state: cut(this.readable.state), outputs: rows.map(() => cut(this.readable.outputs)) };
  }
}

/** Takes tensors of these specs from the values, going on where it last stopped. */
function cutter(values: Float32Array<ArrayBuffer>): (specs: TensorSpecs) => HostTensors {
  let from = 0;
  const next = (size: number) => {
    from += size;
    return values.slice(from - size, from);
  };
  return (specs) =>
    Object.fromEntries(
      Object.entries(specs).map(([name, { shape }]) => [
        name,
        { dtype: 'float32' as const, shape, data: next(sizeOf(shape)) },
      ]),
    );
}

function rowName(i: number): string {
  return `row/${i}`;
}

function floats(specs: TensorSpecs): TensorSpecs {
  return Object.fromEntries(Object.entries(specs).filter(([, { dtype }]) => dtype === 'float32'));
}
