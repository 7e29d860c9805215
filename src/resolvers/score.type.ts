// What the schema says of a score: what the scorer gave, what it says of the class that was asked about and of how
// familiar the example is, and the same on a scale that was measured, where one is beside the version.

import { Field, Float, ObjectType } from 'type-graphql';
import { type Calibration, calibrated } from '../models/calibration.js';
import type { Model } from '../models/model.js';
import type { LabelScore, Score } from '../models/scoring.js';

@ObjectType({ description: 'A score on a scale that was measured on data that the model was not trained on.' })
export class CalibratedScore {
  @Field(() => Float, { description: 'Probability that it is real, if real and generated ones are equally likely.' })
  readonly probability!: number;

  @Field(() => Float, { description: 'Its logit, ln(p(x)/q(x)): slope · `Score.logDensityRatio` + offset.' })
  readonly logDensityRatio!: number;
}

@ObjectType('LabelScore', {
  description: 'Whether what was scored is of the class that it was taken for: “real, but not a 7” is told by this.',
})
class LabelScoreType {
  @Field(() => String, { description: 'The class that it was taken for.' })
  readonly name!: string;

  @Field(() => Float, {
    description: 'p(c|x): probability that it is of this class, among all classes. They add up to 1, whatever x is.',
  })
  readonly probability!: number;

  @Field(() => Boolean, { description: 'Whether no other class is likelier.' })
  readonly matches!: boolean;

  @Field(() => String, { description: 'The likeliest class: this one, if it matches.' })
  readonly likeliest!: string;

  @Field(() => Float, {
    nullable: true,
    description:
      'ln(p(c|x)/p(c)): how much likelier x makes the class than its share of the data does. Null where the version does not say that share.',
  })
  readonly logRatio!: number | null;
}

@ObjectType('Score', { description: 'What a model’s scorer says of an image or a point; `Scoring.scorer` says which.' })
export class ScoreType {
  @Field(() => Float, {
    nullable: true,
    description:
      'Probability that it is real, if real and generated ones are equally likely: D* = p/(p + q), of the class that was asked for ' +
      'among the data and samples of that class. It tells data from samples and means nothing of what is neither: ' +
      '`familiarity` tells that. Null if the model’s objective determines none.',
  })
  readonly probability: number | null;

  @Field(() => Float, {
    description: 'The scorer’s output; higher means more real. Of a FITTED one it is `logDensityRatio`.',
  })
  readonly logit: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'ln(p(x)/q(x)), p the density of the data and q that of the generator: the logit of `probability`, above 0 where there is ' +
      'more data than samples. Of a FITTED scorer and a class, ln(p(x|c)/q(x|c)). Null if the model’s objective determines none.',
  })
  readonly logDensityRatio: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Between 0 and 1: how sure it is that this is of what the scorer was fitted to, data or samples, and not of the ' +
      'corrupted, shifted, noisy or flat examples that it was shown beside them. Low: do not act on the other numbers. ' +
      'Null of a GAME scorer.',
  })
  readonly familiarity: number | null;

  readonly #label: LabelScore | null;
  readonly #model: Model;
  readonly #calibration: () => Promise<Calibration | null>;

  constructor(score: Score, model: Model, calibration: () => Promise<Calibration | null>) {
    this.probability = score.probability;
    this.logit = score.logit;
    this.logDensityRatio = score.logDensityRatio;
    this.familiarity = score.familiarity;
    this.#label = score.label;
    this.#model = model;
    this.#calibration = calibration;
  }

  @Field(() => LabelScoreType, {
    nullable: true,
    description:
      'Null of a GAME scorer and of a model without classes, and where no class, or a mixture of several, was asked for.',
  })
  get label(): LabelScoreType | null {
    if (!this.#label) return null;
    const { label, likeliest, probability, logRatio } = this.#label;
    const names = this.#model.manifest.labels!; // of a scorer that knows classes
    const matches = likeliest === label;
    return { name: names[label]!, probability, matches, likeliest: names[likeliest]!, logRatio };
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
