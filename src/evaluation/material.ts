// What the protocols of one evaluation measure: the checkpoint's samples, the real images, and both in the feature
// space, each made once, when the first protocol asks.

import { basename } from 'node:path';
import { type Dataset, readAll, slice, split } from '../datasets/dataset.js';
import { mirrored } from '../datasets/mirrored.js';
import { openDataset, within } from '../datasets/open.js';
import { sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { exampleOf, imageOf } from '../models/example.js';
import type { Manifest } from '../models/manifest.js';
import type { Checkpoint } from '../models/verified.js';
import { Reporter } from '../work.js';
import { FeatureNet, type Seen, shippedNetFor } from './features.js';
import type { Rival } from './rivals.js';
import type { Effort, Rows } from './rows.js';
import { Sampler } from './sampler.js';

export interface MaterialOptions {
  /** Directory, file or name of the dataset. */
  readonly data: string;
  /** First seed of the samples; sample i is that of seed + i, as the server makes it. */
  readonly seed: number;
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
 * recipe mirrors. `held`: what it held out.
 */
export type Part = 'training' | 'shown' | 'held';

/** Real images of one part of the data. `name` says which, as the result does. */
export interface Real {
  readonly name: string;
  readonly rows: Rows;
  /** Classes by their number in the manifest, −1 for one that it does not know; null where either names none. */
  readonly labels: readonly number[] | null;
}

/** Real examples that the model was not trained on, and why one may say so. */
export interface Unseen extends Real {
  readonly data: { readonly name: string; readonly sha256: string };
  readonly note: string;
}

/** Built-in data that no recipe is trained on: its seed is 0 unless somebody chose another. */
export const UNSEEN_SEED = 771_001;

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
    return this.once('net', () => FeatureNet.open(this.options.features ?? this.shippedNet(), this.threads));
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

  /** The dataset, in [0, 1], of the shape that the model makes. */
  dataset(): Promise<Dataset> {
    return this.once('dataset', async () => {
      const dataset = await openDataset(this.options.data, { range: [0, 1], ...within(this.report) });
      const { tensor, shape } = exampleOf(this.manifest);
      if (shape.join() === dataset.shape.join()) return dataset;
      throw new GanymedeError(
        'DATASET_INVALID',
        `Expected ${tensor}s of shape [${shape.join(', ')}] as ${this.manifest.model} makes them but ${dataset.name} has [${dataset.shape.join(', ')}].`,
      );
    });
  }

  /**
   * At most `most` images from the front of a part. `held`: those that the recipe held out for validation, so that a
   * generator gains nothing by copying; where it held none out, the training images, and the name says so.
   */
  real(part: Part, most: number): Promise<Real> {
    return this.once(`real ${part} ${most}`, async () => {
      const { train, validation } = split(await this.dataset(), this.heldOut());
      if (part === 'held') return this.front(validation ?? train, most);
      return this.front(part === 'shown' && mirrors(this.manifest) ? mirrored(train) : train, most);
    });
  }

  /**
   * At most `most` examples that the model was not trained on: held out, drawn anew where the data is built in, or of
   * other data by its digest. Null where all that there is was trained on.
   */
  unseen(most: number): Promise<Unseen | null> {
    return this.once(`unseen ${most}`, async () => {
      const dataset = await this.dataset();
      const isTrainedOn = dataset.sha256 === this.manifest.training?.dataset['sha256'];
      if (isTrainedOn && this.heldOut() > 0) {
        return { ...(await this.real('held', most)), data: identityOf(dataset), note: 'Held out from training.' };
      }
      if (dataset.name.startsWith('builtin:')) {
        const fresh = await openDataset(`${dataset.name},seed=${UNSEEN_SEED}`, { range: [0, 1] });
        return { ...(await this.front(fresh, most)), data: identityOf(fresh), note: 'Drawn anew by another seed.' };
      }
      if (isTrainedOn) return null;
      const note = 'By its digest other data than that of the training.';
      return { ...(await this.front(dataset, most)), data: identityOf(dataset), note };
    });
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
function mirrors({ training }: Manifest): boolean {
  const augment = training?.recipe['augment'];
  return augment !== null && typeof augment === 'object' && !Array.isArray(augment) && augment['mirror'] === true;
}

/** Examples at the end of the data that a model was not trained on. */
export function heldOutOf({ training }: Manifest): number {
  const recipe = training?.recipe['data'];
  const held = recipe && typeof recipe === 'object' && !Array.isArray(recipe) ? recipe['validation'] : undefined;
  return typeof held === 'number' ? held : 0;
}
