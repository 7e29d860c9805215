// The checkpoint under test, through its own ONNX graphs: samples by seed as the server makes them, classes included,
// and what its scorer says. Never the training code. Images leave and enter as [C, H, W] in [0, 1], points as they are.
import { Engine, type Graph } from '../engine/engine.js';
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { toScore } from '../models/density.js';
import { type Example, exampleOf } from '../models/example.js';
import { labelFromSeed, oneHot } from '../models/labels.js';
import { latent } from '../models/latent.js';
import type { Manifest } from '../models/manifest.js';
import { type Scorer, scorerOf } from '../models/scoring.js';
import { untruncated } from '../models/truncation.js';
import type { Checkpoint } from '../models/verified.js';
import type { Carrier } from './carried-density.js';
import { blocksOf, countOf, type Effort, type OnRows, placeOfMost, type Rows, rowAt } from './rows.js';

const BATCH = 500;

export class Sampler {
  readonly example: Example;
  private readonly graphs = new Map<'generate' | Scorer['graph'], Promise<Graph>>();

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
   * Samples of seeds seed … seed + count − 1. Of a conditional model each is of the class that the server draws from
   * its seed, or of `labels[i]` where a protocol has to choose.
   */
  async generate(seed: number, count: number, labels = this.drawnLabels(seed, count)): Promise<Rows> {
    const { size, prior } = this.manifest.latent;
    const z = new Float32Array(count * size);
    for (let i = 0; i < count; i++) z.set(latent(seed + i, size, prior), i * size);
    return this.carry({ data: z, size }, labels);
  }

  /** What the generator makes of latents, row by row; of a conditional one of the classes of `labels`. */
  async carry(latents: Rows, labels?: readonly number[]): Promise<Rows> {
    const { tensor, shape } = this.example;
    const graph = await this.load('generate');
    const [count, size] = [latents.data.length / latents.size, sizeOf(shape)];
    const out = new Float32Array(count * size);
    for (let from = 0; from < count; from += BATCH) {
      const here = Math.min(BATCH, count - from);
      const z = latents.data.slice(from * latents.size, (from + here) * latents.size); // the engine takes it along
      const told = { ...this.labels(graph, from, here, labels), ...untruncated(graph, here) };
      const outputs = await graph.run({ z: float32([here, latents.size], z), ...told });
      out.set(outputs[tensor]!.data as Float32Array, from * size);
      this.onRows?.(from + here, count);
    }
    return { data: this.unit(out), size };
  }

  /** The classes that the server draws for these seeds; undefined where the manifest names none. */
  drawnLabels(seed: number, count: number): readonly number[] | undefined {
    const classes = this.manifest.labels?.length;
    return classes === undefined
      ? undefined
      : Array.from({ length: count }, (_, i) => labelFromSeed(seed + i, classes));
  }

  /**
   * ln p/q of each row by the scorer that answers: the fitted one, or else the discriminator. Where it depends on a
   * class, of `labels`. @throws GanymedeError CAPABILITY_MISSING, NOT_FINITE
   */
  async logRatios(rows: Rows, labels: readonly number[] | undefined): Promise<Float64Array> {
    const { graph, densityRatio } = this.scorer();
    const logits = await this.logits(graph, rows, labels);
    return logits.map((logit) => toScore(logit, densityRatio).logDensityRatio!);
  }

  /** What a graph that scores gives of each row, whatever its objective makes of it; of `labels` as in `logRatios`. */
  async logits(name: 'score' | 'scorer', rows: Rows, labels: readonly number[] | undefined): Promise<Float64Array> {
    const out = new Float64Array(countOf(rows));
    for await (const { from, here, outputs } of this.scored(name, rows, labels)) {
      const { logit, given } = outputs;
      const classes = given?.shape[1] ?? 0;
      for (let i = 0; i < here; i++) {
        const asked = given ? given.data[i * classes + classAt(from + i, labels)] : logit!.data[i];
        const value = asked as number;
        if (!Number.isFinite(value)) throw expected(`a finite score of row ${from + i}`, value, 'NOT_FINITE');
        out[from + i] = value;
      }
    }
    return out;
  }

  /** A logit: whether a row is of what the scorer was fitted on. Null where the scorer does not say. */
  async familiarities(rows: Rows): Promise<Float64Array | null> {
    if (this.scorer().kind === 'GAME') return null;
    const out = new Float64Array(countOf(rows));
    for await (const { from, outputs } of this.scored('scorer', rows))
      out.set(outputs['familiarity']!.data as Float32Array, from);
    return out;
  }

  /** Of each row the class that the scorer finds likeliest: one pass by a fitted one, else one for each class. */
  async likeliestClasses(rows: Rows): Promise<Uint32Array> {
    const classes = this.manifest.labels!.length;
    const [count, best] = [countOf(rows), new Uint32Array(countOf(rows))];
    if (this.scorer().kind === 'FITTED') {
      for await (const { from, here, outputs } of this.scored('scorer', rows)) {
        const logs = { data: outputs['classes']!.data as Float32Array<ArrayBuffer>, size: classes };
        for (let i = 0; i < here; i++) best[from + i] = placeOfMost(rowAt(logs, i));
      }
      return best;
    }
    const table = new Float32Array(count * classes);
    for (let label = 0; label < classes; label++) {
      const ratios = await this.logRatios(rows, new Array<number>(count).fill(label));
      ratios.forEach((ratio, i) => {
        table[i * classes + label] = ratio;
      });
    }
    return best.map((_, i) => placeOfMost(rowAt({ data: table, size: classes }, i)));
  }

  /** Whether the generator is told of a class. Names of classes alone do not tell: a classifier has them too. */
  async takesLabel(): Promise<boolean> {
    return Object.hasOwn((await this.load('generate')).inputs, 'label');
  }

  /** Whether what the scorer says of a row depends on the class that the row is taken for. */
  async scoresByLabel(): Promise<boolean> {
    const { inputs, outputs } = await this.load(this.scorer().graph);
    return Object.hasOwn(inputs, 'label') || Object.hasOwn(outputs, 'given');
  }

  /** Whether the generator, or what scores, is told of classes. */
  async isTold(): Promise<boolean> {
    return (await this.takesLabel()) || (await this.scoresByLabel());
  }

  /** Whether the discriminator is told of a class. */
  async isDiscriminatorTold(): Promise<boolean> {
    return Object.hasOwn((await this.load('score')).inputs, 'label');
  }

  /** What the graph of the scorer gives, block by block. */
  private async *scored(name: 'score' | 'scorer', rows: Rows, labels?: readonly number[]) {
    const { tensor, shape } = this.example;
    const graph = await this.load(name);
    for (const { data, from, rows: here } of blocksOf(rows, BATCH, this.onRows)) {
      const examples = this.native(data.slice(0, here * rows.size));
      const feeds = { [tensor]: float32([here, ...shape], examples), ...this.labels(graph, from, here, labels) };
      yield { from, here, outputs: await graph.run(feeds) };
    }
  }

  private scorer(): Scorer {
    const scorer = scorerOf(this.manifest);
    if (scorer && scorer.densityRatio !== 'none') return scorer;
    const has = scorer ? 'one of an objective that gives none' : 'neither a scorer nor a score graph';
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected a scorer whose output gives a density ratio but ${this.manifest.model} has ${has}.`,
    );
  }

  /**
   * What carries latents of as many numbers as an example has; null for a generator of more or fewer, or of classes.
   */
  async carrier(): Promise<Carrier | null> {
    const { size, prior } = this.manifest.latent;
    if (size !== sizeOf(this.example.shape) || (await this.takesLabel())) return null;
    return { prior, carry: (latents) => this.carry(latents) };
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  private labels(graph: Graph, from: number, count: number, labels: readonly number[] | undefined): HostTensors {
    if (!Object.hasOwn(graph.inputs, 'label')) return {};
    const classes = this.manifest.labels?.length ?? 0;
    const own = Array.from({ length: count }, (_, i) => classAt(from + i, labels));
    return { label: float32([count, classes], oneHot(own, classes)) };
  }

  private load(name: 'generate' | Scorer['graph']): Promise<Graph> {
    let graph = this.graphs.get(name);
    if (!graph) {
      graph = this.read(name);
      this.graphs.set(name, graph);
    }
    return graph;
  }

  private async read(name: 'generate' | Scorer['graph']): Promise<Graph> {
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

function classAt(row: number, labels: readonly number[] | undefined): number {
  const label = labels?.[row];
  if (label === undefined) throw expected(`the class of row ${row}`, label);
  return label;
}
