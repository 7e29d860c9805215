// At what pace a training goes on, as a client says it and as it is told.

import { Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import { checkInteger, checkStepsPerSecond, LIMITS, rangeOf, STEPS_PER_SECOND } from '../limits.js';
import type { Pace as JobPace } from '../pace.js';

const UNTIL = 'It waits once so many steps of the whole run are made, until its pace is another; null: it goes on.';
const PER_SECOND = 'At most so many; null: as many as it can.';
const SHOW_EVERY = 'It shows itself each so many steps (`jobViews`), and where it begins, waits and ends; null: never.';

@InputType('PaceInput', {
  description: 'How a training goes on while somebody watches, whole: what is left out is null. It computes the same.',
})
export class PaceInput {
  @Field(() => Int, {
    nullable: true,
    description: `${UNTIL} In ${rangeOf(LIMITS.until)}; one that is past: at once, so 0 stops it where it is.`,
  })
  readonly until?: number | null;

  @Field(() => Float, { nullable: true, description: `${PER_SECOND} In ${rangeOf(STEPS_PER_SECOND)}.` })
  readonly stepsPerSecond?: number | null;

  @Field(() => Int, { nullable: true, description: `${SHOW_EVERY} In ${rangeOf(LIMITS.showEvery)}.` })
  readonly showEvery?: number | null;
}

@ObjectType({ description: 'How a training goes on while somebody watches.' })
export class Pace {
  @Field(() => Int, { nullable: true, description: UNTIL })
  readonly until: number | null;

  @Field(() => Float, { nullable: true, description: PER_SECOND })
  readonly stepsPerSecond: number | null;

  @Field(() => Int, { nullable: true, description: SHOW_EVERY })
  readonly showEvery: number | null;

  constructor({ until, perSecond, showEvery }: JobPace) {
    this.until = until;
    this.stepsPerSecond = perSecond;
    this.showEvery = showEvery;
  }
}

/** @throws GanymedeError BAD_USER_INPUT */
export function paceOf({ until, stepsPerSecond, showEvery }: PaceInput): JobPace {
  return {
    until: until == null ? null : checkInteger('until', until),
    perSecond: stepsPerSecond == null ? null : checkStepsPerSecond(stepsPerSecond),
    showEvery: showEvery == null ? null : checkInteger('showEvery', showEvery),
  };
}
