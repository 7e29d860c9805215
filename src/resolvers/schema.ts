// The executable schema. Resolvers are stateless, so one instance of each serves every request, found by a map:
// type-graphql's own container searches a list at every call. No global middleware and no class validation, for both
// cost more per field than most fields do.

import 'reflect-metadata';
import { type GraphQLSchema, isInputObjectType } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { AuditResolver } from './audit.resolver.js';
import { ClassifyResolver } from './classify.resolver.js';
import { DatasetResolver } from './dataset.resolver.js';
import { DeviceResolver } from './device.resolver.js';
import { DirectionsResolver } from './directions.resolver.js';
import { EditResolver } from './edit.resolver.js';
import { EncodeResolver } from './encode.resolver.js';
import { FeaturesResolver } from './features.resolver.js';
import { GraphResolver, ScoringResolver, TakesLabelResolver } from './graph.resolver.js';
import { GridResolver } from './grid.resolver.js';
import { HistoryResolver, PreviewResolver } from './history.resolver.js';
import { InpaintResolver } from './inpaint.resolver.js';
import { InterpolationResolver } from './interpolation.resolver.js';
import { JobResolver } from './job.resolver.js';
import { MetricsResolver } from './metrics.resolver.js';
import { ModelResolver } from './model.resolver.js';
import { NeighboursResolver } from './neighbours.resolver.js';
import { PlanResolver } from './plan.resolver.js';
import { PointsResolver } from './points.resolver.js';
import { RecipeResolver } from './recipe.resolver.js';
import { RejectionResolver } from './rejection.resolver.js';
import { RolloutResolver } from './rollout.resolver.js';
import { SampleResolver } from './sample.resolver.js';
import { ScoreResolver } from './score.resolver.js';
import { ServerResolver } from './server.resolver.js';
import { StylesResolver } from './styles.resolver.js';
import { SubscriptionResolver } from './subscription.resolver.js';
import { TrainingResolver } from './training.resolver.js';

export const RESOLVERS = [
  ModelResolver,
  GraphResolver,
  TakesLabelResolver,
  ScoringResolver,
  HistoryResolver,
  PreviewResolver,
  SampleResolver,
  RejectionResolver,
  GridResolver,
  InterpolationResolver,
  DirectionsResolver,
  EditResolver,
  StylesResolver,
  ScoreResolver,
  EncodeResolver,
  ClassifyResolver,
  FeaturesResolver,
  InpaintResolver,
  NeighboursResolver,
  ServerResolver,
  JobResolver,
  DeviceResolver,
  MetricsResolver,
  PlanResolver,
  TrainingResolver,
  RolloutResolver,
  RecipeResolver,
  DatasetResolver,
  PointsResolver,
  AuditResolver,
  SubscriptionResolver,
] as const;

/** Inputs of which exactly one field is given (`@oneOf`): type-graphql has no word for it. */
const ONE_OF = ['Mask', 'DatasetSource'];

/** Each subscription has a source of its own; type-graphql wants to be told of topics all the same. */
export const NO_TOPICS: PubSub = {
  publish: () => {
    throw new TypeError('Expected a subscription with a source of its own but one publishes by topic.');
  },
  subscribe: () => {
    throw new TypeError('Expected a subscription with a source of its own but one has a topic.');
  },
};

export function createSchema(): GraphQLSchema {
  const instances = new Map<unknown, object>(RESOLVERS.map((Resolver) => [Resolver, new Resolver()]));
  const schema = buildSchemaSync({
    resolvers: [...RESOLVERS],
    validate: false,
    pubSub: NO_TOPICS,
    container: { get: (someClass) => instances.get(someClass) },
  });
  for (const name of ONE_OF) {
    const type = schema.getType(name);
    if (isInputObjectType(type)) type.isOneOf = true;
  }
  return schema;
}
