// `jobs start …`: the works that a server does, with the options of the commands that do them here.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Order, STARTS, type Start } from '../client/jobs.js';
import type { Overrides } from '../recipes/overrides.js';
import { integer, positive } from './integer.js';
import { asking, type JobsOptions, ofServer, patience, printJob, watch } from './of-server.js';
import { overrides } from './overrides.js';

/** Options as they come, of all kinds together. */
interface Given extends JobsOptions {
  readonly config?: string;
  readonly model: string;
  readonly modelVersion?: number;
  readonly data: string;
  readonly into?: string;
  readonly set?: Overrides;
  readonly learningRate?: number;
  readonly batch?: number;
  readonly freeze?: number;
  readonly mirror?: true;
  readonly augment?: readonly string[];
  readonly steps?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly device?: string;
  readonly protocol?: string;
  readonly samples?: number;
  readonly split?: string;
  readonly in?: string;
  readonly max?: number;
  readonly priority?: number;
  readonly promote?: object;
  readonly memoryMib?: number;
  readonly minutes?: number;
  readonly diskMib?: number;
  readonly idempotencyKey?: string;
  readonly watch?: true;
  readonly patience: number;
}

export function addStart(jobs: Command): void {
  const start = jobs.command('start').description('ask for a job; its checks name every fault at once');
  for (const kind of Object.keys(STARTS) as Start[]) {
    const command = start.command(kind).description(KINDS[kind].does);
    KINDS[kind].options(command);
    queued(command).action((options: Given) =>
      asking(options, async (client) => {
        const job = await client.start(kind, orderOf(kind, options));
        if (!(options.watch && options.json)) printJob(job, options);
        if (options.watch) return watch(job.id, options);
        if (!options.json) process.stdout.write(`Watch it: npx ganymede jobs watch ${job.id}\n`);
      }),
    );
  }
}

interface Kind {
  readonly does: string;
  readonly options: (command: Command) => void;
}

const KINDS: Readonly<Record<Start, Kind>> = {
  train: {
    does: 'train a model by a recipe',
    options: (command) =>
      trained(
        command.option(
          '--config <recipe>',
          'name of a recipe that comes with Ganymede; chosen for the data without it',
        ),
      ),
  },
  'fine-tune': {
    does: 'train a served version on, on data of the same kind',
    options: (command) =>
      trained(version(command))
        .option('--into <model>', 'another model that the result is a version of')
        .option('--learning-rate <n>', 'of both players', positive)
        .option('--batch <n>', 'examples of a step', integer(1))
        .option('--freeze <layers>', 'so many of the discriminator’s first layers stay as they are', integer(0))
        .option('--mirror', 'every example also left to right')
        .option('--augment <names>', 'color, affine, translation, cutout, with commas between them', (text) =>
          text.split(','),
        ),
  },
  'fit-encoder': { does: 'add an encoder, as the next version', options: (command) => fitted(command) },
  'fit-classifier': { does: 'add a classifier, as the next version', options: (command) => seeded(version(command)) },
  'fit-inpainter': { does: 'add an inpainter, as the next version', options: (command) => fitted(command) },
  'fit-scorer': { does: 'fit a scorer to a model, as its next version', options: (command) => fitted(command) },
  evaluate: {
    does: 'measure a version by published protocols',
    options: (command) =>
      seeded(version(command))
        .option('--protocol <name>', 'one, or all (default: parzen)')
        .option('--samples <n>', 'instead of the number that the protocol prescribes', integer(1))
        .option('--split <part>', 'compare with train, validation or test (default: the last of these that there is)'),
  },
  index: {
    does: 'write the training images beside a version, so that the nearest to an image can be asked for',
    options: (command) =>
      version(command)
        .option('--in <space>', 'compare in pixels or features (default: pixels)')
        .option('--max <n>', 'at most so many images, at equal distances through the data (default: all)', integer(1)),
  },
};

function trained(command: Command): Command {
  return fitted(command)
    .addOption(overrides())
    .option('--epochs <n>', 'stop after so many epochs in all', positive)
    .addOption(promotion());
}

function fitted(command: Command): Command {
  return seeded(command).option('--steps <n>', 'stop after so many steps in all', integer(1));
}

function seeded(command: Command): Command {
  return command.option('--seed <n>', 'seed of what is drawn by chance', integer(0));
}

function version(command: Command): Command {
  return command.option('--model-version <n>', 'a version of the model (default: the active one)', integer(1));
}

/** What every job may be told. */
function queued(command: Command): Command {
  command
    .requiredOption('--model <name>', 'the model')
    .requiredOption('--data <data>', 'builtin:<name>, or a path under the server’s folders of data')
    .option('--device <name>', 'cpu, webgpu, cuda, tfjs-node or tfjs-node-gpu (default: cpu)')
    .option('--priority <n>', 'from -100 to 100; higher goes first', Number)
    .option('--memory-mib <n>', 'memory that it may take', integer(1))
    .option('--minutes <n>', 'minutes that it may take', positive)
    .option('--disk-mib <n>', 'what it may save on its way', integer(1))
    .option('--idempotency-key <key>', 'the same request with the same key is the same job')
    .option('--watch', 'watch it until it is over')
    .addOption(patience());
  return ofServer(command);
}

const PROMOTION = /^(?<protocol>[a-z-]+)\.(?<figure>\w+):(?<better>higher|lower):(?<by>\d+(\.\d+)?)$/;

/** When the result becomes the version that answers. */
function promotion(): Option {
  const option = new Option(
    '--promote <when>',
    'never, always, or if a figure is not worse by more than so much, as in frechet.distance:lower:0.5',
  );
  return option.argParser((text) => {
    if (text === 'never' || text === 'always') return { when: text.toUpperCase() };
    const { protocol, figure, better, by } = PROMOTION.exec(text)?.groups ?? {};
    if (better !== undefined)
      return { when: 'IF', protocol, figure, better: better.toUpperCase(), notWorseBy: Number(by) };
    throw new InvalidArgumentError('Expected never, always, or <protocol>.<figure>:<higher or lower>:<by how much>.');
  });
}

/** Arguments of the mutation; what was not said is not sent. */
function orderOf(kind: Start, options: Given): Order {
  const { config, model, modelVersion, data, into, steps, epochs, seed, device, protocol, samples, promote } = options;
  const { priority, memoryMib, minutes, diskMib, idempotencyKey } = options;
  const limits = known({ memoryMiB: memoryMib, minutes, diskMiB: diskMib });
  const settings = kind === 'train' ? options.set : overridesOf(options);
  return known({
    ...{ recipe: config, model, version: modelVersion, dataset: data, into, steps, epochs, seed, protocol, samples },
    ...{ device: device?.toUpperCase().replaceAll('-', '_'), priority, promote, idempotencyKey },
    ...{ in: options.in?.toUpperCase(), max: options.max, split: options.split?.toUpperCase() },
    limits: isEmpty(limits) ? undefined : limits,
    overrides: settings && !isEmpty(settings) ? settings : undefined,
  });
}

function overridesOf({ learningRate, batch, freeze, mirror, augment, set }: Given): object {
  return known({ learningRate, batch, freeze, mirror, augment, settings: set });
}

function known<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}
