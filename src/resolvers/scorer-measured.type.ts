// What the schema says of how well a scorer does: figures on examples that it was not fitted to, each beside what
// knowing nothing gets.

import { Field, Float, Int, ObjectType } from 'type-graphql';
import { SCORER, type ScorerMeasured } from '../models/scorer-figures.js';
import { ScoreQuality } from './calibration.type.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'How well a classifier tells the same real examples and samples apart.' })
class RivalFigures {
  @Field(() => String, { description: 'What it is.' })
  readonly name!: string;

  @Field(() => Float, { description: 'As `ScorerMeasured.logLoss`.' })
  readonly logLoss!: number;

  @Field(() => Float, { description: 'As `ScorerMeasured.auc`.' })
  readonly auc!: number;
}

@ObjectType({ description: 'How often the likeliest class of a real example is its own.' })
class LabelFigures {
  @Field(() => Float, { description: 'Share of real examples.' })
  readonly right!: number;

  @Field(() => Float, { description: 'The same of guessing.' })
  readonly chance!: number;
}

@ObjectType({
  description: 'How well familiarity tells real examples from one kind of what is neither data nor sample.',
})
class FamiliarityFigures {
  @Field(() => String, { description: 'The kind: "noise", "inverted", "shifted", ….' })
  readonly negatives!: string;

  @Field(() => Float, { description: 'Probability that a real example is the more familiar one. 0.5 knows nothing.' })
  readonly auc!: number;
}

@ObjectType({
  description: 'A scorer’s ln p/q against the true one, where that is known: inside the modes of a mixture.',
})
class RatioFigures {
  @Field(() => Float, { description: '1 of a perfect scorer, 0 of one that knows nothing.' })
  readonly correlation!: number;

  @Field(() => Float, { description: 'Of the line through them: 1 of a perfect scorer.' })
  readonly slope!: number;
}

@ObjectType({ description: 'Examples that the scorer was not fitted to.' })
class ScorerData {
  @Field(() => String, { description: 'Name of the data.' })
  readonly data!: string;

  @Field(() => String, { description: 'SHA-256 of the data, in hexadecimal.' })
  readonly digest!: string;

  @Field(() => String, { description: 'Why the scorer knows nothing of them.' })
  readonly note!: string;

  @Field(() => Int, { description: 'Real examples, and as many samples.' })
  readonly measured!: number;
}

@ObjectType({ description: 'How far a scorer’s log loss lies above that of the best of its rivals, pair by pair.' })
class ExcessFigures {
  @Field(() => Float, { description: '0 of a scorer that knows all that the best rival knows.' })
  readonly logLoss!: number;

  @Field(() => Float, { description: 'Of it.' })
  readonly standardError!: number;
}

@ObjectType('ScorerMeasured', {
  description:
    'How well a scorer tells real examples from samples, both new to it. Each is scored as of its own class where there are classes.',
})
export class ScorerMeasuredType extends ScoreQuality {
  @Field(() => Float, { description: 'logLoss of who knows nothing: ln 2.' })
  readonly baselineLogLoss!: number;

  @Field(() => Float, { description: 'auc of who knows nothing: 0.5.' })
  readonly baselineAuc!: number;

  @Field(() => Float, { nullable: true, description: 'Of logLoss. Null where it was not noted.' })
  readonly standardError!: number | null;

  @Field(() => [RivalFigures], {
    description: 'Stronger classifiers, fitted to tell the same two apart: how much there is to know.',
  })
  readonly rivals!: readonly RivalFigures[];

  @Field(() => ExcessFigures, { nullable: true, description: 'Null where there are no rivals.' })
  readonly above!: ExcessFigures | null;

  @Field(() => LabelFigures, { nullable: true, description: 'Null of a scorer without classes.' })
  readonly label!: LabelFigures | null;

  @Field(() => [FamiliarityFigures], { nullable: true, description: 'Null of a scorer without familiarity.' })
  readonly familiarity!: readonly FamiliarityFigures[] | null;

  @Field(() => RatioFigures, { nullable: true, description: 'Null where nobody knows the true ratio.' })
  readonly ratio!: RatioFigures | null;

  @Field(() => ScorerData)
  readonly measuredOn!: ScorerData;

  @Field(() => String, { description: 'As `npx ganymede evaluate --protocol` names it.' })
  readonly protocol!: string;

  @Field(() => Float, { description: 'Seed of the first sample.' })
  readonly seed!: number;

  @Field(() => String, { description: 'When it was measured: ISO 8601.' })
  readonly date!: string;
}

export function scorerMeasuredType(result: ScorerMeasured, scope: RequestScope): ScorerMeasuredType {
  const { baseline, measured, data, logLoss, auc, ece, reliability, histogram } = result;
  const { standardError = null, rivals, above, label, familiarity, ratio } = result;
  const { name, sha256: digest, note } = scope.hidePaths(data);
  return {
    ...{ logLoss, standardError, auc, ece, reliability, histogram, rivals, above, label, familiarity, ratio },
    baselineLogLoss: baseline.logLoss,
    baselineAuc: baseline.auc,
    measuredOn: { data: name, digest, note, measured },
    protocol: SCORER,
    seed: result.seed,
    date: result.date,
  };
}
