// The recipes that a training may follow, and the form of one, so that a page can build a form for it.

import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, ObjectType, Query, Resolver } from 'type-graphql';
import { type ListedRecipe, listRecipes, recipeForm } from '../recipes/list.js';

@ObjectType({ description: 'A recipe that comes with Ganymede: all that decides a training besides data and seed.' })
class Recipe implements ListedRecipe {
  @Field(() => String)
  readonly name!: string;

  @Field(() => String)
  readonly title!: string;

  @Field(() => String)
  readonly description!: string;

  @Field(() => GraphQLJSONObject, { description: 'The recipe itself. Overrides replace its settings by path.' })
  readonly settings!: Record<string, unknown>;
}

@ObjectType()
class Recipes {
  @Field(() => [Recipe])
  readonly list!: readonly Recipe[];

  @Field(() => GraphQLJSONObject, { description: 'The form of every recipe, as JSON Schema 2020-12.' })
  readonly schema!: Record<string, unknown>;
}

@Resolver()
export class RecipeResolver {
  @Query(() => Recipes, { description: 'The recipes that come with Ganymede, by name.' })
  async recipes(): Promise<Recipes> {
    return { list: await listRecipes(), schema: recipeForm() };
  }
}
