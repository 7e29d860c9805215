// From what a client asks for to a job: names become paths, overrides become settings of the recipe, a version left out
// is the active one. What can be known here is checked here; whether the work would begin, its own check says.

import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.js';
import { expected, GanymedeError } from '../errors.js';
import { pathOfVersion } from '../models/folders.js';
import { isModelName } from '../models/manifest.js';
import type { Model } from '../models/model.js';
import type { Pace } from '../pace.js';
import { RECIPE_NAME } from '../recipes/check-recipe.js';
import type { JobLimits } from './guard.js';
import type { JobKind, JobRequest, Promotion } from './job.js';

/** What every order may say. */
export interface CommonOrder {
  readonly dataset: string;
  /** The CPU without it. */
  readonly device?: string;
  readonly seed?: number;
  readonly steps?: number;
  /** 0 without it. */
  readonly priority?: number;
  readonly promote?: Promotion;
  readonly limits?: Partial<JobLimits>;
  readonly idempotencyKey?: string;
}

export interface TrainOrder extends CommonOrder {
  readonly model: string;
  /** Name of a recipe that comes with Ganymede; chosen for the data without it. */
  readonly recipe?: string;
  /** Path → value. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly epochs?: number;
  readonly pace?: Pace;
}

export interface FineTuneOrder extends CommonOrder {
  readonly model: string;
  readonly version?: number;
  /** The model that the result is a version of; the same without it. */
  readonly into?: string;
  readonly overrides?: FineTuneOverrides;
  readonly epochs?: number;
  readonly pace?: Pace;
}

/** The settings that fine-tuning is about, by short names; any other by its path. */
export interface FineTuneOverrides {
  readonly learningRate?: number;
  readonly batch?: number;
  /** FreezeD: so many of the discriminator's first layers stay as they are. */
  readonly freeze?: number;
  readonly mirror?: boolean;
  readonly augment?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface FitOrder extends CommonOrder {
  readonly model: string;
  readonly version?: number;
  readonly network: 'encoder' | 'classifier' | 'inpainter' | 'scorer';
}

export interface EvaluateOrder extends CommonOrder {
  readonly model: string;
  readonly version?: number;
  readonly protocol?: string;
  readonly samples?: number;
  readonly split?: string;
}

export interface IndexOrder extends CommonOrder {
  readonly model: string;
  readonly version?: number;
  readonly in?: string;
  readonly max?: number;
}

/** What orders are checked against. */
export interface Grounds {
  /** The folders of models; the first is written. */
  readonly checkpoints: readonly string[];
  /** What data may be named. */
  readonly catalog: Pick<Catalog, 'addressOf'>;
  readonly repository: { get(name: string, version?: number): Model };
}

export async function trainRequest(order: TrainOrder, by: string, grounds: Grounds): Promise<JobRequest> {
  const { recipe, overrides, model, epochs } = order;
  if (recipe !== undefined && !RECIPE_NAME.test(recipe))
    throw expected('the name of a recipe', recipe, 'CONFIG_INVALID');
  const options = { ...given({ config: recipe, overrides, epochs }), ...(await training(order, model, grounds)) };
  return requestOf('train', order, by, { model, ...given({ recipe, pace: order.pace }), options });
}

export async function fineTuneRequest(order: FineTuneOrder, by: string, grounds: Grounds): Promise<JobRequest> {
  const { model, into = model, overrides, epochs } = order;
  const source = grounds.repository.get(model, order.version);
  const options = {
    from: await folderOf(source, grounds),
    ...given({ overrides: overrides && settingsOf(overrides), epochs }),
    ...(await training(order, into, grounds)),
  };
  const { version } = source;
  return requestOf('fine-tune', order, by, { model: into, version, options, ...given({ pace: order.pace }) });
}

export async function fitRequest(order: FitOrder, by: string, grounds: Grounds): Promise<JobRequest> {
  const { model, network, seed, steps, device } = order;
  if (network === 'classifier') refuseDevice(order, 'fit-classifier');
  if (network === 'classifier' && steps !== undefined) throw expected('no steps for a classifier', steps);
  const source = grounds.repository.get(model, order.version);
  const options = {
    checkpoint: await folderOf(source, grounds),
    data: await grounds.catalog.addressOf(order.dataset),
    beside: grounds.checkpoints.slice(1).map((folder) => join(folder, model)),
    ...given({ seed, steps, device }),
  };
  return requestOf(`fit-${network}`, order, by, { model, version: source.version, options });
}

export async function evaluateRequest(order: EvaluateOrder, by: string, grounds: Grounds): Promise<JobRequest> {
  const { model, protocol, samples, split, seed } = order;
  refuseDevice(order, 'evaluate');
  const source = grounds.repository.get(model, order.version);
  const options = {
    checkpoint: await folderOf(source, grounds),
    data: await grounds.catalog.addressOf(order.dataset),
    ...given({ protocol, samples, split, seed }),
  };
  return requestOf('evaluate', order, by, { model, version: source.version, options });
}

export async function indexRequest(order: IndexOrder, by: string, grounds: Grounds): Promise<JobRequest> {
  const { model, max } = order;
  refuseDevice(order, 'index');
  const source = grounds.repository.get(model, order.version);
  const options = {
    checkpoint: await folderOf(source, grounds),
    data: await grounds.catalog.addressOf(order.dataset),
    ...given({ in: order.in, max }),
  };
  return requestOf('index', order, by, { model, version: source.version, options });
}

/** What trainings have in common. */
async function training({ dataset, seed, steps, device }: CommonOrder, model: string, grounds: Grounds) {
  if (!isModelName(model)) {
    throw expected('the name of a model: at most 64 lower-case letters and digits, joined by "-", "_" or "."', model);
  }
  const [written, ...others] = grounds.checkpoints;
  return {
    data: await grounds.catalog.addressOf(dataset),
    out: join(written!, model),
    beside: others.map((folder) => join(folder, model)),
    ...given({ seed, steps, device }),
  };
}

function requestOf(
  kind: JobKind,
  { idempotencyKey, ...order }: CommonOrder,
  by: string,
  others: Pick<JobRequest, 'model' | 'options'> & Partial<Pick<JobRequest, 'version' | 'recipe' | 'pace'>>,
): JobRequest {
  const { dataset, device = 'cpu', priority = 0, promote = { when: 'never' }, limits } = order;
  return {
    ...{ kind, by, dataset, device, priority, promotion: promote, asked: { ...order } },
    ...others,
    ...given({ idempotencyKey, limits }),
  };
}

/** What trains no network of any size runs on the processor alone. */
function refuseDevice({ device = 'cpu' }: CommonOrder, what: string): void {
  if (device !== 'cpu') throw expected(`no device, or cpu, for ${what}, which runs nowhere else,`, device);
}

function settingsOf({ learningRate, batch, freeze, mirror, augment, settings }: FineTuneOverrides) {
  return {
    ...given({
      'optimizer.generator.learningRate': learningRate,
      'optimizer.discriminator.learningRate': learningRate,
      batch,
      'discriminator.freeze': freeze,
      'augment.mirror': mirror,
      'augment.differentiable': augment,
    }),
    ...settings,
  };
}

/** The folder of a version that is served. */
async function folderOf({ name, version }: Model, { checkpoints }: Grounds): Promise<string> {
  const path = await pathOfVersion(checkpoints, name, version);
  if (path !== undefined) return path;
  throw new GanymedeError('VERSION_NOT_FOUND', `Expected version ${version} of ${name} but it was removed meanwhile.`);
}

/** Without what was left out. */
export function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const known = Object.entries(values).filter(([, value]) => value != null);
  return Object.fromEntries(known) as { [K in keyof T]?: NonNullable<T[K]> };
}
