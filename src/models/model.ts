// One version of a model as the rest of the program sees it: latents, images and scores. Its graphs load on first use
// and run through batchers. It knows neither files nor pixels of 8 bits; images here are [C, H, W] float32 in the
// manifest's range.

import type { Graph } from '../engine/engine.js';
import { float32, type HostTensors } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { amongErrors, firstNotFinite, orThrow, rowsOf, stackRows } from './batch.js';
import type { BatcherStats, SubmitOptions } from './batcher.js';
import type { Capability } from './capabilities.js';
import type { DirectionMethod } from './direction-methods.js';
import { exampleOf, faultOf } from './example.js';
import { isFault } from './faults.js';
import { type ClassLabel, oneHot } from './labels.js';
import { checkLatent, type Latent, latent, seedsFrom } from './latent.js';
import { freeGraph, type LoadedGraph, type LoadedGraphs } from './loaded-graph.js';
import type { Manifest } from './manifest.js';
import type { Neighbours } from './neighbours.js';
import type { OnDemand } from './on-demand.js';
import type { Direction } from './principal.js';
import type { Records } from './records.js';
import {
  type FittedRow,
  fittedScore,
  gameScore,
  type LabelNeed,
  type Score,
  type Scorer,
  scorerOf,
} from './scoring.js';
import { truncationOf, truncationRows } from './truncation.js';

export type { LoadedGraph, LoadedGraphs } from './loaded-graph.js';
export type { Score } from './scoring.js';

export interface RunOptions extends SubmitOptions {
  /** One class a row, or a mixture, for a conditional graph: indices into `manifest.labels`. */
  readonly labels?: readonly ClassLabel[] | undefined;
  /** One a row, for a generator that takes them: truncation.ts. 1 without them. */
  readonly truncations?: readonly number[] | undefined;
}

/** What a version has besides its graphs. */
export interface Extras {
  /** The graph `descent`: descent.ts. */
  readonly descent?: OnDemand<LoadedGraph>;
  /** Its index of neighbours: neighbours.ts. */
  readonly neighbours?: OnDemand<Neighbours>;
  /** Directions of its latent space by either method: directions.ts. */
  readonly factorised?: OnDemand<readonly Direction[]>;
  readonly pca?: OnDemand<readonly Direction[]>;
  /** What it tells of itself besides its manifest. */
  readonly records?: Records;
}

type OnDemandName = Exclude<keyof Extras, 'records'>;

type Opened<Name extends OnDemandName> = NonNullable<Extras[Name]> extends OnDemand<infer T> ? T : never;

export class Model {
  readonly name: string;
  readonly version: number;
  readonly manifest: Manifest;
  /** Names of the graphs that the checkpoint holds. */
  readonly capabilities: readonly Capability[];
  /** Undefined of a model that is not of a folder. */
  readonly records: Records | undefined;
  #scorer: Scorer | undefined;
  readonly #load: () => Promise<LoadedGraphs>;
  #graphs: Promise<LoadedGraphs> | undefined;
  readonly #extras: Omit<Extras, 'records'>;
  #stats: ReadonlyMap<Capability, LoadedGraph> = new Map();
  #released = false;
  #usedAt = 0;
  /** Settles when what was unloaded is gone. */
  #leaving: Promise<unknown> | undefined;

  /** `load` opens the graphs; it is called on first use, and again only after a failure that may pass. */
  constructor(manifest: Manifest, load: () => Promise<LoadedGraphs>, { records, ...extras }: Extras = {}) {
    this.name = manifest.model;
    this.version = manifest.version;
    this.manifest = manifest;
    this.capabilities = Object.keys(manifest.graphs) as Capability[];
    this.#load = load;
    this.#extras = extras;
    this.records = records;
  }

  has(capability: Capability): boolean {
    return this.manifest.graphs[capability] !== undefined;
  }

  /** What the manifest says of a graph. @throws GanymedeError CAPABILITY_MISSING for one that it lacks */
  require<C extends Capability>(capability: C): NonNullable<Manifest['graphs'][C]> {
    const graph = this.manifest.graphs[capability];
    if (graph) return graph;
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected ${this.name} version ${this.version} to have the graph "${capability}" but received only ${this.capabilities.join(', ')}.`,
      { details: { model: this.name, version: this.version, capability, capabilities: this.capabilities } },
    );
  }

  /** Whether it can score: with a graph `scorer` or, without one, `score`. */
  get scores(): boolean {
    return this.has('scorer') || this.has('score');
  }

  /** What answers when it is asked for scores. @throws GanymedeError CAPABILITY_MISSING for a version that has none */
  get scorer(): Scorer {
    this.#scorer ??= scorerOf(this.manifest);
    if (!this.#scorer) this.require('score');
    return this.#scorer!;
  }

  /**
   * z of `count` seeds from `seed` on; each is what its own seed alone gives. Pure: loads and runs nothing. Truncation
   * is applied where it is about z.
   */
  latents({ seed, count, truncation = 1 }: { seed: number; count: number; truncation?: number }): Latent[] {
    const { size, prior } = this.manifest.latent;
    const own = truncationOf(this.manifest) === 'latent' ? truncation : 1;
    return seedsFrom(seed, count).map((each) => latent(each, size, prior, own));
  }

  /**
   * Whether a graph is told the class of each row. Only the graph knows: a manifest names classes for `classify` too.
   * So this loads the model, unless it has no classes at all.
   */
  async takesLabel(capability: Capability): Promise<boolean> {
    this.require(capability);
    if (!this.manifest.labels) return false;
    return Object.hasOwn((await this.#ready()).get(capability)!.graph.inputs, 'label');
  }

  /** As `takesLabel`, but loads nothing: what is not in the engine is read from its file. */
  async isTold(capability: Capability): Promise<boolean> {
    this.require(capability);
    if (!this.manifest.labels) return false;
    const isLoaded = this.#stats.has(capability);
    return isLoaded || !this.records ? this.takesLabel(capability) : this.records.isTold(capability);
  }

  /** What a graph takes and gives, −1 for the rows. Loads it. */
  async specsOf(capability: Capability): Promise<Pick<Graph, 'inputs' | 'outputs'>> {
    this.require(capability);
    return (await this.#ready()).get(capability)!.graph;
  }

  /**
   * Whether an example that is scored may or must come with its class. The discriminator of a game has to be told, if
   * it is; a fitted scorer speaks of every class, if it does, which is what its generator is told of.
   */
  async scoringLabel(): Promise<LabelNeed> {
    if (this.scorer.kind === 'GAME') return (await this.isTold('score')) ? 'required' : 'none';
    return (await this.#knowsClasses()) ? 'optional' : 'none';
  }

  /** One image [C, H, W] in `manifest.image.range`, or one point, for each latent; may be views of one buffer. */
  async generate(latents: readonly Float32Array[], options: RunOptions = {}): Promise<Float32Array[]> {
    return (await this.generateEach(latents, options)).map(orThrow);
  }

  /**
   * As `generate`, but a sample that is not finite is an error in its place: NOT_FINITE. Its neighbours are what they
   * are.
   */
  async generateEach(
    latents: readonly Float32Array[],
    options: RunOptions = {},
  ): Promise<(Float32Array | GanymedeError)[]> {
    this.require('generate');
    const { size } = this.manifest.latent;
    for (const z of latents) checkLatent(z, size);
    if (latents.length === 0) return [];
    return this.runEach('generate', { z: stackRows(latents, [size]) }, exampleOf(this.manifest).tensor, options);
  }

  /** What the scorer says of each image [C, H, W] in `manifest.image.range`, or of each point. */
  async score(images: readonly Float32Array[], options: RunOptions = {}): Promise<Score[]> {
    return (await this.scoreEach(images, options)).map(orThrow);
  }

  /**
   * As `score`, but what is wrong with one example is an error in its place: BAD_USER_INPUT for a wrong size or a value
   * that is not finite, NOT_FINITE for such an answer. An error among the examples keeps its place and its label.
   *
   * A fitted scorer says of each class in the same pass what it says of none, so labels are no input of it: of a
   * mixture, which is no class of the data, it says what it says without one.
   */
  async scoreEach(examples: readonly (Float32Array | Error)[], options: RunOptions = {}): Promise<(Score | Error)[]> {
    const { kind, densityRatio } = this.scorer;
    if (kind === 'GAME') {
      const logits = await this.readEach('score', 'logit', examples, options);
      return logits.map((row) => (row instanceof Error ? row : gameScore(row[0]!, densityRatio)));
    }
    const { labels, ...rest } = options;
    if (labels && !(await this.#knowsClasses())) throw notConditional(this.name, labels);
    if (labels && labels.length !== examples.length) throw wrongCount(examples.length, labels.length);
    const classes = labels ? ['given', 'classes'] : [];
    const { shares } = this.require('scorer');
    const rows = await this.#readRows('scorer', ['logit', 'familiarity', ...classes], examples, rest);
    return rows.map((row, i) => {
      const label = labels?.[i];
      return row instanceof Error ? row : fittedScore(row, typeof label === 'number' ? label : undefined, shares);
    });
  }

  /**
   * One output of a graph that takes examples, row by row. What is wrong with one example is an error in its place, as
   * in `scoreEach`, and an error among the examples keeps its place and its label.
   */
  async readEach(
    capability: Capability,
    output: string,
    examples: readonly (Float32Array | Error)[],
    options: RunOptions = {},
  ): Promise<(Float32Array | Error)[]> {
    const rows = await this.#readRows(capability, [output], examples, options);
    return rows.map((row) => (row instanceof Error ? row : row[output]!));
  }

  /** As `readEach`, several outputs of one pass. */
  async #readRows(
    capability: Capability,
    outputs: readonly string[],
    examples: readonly (Float32Array | Error)[],
    { labels, ...options }: RunOptions,
  ): Promise<(FittedRow | Error)[]> {
    this.require(capability);
    const { tensor, shape } = exampleOf(this.manifest);
    if (labels && labels.length !== examples.length) throw wrongCount(examples.length, labels.length);
    const checked = examples.map((one, i) => (one instanceof Error ? one : (faultOf(one, this.manifest, i) ?? one)));
    return amongErrors(checked, async (sound, places) => {
      const own = labels && places.map((place) => labels[place]!);
      const rows = { [tensor]: stackRows(sound, shape) };
      const read = await this.#submit(capability, rows, { ...options, labels: own });
      const columns = outputs.map((output) => [output, rowsOf(read[output]!)] as const);
      return places.map((place, k) => {
        const row = columns.map(([output, values]) => [output, values[k]!] as const);
        const faults = row.map(([, values]) => this.#finite(values, capability, place));
        return faults.find((fault) => fault !== undefined) ?? Object.fromEntries(row);
      });
    });
  }

  /** Of a version with a fitted scorer. */
  async #knowsClasses(): Promise<boolean> {
    if (!this.manifest.labels) return false;
    if (this.has('generate')) return this.isTold('generate');
    return Object.hasOwn((await this.#ready()).get('scorer')!.graph.outputs, 'given');
  }

  /**
   * Any graph by name on rows of its inputs (capabilities.ts), batched with other requests. `label` is added from
   * `options.labels`, unless it is among the rows. Fails with NOT_FINITE if one of its rows does not come out finite,
   * so whoever wants to know which of many are sound asks for each; the batcher joins them again.
   */
  async run(capability: Capability, rows: HostTensors, options: RunOptions = {}): Promise<HostTensors> {
    const outputs = await this.#submit(capability, rows, options);
    for (const output of Object.values(outputs).filter(({ dtype }) => dtype === 'float32')) {
      for (const [row, values] of rowsOf(output).entries()) {
        const error = this.#finite(values, capability, row);
        if (error) throw error;
      }
    }
    return outputs;
  }

  /** One output of a graph, row by row; a row that is not finite is an error in its place: NOT_FINITE. */
  async runEach(
    capability: Capability,
    rows: HostTensors,
    output: string,
    options: RunOptions = {},
  ): Promise<(Float32Array | GanymedeError)[]> {
    const outputs = await this.#submit(capability, rows, options);
    return rowsOf(outputs[output]!).map((values, row) => this.#finite(values, capability, row) ?? values);
  }

  /**
   * The error of G(z) against each example, and its gradient by z. The graph is traced on first use; all who ask
   * meanwhile wait for the same. @throws GanymedeError CAPABILITY_MISSING, ENGINE_FAILED as descent.ts says
   */
  async descend(rows: HostTensors, options: RunOptions = {}): Promise<HostTensors> {
    this.require('generate');
    return this.#submitTo(await this.#open('descent'), rows, options);
  }

  /** Does something with its index of neighbours, which stays meanwhile. @throws as `neighbours` */
  async withNeighbours<T>(work: (neighbours: Neighbours) => Promise<T>): Promise<T> {
    return (await this.#open('neighbours')).during(work);
  }

  /**
   * Its index of neighbours as it is now. @throws GanymedeError CAPABILITY_MISSING, INDEX_MISMATCH, CHECKPOINT_INVALID
   */
  async neighbours(): Promise<Neighbours> {
    return this.#open('neighbours');
  }

  /**
   * Directions along which its samples change most, found on first use and kept. @throws GanymedeError
   * CAPABILITY_MISSING as directions.ts says
   */
  async directions(method: DirectionMethod): Promise<readonly Direction[]> {
    this.require('generate');
    return this.#open(method);
  }

  /** Loads and warms up now instead of on first use; concurrent callers share one load. */
  async load(): Promise<void> {
    await this.#ready();
  }

  /** Of each graph that is loaded. */
  stats(): Partial<Record<Capability, BatcherStats>> {
    return Object.fromEntries(Array.from(this.#stats, ([capability, { batcher }]) => [capability, batcher.stats]));
  }

  /** Milliseconds since it was last asked for something; 0 while nothing of it is loaded. */
  idleMs(): number {
    return this.#graphs ? performance.now() - this.#usedAt : 0;
  }

  /** Takes no more work, lets what it has finish, then frees the graphs. */
  async release(): Promise<void> {
    this.#released = true;
    await this.unload();
  }

  /** Lets the work that it has finish, then frees the graphs. The next use loads them again. */
  async unload(): Promise<void> {
    this.#leaving = Promise.all([
      this.#leaving,
      this.#freeGraphs(),
      ...Object.values(this.#extras).map((extra) => extra.free()),
    ]);
    await this.#leaving;
  }

  async #freeGraphs(): Promise<void> {
    const loading = this.#graphs;
    if (!loading) return;
    this.#graphs = undefined;
    this.#stats = new Map();
    let graphs: LoadedGraphs;
    try {
      graphs = await loading;
    } catch {
      return; // a load that failed freed what it had opened, and told its callers
    }
    // Whoever waited for the same load hands over its rows first.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(Array.from(graphs.values(), freeGraph));
  }

  async #submit(capability: Capability, rows: HostTensors, options: RunOptions): Promise<HostTensors> {
    this.require(capability);
    return this.#submitTo((await this.#ready()).get(capability)!, rows, options);
  }

  #submitTo({ graph, batcher }: LoadedGraph, rows: HostTensors, options: RunOptions): Promise<HostTensors> {
    const count = Object.values(rows)[0]?.shape[0] ?? 0;
    const takesTruncation = Object.hasOwn(graph.inputs, 'truncation') && !Object.hasOwn(rows, 'truncation');
    const truncation = takesTruncation ? truncationRows(options.truncations, count) : undefined;
    const label = Object.hasOwn(rows, 'label') ? undefined : this.#labelRows(graph, options.labels, count);
    return batcher.submit({ ...rows, ...(label && { label }), ...(truncation && { truncation }) }, options);
  }

  /** What is wrong with a row that a graph gave; nothing, as a rule. Asking again gives the same row again. */
  #finite(values: Float32Array, capability: Capability, row: number): GanymedeError | undefined {
    const index = firstNotFinite(values);
    if (index < 0) return undefined;
    const { name: model, version } = this;
    return new GanymedeError(
      'NOT_FINITE',
      `Expected finite values from the graph "${capability}" of ${model} version ${version} but received ${values[index]} at index ${index} of row ${row}. Its weights may be damaged: try other inputs, or another version.`,
      { details: { model, version, capability, row, index } },
    );
  }

  #ready(): Promise<LoadedGraphs> {
    if (this.#released) return Promise.reject(this.#beingReleased());
    this.#usedAt = performance.now();
    this.#graphs ??= this.#startLoad();
    return this.#graphs;
  }

  async #open<Name extends OnDemandName>(name: Name): Promise<Opened<Name>> {
    if (this.#released) throw this.#beingReleased();
    const extra = this.#extras[name] as OnDemand<Opened<Name>> | undefined;
    if (!extra)
      throw expected(`a model that is served from a checkpoint, for its ${name}`, this.name, 'CAPABILITY_MISSING');
    this.#usedAt = performance.now();
    return extra.get();
  }

  #beingReleased(): GanymedeError {
    return new GanymedeError('SHUTTING_DOWN', `${this.name} version ${this.version} is being released.`);
  }

  #startLoad(): Promise<LoadedGraphs> {
    const loading = this.#load();
    const isCurrent = () => this.#graphs === loading; // it may be unloaded meanwhile
    loading.then(
      (graphs) => {
        if (isCurrent()) this.#stats = graphs;
      },
      (error: unknown) => {
        // A bad checkpoint stays bad and reading it again costs; a crash or a lack of memory may pass.
        if (!isFault(error) && isCurrent()) this.#graphs = undefined;
      },
    );
    return loading;
  }

  #labelRows(graph: Graph, labels: readonly ClassLabel[] | undefined, count: number): HostTensors[string] | undefined {
    const takesLabel = Object.hasOwn(graph.inputs, 'label');
    if (!takesLabel && labels === undefined) return undefined;
    if (!takesLabel) throw notConditional(this.name, labels);
    const classes = this.manifest.labels?.length ?? 0;
    if (labels === undefined) throw expected(`a label in [0, ${classes - 1}] for each row of ${this.name}`, undefined);
    if (labels.length !== count) throw wrongCount(count, labels.length);
    return float32([count, classes], oneHot(labels, classes));
  }
}

function notConditional(name: string, labels: unknown): GanymedeError {
  return expected(`no labels for ${name}, which is not conditional`, labels);
}

function wrongCount(rows: number, labels: number): GanymedeError {
  return expected(`${rows} labels, one a row`, `${labels} labels`);
}
