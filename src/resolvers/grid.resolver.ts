// The query `sampleGrid`: samples of seeds in a row, laid out in rows and columns as one image.

import { Args, ArgsType, Ctx, Field, Int, Query, Resolver } from 'type-graphql';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { askedLabel, labelChoice } from '../pictures/label-choice.js';
import { drawsOf, type GridSubject } from '../pictures/picture.js';
import { truncationFor } from '../pictures/truncation.js';
import { DrawArgs, firstSeed } from './draw.args.js';
import { Image } from './image.type.js';
import { modelOf } from './model.resolver.js';
import { SIZE_DESCRIPTION } from './sample.type.js';
import { StillFormat } from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
class GridArgs extends DrawArgs {
  @Field(() => Int, { defaultValue: 4, description: `In ${rangeOf(LIMITS.rows)}.` })
  readonly rows!: number;

  @Field(() => Int, { defaultValue: 4, description: `In ${rangeOf(LIMITS.columns)}.` })
  readonly columns!: number;

  @Field(() => StillFormat, { defaultValue: StillFormat.PNG })
  readonly format!: (typeof StillFormat)[keyof typeof StillFormat];

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

@Resolver()
export class GridResolver {
  @Query(() => Image, {
    nullable: true,
    description:
      'Samples in rows and columns as one image. Its `url` tells the seed. Null, with an error, if a sample is not finite, and with CAPABILITY_MISSING for a model of points.',
  })
  async sampleGrid(@Ctx('scope') scope: RequestScope, @Args(() => GridArgs) args: GridArgs): Promise<Image> {
    const model = modelOf(scope, args);
    const rows = checkInteger('rows', args.rows);
    const columns = checkInteger('columns', args.columns);
    const truncation = truncationFor(model.manifest, args.truncation);
    const subject: GridSubject = {
      kind: 'grid',
      seed: firstSeed(args.seed, rows * columns),
      truncation,
      rows,
      columns,
      label: await labelChoice(askedLabel(args), model),
    };
    const picture = {
      subject,
      format: args.format,
      ...(args.size != null && { size: checkInteger('size', args.size) }),
    };
    return new Image(scope, model, picture, () => scope.generate(model, drawsOf(subject, model)));
  }
}
