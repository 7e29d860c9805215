// The query `sample`: samples of seeds or of explicit latents. Arguments are checked here; the Sample type does the
// work when its fields are selected.

import { Args, ArgsType, Ctx, Field, Int, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import type { Model } from '../models/model.js';
import { askedLabel, type LabelChoice, labelChoice, labelOf } from '../pictures/label-choice.js';
import { readLatent } from '../pictures/latents.js';
import { drawOf } from '../pictures/picture.js';
import { explicitTruncation, truncationFor } from '../pictures/truncation.js';
import { DrawArgs, firstSeed } from './draw.args.js';
import { modelOf } from './model.resolver.js';
import { Sample } from './sample.type.js';
import { type LatentInput, LatentScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
class SampleArgs extends DrawArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many samples, in ${rangeOf(LIMITS.count)}. Left out: 1, or as many as z has.`,
  })
  readonly count?: number | null;

  @Field(() => [LatentScalar], {
    nullable: true,
    description: `Explicit latents, ${rangeOf(LIMITS.count)} of them, instead of count and seed, and of truncation where that is about latents. Numbers must be finite. A conditional model needs label or labels beside them.`,
  })
  readonly z?: readonly LatentInput[] | null;
}

@Resolver()
export class SampleResolver {
  @Query(() => [Sample], { description: 'Samples of a model, from seeds or from explicit latents.' })
  async sample(@Ctx('scope') scope: RequestScope, @Args(() => SampleArgs) args: SampleArgs): Promise<Sample[]> {
    const model = modelOf(scope, args);
    const choice = await labelChoice(askedLabel(args), model);
    if (args.z != null) return samplesOfLatents(scope, model, args, args.z, choice);
    const count = checkInteger('count', args.count ?? 1);
    const truncation = truncationFor(model.manifest, args.truncation);
    const first = firstSeed(args.seed, count);
    return Array.from({ length: count }, (_, i) => {
      const seed = first + i;
      return new Sample(scope, model, { kind: 'seed', seed, truncation, label: labelOf(choice, seed, model) });
    });
  }
}

/** What cannot go together is refused, not ignored: a silently dropped seed would be taken for the one in use. */
function samplesOfLatents(
  scope: RequestScope,
  model: Model,
  { seed, count, ...args }: SampleArgs,
  latents: readonly LatentInput[],
  choice: LabelChoice,
): Sample[] {
  if (seed != null) throw expected('either z or seed', 'both');
  const truncation = explicitTruncation(args.truncation, model);
  if (count != null && count !== latents.length)
    throw expected(`count to be the ${latents.length} of z, or left out`, count);
  checkInteger('count', latents.length);
  const label = labelOf(choice, undefined, model);
  return latents.map(({ values }, i) => {
    const draw = drawOf(readLatent(values, model, `z[${i}]`), label, truncation, model);
    return new Sample(scope, model, { kind: 'latent', ...draw });
  });
}
