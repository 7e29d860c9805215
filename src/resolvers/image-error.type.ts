// The answer for one entry of a list that cannot be used: it stands in the entry's place, and the others are answered.

import { type ClassType, createUnionType, Field, Int, ObjectType } from 'type-graphql';
import { GanymedeError } from '../errors.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import { JsonScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

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

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'As in `extensions.details` of errors: what a program can act on. Null where there is nothing.',
  })
  readonly details: JsonObject | null;

  constructor(index: number, { code, message, details }: GanymedeError, hidePaths: RequestScope['hidePaths']) {
    this.index = index;
    this.code = code;
    this.message = message;
    this.details = Object.keys(details).length > 0 ? hidePaths(toJson(details)) : null;
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

/**
 * Refusals become what the schema shows of them, and are counted; any other error is a fault of ours and fails the
 * whole field.
 */
export function entries<T extends object>(results: readonly (T | Error)[], scope: RequestScope): (T | ImageError)[] {
  const fault = results.find((result) => result instanceof Error && !(result instanceof GanymedeError));
  if (fault) throw fault;
  return results.map((result, index) => {
    if (!(result instanceof GanymedeError)) return result as T;
    scope.onFailedEntry?.(result.code);
    return new ImageError(index, result, scope.hidePaths);
  });
}
