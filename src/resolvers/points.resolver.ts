// Points of the data that Ganymede makes itself, to be shown beside what a model makes: they are a function of their
// number, so nothing is read.

import { Arg, Field, Int, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { toBase64 } from '../base64.js';
import { VECTORS } from '../datasets/vectors.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';

type BuiltinPoints = keyof typeof VECTORS;

const BuiltinPointsEnum = Object.fromEntries(
  Object.keys(VECTORS).map((name) => [name.toUpperCase().replaceAll('-', '_'), name]),
) as Record<string, BuiltinPoints>;
registerEnumType(BuiltinPointsEnum, {
  name: 'BuiltinPoints',
  description: 'Data on the line, in the plane or in a space that is built in: RING8 is `builtin:ring8`.',
});

@ObjectType({ description: 'Points of a data set.' })
class DataPoints {
  @Field(() => Int, { description: 'Numbers of a point.' })
  readonly size!: number;

  @Field(() => String, { description: 'All of them, one after the other, as base64 of float32, little-endian.' })
  readonly data!: string;
}

@Resolver()
export class PointsResolver {
  @Query(() => DataPoints, { description: 'The first points of built-in data, as trainings see them.' })
  points(
    @Arg('of', () => BuiltinPointsEnum) of: BuiltinPoints,
    @Arg('first', () => Int, { defaultValue: 512, description: `In ${rangeOf(LIMITS.points)}.` }) first: number,
  ): DataPoints {
    const { shape, sample } = VECTORS[of];
    const size = shape[0]!;
    const points = new Float32Array(checkInteger('points', first, 'first') * size);
    for (let index = 0; index * size < points.length; index++) sample(0, index, points, index * size);
    return { size, data: toBase64(points) };
  }
}
