// What the schema says of a calibration: the line that corrects scores, how good they are before and after it, and what
// that was measured on.

import { Field, Float, Int, ObjectType } from 'type-graphql';
import { CALIBRATION, type Calibration } from '../models/calibration.js';
import type { Quality } from '../models/scorer-results.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'Scores between two probabilities: what they said, and what was the case.' })
class ReliabilityBin {
  @Field(() => Float)
  readonly low!: number;

  @Field(() => Float)
  readonly high!: number;

  @Field(() => Int, { description: 'Real examples and samples in it.' })
  readonly count!: number;

  @Field(() => Float, { description: 'The mean of their probabilities.' })
  readonly predicted!: number;

  @Field(() => Float, { description: 'The share of them that is real.' })
  readonly observed!: number;
}

@ObjectType({
  description:
    'How many log density ratios fell into each of several bins of equal width between `low` and `high`. ' +
    'The first and the last bin hold what lies beyond, too.',
})
class ScoreHistogram {
  @Field(() => Float)
  readonly low!: number;

  @Field(() => Float)
  readonly high!: number;

  @Field(() => [Int], { description: 'Real examples in each bin.' })
  readonly data!: readonly number[];

  @Field(() => [Int], { description: 'Samples in each bin.' })
  readonly samples!: readonly number[];
}

@ObjectType({ description: 'How good probabilities are: of real examples and as many samples.' })
export class ScoreQuality {
  @Field(() => Float, { description: 'Mean of −ln of what was given to what was the case. 0.693 knows nothing.' })
  readonly logLoss!: number;

  @Field(() => Float, { description: 'Probability that a real example scores above a sample. 0.5 knows nothing.' })
  readonly auc!: number;

  @Field(() => Float, { description: 'Expected calibration error: mean |predicted − observed| over the bins.' })
  readonly ece!: number;

  @Field(() => [ReliabilityBin], { description: 'In order; bins that hold nothing are left out.' })
  readonly reliability!: readonly ReliabilityBin[];

  @Field(() => ScoreHistogram, {
    nullable: true,
    description: 'Of the ratios that the probabilities are of. Null where it was not noted.',
  })
  readonly histogram?: ScoreHistogram | undefined;
}

@ObjectType({ description: 'The data of a calibration. The model was not trained on it.' })
class CalibrationData {
  @Field(() => String, { description: 'Name of the data.' })
  readonly data!: string;

  @Field(() => String, { description: 'SHA-256 of the data, in hexadecimal.' })
  readonly digest!: string;

  @Field(() => String, { description: 'Why the model knows nothing of it.' })
  readonly note!: string;

  @Field(() => Int, { description: 'Real examples, and as many samples, that the line was fitted to.' })
  readonly fitted!: number;

  @Field(() => Int, { description: 'Others, and as many samples, on which it was measured.' })
  readonly measured!: number;
}

@ObjectType('Calibration', {
  description:
    'A line through log density ratios that makes probabilities of them: calibrated = slope · ln(p/q) + offset (Platt scaling).',
})
export class CalibrationType extends ScoreQuality {
  @Field(() => Float, { description: 'Where it is not surely above 0, the scorer knows nothing.' })
  readonly slope!: number;

  @Field(() => Float, { description: 'Of the slope.' })
  readonly standardError!: number;

  @Field(() => Float)
  readonly offset!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      '1/slope, as `sampleWithRejection` takes it. Null where the slope is not three standard errors above 0.',
  })
  readonly temperature!: number | null;

  @Field(() => String, { description: 'As `npx ganymede evaluate --protocol` names it.' })
  readonly protocol!: string;

  @Field(() => Float, { description: 'Seed of the first sample.' })
  readonly seed!: number;

  @Field(() => CalibrationData)
  readonly measuredOn!: CalibrationData;

  @Field(() => ScoreQuality, { description: 'The same of scores as the scorer gave them.' })
  readonly before!: Quality;
}

export function calibrationType(calibration: Calibration, scope: RequestScope): CalibrationType {
  const { slope, standardError, offset, temperature, before, after, seed, data, fitted, measured } = calibration;
  const { name, sha256: digest, note } = scope.hidePaths(data);
  const measuredOn = { data: name, digest, note, fitted, measured };
  return { slope, standardError, offset, temperature, protocol: CALIBRATION, seed, measuredOn, before, ...after };
}
