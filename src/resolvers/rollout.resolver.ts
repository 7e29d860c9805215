// Which version of a model answers: promoting one, going back, removing one, looking at the folders again.

import { Arg, Ctx, Field, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'The version of a model that answers where none is named.' })
export class ActiveVersion {
  @Field(() => String)
  readonly model!: string;

  @Field(() => Int)
  readonly version!: number;
}

@Resolver()
export class RolloutResolver {
  @Mutation(() => ActiveVersion, {
    nullable: true,
    description:
      'Makes a version the one that answers, once it is loaded. If it cannot be, the version before goes on.',
  })
  async promote(
    @Ctx('scope') scope: RequestScope,
    @Arg('model', () => String) model: string,
    @Arg('version', () => Int, { description: 'From 1.' }) version: number,
  ): Promise<ActiveVersion> {
    const by = scope.admin();
    const { rollout } = await scope.desk().open();
    await rollout.promote(model, version, by);
    return { model, version };
  }

  @Mutation(() => ActiveVersion, { nullable: true, description: 'The version that was active before answers again.' })
  async rollback(@Ctx('scope') scope: RequestScope, @Arg('model', () => String) model: string): Promise<ActiveVersion> {
    const by = scope.admin();
    const { rollout } = await scope.desk().open();
    return { model, version: await rollout.rollback(model, by) };
  }

  @Mutation(() => Boolean, {
    nullable: true,
    description: 'Removes a version that is not active. Its number is not given again.',
  })
  async deleteVersion(
    @Ctx('scope') scope: RequestScope,
    @Arg('model', () => String) model: string,
    @Arg('version', () => Int, { description: 'From 1.' }) version: number,
  ): Promise<boolean> {
    const by = scope.admin();
    const { rollout } = await scope.desk().open();
    await rollout.remove(model, version, by);
    return true;
  }

  @Mutation(() => [ActiveVersion], {
    nullable: true,
    description: 'Looks at the folders of models again; returns what is served then.',
  })
  async refreshModels(@Ctx('scope') scope: RequestScope): Promise<readonly ActiveVersion[]> {
    const by = scope.admin();
    const { rollout } = await scope.desk().open();
    return rollout.look(by);
  }
}
