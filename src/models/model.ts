// One version of a model as the rest of the program sees it: latents, images and scores. Its graphs load on first use
// and run through batchers. It knows neither files nor pixels of 8 bits; images here are [C, H, W] float32 in the
// manifest's range.

import type { Graph } from '../engine/engine.js';
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import type { Batcher, BatcherStats, SubmitOptions } from './batcher.js';
import type { Capability } from './capabilities.js';
import { type Score, toScore } from './density.js';
import { exampleOf } from './example.js';
import { oneHot } from './labels.js';
import { checkLatent, type Latent, latent, seedsFrom } from './latent.js';
import type { Manifest } from './manifest.js';

export type { Score } from './density.js';

export interface LoadedGraph {
  readonly graph: Graph;
  readonly batcher: Batcher;
}

export type LoadedGraphs = ReadonlyMap<Capability, LoadedGraph>;

export interface RunOptions extends SubmitOptions {
  /** One class a row, for a conditional graph: an index into `manifest.labels`. */
  readonly labels?: readonly number[] | undefined;
}

export class Model {
  readonly name: string;
  readonly version: number;
  readonly manifest: Manifest;
  /** Names of the graphs that the checkpoint holds. */
  readonly capabilities: readonly Capability[];
  readonly #load: () => Promise<LoadedGraphs>;
  #graphs: Promise<LoadedGraphs> | undefined;
  #stats: ReadonlyMap<Capability, LoadedGraph> = new Map();
  #released = false;

  /** `load` opens the graphs; it is called on first use, and again only after a failure that may pass. */
  constructor(manifest: Manifest, load: () => Promise<LoadedGraphs>) {
    this.name = manifest.model;
    this.version = manifest.version;
    this.manifest = manifest;
    this.capabilities = Object.keys(manifest.graphs) as Capability[];
    this.#load = load;
  }

  has(capability: Capability): boolean {
    return this.manifest.graphs[capability] !== undefined;
  }

  /** z of `count` seeds from `seed` on; each is what its own seed alone gives. Pure: loads and runs nothing. */
  latents({ seed, count, truncation = 1 }: { seed: number; count: number; truncation?: number }): Latent[] {
    const { size, prior } = this.manifest.latent;
    return seedsFrom(seed, count).map((each) => latent(each, size, prior, truncation));
  }

  /**
   * Whether a graph is told the class of each row. Only the graph knows: a manifest names classes for `classify` too. So
   * this loads the model, unless it has no classes at all.
   */
  async takesLabel(capability: Capability): Promise<boolean> {
    this.#require(capability);
    if (!this.manifest.labels) return false;
    return Object.hasOwn((await this.#ready()).get(capability)!.graph.inputs, 'label');
  }

  /** One image [C, H, W] in `manifest.image.range`, or one point, for each latent; may be views of one buffer. */
  async generate(latents: readonly Float32Array[], options: RunOptions = {}): Promise<Float32Array[]> {
    this.#require('generate');
    const { size } = this.manifest.latent;
    for (const z of latents) checkLatent(z, size);
    if (latents.length === 0) return [];
    const outputs = await this.run('generate', { z: stack(latents, [size]) }, options);
    return rowsOf(outputs[exampleOf(this.manifest).tensor]!.data as Float32Array, latents.length);
  }

  /** What the discriminator says of each image [C, H, W] in `manifest.image.range`, or of each point. */
  async score(images: readonly Float32Array[], options: RunOptions = {}): Promise<Score[]> {
    const { densityRatio } = this.#require('score');
    const { tensor, shape } = exampleOf(this.manifest);
    for (const [i, image] of images.entries()) checkExample(image, tensor, shape, i);
    if (images.length === 0) return [];
    const { logit } = await this.run('score', { [tensor]: stack(images, shape) }, options);
    return Array.from(logit!.data as Float32Array, (value) => {
      if (!Number.isFinite(value)) throw expected(`${this.name} to give finite scores`, value, 'ENGINE_FAILED');
      return toScore(value, densityRatio);
    });
  }

  /**
   * Any graph by name on rows of its inputs (capabilities.ts), batched with other requests. `label` is added from
   * `options.labels`. The specific methods above are this with their checks.
   */
  async run(capability: Capability, rows: HostTensors, options: RunOptions = {}): Promise<HostTensors> {
    this.#require(capability);
    const { graph, batcher } = (await this.#ready()).get(capability)!;
    const label = this.#labelRows(graph, options.labels, Object.values(rows)[0]?.shape[0] ?? 0);
    return batcher.submit(label ? { ...rows, label } : rows, options);
  }

  /** Loads and warms up now instead of on first use; concurrent callers share one load. */
  async load(): Promise<void> {
    await this.#ready();
  }

  /** Of each graph that is loaded. */
  stats(): Partial<Record<Capability, BatcherStats>> {
    return Object.fromEntries(Array.from(this.#stats, ([capability, { batcher }]) => [capability, batcher.stats]));
  }

  /** Takes no more work, lets what it has finish, then frees the graphs. */
  async release(): Promise<void> {
    this.#released = true;
    const loading = this.#graphs;
    if (!loading) return;
    let graphs: LoadedGraphs;
    try {
      graphs = await loading;
    } catch {
      return; // a load that failed freed what it had opened, and told its callers
    }
    await Promise.all(
      Array.from(graphs.values(), async ({ graph, batcher }) => {
        await batcher.close();
        await graph.release();
      }),
    );
  }

  #require<C extends Capability>(capability: C): NonNullable<Manifest['graphs'][C]> {
    const graph = this.manifest.graphs[capability];
    if (graph) return graph;
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected ${this.name} version ${this.version} to have the graph "${capability}" but received only ${this.capabilities.join(', ')}.`,
      { details: { model: this.name, version: this.version, capability, capabilities: this.capabilities } },
    );
  }

  #ready(): Promise<LoadedGraphs> {
    if (this.#released) {
      return Promise.reject(
        new GanymedeError('SHUTTING_DOWN', `${this.name} version ${this.version} is being released.`),
      );
    }
    this.#graphs ??= this.#loadOnce();
    return this.#graphs;
  }

  async #loadOnce(): Promise<LoadedGraphs> {
    try {
      const graphs = await this.#load();
      this.#stats = graphs;
      return graphs;
    } catch (error) {
      // A bad checkpoint stays bad and reading it again costs; a crash or a lack of memory may pass.
      const lasting = error instanceof GanymedeError && error.code === 'CHECKPOINT_INVALID';
      if (!lasting) this.#graphs = undefined;
      throw error;
    }
  }

  #labelRows(graph: Graph, labels: readonly number[] | undefined, count: number): HostTensors[string] | undefined {
    const takesLabel = Object.hasOwn(graph.inputs, 'label');
    if (!takesLabel && labels === undefined) return undefined;
    if (!takesLabel) throw expected(`no labels for ${this.name}, which is not conditional`, labels);
    const classes = this.manifest.labels?.length ?? 0;
    if (labels === undefined) throw expected(`a label in [0, ${classes - 1}] for each row of ${this.name}`, undefined);
    if (labels.length !== count) throw expected(`${count} labels, one a row`, `${labels.length} labels`);
    return float32([count, classes], oneHot(labels, classes));
  }
}

function checkExample(example: Float32Array, what: string, shape: readonly number[], index: number): void {
  const size = sizeOf(shape);
  if (example.length !== size) {
    const product = shape.length > 1 ? `${shape.join(' × ')} = ` : '';
    throw expected(`${what} ${index} to have ${product}${size} values`, `${example.length} values`);
  }
  for (let i = 0; i < size; i++) {
    if (!Number.isFinite(example[i]))
      throw expected(`${what} ${index} to have finite values`, `${example[i]} at index ${i}`);
  }
}

/** [n, ...shape] */
function stack(rows: readonly Float32Array[], shape: readonly number[]): HostTensors[string] {
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(row, i * width);
  });
  return float32([rows.length, ...shape], data);
}

function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const width = data.length / count;
  return Array.from({ length: count }, (_, i) => data.subarray(i * width, (i + 1) * width));
}
