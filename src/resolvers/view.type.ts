// The type JobView: what a training shows of itself while somebody watches.

import { Field, Float, Int, ObjectType } from 'type-graphql';
import { type GameView as Game, SHOWN, type View } from '../pace.js';
import { JobMetric } from './metric.type.js';

const BASE64 = 'as base64 of float32, little-endian';

@ObjectType({
  description:
    'Latents at equal shares of the prior, and the points that become of them. Of a latent of more numbers than a point has, the first; the others are in the middle of the prior.',
})
class LatentMap {
  @Field(() => Int, { description: 'In the plane so many rows as well; the first number runs fastest.' })
  readonly columns!: number;

  @Field(() => String, { description: `[columns, 1] or [columns², 2], ${BASE64}.` })
  readonly latents!: string;

  @Field(() => String, { description: `A point for each, ${BASE64}.` })
  readonly points!: string;
}

@ObjectType({
  description: 'A game on the line or in the plane as it is at a step: the generator against the discriminator.',
})
class GameView {
  @Field(() => Int, { description: 'Numbers of a point: 1 on the line, 2 in the plane.' })
  readonly size!: number;

  @Field(() => [Float], { description: 'The corner of what is shown with the least x, and y.' })
  readonly low!: readonly number[];

  @Field(() => [Float], { description: 'The corner opposite.' })
  readonly high!: readonly number[];

  @Field(() => Int, { description: 'Places on each axis at which D is asked, both ends among them.' })
  readonly places!: number;

  @Field(() => String, { description: `What D says at each place, x running fastest and y upwards, ${BASE64}.` })
  readonly verdict!: string;

  @Field(() => Boolean, { description: 'Whether that is a probability, as p/(p + q) at the optimum; else D’s output.' })
  readonly isProbability!: boolean;

  @Field(() => Float, {
    nullable: true,
    description: 'What D says of what is as likely data as sample. Null where only differences mean something.',
  })
  readonly boundary!: number | null;

  @Field(() => String, { description: `Examples of the data, at most ${SHOWN.examples}, ${BASE64}.` })
  readonly data!: string;

  @Field(() => String, {
    description: `What the generator makes of the latents of seeds 0 … ${SHOWN.samples - 1}, ${BASE64}.`,
  })
  readonly samples!: string;

  @Field(() => String, {
    description: `For each sample, how the generator’s own loss for it falls fastest: −∂loss/∂x, ${BASE64}.`,
  })
  readonly pulls!: string;

  @Field(() => LatentMap, { nullable: true, description: 'Null where a latent has fewer numbers than a point.' })
  readonly map!: LatentMap | null;
}

@ObjectType({ description: 'What a training shows of itself at a step. Only the newest is kept.' })
export class JobView {
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
  }

  @Field(() => Int)
  get step(): number {
    return this.#view.at;
  }

  @Field(() => Boolean, { description: 'It goes on when its pace is changed; after five minutes it is paused.' })
  get waiting(): boolean {
    return this.#view.waiting;
  }

  @Field(() => [JobMetric], {
    description: 'Means since the view before: lossD, lossG, dReal, dFake, penalty. None before the first step.',
  })
  get metrics(): JobMetric[] {
    const { at, values } = this.#view;
    return Object.entries(values).map(([name, value]) => ({ name, at: [at], values: [value] }));
  }

  @Field(() => GameView, { nullable: true, description: 'Null of data that is neither on the line nor in the plane.' })
  get game(): Game | null {
    return this.#view.game;
  }
}
