// Models: which are served, and their versions. It reads manifests and runs nothing.

import { Args, ArgsType, Ctx, Field, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { Model } from '../models/model.js';
import { connectionOf, PageArgs } from './connection.js';
import { describe, ModelType } from './model.type.js';
import { BY_NAME, type Connection, NEWEST_FIRST, pageOf } from './pages.js';
import type { RequestScope } from './scope.js';

@ArgsType()
export class ModelArgs {
  @Field(() => String, { description: 'Name of a model, as `models` lists them.' })
  readonly model!: string;

  @Field(() => Int, { nullable: true, description: 'A version of it, from 1; left out, the active one.' })
  readonly version?: number | null;
}

@ArgsType()
class ModelByNameArgs {
  @Field(() => String, { description: 'As `models` lists them.' })
  readonly name!: string;

  @Field(() => Int, { nullable: true, description: 'From 1; left out, the active version.' })
  readonly version?: number | null;
}

const ModelConnection = connectionOf('Model', () => ModelType);

@Resolver(() => ModelType)
export class ModelResolver {
  @Query(() => [ModelType], { description: 'The active version of each model, by name.' })
  models(@Ctx('scope') scope: RequestScope): ModelType[] {
    return scope.repository.list().map(describe);
  }

  @Query(() => ModelConnection, { description: 'The active version of each model, by name, a page at a time.' })
  modelsConnection(@Ctx('scope') scope: RequestScope, @Args(() => PageArgs) page: PageArgs): Connection<ModelType> {
    return pageOf(scope.repository.list().map(describe), page, BY_NAME);
  }

  @Query(() => ModelType, { description: 'One model. Refused with MODEL_NOT_FOUND or VERSION_NOT_FOUND.' })
  model(@Ctx('scope') scope: RequestScope, @Args(() => ModelByNameArgs) { name, version }: ModelByNameArgs): ModelType {
    return describe(scope.repository.get(name, version ?? undefined));
  }

  @FieldResolver(() => Boolean, { description: 'Whether it is the version that answers where none is named.' })
  active(@Ctx('scope') scope: RequestScope, @Root() { model }: ModelType): boolean {
    return scope.repository.get(model.name) === model;
  }

  @FieldResolver(() => [Int], { description: 'All versions of it that are served, oldest first.' })
  versions(@Ctx('scope') scope: RequestScope, @Root() { name }: ModelType): number[] {
    return scope.repository.versions(name).map((model) => model.version);
  }

  @FieldResolver(() => ModelConnection, {
    description: 'All versions of it that are served, newest first, a page at a time.',
  })
  versionsConnection(
    @Ctx('scope') scope: RequestScope,
    @Root() { name }: ModelType,
    @Args(() => PageArgs) page: PageArgs,
  ): Connection<ModelType> {
    return pageOf(scope.repository.versions(name).map(describe).reverse(), page, NEWEST_FIRST);
  }
}

/** The model that a field's arguments name. */
export function modelOf(scope: RequestScope, { model, version }: ModelArgs): Model {
  return scope.repository.get(model, version ?? undefined);
}
