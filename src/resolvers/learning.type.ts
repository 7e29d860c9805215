// The type LearningAnimation: pictures of learning, of a job or of a version, as one animation.

import { ArgsType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LIMITS, rangeOf } from '../limits.js';
import { LEARNING_FPS, type Learning } from '../pictures/learning.js';

const LearningFormat = { WEBP: 'webp', GIF: 'gif', APNG: 'apng' } as const satisfies Record<string, Learning['format']>;
registerEnumType(LearningFormat, {
  name: 'LearningFormat',
  description: 'A format for an animation of pictures of learning. APNG is lossless.',
});

@ObjectType({ description: 'Pictures of learning as one animation.' })
export class LearningAnimation {
  @Field(() => Int, { description: 'The step of the newest picture.' })
  readonly at!: number;

  @Field(() => String, { description: 'It names the newest picture, so what it returns never changes.' })
  readonly url!: string;
}

@ArgsType()
export class LearningArgs {
  @Field(() => LearningFormat, { defaultValue: LearningFormat.WEBP })
  readonly format!: Learning['format'];

  @Field(() => Int, {
    defaultValue: LEARNING_FPS,
    description: `Pictures per second, in ${rangeOf(LIMITS.fps)}; the last is shown for a second longer.`,
  })
  readonly fps!: number;
}
