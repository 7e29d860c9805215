// The arguments of whatever draws samples by seed, and the first seed that they come to.

import { randomInt } from 'node:crypto';
import { ArgsType, Field, Float, InputType } from 'type-graphql';
import { LIMITS, rangeOf, TRUNCATION } from '../limits.js';
import { checkSeeds } from '../pictures/latents.js';
import { ModelArgs } from './model.resolver.js';
import { SeedScalar } from './scalars.js';

const SEED_DESCRIPTION = `In ${rangeOf(LIMITS.seed)}; sample i has seed + i, which must stay in the range. Left out: a random one.`;

export const LABEL_DESCRIPTION = 'One of `Model.labels`, for a conditional model only.';

export const LABELS_DESCRIPTION =
  `Instead of label: a mixture of ${rangeOf(LIMITS.labels)} different classes. Weights are divided by their sum and kept to 10⁻⁹. ` +
  'A mixture in which only one class weighs anything is that class.';

@InputType('LabelWeight', { description: 'A class of a mixture and how much it weighs there.' })
export class LabelWeightInput {
  @Field(() => String, { description: 'One of `Model.labels`.' })
  readonly label!: string;

  @Field(() => Float, { description: 'At least 0; only its proportion to the others counts.' })
  readonly weight!: number;
}

@ArgsType()
export class DrawArgs extends ModelArgs {
  @Field(() => SeedScalar, { nullable: true, description: SEED_DESCRIPTION })
  readonly seed?: number | null;

  @Field(() => Float, {
    defaultValue: 1,
    description:
      `In ${rangeOf(TRUNCATION)}: scales latents of seeds toward the prior’s mean, or what else \`Model.truncation\` says. 1 is the whole prior, 0 its mean. ` +
      'Refused where it would change nothing.',
  })
  readonly truncation!: number;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} Left out: each sample’s class is drawn from its seed, evenly.`,
  })
  readonly label?: string | null;

  @Field(() => [LabelWeightInput], { nullable: true, description: LABELS_DESCRIPTION })
  readonly labels?: readonly LabelWeightInput[] | null;
}

/** Of `count` seeds in a row: the one asked for, or a random one that leaves room for the others. */
export function firstSeed(seed: number | null | undefined, count: number): number {
  return seed == null ? randomInt(LIMITS.seed.most - count + 2) : checkSeeds(seed, count);
}
