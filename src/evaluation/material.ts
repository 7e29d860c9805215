// What the protocols of one evaluation measure: the checkpoint's samples, the real images, and both in the feature
// space, each made once, when the first protocol asks.

import { basename } from 'node:path';
import { parseAddress } from '../datasets/address.js';
import {
  type Part as DataPart,
  type Dataset,
  placesEvenly,
  readAll,
  type Split,
  slice,
  split,
} from '../datasets/dataset.js';
import { isDigestOf } from '../datasets/fingerprint.js';
import { mirrored } from '../datasets/mirrored.js';
import { hasPart, openDataset, within } from '../datasets/open.js';
import { sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { exampleOf, imageOf } from '../models/example.js';
import type { JsonObject, Manifest } from '../models/manifest.js';
import { scorerFiguresIn } from '../models/scorer-figures.js';
import { scorerOf } from '../models/scoring.js';
import type { Checkpoint } from '../models/verified.js';
import { fillStream, streamOf } from '../random/noise.js';
import { Reporter } from '../work.js';
import { noiseLike } from './baselines.js';
import { FeatureNet, type Seen, shippedNetFor } from './features.js';
import { weaknessOf } from './guard.js';
import type { Rival } from './rivals.js';
import type { Effort, Rows } from './rows.js';
import { Sampler } from './sampler.js';

/**
 * Parts of data that samples may be compared with: what the model was trained on, what its recipe held out, and what
 * is published as a test split or, of built-in data, drawn anew by another seed.
 */
export const SPLITS = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLITS)[number];

export interface MaterialOptions {
  /** Directory, file or name of the dataset. */
  readonly data: string;
  /** First seed of the samples; sample i is that of seed + i, as the server makes it. */
  readonly seed: number;
  /** Among SPLITS; the last that the data has, which chose nothing, without it. */
  readonly split?: string;
  /** Instead of the number that each protocol has. */
  readonly samples?: number;
  /** ONNX file of the feature net; the shipped classifier of MNIST for images of 28 × 28 without it. */
  readonly features?: string;
  readonly threads: number;
  /** What the protocol scorer compares with; nothing without them. */
  readonly rivals?: readonly Rival[];
  /** Where the neighbours protocol writes its picture. */
  readonly picture?: string;
  /** What it draws: pairs of samples and neighbours, or rows as in Figure 2 of the 2014 paper. Pairs without it. */
  readonly pictureAs?: 'pairs' | 'rows';
}

/**
 * `training`: what the recipe left to learn from. `shown`: what of it training showed, mirrored images too where the
 * recipe mirrors. `taught`: what of it the fitted scorer may have learnt from, too. `held`: what the recipe held out.
 * `reference`: the split that samples are compared with. `others`: training images that are not of it, for scale.
 */
export type Part = 'training' | 'shown' | 'taught' | 'held' | 'reference' | 'others';

/** Real images of one part of the data. `name` says which, as the result does. */
export interface Real {
  readonly name: string;
  readonly rows: Rows;
  /** Classes by their number in the manifest, −1 for one that it does not know; null where either names none. */
  readonly labels: readonly number[] | null;
}

/** Whether each has a class that the model knows. */
export function isLabelled({ labels }: Real): boolean {
  return labels?.every((label) => label >= 0) ?? false;
}

/** Real examples that the model, or the scorer that answers for it, was not trained on, and why one may say so. */
export interface Unseen extends Real {
  readonly data: { readonly name: string; readonly sha256: string };
  readonly note: string;
}

/** What `fit scorer` writes of the examples that measure it where the recipe held nothing out. */
export const HELD_FROM_SCORER = 'Held out from the scorer alone: the generator was trained on them.';

/** Built-in data that no recipe is trained on: its seed is 0 unless somebody chose another. */
export const UNSEEN_SEED = 771_001;
/** Training examples whose values noise is like: their means and deviations are known to 1 % then. */
const KNOWN_TO_NOISE = 10_000;

export class Material {
  private made = new Map<string, Promise<unknown>>();
  /** Whose rows are counted at the moment. */
  private counting: Effort['onRows'];

  constructor(
    private readonly checkpoint: Checkpoint,
    readonly options: MaterialOptions,
    private readonly report = new Reporter({}),
  ) {}

  get manifest(): Manifest {
    return this.checkpoint.manifest;
  }

  get seed(): number {
    return this.options.seed;
  }

  /** What results call the data where it is not opened: never the path of a machine. */
  get dataName(): string {
    return basename(this.options.data);
  }

  get threads(): number {
    return this.options.threads;
  }

  /**
   * What a computation is given: it says how far it is as a phase of that name, and stops when the evaluation is told
   * to.
   */
  effort(phase: string): Effort {
    let total = -1;
    const onRows = (done: number, of: number) => {
      this.report.throwIfStopped();
      if (of !== total || this.counting !== onRows) this.report.phase(phase, 'rows', of);
      [total, this.counting] = [of, onRows];
      this.report.progress(done);
    };
    return { threads: this.threads, onRows };
  }

  sampler(): Promise<Sampler> {
    return this.once('sampler', () => Sampler.open(this.checkpoint, this.effort('samples')));
  }

  /**
   * The first `count` samples, or as many as the caller of `evaluate` asked for; the next as many for stream 1, and so
   * on. Only the first are kept.
   */
  async samples(count: number, stream = 0): Promise<Rows> {
    const wanted = this.options.samples ?? count;
    const draw = async () => (await this.sampler()).generate(this.seed + stream * wanted, wanted);
    return stream === 0 ? this.once(`samples ${wanted}`, draw) : draw();
  }

  net(): Promise<FeatureNet> {
    return this.once('net', async () => {
      const net = await FeatureNet.open(this.options.features ?? this.shippedNet(), this.threads);
      const weakness = weaknessOf(net);
      if (weakness) this.report.warning('weak-features', weakness);
      return net;
    });
  }

  /** The feature net, when it also says which class an image is of. */
  async classifier(): Promise<FeatureNet> {
    const net = await this.net();
    if (net.manifest.outputs.logits !== undefined && net.manifest.labels) return net;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a feature net that is a classifier, with logits and labels, but ${net.manifest.name} is none.`,
    );
  }

  async seenSamples(count: number): Promise<Seen> {
    const wanted = this.options.samples ?? count;
    return this.once(`seen ${wanted}`, async () =>
      (await this.net()).see(await this.samples(count), imageOf(this.manifest), this.effort('features').onRows),
    );
  }

  seen(part: Part, most: number): Promise<Seen> {
    return this.once(`seen ${part} ${most}`, async () =>
      (await this.net()).see(
        (await this.real(part, most)).rows,
        imageOf(this.manifest),
        this.effort('features').onRows,
      ),
    );
  }

  /** Noise that knows each value of the training data and nothing of what goes together. */
  noise(count: number): Promise<Rows> {
    return this.once(`noise ${count}`, async () => {
      const { rows } = await this.real('training', KNOWN_TO_NOISE);
      return noiseLike(rows, count, this.seed, this.manifest.image && [0, 1]);
    });
  }

  seenNoise(count: number): Promise<Seen> {
    return this.once(`seen noise ${count}`, async () =>
      (await this.net()).see(await this.noise(count), imageOf(this.manifest), this.effort('features').onRows),
    );
  }

  /** The dataset, in [0, 1], of the shape that the model makes: all but its test split. */
  dataset(): Promise<Dataset> {
    return this.once('dataset', async () => {
      const dataset = await this.open(this.options.data, 'train');
      const { training, model } = this.manifest;
      const trained = training?.dataset;
      if (trained?.['sha256'] !== undefined && !isDigestOf(trained['sha256'], dataset)) {
        this.report.warning(
          'other-data',
          `${dataset.name} is, by its digest, not what ${model} was trained on, which was ${trained['name']}: its figures say how well it makes this data.`,
        );
      }
      return dataset;
    });
  }

  /** The part that samples are compared with. @throws GanymedeError DATASET_INVALID, CONFIG_INVALID */
  split(): Promise<SplitName> {
    return this.once('split', async () => {
      const { split: asked, data } = this.options;
      const hasTest = isBuiltin(data) || (await hasPart(data, 'test'));
      const there = SPLITS.filter((name) => name === 'train' || (name === 'test' ? hasTest : this.heldOut() > 0));
      const found = asked === undefined ? there.at(-1) : there.find((name) => name === asked);
      if (found) return found;
      throw new GanymedeError(
        SPLITS.some((name) => name === asked) ? 'DATASET_INVALID' : 'CONFIG_INVALID',
        `Expected --split to be what ${this.dataName} has for ${this.manifest.model}, ${there.join(' or ')}, but received "${asked}".`,
      );
    });
  }

  /** Whether this is the data that the model was trained on, by its digest; null where the manifest does not say. */
  async isOwnData(): Promise<boolean | null> {
    const trained = this.manifest.training?.dataset['sha256'];
    return trained === undefined ? null : isDigestOf(trained, await this.dataset());
  }

  /** At most `most` images of a part. */
  real(part: Part, most: number): Promise<Real> {
    return this.once(`real ${part} ${most}`, async () => {
      const { train, validation } = split(await this.dataset(), this.heldOut());
      switch (part) {
        case 'training':
          return this.front(train, most);
        case 'shown':
          return this.front(isMirrored(this.manifest) ? mirrored(train) : train, most);
        case 'taught':
          return this.front((await this.fromScorer())?.train ?? train, most);
        case 'held':
          return this.front(validation ?? train, most);
        case 'others':
          return this.front((await this.split()) === 'train' ? everyOther(train, 1) : train, most);
        case 'reference':
          return this.reference(train, validation, most);
        default:
          return part satisfies never;
      }
    });
  }

  /**
   * At most `most` examples that the model was not trained on: of a test split, drawn anew where the data is built in,
   * held out, or of other data by its digest; else those that its fitted scorer was not. Null where all that there is
   * was trained on.
   */
  unseen(most: number): Promise<Unseen | null> {
    return this.once(`unseen ${most}`, async () => {
      const [name, isOwn] = [await this.split(), await this.isOwnData()];
      const of = (from: Dataset, note: string) => ({ data: identityOf(from), note });
      if (name === 'test') {
        const note = isBuiltin(this.options.data) ? 'Drawn anew by another seed.' : 'Published test split.';
        return { ...(await this.real('reference', most)), ...of(await this.test(), note) };
      }
      const dataset = await this.dataset();
      if (isOwn === false) {
        const note = 'By its digest other data than that of the training.';
        return { ...(await this.front(dataset, most)), ...of(dataset, note) };
      }
      if (name === 'train') {
        const held = (await this.fromScorer())?.validation;
        return held ? { ...(await this.front(held, most)), ...of(dataset, HELD_FROM_SCORER) } : null;
      }
      return { ...(await this.real('reference', most)), ...of(dataset, 'Held out from training.') };
    });
  }

  /** What a result says of the part that it was measured on. */
  async provenance(): Promise<JsonObject> {
    const name = await this.split();
    const isOwn = await this.isOwnData();
    return {
      split: name,
      ...(name === 'test' ? { testSha256: (await this.test()).sha256 } : {}),
      ...(isOwn === null ? {} : { ownData: isOwn }),
    };
  }

  /** Images at the end of the data that the model was not trained on. */
  heldOut(): number {
    return heldOutOf(this.manifest);
  }

  async close(): Promise<void> {
    // Only what was opened is closed; what failed to open told its caller.
    const opened = await Promise.allSettled([this.made.get('sampler'), this.made.get('net')]);
    for (const { value } of opened.filter((result) => result.status === 'fulfilled')) {
      if (value instanceof Sampler || value instanceof FeatureNet) await value.close();
    }
  }

  /** The data parted as `fit scorer` did, where it held out what the recipe had not. */
  private async fromScorer(): Promise<Split | null> {
    const scorer = scorerOf(this.manifest);
    const fitted = scorer && scorerFiguresIn(this.manifest.evaluations, scorer).result;
    if (fitted?.data.note !== HELD_FROM_SCORER) return null;
    const dataset = await this.dataset();
    return isDigestOf(fitted.data.sha256, dataset) ? split(dataset, fitted.measured) : null;
  }

  private async reference(train: Dataset, validation: Dataset | null, most: number): Promise<Real> {
    const name = await this.split();
    if (name === 'test') return this.front(strewn(await this.test(), most), most);
    return this.front(name === 'validation' ? validation! : everyOther(train, 0), most);
  }

  /** The test split. */
  test(): Promise<Dataset> {
    return this.once('test', () => {
      const { data } = this.options;
      if (!isBuiltin(data)) return this.open(data, 'test');
      const { path, settings } = parseAddress(data);
      return this.open(`builtin:${path},seed=${settings.seed === UNSEEN_SEED ? UNSEEN_SEED - 1 : UNSEEN_SEED}`);
    });
  }

  private async open(address: string, part?: DataPart): Promise<Dataset> {
    const asked = part && !isBuiltin(address) ? { part } : {};
    const dataset = await openDataset(address, { range: [0, 1], ...asked, ...within(this.report) });
    const { tensor, shape } = exampleOf(this.manifest);
    if (shape.join() === dataset.shape.join()) return dataset;
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected ${tensor}s of shape [${shape.join(', ')}] as ${this.manifest.model} makes them but ${dataset.name} has [${dataset.shape.join(', ')}].`,
    );
  }

  private async front(all: Dataset, most: number): Promise<Real> {
    const some = slice(all, 0, Math.min(most, all.count));
    const rows = { data: await readAll(some), size: sizeOf(some.shape) };
    return { name: some.name, rows, labels: labelsIn(some, this.manifest) };
  }

  private shippedNet(): string {
    const { model, image } = this.manifest;
    const shipped = image && shippedNetFor(image);
    if (shipped) return shipped;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected --features with a feature net for ${model}: the shipped one takes images of 28 × 28. See docs/evaluation.md.`,
    );
  }

  private once<T>(key: string, make: () => Promise<T>): Promise<T> {
    let value = this.made.get(key) as Promise<T> | undefined;
    if (!value) {
      value = make();
      this.made.set(key, value);
    }
    return value;
  }
}

function isBuiltin(address: string): boolean {
  return parseAddress(address).builtin;
}

/** Examples at even places, or at odd ones. */
function everyOther(dataset: Dataset, first: 0 | 1): Dataset {
  const name = `${dataset.name}, ${first === 0 ? 'even' : 'odd'} places`;
  return { ...taken(dataset, Math.floor((dataset.count + 1 - first) / 2), (i) => 2 * i + first), name };
}

/** At most `most` examples at equal distances through the data, which may come class by class. */
export function spread(dataset: Dataset, most: number): Dataset {
  const places = placesEvenly(dataset.count, most);
  return taken(dataset, places.length, (i) => places[i]!);
}

/**
 * At most `most` examples, one of each of equal parts of the data, at a place that is drawn: equal distances through
 * classes that come in turn would meet a few of them only.
 */
export function strewn(dataset: Dataset, most: number): Dataset {
  const count = Math.min(most, dataset.count);
  if (count === dataset.count) return dataset;
  const within = new Float32Array(count);
  fillStream(within, streamOf(0, 'evaluation/strewn'), { kind: 'uniform', low: 0, high: 1, shape: [] });
  const start = (i: number) => Math.floor((i * dataset.count) / count);
  return taken(dataset, count, (i) => start(i) + Math.floor(within[i]! * (start(i + 1) - start(i))));
}

function taken(dataset: Dataset, count: number, place: (i: number) => number): Dataset {
  const { labels } = dataset;
  return {
    ...dataset,
    count,
    ...(labels ? { labels: Int32Array.from({ length: count }, (_, i) => labels[place(i)]!) } : {}),
    read: (indices, out) => dataset.read(Array.from(indices, place), out),
  };
}

function identityOf({ name, sha256 }: Dataset): Unseen['data'] {
  return { name, sha256 };
}

function labelsIn({ labels, classes }: Dataset, manifest: Manifest): number[] | null {
  const names = manifest.labels;
  if (!labels || !classes || !names) return null;
  const numbers = classes.map((name) => names.indexOf(name));
  return Array.from(labels, (label) => numbers[label] ?? -1);
}

/** Whether a model was trained on mirrored examples too. */
export function isMirrored({ training }: Manifest): boolean {
  const augment = training?.recipe['augment'];
  return augment !== null && typeof augment === 'object' && !Array.isArray(augment) && augment['mirror'] === true;
}

/** Examples at the end of the data that a model was not trained on. */
export function heldOutOf({ training }: Manifest): number {
  const recipe = training?.recipe['data'];
  const held = recipe && typeof recipe === 'object' && !Array.isArray(recipe) ? recipe['validation'] : undefined;
  return typeof held === 'number' ? held : 0;
}
