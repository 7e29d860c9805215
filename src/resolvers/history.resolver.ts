// A version's past: its recipe, where it comes from, what was measured on it, how its training went. It reads what lies
// in the version's folder and beside it, and runs nothing. Texts of strangers leave without paths of this machine.

import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, LIMITS, MAX_FIGURES, MAX_SERIES, rangeOf } from '../limits.js';
import { lineOf, type TrainingCurve, thinned } from '../models/curve.js';
import type { Evaluation } from '../models/evaluations.js';
import type { JsonObject } from '../models/manifest.js';
import type { Model } from '../models/model.js';
import { previewsOf } from '../models/records.js';
import { learningName } from '../pictures/learning.js';
import { PageArgs } from './connection.js';
import {
  CurveSeries,
  EvaluationConnection,
  type EvaluationType,
  Figure,
  Lineage,
  PreviewType,
} from './history.type.js';
import { LearningAnimation, LearningArgs } from './learning.type.js';
import { ModelType } from './model.type.js';
import { type Connection, IN_ORDER, pageOf } from './pages.js';
import { JsonScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
class CurveArgs {
  @Field(() => [String], { nullable: true, description: 'Names of series; left out, all.' })
  readonly series?: readonly string[] | null;

  @Field(() => Int, { defaultValue: 100, description: `Points of each series at most, ${rangeOf(LIMITS.curve)}.` })
  readonly points!: number;
}

@Resolver(() => ModelType)
export class HistoryResolver {
  @FieldResolver(() => JsonScalar, { nullable: true, description: 'What it was trained by: docs/recipes.md.' })
  recipe(@Ctx('scope') scope: RequestScope, @Root() { model }: ModelType): JsonObject | null {
    const { training } = model.manifest;
    return training ? scope.hidePaths(training.recipe) : null;
  }

  @FieldResolver(() => Lineage)
  lineage(@Root() { model }: ModelType): Lineage {
    return lineageOf(model);
  }

  @FieldResolver(() => [Figure], {
    description: 'Figures of the training, and the newest of each protocol. Lists among them are in `evaluations`.',
  })
  async figures(
    @Ctx('scope') scope: RequestScope,
    @Root() { model }: ModelType,
    @Arg('protocol', () => String, { nullable: true, description: 'Only those of this protocol.' }) wanted?:
      | string
      | null,
  ): Promise<Figure[]> {
    const figures = [...trainingFigures(model), ...(await newestOfEach(model)).flatMap(figuresOf)];
    const shown = figures.filter(({ protocol }) => wanted == null || protocol === wanted).slice(0, MAX_FIGURES);
    scope.account.spend({ bytes: shown.reduce((sum, { name, protocol }) => sum + name.length + protocol.length, 0) });
    return shown;
  }

  @FieldResolver(() => EvaluationConnection, { description: 'What was measured on it, oldest first.' })
  async evaluations(
    @Ctx('scope') scope: RequestScope,
    @Root() { model }: ModelType,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Connection<EvaluationType>> {
    const { edges, ...rest } = pageOf(await measuredOn(model), page, IN_ORDER);
    const shown = edges.map(({ node, cursor }) => ({ node: scope.hidePaths(withoutFolders(node)), cursor }));
    scope.account.spend({ bytes: shown.reduce((sum, { node }) => sum + JSON.stringify(node).length, 0) });
    return { ...rest, edges: shown, nodes: shown.map(({ node }) => node) };
  }

  @FieldResolver(() => [CurveSeries], {
    nullable: true,
    description:
      'How its training went, thinned out to points that keep the look of each line. Null where nothing tells.',
  })
  async trainingCurve(
    @Root() { model }: ModelType,
    @Args(() => CurveArgs) { series, points }: CurveArgs,
  ): Promise<CurveSeries[] | null> {
    const { least, most } = LIMITS.curve;
    if (points < least || points > most) throw expected(`points to be an integer in ${rangeOf(LIMITS.curve)}`, points);
    const curve = (await model.records?.curve()) ?? null;
    return curve && namesAmong(curve, series).map((name) => thinned(lineOf(curve, name), points));
  }

  @FieldResolver(() => LearningAnimation, {
    nullable: true,
    description:
      'Its previews as one animation, which is made when its address is asked for. Null where there are none.',
  })
  trainingAnimation(
    @Ctx('scope') { origin }: RequestScope,
    @Root() { model }: ModelType,
    @Args(() => LearningArgs) { format, fps }: LearningArgs,
  ): LearningAnimation | null {
    const learning = { format, fps: checkInteger('fps', fps) };
    const newest = previewsOf(model.manifest).at(-1);
    if (!newest) return null;
    const name = learningName({ until: newest.step, ...learning });
    return { at: newest.step, url: `${origin}${picturesOf(model)}/${name}` };
  }

  @FieldResolver(() => [PreviewType], { description: 'Pictures of its training, in the order of their steps.' })
  previews(@Ctx('scope') { origin }: RequestScope, @Root() { model }: ModelType): PreviewType[] {
    return previewsOf(model.manifest).map((preview) => ({
      ...preview,
      url: `${origin}${picturesOf(model)}/${preview.step}.png`,
      read: async () => (await model.records?.preview(preview.file)) ?? new Uint8Array(),
    }));
  }
}

@Resolver(() => PreviewType)
export class PreviewResolver {
  @FieldResolver(() => String, { description: 'The PNG as `data:image/png;base64,…`.' })
  async dataUri(@Root() { read }: PreviewType): Promise<string> {
    return `data:image/png;base64,${Buffer.from(await read()).toString('base64')}`;
  }
}

/** The address of a version's pictures. */
function picturesOf({ name, version }: Model): string {
  return `/models/${encodeURIComponent(name)}/${version}/pictures`;
}

function lineageOf({ manifest: { training, lineage } }: Model): Lineage {
  const { name, sha256, count } = (training?.dataset ?? {}) as Readonly<Record<string, unknown>>;
  const parent = lineage?.parent;
  return {
    parent: parent ? { name: parent.model, version: parent.version } : null,
    dataset: typeof name === 'string' ? lastName(name) : null,
    dataDigest: typeof sha256 === 'string' ? sha256 : null,
    examples: typeof count === 'number' ? count : null,
    seed: training?.seed ?? null,
    steps: training?.step ?? null,
    kimg: training?.kimg ?? null,
    codeVersion: lineage?.codeVersion ?? null,
  };
}

/** Results of before name data by the path that was typed. */
function withoutFolders(evaluation: Evaluation): Evaluation {
  const { name } = evaluation.dataset;
  if (typeof name !== 'string') return evaluation;
  return { ...evaluation, dataset: { ...evaluation.dataset, name: lastName(name) } };
}

/** Of data that was named by its path. */
function lastName(name: string): string {
  return name.split(/[\\/]/).findLast((part) => part !== '') ?? name;
}

function measuredOn(model: Model): Promise<readonly Evaluation[]> | readonly Evaluation[] {
  return model.records?.evaluations() ?? model.manifest.evaluations;
}

async function newestOfEach(model: Model): Promise<Evaluation[]> {
  const newest = new Map<string, Evaluation>();
  for (const evaluation of await measuredOn(model)) newest.set(evaluation.protocol, evaluation);
  return [...newest.values()];
}

function figuresOf({ protocol, seed, date, figures }: Evaluation): Figure[] {
  return Array.from(numbersIn(figures), ([name, value]) => ({ protocol, name, value, seed, date }));
}

function trainingFigures({ manifest: { training, created } }: Model): Figure[] {
  if (!training) return [];
  return figuresOf({
    protocol: 'training',
    seed: training.seed,
    date: created,
    figures: training.figures,
    dataset: {},
  });
}

/** Numbers of an object and of those in it. */
function* numbersIn(figures: object, before = ''): Generator<[name: string, value: number]> {
  for (const [key, value] of Object.entries(figures) as [string, unknown][]) {
    if (typeof value === 'number') yield [before + key, value];
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      yield* numbersIn(value, `${before}${key}.`);
  }
}

function namesAmong({ series }: TrainingCurve, wanted: readonly string[] | null | undefined): readonly string[] {
  const known = Object.keys(series).slice(0, MAX_SERIES);
  const unknown = wanted?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw expected(`series among ${known.join(', ')}`, unknown);
  return wanted ? [...new Set(wanted)] : known;
}
