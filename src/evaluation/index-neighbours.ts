// `ganymede index` as a long work: the training images of a checkpoint, and where they lie in the space in which they
// are compared, written beside the version for the query `neighbours`.

import { access, constants } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type Dataset, placesEvenly, split } from '../datasets/dataset.js';
import { identityOf, isDigestOf } from '../datasets/fingerprint.js';
import { mirrored } from '../datasets/mirrored.js';
import { openDataset, within } from '../datasets/open.js';
import { Session } from '../engine/session.js';
import { float32, sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { exampleOf, type ImageSpec, imageOf } from '../models/example.js';
import { checkSearchable, type NeighbourIndex, searchedBytes, writeNeighbours } from '../models/neighbour-index.js';
import { NEIGHBOUR_SPACES, type NeighbourSpace } from '../models/neighbour-spaces.js';
import { type Checkpoint, openCheckpoint } from '../models/verified.js';
import { Reporter, type WorkContext, working } from '../work.js';
import { heldOutOf, isMirrored } from './material.js';

export interface IndexOptions {
  /** Folder of one version. */
  readonly checkpoint: string;
  /** The data that it was trained on; what its recipe held out is left out. */
  readonly data: string;
  /** pixels without it. */
  readonly in?: string;
  /** At most so many examples, at equal distances through the data; all without it. */
  readonly max?: number;
  readonly threads?: number;
}

/** The path of the index; null when stopped, and then an earlier one stays as it is. */
export function indexNeighbours(options: IndexOptions, context?: WorkContext): Promise<string | null> {
  return working(context, async (report) => {
    const path = await writeIndex(options, report);
    report.endsWith({ done: `${path} is ready for the query neighbours.` });
    return path;
  });
}

/** Whether it could be written, which is known without reading the data. `recipe`: the model. */
export async function checkIndexing(options: IndexOptions) {
  await refuseReadOnly(options.checkpoint);
  const { checkpoint, features, train } = await prepare(options);
  await features?.close();
  return { recipe: checkpoint.manifest.model, examples: train.count, ...identityOf(train), notices: [] };
}

/** The same as a part of another work. */
export async function writeIndex(options: IndexOptions, report: Reporter): Promise<string> {
  const { checkpoint, features, space, ...shown } = await prepare(options, report);
  const { dataset, places } = shown;
  const { manifest } = checkpoint;
  try {
    report.started(sizes(`${manifest.model} version ${manifest.version}`, places.length, dataset, features?.size));
    const index = await readIndex({ space, ...shown, image: imageOf(manifest), features }, report);
    report.throwIfStopped();
    const path = await writeNeighbours(options.checkpoint, manifest, index);
    report.checkpoint(path);
    return path;
  } finally {
    await features?.close();
  }
}

/** All that is refused is refused here. */
async function prepare(options: IndexOptions, report = new Reporter({})) {
  const space = spaceOf(options.in ?? 'pixels');
  const checkpoint = await openCheckpoint(options.checkpoint);
  imageOf(checkpoint.manifest);
  const features = space === 'features' ? await FeatureGraph.open(checkpoint, options.threads) : undefined;
  try {
    const train = await trainingOf(checkpoint, options.data, report);
    const places = placesEvenly(train.count, options.max ?? train.count);
    const isDouble = isMirrored(checkpoint.manifest);
    checkSearchable(places.length, (isDouble ? 2 : 1) * (features?.size ?? sizeOf(train.shape)));
    return {
      checkpoint,
      features,
      space,
      train,
      ...(isDouble ? withMirrors(train, places) : { dataset: train, places }),
    };
  } catch (error) {
    await features?.close();
    throw error;
  }
}

/** What training showed of the examples at `places`: each of them, then each mirrored. */
function withMirrors(train: Dataset, places: Int32Array) {
  const both = new Int32Array(2 * places.length);
  both.set(places);
  both.set(
    places.map((place) => train.count + place),
    places.length,
  );
  return { dataset: mirrored(train), places: both, mirroredFrom: train.count };
}

async function refuseReadOnly(checkpoint: string): Promise<void> {
  try {
    await access(checkpoint, constants.W_OK);
  } catch (cause) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      'Expected the folder of the version to be one in which an index may be written but it may only be read. Serve a copy of it.',
      { cause },
    );
  }
}

/** Examples read at a time. */
const BLOCK = 500;

interface Indexed {
  readonly space: NeighbourSpace;
  readonly dataset: Dataset;
  readonly places: Int32Array<ArrayBuffer>;
  readonly mirroredFrom?: number;
  readonly image: ImageSpec;
  readonly features: FeatureGraph | undefined;
}

async function readIndex(
  { space, dataset, places, mirroredFrom, image, features }: Indexed,
  report: Reporter,
): Promise<NeighbourIndex> {
  const count = places.length;
  const size = sizeOf(dataset.shape);
  const images = new Uint8Array(count * size);
  const rows = features && new Float32Array(count * features.size);
  report.phase('indexing', 'images', count);
  for (let from = 0; from < count; from += BLOCK) {
    report.throwIfStopped();
    const here = places.subarray(from, from + BLOCK);
    const block = new Float32Array(here.length * size); // in [0, 1]
    await dataset.read(here, block);
    // Seen as a client's image is seen: rounded to 8 bits.
    const levels = block.map((value) => Math.round(value * 255));
    images.set(levels, from * size);
    if (features) rows!.set(await features.of(levels, here.length, image), from * features.size);
    report.progress(from + here.length);
  }
  const { labels, classes } = dataset;
  return {
    ...{ space, dataset: { name: dataset.name, sha256: dataset.sha256 }, classes, mirroredFrom },
    images: { dtype: 'uint8', shape: [count, ...dataset.shape], data: images },
    places: { dtype: 'int32', shape: [count], data: places },
    ...(labels && { labels: { dtype: 'int32', shape: [count], data: Int32Array.from(places, (i) => labels[i]!) } }),
    ...(features && { features: float32([count, features.size], rows!) }),
  };
}

/** The version's own graph `features`. */
class FeatureGraph {
  private constructor(
    private readonly session: Session,
    private readonly shape: readonly number[],
    readonly size: number,
  ) {}

  static async open(checkpoint: Checkpoint, threads = availableParallelism()): Promise<FeatureGraph> {
    const session = await Session.load(await checkpoint.graph('features'), { threads });
    const { shape, middle } = exampleOf(checkpoint.manifest);
    const one = float32([1, ...shape], new Float32Array(sizeOf(shape)).fill(middle));
    const { features } = await session.run({ image: one });
    return new FeatureGraph(session, shape, features!.data.length); // a file may not say how many there are
  }

  /** Of images from 0 to 255. */
  async of(levels: Float32Array, count: number, { range: [low, high] }: ImageSpec): Promise<Float32Array> {
    const values = levels.map((level) => low + (level / 255) * (high - low));
    const { features } = await this.session.run({ image: float32([count, ...this.shape], values) });
    return features!.data as Float32Array;
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** Images of the model's shape in [0, 1], without those that its recipe held out. Of other data it is warned. */
async function trainingOf({ manifest }: Checkpoint, data: string, report: Reporter) {
  const dataset = await openDataset(data, { range: [0, 1], ...within(report) });
  const { shape } = exampleOf(manifest);
  if (shape.join() !== dataset.shape.join()) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected images of shape [${shape.join(', ')}] as ${manifest.model} makes them but ${dataset.name} has [${dataset.shape.join(', ')}].`,
    );
  }
  const trained = manifest.training?.dataset['sha256'];
  if (trained !== undefined && !isDigestOf(trained, dataset)) {
    report.warning(
      'other-data',
      `${dataset.name} is, by its digest, not what ${manifest.model} was trained on: neighbours will be of other data.`,
    );
  }
  return split(dataset, heldOutOf(manifest)).train;
}

function spaceOf(name: string): NeighbourSpace {
  const found = NEIGHBOUR_SPACES.find((space) => space === name);
  if (found) return found;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a space among ${NEIGHBOUR_SPACES.join(', ')} but received "${name}".`,
  );
}

/** What it will take, said before it is written. */
function sizes(of: string, count: number, { shape, name }: Dataset, features: number | undefined): string {
  const mib = (bytes: number) => `${Math.max(0.1, bytes / 2 ** 20).toFixed(1)} MiB`;
  const searched = searchedBytes(count, features ?? sizeOf(shape));
  const file = count * sizeOf(shape) + (features ? searched : 0);
  return (
    `Indexing ${count.toLocaleString('en-US')} images of ${name} for ${of}: a file of ${mib(file)} that holds them, ` +
    `and as much again in a server that is asked for neighbours, with ${mib(searched)} for each worker.`
  );
}
