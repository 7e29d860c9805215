// What the schema says of a score: what the discriminator gave, and the same on a scale that was measured, where one is
// beside the version.

import { Field, Float, ObjectType } from 'type-graphql';
import { type Calibration, calibrated } from '../models/calibration.js';
import type { Score } from '../models/density.js';

@ObjectType({ description: 'A score on a scale that was measured on data that the model was not trained on.' })
export class CalibratedScore {
  @Field(() => Float, { description: 'Probability that it is real, if real and generated ones are equally likely.' })
  readonly probability!: number;

  @Field(() => Float, { description: 'Its logit, ln(p(x)/q(x)): slope · `Score.logDensityRatio` + offset.' })
  readonly logDensityRatio!: number;
}

@ObjectType('Score', { description: 'What a model’s discriminator says of an image or a point.' })
export class ScoreType {
  @Field(() => Float, {
    nullable: true,
    description:
      'Probability that it is real, if real and generated ones are equally likely. Null if the model’s objective determines none.',
  })
  readonly probability: number | null;

  @Field(() => Float, { description: 'The discriminator’s output; higher means more real.' })
  readonly logit: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'ln(p(x)/q(x)), p the density of the data and q that of the generator. Null if the model’s objective determines none.',
  })
  readonly logDensityRatio: number | null;

  readonly #calibration: () => Promise<Calibration | null>;

  constructor({ probability, logit, logDensityRatio }: Score, calibration: () => Promise<Calibration | null>) {
    this.probability = probability;
    this.logit = logit;
    this.logDensityRatio = logDensityRatio;
    this.#calibration = calibration;
  }

  @Field(() => CalibratedScore, {
    nullable: true,
    description:
      'Probability and ratio as `Model.scoring.calibration` corrects them: the ones to act on. It says nothing of what ' +
      'looks neither like the data nor like a sample. Null where there is no calibration; `Model.scoring.uncalibrated` says why.',
  })
  get calibrated(): Promise<CalibratedScore | null> | null {
    const ratio = this.logDensityRatio;
    return ratio === null ? null : this.#calibration().then((line) => line && calibrated(ratio, line));
  }
}
