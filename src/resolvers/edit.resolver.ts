// The query `edit`: a sample moved along directions of the latent space, by one or several at once.

import { Args, ArgsType, Ctx, Field, Float, InputType, Int, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, checkLength, checkStrength, LIMITS, rangeOf, STRENGTH } from '../limits.js';
import type { DirectionMethod as DirectionMethodName } from '../models/direction-methods.js';
import { type Latent, type Move, moved } from '../models/latent.js';
import type { Model } from '../models/model.js';
import { askedLabel, labelChoice, labelOf } from '../pictures/label-choice.js';
import { readLatent } from '../pictures/latents.js';
import { type Draw, drawOf } from '../pictures/picture.js';
import { explicitTruncation, truncationFor } from '../pictures/truncation.js';
import { DrawArgs } from './draw.args.js';
import { encodedImages } from './encoded-images.js';
import { modelOf } from './model.resolver.js';
import { Sample } from './sample.type.js';
import { DirectionMethod, type ImageSource, ImageSourceScalar, type LatentInput, LatentScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@InputType({ description: 'One of the directions that `latentDirections` gives.' })
class DirectionInput {
  @Field(() => DirectionMethod)
  readonly method!: DirectionMethodName;

  @Field(() => Int, { description: 'From 0, the strongest first.' })
  readonly index!: number;
}

@InputType({ description: 'How far to move along a direction: exactly one of direction and vector.' })
class EditInput {
  @Field(() => DirectionInput, { nullable: true })
  readonly direction?: DirectionInput | null;

  @Field(() => LatentScalar, { nullable: true, description: 'A direction of your own; its length does not matter.' })
  readonly vector?: LatentInput | null;

  @Field(() => [Float], {
    description: `In standard deviations of the prior, each in ${rangeOf(STRENGTH)}; ${rangeOf(LIMITS.strengths)} of them, one a sample. One alone is that of all samples.`,
  })
  readonly strengths!: readonly number[];
}

@ArgsType()
class EditArgs extends DrawArgs {
  @Field(() => LatentScalar, {
    nullable: true,
    description: 'Instead of seed, and of truncation where that is about latents.',
  })
  readonly z?: LatentInput | null;

  @Field(() => ImageSourceScalar, {
    nullable: true,
    description:
      'Instead of seed, and of truncation where that is about latents: the z that the model’s encoder finds for it. CAPABILITY_MISSING without one.',
  })
  readonly image?: ImageSource | null;

  @Field(() => [EditInput], { description: `${rangeOf(LIMITS.edits)} of them, all made at once.` })
  readonly edits!: readonly EditInput[];
}

@Resolver()
export class EditResolver {
  @Query(() => [Sample], {
    description:
      'A sample (exactly one of seed, z and image) moved along directions of the latent space: sample i by the i-th ' +
      'strength of every edit. A strength of 0 is the sample itself. Of a uniform prior, z is not moved out of its bounds: ' +
      'a component that would leave them stays at the bound.',
  })
  async edit(@Ctx('scope') scope: RequestScope, @Args(() => EditArgs) args: EditArgs): Promise<Sample[]> {
    const model = modelOf(scope, args);
    checkLength('edits', args.edits);
    const strengths = args.edits.map((edit, i) => strengthsOf(edit, `edits[${i}]`));
    const count = countOf(strengths);
    const directions = await Promise.all(args.edits.map((edit, i) => directionOf(edit, model, `edits[${i}]`)));
    const start = await startOf(scope, model, args);
    const { prior } = model.manifest.latent;
    return Array.from({ length: count }, (_, sample) => {
      const moves: Move[] = directions.map((direction, i) => {
        const own = strengths[i]!;
        return { direction, strength: own.length === 1 ? own[0]! : own[sample]! };
      });
      return new Sample(scope, model, { kind: 'latent', ...start, z: moved(start.z, moves, prior) });
    });
  }
}

function strengthsOf({ strengths }: EditInput, name: string): readonly number[] {
  checkLength('strengths', strengths);
  for (const [i, strength] of strengths.entries()) checkStrength(`${name}.strengths[${i}]`, strength);
  return strengths;
}

function countOf(strengths: readonly (readonly number[])[]): number {
  const lengths = strengths.map(({ length }) => length);
  const count = Math.max(...lengths);
  if (lengths.every((length) => length === 1 || length === count)) return count;
  throw expected(`1 or ${count} strengths in each edit`, lengths.join(', '));
}

async function directionOf({ direction, vector }: EditInput, model: Model, name: string): Promise<Latent> {
  if ((direction == null) === (vector == null)) {
    throw expected(`${name} to have exactly one of direction and vector`, direction == null ? 'neither' : 'both');
  }
  if (vector != null) return unitOf(readLatent(vector.values, model, `${name}.vector`), name);
  const { method, index } = direction!;
  const found = await model.directions(method);
  const one = found[index];
  if (one) return one.vector;
  throw expected(`${name}.direction.index to be an integer in [0, ${found.length - 1}]`, index);
}

function unitOf(vector: Latent, name: string): Latent {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length > 0) return vector.map((value) => value / length);
  throw expected(`${name}.vector to have a direction`, 'zeros alone');
}

/** What is moved. */
async function startOf(scope: RequestScope, model: Model, args: EditArgs): Promise<Draw> {
  const { seed, z, image } = args;
  const given = [seed, z, image].filter((one) => one != null).length;
  if (given !== 1) throw expected('exactly one of seed, z and image', given === 0 ? 'none' : 'several');
  const truncation =
    seed == null ? explicitTruncation(args.truncation, model) : truncationFor(model.manifest, args.truncation);
  const choice = await labelChoice(askedLabel(args), model);
  if (seed != null) {
    const [latent] = model.latents({ seed: checkInteger('seed', seed), count: 1, truncation });
    return drawOf(latent!, labelOf(choice, seed, model), truncation, model);
  }
  const label = labelOf(choice, undefined, model);
  if (z != null) return drawOf(readLatent(z.values, model, 'z'), label, truncation, model);
  const [encoded] = await encodedImages(scope, model, [{ image: image!, label, name: 'image' }]);
  return drawOf(encoded!, label, truncation, model);
}
