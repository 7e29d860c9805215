// The inputs of K steps in one call: examples, noise and hyperparameters, written into buffers that are used again for
// the next call. A pure function of (recipe, seed, step): nothing to save when a run stops.

import type { Batches, Dataset } from '../datasets/dataset.js';
import { allocate, sizeOf, type TensorData } from '../engine/tensor.js';
import { fillStream, streamOf } from '../random/noise.js';
import { valueAt } from '../recipes/schedules.js';
import type { Optimizer } from './optimizers.js';
import type { InputSource, Player } from './step.js';

export interface FeedSources {
  readonly inputs: Readonly<Record<string, InputSource>>;
  /** Of the players that have hyperparameters among the inputs. */
  readonly optimizers: Readonly<Partial<Record<Player, Optimizer>>>;
  /** Left out where no input takes examples. */
  readonly data?: {
    readonly examples: Dataset;
    readonly batches: Batches;
    /** The batch that the first input of step 0 takes; 0 without it. */
    readonly firstBatch?: number;
  };
  readonly seed: number;
  readonly stepsPerRun: number;
}

export class Feeds {
  private readonly buffers: Record<string, TensorData> = {};
  /** Names of the inputs that take examples, in the order in which a step uses them. */
  private readonly dataInputs: readonly string[];

  constructor(private readonly sources: FeedSources) {
    for (const [name, { spec }] of Object.entries(sources.inputs)) {
      this.buffers[name] = allocate(spec.dtype, sources.stepsPerRun * sizeOf(spec.shape));
    }
    this.dataInputs = Object.keys(sources.inputs).filter((name) => sources.inputs[name]!.from === 'data');
  }

  /**
   * Inputs of steps step … step + K − 1, or of the first `steps` of them. The buffers are this object's: they change at
   * the next call.
   */
  async at(step: number, steps = this.sources.stepsPerRun): Promise<Record<string, TensorData>> {
    for (const [name, source] of Object.entries(this.sources.inputs)) {
      const size = sizeOf(source.spec.shape);
      for (let i = 0; i < steps; i++) {
        await this.fill(name, source, this.buffers[name]!.subarray(i * size, (i + 1) * size), step + i);
      }
    }
    return this.buffers;
  }

  private async fill(name: string, source: InputSource, out: TensorData, step: number): Promise<void> {
    const { seed, optimizers } = this.sources;
    switch (source.from) {
      case 'data':
        return this.data.examples.read(this.indicesOf(name, step), out as Float32Array);
      case 'label':
        this.oneHot(this.indicesOf(source.of, step), source.spec.shape[1]!, out as Float32Array);
        return;
      case 'noise':
        return fillStream(out as Float32Array | Uint8Array, streamOf(seed, name, step), source.noise);
      case 'hyper':
        out[0] = optimizers[source.player]!.hyperAt(step, this.stepsPerEpoch, this.ahead)[source.name]!;
        return;
      case 'course':
        out[0] = valueAt(source.course, step, this.stepsPerEpoch, this.ahead);
        return;
      case 'schedule':
        out[0] = source.at(step);
        return;
      case 'computed':
        return source.fill(out, step);
      default:
        source satisfies never;
    }
  }

  /** The examples that the data input of that name takes. */
  private indicesOf(name: string, step: number): Uint32Array {
    const { batches, firstBatch = 0 } = this.data;
    return batches.indices(firstBatch + step * this.dataInputs.length + this.dataInputs.indexOf(name));
  }

  /** A row for each example: 1 at its class. */
  private oneHot(indices: Uint32Array, classes: number, rows: Float32Array): void {
    const { labels } = this.data.examples;
    rows.fill(0);
    indices.forEach((index, row) => {
      rows[row * classes + labels![index]!] = 1;
    });
  }

  /** An epoch is one visit of all examples by D. */
  private get stepsPerEpoch(): number {
    return this.data.batches.perEpoch / this.dataInputs.length;
  }

  /** Epochs made before step 0, as it were: the run had another batch. */
  private get ahead(): number {
    const { batches, firstBatch = 0 } = this.data;
    return firstBatch / batches.perEpoch;
  }

  private get data(): NonNullable<FeedSources['data']> {
    const { data } = this.sources;
    if (data) return data;
    throw new RangeError('Expected data for the inputs that take examples but received none.');
  }
}
