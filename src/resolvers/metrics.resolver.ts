// What the program counts of itself, as /metrics has it, for a page that shows an admin how the server does.

import { GraphQLJSONObject } from 'graphql-scalars';
import { Arg, Args, ArgsType, Ctx, Field, Float, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { expected } from '../errors.js';
import { type Metric as Counted, quantileOf, type Series, type Spread } from '../measures.js';
import type { RequestScope } from './scope.js';

const MetricKind = { COUNTER: 'counter', GAUGE: 'gauge', HISTOGRAM: 'histogram' } as const;
registerEnumType(MetricKind, {
  name: 'MetricKind',
  description: 'COUNTER: it only grows. GAUGE: it is so now. HISTOGRAM: how values are spread.',
});

@ObjectType({ description: 'How the values of a histogram are spread since the server started.' })
class MetricSpread {
  readonly #spread: Spread;

  constructor(spread: Spread) {
    this.#spread = spread;
  }

  @Field(() => Float, { description: 'How many values there are.' })
  get count(): number {
    return this.#spread.count;
  }

  @Field(() => Float, { nullable: true, description: 'Null of no values.' })
  get mean(): number | null {
    const { sum, count } = this.#spread;
    return count === 0 ? null : sum / count;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'The value that so large a share lies below, as Prometheus estimates it: as if values lay evenly between two bounds. Null of no values.',
  })
  quantile(@Arg('share', () => Float, { description: 'In [0, 1]; 0.5 is the median.' }) share: number): number | null {
    if (!(share >= 0 && share <= 1)) throw expected('share in [0, 1]', share);
    return quantileOf(this.#spread, share);
  }

  @Field(() => [Float], { description: 'Upper bounds of its buckets.' })
  get bounds(): readonly number[] {
    return this.#spread.bounds;
  }

  @Field(() => [Float], { description: 'Values in each bucket; one more than bounds, for what lies above all.' })
  get counts(): readonly number[] {
    return this.#spread.counts;
  }
}

@ObjectType({ description: 'The numbers of one set of labels.' })
class MetricSeries {
  readonly #series: Series;

  constructor(series: Series) {
    this.#series = series;
  }

  @Field(() => GraphQLJSONObject, { description: 'Such as { "model": "mnist", "graph": "generate" }.' })
  get labels(): object {
    return this.#series.labels;
  }

  @Field(() => Float, { nullable: true, description: 'Null of a histogram, and where nobody knows.' })
  get value(): number | null {
    const { value } = this.#series;
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  }

  @Field(() => MetricSpread, { nullable: true, description: 'Of a histogram.' })
  get spread(): MetricSpread | null {
    const { value } = this.#series;
    return typeof value === 'number' ? null : new MetricSpread(value);
  }
}

@ObjectType({ description: 'Something that the server counts of itself, of all its processes together.' })
class Metric {
  @Field(() => String, { description: 'As /metrics has it; docs/operate.md lists ours.' })
  readonly name!: string;

  @Field(() => String)
  readonly help!: string;

  @Field(() => MetricKind)
  readonly kind!: Counted['kind'];

  @Field(() => [MetricSeries])
  readonly series!: readonly MetricSeries[];
}

@ArgsType()
class MetricsArgs {
  @Field(() => [String], { nullable: true, description: 'Those of these names; left out, all.' })
  readonly names?: readonly string[] | null;
}

@Resolver()
export class MetricsResolver {
  @Query(() => [Metric], { description: 'What the server counts of itself, as Prometheus reads it at /metrics.' })
  async metrics(
    @Ctx('scope') scope: RequestScope,
    @Args(() => MetricsArgs) { names }: MetricsArgs,
  ): Promise<readonly Metric[]> {
    scope.admin();
    const all = await scope.metrics().list();
    const unknown = names?.find((name) => !all.some((one) => one.name === name));
    if (unknown !== undefined) throw expected('the name of a metric, as /metrics lists them,', unknown);
    const asked = names ? all.filter(({ name }) => names.includes(name)) : all;
    return asked.map(({ series, ...about }) => ({ ...about, series: series.map((one) => new MetricSeries(one)) }));
  }
}
