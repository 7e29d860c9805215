// Samples that the scorer picks out of more draws: by rejection, at the ends of Markov chains, or simply the
// best. Each draw has its seed and its seed's own luck, so what comes out is a pure function of version, seed and
// settings.

import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { expected, GanymedeError } from '../errors.js';
import { checkInteger, LIMITS, PERCENTILE, rangeOf, TEMPERATURE } from '../limits.js';
import type { Model, Score } from '../models/model.js';
import {
  type Chosen,
  chooseByChains,
  chooseByRejection,
  chooseTop,
  DEFAULTS,
  drawnOf,
  luckOf,
  type Method,
} from '../models/rejection.js';
import { askedLabel, labelChoice, labelOf } from '../pictures/label-choice.js';
import { truncationFor } from '../pictures/truncation.js';
import { DrawArgs, firstSeed } from './draw.args.js';
import { modelOf } from './model.resolver.js';
import { Sample } from './sample.type.js';
import { SeedScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

const RejectionMethod = { DRS: 'drs', MH: 'mh', TOP: 'top' } as const satisfies Record<Uppercase<Method>, Method>;

registerEnumType(RejectionMethod, {
  name: 'RejectionMethod',
  description: 'How the scorer picks samples.',
  valuesConfig: {
    DRS: { description: 'Discriminator rejection sampling (Azadi et al. 2019): each draw passes with a probability.' },
    MH: { description: 'Metropolis–Hastings GAN (Turner et al. 2019): each sample is the end of a chain of draws.' },
    TOP: { description: 'The best by logit, the best first. Needs no density ratio, and loses variety.' },
  },
});

@ArgsType()
class RejectionArgs extends DrawArgs {
  @Field(() => Int, { defaultValue: 8, description: `At most so many samples, in ${rangeOf(LIMITS.count)}.` })
  readonly count!: number;

  @Field(() => RejectionMethod, { defaultValue: RejectionMethod.DRS })
  readonly method!: Method;

  @Field(() => Int, {
    nullable: true,
    description: `DRS and TOP: how many are drawn, in ${rangeOf(LIMITS.draws)} and at least count. Left out: ${DEFAULTS.drawsPerSample} times count, at most ${LIMITS.draws.most}.`,
  })
  readonly draws?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `MH: draws of a chain, in ${rangeOf(LIMITS.chain)}; count × chain, which are drawn, is at most ${LIMITS.draws.most}. Left out: ${DEFAULTS.chain}.`,
  })
  readonly chain?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: `DRS: γ of the paper is so high a percentile of F, in ${rangeOf(PERCENTILE)}. Higher keeps fewer and better ones; the paper’s code has 95. Left out: ${DEFAULTS.percentile}.`,
  })
  readonly percentile?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: `DRS and MH: divides the log density ratio first, in ${rangeOf(TEMPERATURE)}: above 1 tempers a scorer that is too sure of itself. Left out: 1.`,
  })
  readonly temperature?: number | null;
}

@ObjectType({ description: 'Samples that the scorer picked, and out of how many.' })
class RejectionSampling {
  @Field(() => [Sample], {
    description:
      'DRS and MH: in the order of their seeds; TOP: the best first. Fewer than count where fewer passed: go on at nextSeed.',
  })
  readonly samples!: readonly Sample[];

  @Field(() => Int, { description: 'How many were drawn: those of seed, seed + 1, ….' })
  readonly drawn!: number;

  @Field(() => Float, {
    description: 'DRS: the share of draws that passed; MH: of proposed moves that were made; TOP: of draws kept.',
  })
  readonly acceptance!: number;

  @Field(() => SeedScalar, { nullable: true, description: 'The first seed not drawn; null at the end of the range.' })
  readonly nextSeed!: number | null;
}

@Resolver()
export class RejectionResolver {
  @Query(() => RejectionSampling, {
    description:
      'Samples nearer to the data than those of `sample`, since the scorer picks them out of more draws: the fitted one where there is one. ' +
      'A query of its own, because it tells what no single sample knows: how many were drawn and what share passed. ' +
      'What it gives are samples like any other, each with its own seed and address. ' +
      'DRS and MH are refused with CAPABILITY_MISSING where the objective determines no density ratio.',
  })
  async sampleWithRejection(
    @Ctx('scope') scope: RequestScope,
    @Args(() => RejectionArgs) args: RejectionArgs,
  ): Promise<RejectionSampling> {
    const model = modelOf(scope, args);
    const settings = settingsOf(args);
    checkRatio(args.method, model);
    const choice = await labelChoice(askedLabel(args), model);
    const truncation = truncationFor(model.manifest, args.truncation);
    const first = firstSeed(args.seed, settings.drawn);
    const draws = Array.from({ length: settings.drawn }, (_, i) => {
      const seed = first + i;
      return new Sample(scope, model, { kind: 'seed', seed, truncation, label: labelOf(choice, seed, model) });
    });
    const { kept, accepted, judged } = choose(await scope.scores.loadMany(draws), first, settings);
    const next = first + settings.drawn;
    return {
      samples: kept.slice(0, args.count).map((i) => draws[i]!),
      drawn: settings.drawn,
      acceptance: judged === 0 ? 0 : accepted / judged,
      nextSeed: next <= LIMITS.seed.most ? next : null,
    };
  }
}

interface Settings {
  readonly method: Method;
  readonly count: number;
  readonly drawn: number;
  readonly chain: number;
  readonly percentile: number;
  readonly temperature: number;
}

/** What a method does not take is refused, not ignored. */
function settingsOf({ method, count, draws, chain, percentile, temperature }: RejectionArgs): Settings {
  checkInteger('count', count);
  const only = (name: string, value: unknown, methods: readonly Method[]) => {
    if (value != null && !methods.includes(method))
      throw expected(
        `${name} only with ${methods.map((one) => one.toUpperCase()).join(' and ')}`,
        method.toUpperCase(),
      );
  };
  only('draws', draws, ['drs', 'top']);
  only('chain', chain, ['mh']);
  only('percentile', percentile, ['drs']);
  only('temperature', temperature, ['drs', 'mh']);
  const own = {
    method,
    count,
    chain: checkInteger('chain', chain ?? DEFAULTS.chain),
    percentile: within('percentile', percentile ?? DEFAULTS.percentile, PERCENTILE),
    temperature: within('temperature', temperature ?? DEFAULTS.temperature, TEMPERATURE),
  };
  return { ...own, drawn: checkDrawn(drawnOf(method, count, draws, chain, LIMITS.draws.most), own) };
}

function checkDrawn(drawn: number, { method, count }: { readonly method: Method; readonly count: number }): number {
  if (method === 'mh') {
    if (drawn <= LIMITS.draws.most) return drawn;
    throw expected(`count × chain to be at most ${LIMITS.draws.most}`, drawn);
  }
  checkInteger('draws', drawn);
  if (drawn >= count) return drawn;
  throw expected(`draws to be at least count, ${count}`, drawn);
}

function within(name: string, value: number, range: { readonly least: number; readonly most: number }): number {
  if (value >= range.least && value <= range.most) return value; // written so that NaN fails too
  throw expected(`${name} in ${rangeOf(range)}`, value);
}

function checkRatio(method: Method, model: Model): void {
  const { densityRatio } = model.scorer;
  if (method === 'top' || densityRatio !== 'none') return;
  throw new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a discriminator whose objective determines a density ratio for ${method.toUpperCase()} but that of ${model.name} version ${model.version} only orders examples. Use TOP.`,
    { details: { model: model.name, version: model.version, method } },
  );
}

function choose(scores: readonly (Score | Error)[], first: number, settings: Settings): Chosen {
  const { method, count, chain, percentile, temperature } = settings;
  if (method === 'top')
    return chooseTop(
      Float64Array.from(scores, (score) => value(score, ({ logit }) => logit)),
      count,
    );
  const ratios = Float64Array.from(scores, (score) => value(score, (one) => one.logDensityRatio! / temperature));
  const uniforms = Float32Array.from(scores, (_, i) => luckOf(first + i));
  return method === 'mh' ? chooseByChains(ratios, uniforms, chain) : chooseByRejection(ratios, uniforms, percentile);
}

/** A draw that did not come out finite is one that is never kept; any other failure is that of the query. */
function value(score: Score | Error, read: (score: Score) => number): number {
  if (!(score instanceof Error)) return read(score);
  if (score instanceof GanymedeError && score.code === 'NOT_FINITE') return Number.NaN;
  throw score;
}
