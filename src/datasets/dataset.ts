// What the trainer knows of data: how many examples, their shape and range, perhaps labels, and how to read some of
// them by index. Also the order in which epochs visit them. Of file formats it knows nothing: see formats.ts.
import { expected, GanymedeError } from '../errors.js';
import type { Flattening } from '../images/pixels.js';
import { permutation, streamOf } from '../random/noise.js';

/** Of the splits that published datasets come in; ours of training and validation are made from `train`. */
export type Part = 'train' | 'test';

export interface Dataset {
  /** What a person calls it: the file's or folder's name. */
  readonly name: string;
  readonly count: number;
  /** One example: [C, H, W] for images, [n] for vectors such as points of the plane. */
  readonly shape: readonly number[];
  /** Values lie in [low, high]; what `read` writes. */
  readonly range: readonly [low: number, high: number];
  /** One class index an example. */
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  /** Of data made as a mixture of Gaussians, so that an evaluation can count the modes that a generator found. */
  readonly mixture?: Mixture;
  /** ln of the density that the examples are draws of, where it is known. */
  readonly logDensity?: (point: ArrayLike<number>) => number;
  /** SHA-256 of the data, so that a run says what it was trained on and resumes on nothing else: fingerprint.ts. */
  readonly sha256: string;
  /** What releases before computed, of the contents alone: their manifests and runs know the data by it. */
  readonly formerSha256?: string;
  /** What became of transparency; absent of data that has none to tell of, or keeps it. */
  readonly alpha?: Flattening;
  /** How many images read so far are damaged, of data where images may be. */
  readonly damaged?: () => number;
  /** Writes the examples at `indices`, one after another, from `out[0]` on. */
  read(indices: ArrayLike<number>, out: Float32Array): Promise<void>;
}

export interface Mixture {
  /** Means of the modes, all equally likely; a label is the index of one. */
  readonly centers: readonly (readonly number[])[];
  /** Standard deviation of each mode along every axis. */
  readonly sigma: number;
}

/** Places of at most `most` among `count` things, at equal distances, the first among them. */
export function placesEvenly(count: number, most: number): Int32Array<ArrayBuffer> {
  const taken = Math.min(count, most);
  return Int32Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken));
}

/** Examples from ≤ i < to as a dataset of their own. */
export function slice(dataset: Dataset, from: number, to: number): Dataset {
  const whole = from === 0 && to === dataset.count;
  if (!(0 <= from && from < to && to <= dataset.count)) {
    throw expected(`a range of examples within [0, ${dataset.count})`, `[${from}, ${to})`, 'DATASET_INVALID');
  }
  if (whole) return dataset;
  return {
    ...dataset,
    name: `${dataset.name}[${from}:${to}]`,
    count: to - from,
    ...(dataset.labels ? { labels: dataset.labels.subarray(from, to) } : {}),
    read: (indices, out) =>
      dataset.read(
        Array.from(indices, (index) => index + from),
        out,
      ),
  };
}

export interface Split {
  readonly train: Dataset;
  readonly validation: Dataset | null;
}

/**
 * Holds the last `validation` examples out, as the paper's configuration does with MNIST: 50,000 to train, 10,000 to
 * validate. Data that comes class by class, as folders do, is put in a fixed random order first: its end would be the
 * last class alone.
 */
export function split(dataset: Dataset, validation: number): Split {
  if (validation === 0) return { train: dataset, validation: null };
  if (dataset.count <= validation) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected more than ${validation} examples, since the recipe holds the last ${validation} out for validation, ` +
        `but ${dataset.name} has ${dataset.count}.`,
    );
  }
  const cut = dataset.count - validation;
  const mixed = comesClassByClass(dataset.labels) ? shuffled(dataset) : dataset;
  return { train: slice(mixed, 0, cut), validation: slice(mixed, cut, dataset.count) };
}

/**
 * The examples of some classes as a dataset of their own, which numbers the classes as `names` does.
 * @throws GanymedeError DATASET_INVALID where there are none of a class
 */
export function ofClasses(dataset: Dataset, names: readonly string[]): Dataset {
  const number = new Map(names.map((name, index) => [dataset.classes?.indexOf(name) ?? -1, index]));
  const labels = dataset.labels ?? new Int32Array();
  const kept = Uint32Array.from(labels.keys()).filter((index) => number.has(labels[index]!));
  const present = new Set(labels);
  const empty = names.filter((name) => !present.has(dataset.classes?.indexOf(name) ?? -1));
  if (empty.length > 0) {
    const message = `Expected examples of the classes ${names.join(', ')} but ${dataset.name} has none of ${empty.join(', ')}.`;
    throw new GanymedeError('DATASET_INVALID', message, { details: { missing: empty } });
  }
  return {
    ...dataset,
    name: `${dataset.name} of ${names.length} classes`,
    count: kept.length,
    classes: names,
    labels: Int32Array.from(kept, (index) => number.get(labels[index]!)!),
    read: (indices, out) =>
      dataset.read(
        Array.from(indices, (index) => kept[index]!),
        out,
      ),
  };
}

/**
 * The same examples, their labels numbered as `names` does: data may lack some of them.
 * @throws GanymedeError DATASET_INVALID for data without classes, or with others
 */
export function numberedAs(dataset: Dataset, names: readonly string[]): Dataset {
  const { labels, classes = [] } = dataset;
  const number = new Map(names.map((name, index) => [name.normalize('NFC'), index]));
  const places = classes.map((name) => number.get(name.normalize('NFC')));
  const others = classes.filter((_, place) => places[place] === undefined);
  if (!labels || others.length > 0) {
    const received = labels ? `${others.join(', ')} besides` : 'none';
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected examples of the classes ${names.join(', ')} but ${dataset.name} has ${received}.`,
    );
  }
  return { ...dataset, classes: names, labels: Int32Array.from(labels, (label) => places[label]!) };
}

/** True when every class is one run of neighbours, and that is no accident of there being one example of each. */
function comesClassByClass(labels: Int32Array | undefined): boolean {
  if (!labels) return false;
  const classes = new Set(labels).size;
  if (classes < 2 || labels.length < 2 * classes) return false;
  let runs = 1;
  for (let i = 1; i < labels.length; i++) if (labels[i] !== labels[i - 1]) runs++;
  return runs === classes;
}

/** The same examples in the same random order each time. */
function shuffled(dataset: Dataset): Dataset {
  const order = permutation(dataset.count, streamOf(0, 'split'));
  return {
    ...dataset,
    name: `${dataset.name} shuffled`,
    ...(dataset.labels ? { labels: Int32Array.from(order, (index) => dataset.labels![index]!) } : {}),
    read: (indices, out) =>
      dataset.read(
        Array.from(indices, (index) => order[index]!),
        out,
      ),
  };
}

/**
 * The examples that batch number `batch` (from 0, over all epochs) takes. Each epoch visits all examples once in an
 * order of its own; the remainder that fills no batch is left out of that epoch. A pure function of its arguments:
 * nothing to save.
 */
export class Batches {
  readonly perEpoch: number;
  private epoch = -1;
  private order = new Uint32Array(0);

  constructor(
    private readonly count: number,
    private readonly size: number,
    private readonly seed: number,
  ) {
    if (count < size) throw expected(`at least ${size} examples for one batch`, count, 'DATASET_INVALID');
    this.perEpoch = Math.floor(count / size);
  }

  indices(batch: number): Uint32Array {
    const epoch = Math.floor(batch / this.perEpoch);
    if (epoch !== this.epoch) {
      this.order = permutation(this.count, streamOf(this.seed, 'order', epoch)) as Uint32Array<ArrayBuffer>;
      this.epoch = epoch;
    }
    const start = (batch % this.perEpoch) * this.size;
    return this.order.subarray(start, start + this.size);
  }
}

/** All examples in one array: for evaluation, which compares everything with everything. */
export async function readAll(dataset: Dataset): Promise<Float32Array<ArrayBuffer>> {
  const size = dataset.shape.reduce((product, n) => product * n, 1);
  const out = new Float32Array(dataset.count * size);
  await dataset.read(
    Uint32Array.from({ length: dataset.count }, (_, i) => i),
    out,
  );
  return out;
}

/** What every `read` begins with: refuses indices outside the data, and an `out` too small for what they ask for. */
export function checkRead(
  name: string,
  count: number,
  size: number,
  indices: ArrayLike<number>,
  out: Float32Array,
): void {
  if (out.length < indices.length * size) {
    throw expected(`room for ${indices.length * size} values of ${name}`, out.length, 'INTERNAL_SERVER_ERROR');
  }
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw expected(`an example of ${name} in [0, ${count})`, index, 'DATASET_INVALID');
    }
  }
}

/**
 * Classes of data that numbers them: those that have examples, in order, under their numbers or the names that the data
 * gives these. Labels become their places. A class without examples would be served untrained.
 */
export function numbered(
  numbers: ArrayLike<number>,
  names?: readonly string[],
): { readonly labels: Int32Array; readonly classes: string[] } {
  const present = [...new Set(Array.from(numbers))].sort((a, b) => a - b);
  const placeOf = new Map(present.map((number, place) => [number, place]));
  return {
    labels: Int32Array.from(numbers, (number) => placeOf.get(number)!),
    classes: present.map((number) => (names ? names[number]! : String(number))),
  };
}
