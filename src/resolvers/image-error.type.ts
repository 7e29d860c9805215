// The answer for one entry of a list that cannot be used: it stands in the entry's place, and the others are answered.

import { type ClassType, createUnionType, Field, Int, ObjectType } from 'type-graphql';
import { GanymedeError } from '../errors.js';

@ObjectType({
  description:
    'Why an image or a point of a list has no answer. It stands in the place of one; the others have theirs.',
})
export class ImageError {
  @Field(() => Int, { description: 'Its place in the list that was sent, from 0.' })
  readonly index: number;

  @Field(() => String, { description: 'As in `extensions.code` of errors: INVALID_IMAGE, UNSUPPORTED_IMAGE, …' })
  readonly code: string;

  @Field(() => String, { description: 'What was expected, what came, and what to do.' })
  readonly message: string;

  constructor(index: number, { code, message }: GanymedeError) {
    this.index = index;
    this.code = code;
    this.message = message;
  }
}

/** The union `<name> = <Type> | ImageError` of a list that is answered entry by entry. */
export function orImageError<T extends object>(name: string, Type: ClassType<T>, typeName: string) {
  return createUnionType({
    name,
    description: 'The answer for one entry, or why it has none.',
    types: () => [Type, ImageError] as const,
    resolveType: (value) => (value instanceof ImageError ? 'ImageError' : typeName),
  });
}

/** Refusals become what the schema shows of them; any other error is a fault of ours and fails the whole field. */
export function entries<T extends object>(results: readonly (T | Error)[]): (T | ImageError)[] {
  return results.map((result, index) => {
    if (result instanceof GanymedeError) return new ImageError(index, result);
    if (result instanceof Error) throw result;
    return result;
  });
}
