// A model that was made elsewhere, as networks of ours: rebuilt from the graphs that it is served by, and compared with
// them. So whatever is fitted to a trained generator can be fitted to it, and it can be trained further.

import { exportGraph } from '../engine/export.js';
import { Session } from '../engine/session.js';
import { copyOf, float32, type HostTensor, type HostTensors, type TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import { stackRows } from '../models/batch.js';
import { exampleOf } from '../models/example.js';
import { oneHot } from '../models/labels.js';
import { latent } from '../models/latent.js';
import type { Manifest } from '../models/manifest.js';
import { untruncated } from '../models/truncation.js';
import { buildNetwork } from '../networks/build.js';
import type { Network, Pass } from '../networks/network.js';
import { rebuild } from '../networks/rebuilt.js';
import type { GraphConfig } from '../recipes/graph-config.js';
import { importedRecipe } from '../recipes/imported.js';
import type { Recipe } from '../recipes/recipe.js';

/** What it is served by. */
export interface ServedGraphs {
  readonly manifest: Omit<Manifest, 'files' | 'version'>;
  readonly generate: Uint8Array;
  readonly score?: Uint8Array | undefined;
}

export interface RebuiltModel {
  readonly recipe: Recipe;
  /** Of the generator, and of the discriminator where it could be rebuilt. */
  readonly weights: HostTensors;
  readonly shape: readonly number[];
  /** Classes that it is told. */
  readonly classes?: readonly string[];
  /** How far rows of it are from those of its graphs at the most, in units of the range and of a logit. */
  readonly difference: number;
  /** Why there is no discriminator; undefined where there is one. */
  readonly withoutDiscriminator?: string;
}

const ROWS = 64;

/** @throws GanymedeError CAPABILITY_MISSING naming the operator of its generator that stands in the way */
export async function rebuildModel(served: ServedGraphs): Promise<RebuiltModel> {
  const { manifest } = served;
  const generator = await Opened.of(served.generate, 'generator', manifest);
  const judge = served.score === undefined ? undefined : await Opened.of(served.score, 'discriminator', manifest);
  try {
    const made = await generator.rebuilt((count) => generator.latents(count));
    const samples = (await generator.run(ROWS))[exampleOf(manifest).tensor]!;
    const judged = judge ? await orWhy(() => judge.rebuilt((count) => judge.examples(count, samples))) : NONE;
    const isConditional = Object.hasOwn(generator.session.inputs, 'label');
    const recipe = importedRecipe({
      ...{ title: manifest.title, description: manifest.description, license: manifest.license },
      latent: { size: manifest.latent.size, prior: manifest.latent.prior },
      shape: generator.shape,
      range: manifest.image?.range ?? [-1, 1],
      isConditional,
      generator: made.config,
      discriminator: 'config' in judged ? judged.config : undefined,
      isLogit: manifest.graphs.score?.densityRatio === 'logit',
    });
    return {
      recipe,
      weights: { ...made.weights, ...('weights' in judged ? judged.weights : {}) },
      shape: generator.shape,
      ...(isConditional && { classes: manifest.labels! }),
      difference: Math.max(made.difference, 'difference' in judged ? judged.difference : 0),
      ...('why' in judged && { withoutDiscriminator: judged.why }),
    };
  } finally {
    await Promise.all([generator, judge].map((each) => each?.session.release()));
  }
}

interface Rebuilt {
  readonly config: GraphConfig;
  readonly weights: HostTensors;
  readonly difference: number;
}

const NONE = { why: 'it has none' } as const;

async function orWhy(work: () => Promise<Rebuilt>): Promise<Rebuilt | { readonly why: string }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GanymedeError && error.code === 'CAPABILITY_MISSING') return { why: error.message };
    throw error;
  }
}

/** One of its graphs, in the runtime. */
class Opened {
  private constructor(
    private readonly onnx: Uint8Array,
    readonly session: Session,
    private readonly player: 'generator' | 'discriminator',
    private readonly manifest: ServedGraphs['manifest'],
  ) {}

  static async of(onnx: Uint8Array, player: 'generator' | 'discriminator', manifest: ServedGraphs['manifest']) {
    return new Opened(onnx, await Session.load(onnx), player, manifest);
  }

  get shape(): readonly number[] {
    return exampleOf(this.manifest).shape;
  }

  /** Latents of seeds from 0 on, and classes in turn. */
  latents(count: number): HostTensors {
    const { size, prior } = this.manifest.latent;
    const z = stackRows(
      Array.from({ length: count }, (_, seed) => latent(seed, size, prior)),
      [size],
    );
    return { z, ...untruncated(this.session, count), ...this.#labels(count) };
  }

  /** Samples, and classes in turn. */
  examples(count: number, { shape, data }: HostTensor): HostTensors {
    const row = shape.slice(1);
    const width = data.length / shape[0]!;
    const examples = float32([count, ...row], (data as Float32Array<ArrayBuffer>).slice(0, count * width));
    return { [exampleOf(this.manifest).tensor]: examples, ...this.#labels(count) };
  }

  #labels(count: number): HostTensors {
    if (!Object.hasOwn(this.session.inputs, 'label')) return {};
    const classes = this.manifest.labels!.length;
    const turns = Array.from({ length: count }, (_, i) => i % classes);
    return { label: float32([count, classes], oneHot(turns, classes)) };
  }

  run(count: number): Promise<HostTensors> {
    return this.session.run(this.latents(count));
  }

  /** @throws GanymedeError CAPABILITY_MISSING */
  async rebuilt(feeds: (count: number) => HostTensors): Promise<Rebuilt> {
    const { tensor } = exampleOf(this.manifest);
    const [input, output] = this.player === 'generator' ? ['z', tensor] : [tensor, 'logit'];
    const isScore = this.player === 'discriminator';
    const built = await rebuild({ onnx: this.onnx, name: this.player, input, output, isScore, feeds });
    return { ...built, difference: await this.#difference(built, input, output, feeds) };
  }

  /** How far rows of the network are from those of the graph. */
  async #difference(
    { config, weights }: Pick<Rebuilt, 'config' | 'weights'>,
    input: string,
    output: string,
    feeds: (count: number) => HostTensors,
  ): Promise<number> {
    const isScore = this.player === 'discriminator';
    const place = isScore
      ? { input: this.shape, output: [1] }
      : { input: [this.manifest.latent.size], output: this.shape };
    const network = buildNetwork(config, { name: this.player, ...place });
    const { truncation: _, ...inputs } = this.session.inputs;
    const own = await Session.load(exported(network, weights, inputs, input));
    try {
      const { truncation: __, ...fed } = copyOf(feeds(ROWS));
      const [theirs, ours] = [(await this.session.run(feeds(ROWS)))[output]!, (await own.run(fed))['made']!];
      const [wanted, made] = [theirs.data as Float32Array, ours.data as Float32Array];
      const most = wanted.reduce((largest, value, i) => Math.max(largest, Math.abs(value - made[i]!)), 0);
      const [low, high] = (!isScore && this.manifest.image?.range) || [-1, 1];
      return (2 * most) / (high - low);
    } finally {
      await own.release();
    }
  }
}

function exported(network: Network, params: HostTensors, inputs: TensorSpecs, input: string): Uint8Array {
  const passOf = (label: tf.Tensor | undefined): Pass => (label ? { label } : {});
  return exportGraph(
    (tensors, given) => ({ made: tf.add(network.apply(tensors, given[input]!, passOf(given['label'])), 0) }),
    { params, inputs, name: network.name },
  );
}
