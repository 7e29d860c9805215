// What the schema says of a version's past: where it comes from, what was measured on it, how its training went.

import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { JsonObject } from '../models/manifest.js';
import { connectionOf } from './connection.js';
import { JsonScalar } from './scalars.js';

@ObjectType({ description: 'A version of a model, which need not be served any more.' })
export class ModelVersion {
  @Field(() => String)
  readonly name!: string;

  @Field(() => Int)
  readonly version!: number;
}

@ObjectType({ description: 'Where a version comes from. Null is what its manifest does not say.' })
export class Lineage {
  @Field(() => ModelVersion, {
    nullable: true,
    description: 'The version to which graphs were added, or with whose weights its training began.',
  })
  readonly parent!: ModelVersion | null;

  @Field(() => String, { nullable: true, description: 'Name of the data it was trained on.' })
  readonly dataset!: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of that data, in hexadecimal.' })
  readonly dataDigest!: string | null;

  @Field(() => Int, { nullable: true, description: 'Examples of it.' })
  readonly examples!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seed of the training.' })
  readonly seed!: number | null;

  @Field(() => Int, { nullable: true, description: 'Steps of the generator.' })
  readonly steps!: number | null;

  @Field(() => Float, { nullable: true, description: 'Thousands of images that the discriminator saw.' })
  readonly kimg!: number | null;

  @Field(() => String, { nullable: true, description: 'The release of Ganymede that made it.' })
  readonly codeVersion!: string | null;
}

@ObjectType({ description: 'A number that was measured on a version.' })
export class Figure {
  @Field(() => String, {
    description: 'How it was measured: "parzen", "frechet", …; "training" by the training itself.',
  })
  readonly protocol!: string;

  @Field(() => String, { description: 'As the protocol names it; a point divides names that lie in each other.' })
  readonly name!: string;

  @Field(() => Float)
  readonly value!: number;

  @Field(() => Float, { description: 'The seed of the first sample, or of the training.' })
  readonly seed!: number;

  @Field(() => String, { description: 'When it was measured: ISO 8601.' })
  readonly date!: string;
}

@ObjectType('Evaluation', { description: 'What a protocol measured on a version, whole.' })
export class EvaluationType {
  @Field(() => String, { description: 'As `npx ganymede evaluate --protocol` names it, or a fit.' })
  readonly protocol!: string;

  @Field(() => Float, { description: 'Seed of the first sample.' })
  readonly seed!: number;

  @Field(() => String, { description: 'When it was measured: ISO 8601.' })
  readonly date!: string;

  @Field(() => JsonScalar, { description: 'What it was measured on.' })
  readonly dataset!: JsonObject;

  @Field(() => JsonScalar, { description: 'All its figures, in the form of the protocol.' })
  readonly figures!: JsonObject;
}

export const EvaluationConnection = connectionOf<EvaluationType>('Evaluation', () => EvaluationType);

@ObjectType({ description: 'A series of the training: its values over the steps at which they were reported.' })
export class CurveSeries {
  @Field(() => String, { description: '"lossD", "lossG", "dReal", …' })
  readonly name!: string;

  @Field(() => [Int])
  readonly steps!: readonly number[];

  @Field(() => [Float], { description: 'One for each step.' })
  readonly values!: readonly number[];
}

@ObjectType('Preview', { description: 'What the generator made of the same seeds while it was trained.' })
export class PreviewType {
  @Field(() => Int)
  readonly step!: number;

  @Field(() => String, { description: 'The PNG; what it returns never changes.' })
  readonly url!: string;

  @Field(() => Int, { description: 'Size of the PNG.' })
  readonly bytes!: number;

  /** Its file; no field of the schema. */
  readonly file!: string;

  /** Reads the file; no field of the schema. */
  readonly read!: () => Promise<Uint8Array>;
}
