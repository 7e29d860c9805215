// What a version can do in detail: the tensors that each of its graphs takes and gives, and what a score needs. All of
// it follows from manifests, but whether a graph is told of a class, which only the graph knows.

import { Ctx, Field, FieldResolver, Float, Int, ObjectType, Resolver, Root, registerEnumType } from 'type-graphql';
import { CAPABILITIES, type Capability, signatureOf } from '../models/capabilities.js';
import { DENSITY_RATIOS, type DensityRatio } from '../models/density.js';
import type { Manifest } from '../models/manifest.js';
import type { Model } from '../models/model.js';
import { scorerFiguresIn } from '../models/scorer-figures.js';
import type { ScorerKind } from '../models/scoring.js';
import { CalibrationType, calibrationType } from './calibration.type.js';
import { ModelType } from './model.type.js';
import { measuredOn, type RequestScope } from './scope.js';
import { ScorerMeasuredType, scorerMeasuredType } from './scorer-measured.type.js';

/** GraphQL writes GENERATE for 'generate'. */
function upperCased<T extends string>(names: readonly T[]): { readonly [K in T as Uppercase<K>]: K } {
  return Object.fromEntries(names.map((name) => [name.replaceAll('-', '_').toUpperCase(), name])) as never;
}

const CapabilityEnum = upperCased(CAPABILITIES);
const DensityRatioEnum = upperCased(DENSITY_RATIOS);
const ScorerEnum = { GAME: 'GAME', FITTED: 'FITTED' } as const satisfies { readonly [K in ScorerKind]: K };
registerEnumType(CapabilityEnum, { name: 'Capability', description: 'A graph that a version of a model may have.' });
registerEnumType(DensityRatioEnum, {
  name: 'DensityRatio',
  description: 'By which formula a logit gives the log density ratio of data to generator.',
});
registerEnumType(ScorerEnum, {
  name: 'Scorer',
  description: 'What gives the scores of a version.',
  valuesConfig: {
    GAME: {
      description:
        'The discriminator that training left. It fought the generators of the last steps, and not the averaged one that is ' +
        'served; that of an objective whose `densityRatio` is NONE only orders examples.',
    },
    FITTED: {
      description:
        'A discriminator of its own, fitted to the generator as it is served, with classes and familiarity; measured on ' +
        'examples that it was not fitted to.',
    },
  },
});

@ObjectType({ description: 'The values that numbers of a tensor lie in.' })
class ValueRange {
  @Field(() => Float)
  readonly low!: number;

  @Field(() => Float)
  readonly high!: number;
}

@ObjectType({ description: 'A tensor of float32, one row of a batch.' })
class TensorInfo {
  @Field(() => String)
  readonly name!: string;

  @Field(() => [Int], {
    nullable: true,
    description:
      'Without the batch: [] of one number, [channels, height, width] of an image. Null where only the graph knows.',
  })
  readonly shape!: readonly number[] | null;

  @Field(() => ValueRange, { nullable: true, description: 'Null where any number may stand.' })
  readonly range!: ValueRange | null;

  @Field(() => Boolean, {
    description: 'Whether a graph may lack it: only a conditional one takes a label, or speaks of classes.',
  })
  readonly optional!: boolean;
}

@ObjectType('Graph', { description: 'What a version takes and gives for one of its capabilities.' })
export class GraphType {
  @Field(() => CapabilityEnum)
  readonly capability!: Capability;

  @Field(() => [TensorInfo])
  readonly takes!: readonly TensorInfo[];

  @Field(() => [TensorInfo])
  readonly gives!: readonly TensorInfo[];

  /** Whose it is; no field of the schema. */
  readonly model!: Model;
}

@ObjectType({ description: 'What `score` needs of this version, and what its answers mean.' })
export class Scoring {
  @Field(() => ScorerEnum, { description: 'What gives the score: the fitted one where the version has it.' })
  readonly scorer!: ScorerKind;

  @Field(() => DensityRatioEnum, { description: 'NONE: `logDensityRatio` of a score is null.' })
  readonly densityRatio!: DensityRatio;

  /** Whose it is; no field of the schema. */
  readonly model!: Model;
}

@Resolver(() => ModelType)
export class GraphResolver {
  @FieldResolver(() => [GraphType], { description: 'Its capabilities in detail.' })
  graphs(@Root() { model }: ModelType): GraphType[] {
    return model.capabilities.map((capability) => graphOf(capability, model));
  }

  @FieldResolver(() => Scoring, { nullable: true, description: 'Null for a model that cannot score.' })
  scoring(@Root() { model }: ModelType): Scoring | null {
    if (!model.scores) return null;
    const { kind, densityRatio } = model.scorer;
    return { scorer: kind, densityRatio, model };
  }
}

@Resolver(() => GraphType)
export class TakesLabelResolver {
  @FieldResolver(() => Boolean, {
    description:
      'Whether it is told of a class, one of `Model.labels`: those of a model whose generator is not conditional are what ' +
      'its classifier tells apart, and nobody else takes one.',
  })
  takesLabel(@Root() { capability, model }: GraphType): Promise<boolean> {
    return model.isTold(capability);
  }
}

@Resolver(() => Scoring)
export class ScoringResolver {
  @FieldResolver(() => Boolean, { description: 'Whether each image or point has to come with its class.' })
  async needsLabel(@Root() { model }: Scoring): Promise<boolean> {
    return (await model.scoringLabel()) === 'required';
  }

  @FieldResolver(() => Boolean, { description: 'Whether an image or a point may come with its class.' })
  async takesLabel(@Root() { model }: Scoring): Promise<boolean> {
    return (await model.scoringLabel()) !== 'none';
  }

  @FieldResolver(() => ScorerMeasuredType, {
    nullable: true,
    description: 'How well it does: the newest that was measured of this scorer.',
  })
  async measured(@Ctx('scope') scope: RequestScope, @Root() { model }: Scoring): Promise<ScorerMeasuredType | null> {
    const { result } = scorerFiguresIn(await measuredOn(model), model.scorer);
    return result && scorerMeasuredType(result, scope);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why `measured` is null; null where it is not.' })
  async unmeasured(@Root() { model }: Scoring): Promise<string | null> {
    return scorerFiguresIn(await measuredOn(model), model.scorer).reason;
  }

  @FieldResolver(() => CalibrationType, {
    nullable: true,
    description: 'What `Score.calibrated` is made by: the newest that was measured of this scorer.',
  })
  async calibration(@Ctx('scope') scope: RequestScope, @Root() { model }: Scoring): Promise<CalibrationType | null> {
    const { result } = await scope.calibrating(model);
    return result && calibrationType(result, scope);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why there is no calibration; null where there is one.' })
  async uncalibrated(@Ctx('scope') scope: RequestScope, @Root() { model }: Scoring): Promise<string | null> {
    return (await scope.calibrating(model)).reason;
  }
}

function graphOf(capability: Capability, model: Model): GraphType {
  const { manifest } = model;
  const { inputs, optional, outputs, optionalOutputs = {} } = signatureOf(capability, manifest);
  const infos = (tensors: Readonly<Record<string, readonly number[] | 'any'>>, isOptional = false) =>
    Object.entries(tensors).map(([name, shape]) => ({
      name,
      shape: shape === 'any' ? null : shape,
      range: rangeOf(name, manifest),
      optional: isOptional,
    }));
  return {
    capability,
    takes: [...infos(inputs), ...infos(optional, true)],
    gives: [...infos(outputs), ...infos(optionalOutputs, true)],
    model,
  };
}

function rangeOf(tensor: string, { image, latent: { prior } }: Manifest): ValueRange | null {
  switch (tensor) {
    case 'image':
    case 'completed':
      return image ? { low: image.range[0], high: image.range[1] } : null;
    case 'mask':
    case 'label':
      return { low: 0, high: 1 };
    case 'z':
      return prior.kind === 'uniform' ? { low: prior.low, high: prior.high } : null;
    default:
      return null;
  }
}
