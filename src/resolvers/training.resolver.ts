// Asking for jobs: training, fine-tuning, fitting, evaluating, indexing. All that can be known is checked before there
// is a job, and every fault is named at once.

import { GraphQLJSONObject } from 'graphql-scalars';
import { Args, ArgsType, Ctx, Field, Float, InputType, Int, Mutation, Resolver, registerEnumType } from 'type-graphql';
import { expected } from '../errors.js';
import type { Promotion } from '../jobs/job.js';
import { type FineTuneOrder, given, type TrainOrder } from '../jobs/orders.js';
import { checkEpochs, checkInteger, EPOCHS, LIMITS, rangeOf } from '../limits.js';
import type { NeighbourSpace } from '../models/neighbour-spaces.js';
import { TrainingDevice } from './device.resolver.js';
import { checkIdempotencyKey } from './idempotency.js';
import { Job } from './job.type.js';
import { PaceInput, paceOf } from './pace.type.js';
import { NeighbourSpaceEnum, SeedScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

const PromoteWhen = { NEVER: 'never', ALWAYS: 'always', IF: 'if' } as const;
registerEnumType(PromoteWhen, {
  name: 'PromoteWhen',
  description: 'NEVER: it waits for `promote`. ALWAYS: once it is loaded. IF: if a figure says so.',
});

const DataSplit = { TRAIN: 'train', VALIDATION: 'validation', TEST: 'test' } as const;
type SplitName = (typeof DataSplit)[keyof typeof DataSplit];
registerEnumType(DataSplit, {
  name: 'DataSplit',
  description: 'What a model was trained on, what its recipe held out, or what is published as a test split.',
});

const Better = { HIGHER: 'higher', LOWER: 'lower' } as const;
registerEnumType(Better, { name: 'Better', description: 'Which way a figure is better.' });

@InputType({ description: 'When the version that a job makes becomes the active one.' })
class PromoteInput {
  @Field(() => PromoteWhen, { defaultValue: 'never' })
  readonly when!: 'never' | 'always' | 'if';

  @Field(() => String, { nullable: true, description: 'For IF: a protocol of evaluation, such as frechet.' })
  readonly protocol?: string | null;

  @Field(() => String, { nullable: true, description: 'For IF: one of its figures.' })
  readonly figure?: string | null;

  @Field(() => Better, { nullable: true, description: 'For IF: which way it is better.' })
  readonly better?: 'higher' | 'lower' | null;

  @Field(() => Float, { nullable: true, description: 'For IF: by how much it may be worse than the active version’s.' })
  readonly notWorseBy?: number | null;
}

@InputType({ description: 'What a job may take; less than the settings of the server allow, never more.' })
class JobLimitsInput {
  @Field(() => Int, { nullable: true, description: 'MiB of memory of its process. One that takes more is ended.' })
  readonly memoryMiB?: number | null;

  @Field(() => Float, { nullable: true, description: 'Minutes from its beginning. It saves and ends then.' })
  readonly minutes?: number | null;

  @Field(() => Int, { nullable: true, description: 'MiB of what it saves on its way.' })
  readonly diskMiB?: number | null;
}

@ArgsType()
class OrderArgs {
  @Field(() => String, {
    description:
      'The data: the name of a data set, `builtin:<name>`, or a path under the folders that the settings allow, perhaps with settings behind commas as in photos.zip,resize=64x64.',
  })
  readonly dataset!: string;

  @Field(() => SeedScalar, {
    nullable: true,
    description: `Of weights, noise and the order of the data, in ${rangeOf(LIMITS.seed)}.`,
  })
  readonly seed?: number | null;

  @Field(() => Int, { nullable: true, description: `Steps in all, in ${rangeOf(LIMITS.trainingSteps)}.` })
  readonly steps?: number | null;

  @Field(() => TrainingDevice, { nullable: true, description: 'CPU, if left out.' })
  readonly device?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Higher goes first, in ${rangeOf(LIMITS.priority)}; 0 if left out.`,
  })
  readonly priority?: number | null;

  @Field(() => PromoteInput, { nullable: true, description: 'NEVER, if left out.' })
  readonly promote?: PromoteInput | null;

  @Field(() => JobLimitsInput, { nullable: true, description: 'Those of the server, if left out.' })
  readonly limits?: JobLimitsInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'With the same key the same request is the same job, however often it is sent.',
  })
  readonly idempotencyKey?: string | null;
}

@ArgsType()
export class TrainArgs extends OrderArgs {
  @Field(() => String, {
    nullable: true,
    description:
      'The name of a recipe; `recipes` lists them. Without it one is chosen for the data: by size, channels, classes and count.',
  })
  readonly recipe?: string | null;

  @Field(() => String, { description: 'The model that the result is the next version of; a new one is made.' })
  readonly model!: string;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'Settings of the recipe by path, such as { "batch": 32, "optimizer.generator.learningRate": 0.0001 }. ' +
      'A model is called by `title`, `description` and `license`; those of a recipe that speaks of other data are left out.',
  })
  readonly overrides?: Record<string, unknown> | null;

  @Field(() => Float, { nullable: true, description: `Instead of steps: passes over the data, in ${rangeOf(EPOCHS)}.` })
  readonly epochs?: number | null;

  @Field(() => PaceInput, { nullable: true, description: 'As fast as it can and unseen, if left out.' })
  readonly pace?: PaceInput | null;
}

@InputType({ description: 'What fine-tuning may change of the recipe that made a version.' })
class FineTuneOverridesInput {
  @Field(() => Int, { nullable: true, description: 'As the argument steps.' })
  readonly steps?: number | null;

  @Field(() => Float, { nullable: true, description: 'Of both players.' })
  readonly learningRate?: number | null;

  @Field(() => Int, { nullable: true })
  readonly batch?: number | null;

  @Field(() => Int, { nullable: true, description: 'So many of the discriminator’s first layers stay as they are.' })
  readonly freeze?: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Every example also left to right.' })
  readonly mirror?: boolean | null;

  @Field(() => [String], { nullable: true, description: 'Augmentation: color, affine, translation, cutout.' })
  readonly augment?: readonly string[] | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Any other setting of the recipe by path.' })
  readonly settings?: Record<string, unknown> | null;
}

@ArgsType()
export class FineTuneArgs extends OrderArgs {
  @Field(() => String)
  readonly model!: string;

  @Field(() => Int, { nullable: true, description: 'From 1; the active one, if left out.' })
  readonly version?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Another model that the result is a version of, as data of other classes needs.',
  })
  readonly into?: string | null;

  @Field(() => FineTuneOverridesInput, { nullable: true })
  readonly overrides?: FineTuneOverridesInput | null;

  @Field(() => Float, { nullable: true, description: `Instead of steps: passes over the data, in ${rangeOf(EPOCHS)}.` })
  readonly epochs?: number | null;

  @Field(() => PaceInput, { nullable: true, description: 'As fast as it can and unseen, if left out.' })
  readonly pace?: PaceInput | null;
}

@ArgsType()
class FitArgs extends OrderArgs {
  @Field(() => String)
  readonly model!: string;

  @Field(() => Int, { nullable: true, description: 'From 1; the active one, if left out.' })
  readonly version?: number | null;
}

@ArgsType()
class EvaluateArgs extends OrderArgs {
  @Field(() => String)
  readonly model!: string;

  @Field(() => Int, { nullable: true, description: 'From 1; the active one, if left out.' })
  readonly version?: number | null;

  @Field(() => String, { nullable: true, description: 'A protocol of evaluation, or `all`; parzen if left out.' })
  readonly protocol?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Instead of the protocol’s own number, in ${rangeOf(LIMITS.evaluated)}.`,
  })
  readonly samples?: number | null;

  @Field(() => DataSplit, {
    nullable: true,
    description: 'What samples are compared with; the last of these that the data has, if left out.',
  })
  readonly split?: SplitName | null;
}

@ArgsType()
class IndexArgs extends OrderArgs {
  @Field(() => String)
  readonly model!: string;

  @Field(() => Int, { nullable: true, description: 'From 1; the active one, if left out.' })
  readonly version?: number | null;

  @Field(() => NeighbourSpaceEnum, { nullable: true, description: 'What distances are of; PIXELS, if left out.' })
  readonly in?: NeighbourSpace | null;

  @Field(() => Int, {
    nullable: true,
    description: `At most so many images, at equal distances through the data, in ${rangeOf(LIMITS.indexed)}; all, if left out.`,
  })
  readonly max?: number | null;
}

@Resolver()
export class TrainingResolver {
  @Mutation(() => Job, { nullable: true, description: 'Trains a model by a recipe.' })
  async train(@Ctx('scope') scope: RequestScope, @Args(() => TrainArgs) args: TrainArgs): Promise<Job> {
    const by = scope.admin();
    return new Job(await scope.desk().train(trainOrderOf(args), by));
  }

  @Mutation(() => Job, { nullable: true, description: 'Trains a served version on, on data of the same kind.' })
  async fineTune(@Ctx('scope') scope: RequestScope, @Args(() => FineTuneArgs) args: FineTuneArgs): Promise<Job> {
    const by = scope.admin();
    return new Job(await scope.desk().fineTune(fineTuneOrderOf(args), by));
  }

  @Mutation(() => Job, { nullable: true, description: 'Adds an encoder, as the next version: images become latents.' })
  fitEncoder(@Ctx('scope') scope: RequestScope, @Args(() => FitArgs) args: FitArgs): Promise<Job> {
    return fitNetwork(scope, args, 'encoder');
  }

  @Mutation(() => Job, {
    nullable: true,
    description: 'Adds a classifier on the features of the discriminator, as the next version.',
  })
  fitClassifier(@Ctx('scope') scope: RequestScope, @Args(() => FitArgs) args: FitArgs): Promise<Job> {
    return fitNetwork(scope, args, 'classifier');
  }

  @Mutation(() => Job, { nullable: true, description: 'Adds an inpainter, as the next version: images are completed.' })
  fitInpainter(@Ctx('scope') scope: RequestScope, @Args(() => FitArgs) args: FitArgs): Promise<Job> {
    return fitNetwork(scope, args, 'inpainter');
  }

  @Mutation(() => Job, {
    nullable: true,
    description: 'Fits a scorer to the generator as it is served, as the next version: what `score` says is then D*.',
  })
  fitScorer(@Ctx('scope') scope: RequestScope, @Args(() => FitArgs) args: FitArgs): Promise<Job> {
    return fitNetwork(scope, args, 'scorer');
  }

  @Mutation(() => Job, {
    nullable: true,
    description: 'Measures a version by published protocols; the results lie beside it.',
  })
  async evaluate(@Ctx('scope') scope: RequestScope, @Args(() => EvaluateArgs) args: EvaluateArgs): Promise<Job> {
    const by = scope.admin();
    const { model, version, protocol, split } = args;
    if (args.steps != null) throw expected('no steps for an evaluation', args.steps);
    const samples = args.samples == null ? undefined : checkInteger('evaluated', args.samples, 'samples');
    return new Job(
      await scope.desk().evaluate({ model, ...given({ version, protocol, samples, split }), ...common(args) }, by),
    );
  }

  @Mutation(() => Job, {
    nullable: true,
    description:
      'Writes the training images beside a version, for the query `neighbours`, which has them once it is done.',
  })
  async indexNeighbours(@Ctx('scope') scope: RequestScope, @Args(() => IndexArgs) args: IndexArgs): Promise<Job> {
    const by = scope.admin();
    const { model, version, steps, seed } = args;
    if (steps != null || seed != null) throw expected('neither steps nor a seed for an index', steps ?? seed);
    const max = args.max == null ? undefined : checkInteger('indexed', args.max, 'max');
    const order = { model, ...given({ version, in: args.in, max }), ...common(args) };
    return new Job(await scope.desk().index(order, by));
  }
}

export function trainOrderOf(args: TrainArgs): TrainOrder {
  const { recipe, model, overrides, epochs } = args;
  return { model, ...given({ recipe, overrides, epochs: checkEpochs(epochs) }), ...paced(args), ...common(args) };
}

export function fineTuneOrderOf(args: FineTuneArgs): FineTuneOrder {
  const { model, version, into, epochs } = args;
  const { steps, ...overrides } = args.overrides ?? {};
  if (steps != null && args.steps != null) throw expected('steps once', 'both steps and overrides.steps');
  return {
    model,
    ...given({ version, into, epochs: checkEpochs(epochs), overrides: args.overrides && given(overrides) }),
    ...paced(args),
    ...common({ ...args, steps: args.steps ?? steps ?? null }),
  };
}

function paced({ pace }: Pick<TrainArgs, 'pace'>) {
  return pace == null ? {} : { pace: paceOf(pace) };
}

async function fitNetwork(
  scope: RequestScope,
  args: FitArgs,
  network: 'encoder' | 'classifier' | 'inpainter' | 'scorer',
): Promise<Job> {
  const by = scope.admin();
  const order = { model: args.model, network, ...given({ version: args.version }), ...common(args) };
  return new Job(await scope.desk().fit(order, by));
}

function common({ dataset, seed, steps, device, priority, promote, limits, idempotencyKey }: OrderArgs) {
  checkIdempotencyKey(idempotencyKey);
  return {
    dataset,
    ...given({ seed: seed == null ? undefined : checkInteger('seed', seed), device, idempotencyKey }),
    ...given({ steps: steps == null ? undefined : checkInteger('trainingSteps', steps, 'steps') }),
    ...given({ priority: priority == null ? undefined : checkInteger('priority', priority) }),
    ...given({ promote: promote == null ? undefined : promotionOf(promote), limits: limits && given(limits) }),
  };
}

function promotionOf({ when, protocol, figure, better, notWorseBy }: PromoteInput): Promotion {
  const all = [protocol, figure, better, notWorseBy];
  if (when !== 'if') {
    if (all.every((one) => one == null)) return { when };
    throw expected(
      `no figure beside when: ${when.toUpperCase()}`,
      JSON.stringify({ protocol, figure, better, notWorseBy }),
    );
  }
  if (protocol != null && figure != null && better != null && notWorseBy != null && Number.isFinite(notWorseBy)) {
    return { when, protocol, figure, better, notWorseBy };
  }
  throw expected(
    'protocol, figure, better and notWorseBy beside when: IF',
    JSON.stringify({ protocol, figure, better, notWorseBy }),
  );
}
