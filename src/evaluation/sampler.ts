// The checkpoint under test, through its own ONNX graphs: samples by seed as the server makes them, and what its
// discriminator says. Never the training code. Images leave and enter as [C, H, W] in [0, 1], points as they are.
import { Engine, type Graph } from '../engine/engine.js';
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { type DensityRatio, toScore } from '../models/density.js';
import { type Example, exampleOf } from '../models/example.js';
import { oneHot } from '../models/labels.js';
import { latent } from '../models/latent.js';
import type { Manifest } from '../models/manifest.js';
import type { Checkpoint } from '../models/verified.js';
import { blocksOf, countOf, type Effort, type OnRows, type Rows } from './rows.js';

const BATCH = 500;

export class Sampler {
  readonly example: Example;
  private readonly graphs = new Map<'generate' | 'score', Promise<Graph>>();

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly engine: Engine,
    private readonly onRows?: OnRows,
  ) {
    this.example = exampleOf(checkpoint.manifest);
  }

  static async open(checkpoint: Checkpoint, { threads, onRows }: Effort): Promise<Sampler> {
    return new Sampler(checkpoint, await Engine.start({ workers: 1, threadsPerWorker: threads }), onRows);
  }

  /**
   * Samples of seeds seed … seed + count − 1. A conditional model makes sample i of class `labels[i]`; without labels
   * its classes in turn, sample i of class i mod classes.
   */
  async generate(seed: number, count: number, labels?: readonly number[]): Promise<Rows> {
    const { size: latentSize, prior } = this.manifest.latent;
    const { tensor, shape } = this.example;
    const graph = await this.load('generate');
    const size = sizeOf(shape);
    const out = new Float32Array(count * size);
    for (let from = 0; from < count; from += BATCH) {
      const here = Math.min(BATCH, count - from);
      const z = new Float32Array(here * latentSize);
      for (let i = 0; i < here; i++) z.set(latent(seed + from + i, latentSize, prior), i * latentSize);
      const outputs = await graph.run({ z: float32([here, latentSize], z), ...this.labels(graph, from, here, labels) });
      out.set(outputs[tensor]!.data as Float32Array, from * size);
      this.onRows?.(from + here, count);
    }
    return { data: this.unit(out), size };
  }

  /**
   * ln p/q of each row by the discriminator. A conditional one is told `labels`; without them the classes that
   * `generate` gives the same rows. @throws GanymedeError CAPABILITY_MISSING, NOT_FINITE
   */
  async logRatios(rows: Rows, labels?: readonly number[]): Promise<Float64Array> {
    const { tensor, shape } = this.example;
    const densityRatio: DensityRatio = this.manifest.graphs.score?.densityRatio ?? 'none';
    if (densityRatio === 'none') {
      throw new GanymedeError(
        'CAPABILITY_MISSING',
        `Expected a discriminator whose output gives a density ratio but ${this.manifest.model} has ${this.manifest.graphs.score ? 'one of an objective that gives none' : 'no score graph'}.`,
      );
    }
    const graph = await this.load('score');
    const out = new Float64Array(countOf(rows));
    for (const { data, from, rows: here } of blocksOf(rows, BATCH, this.onRows)) {
      const examples = this.native(data.slice(0, here * rows.size));
      const feeds = { [tensor]: float32([here, ...shape], examples), ...this.labels(graph, from, here, labels) };
      const { logit } = await graph.run(feeds);
      for (let i = 0; i < here; i++) {
        const value = logit!.data[i] as number;
        if (!Number.isFinite(value)) throw expected(`a finite score of row ${from + i}`, value, 'NOT_FINITE');
        out[from + i] = toScore(value, densityRatio).logDensityRatio!;
      }
    }
    return out;
  }

  /** Whether a graph takes a class. Names of classes alone do not tell: a classifier has them too. */
  async takesLabel(name: 'generate' | 'score' = 'generate'): Promise<boolean> {
    return Object.hasOwn((await this.load(name)).inputs, 'label');
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  private labels(graph: Graph, from: number, count: number, given?: readonly number[]): HostTensors {
    if (!Object.hasOwn(graph.inputs, 'label')) return {};
    const classes = this.manifest.labels!.length;
    const indices = Array.from({ length: count }, (_, i) => given?.[from + i] ?? (from + i) % classes);
    return { label: float32([count, classes], oneHot(indices, classes)) };
  }

  private load(name: 'generate' | 'score'): Promise<Graph> {
    let graph = this.graphs.get(name);
    if (!graph) {
      graph = this.read(name);
      this.graphs.set(name, graph);
    }
    return graph;
  }

  private async read(name: 'generate' | 'score'): Promise<Graph> {
    return this.engine.load(name, await this.checkpoint.graph(name));
  }

  private get manifest(): Manifest {
    return this.checkpoint.manifest;
  }

  /** From the manifest's range to [0, 1], in place. */
  private unit(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const range = this.manifest.image?.range;
    if (!range) return values;
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! - range[0]) / (range[1] - range[0]);
    return values;
  }

  private native(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const range = this.manifest.image?.range;
    if (!range) return values;
    for (let i = 0; i < values.length; i++) values[i] = range[0] + values[i]! * (range[1] - range[0]);
    return values;
  }
}
