/* eslint-disable */
import * as types from './graphql';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query Models {\n    models {\n      name\n      title\n      labels\n      image {\n        width\n      }\n      scoring {\n        needsLabel\n        takesLabel\n      }\n    }\n  }\n": typeof types.ModelsDocument,
    "\n  query Morph($model: String!, $truncation: Float!, $waypoints: [Waypoint!]!) {\n    interpolate(model: $model, truncation: $truncation, waypoints: $waypoints, steps: 25) {\n      frames {\n        image {\n          url\n        }\n      }\n      animation(size: 224) {\n        url\n      }\n    }\n  }\n": typeof types.MorphDocument,
    "\n  query Samples($model: String!, $label: String, $truncation: Float!, $seed: Seed!, $scored: Boolean!) {\n    sample(model: $model, label: $label, truncation: $truncation, seed: $seed, count: 12) {\n      seed\n      label\n      image {\n        url\n      }\n      score @include(if: $scored) {\n        probability\n      }\n    }\n  }\n": typeof types.SamplesDocument,
    "\n  query Score($model: String!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, images: $images, labels: $labels) {\n      ... on Score {\n        probability\n        logit\n        familiarity\n        label {\n          name\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ScoreDocument,
};
const documents: Documents = {
    "\n  query Models {\n    models {\n      name\n      title\n      labels\n      image {\n        width\n      }\n      scoring {\n        needsLabel\n        takesLabel\n      }\n    }\n  }\n": types.ModelsDocument,
    "\n  query Morph($model: String!, $truncation: Float!, $waypoints: [Waypoint!]!) {\n    interpolate(model: $model, truncation: $truncation, waypoints: $waypoints, steps: 25) {\n      frames {\n        image {\n          url\n        }\n      }\n      animation(size: 224) {\n        url\n      }\n    }\n  }\n": types.MorphDocument,
    "\n  query Samples($model: String!, $label: String, $truncation: Float!, $seed: Seed!, $scored: Boolean!) {\n    sample(model: $model, label: $label, truncation: $truncation, seed: $seed, count: 12) {\n      seed\n      label\n      image {\n        url\n      }\n      score @include(if: $scored) {\n        probability\n      }\n    }\n  }\n": types.SamplesDocument,
    "\n  query Score($model: String!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, images: $images, labels: $labels) {\n      ... on Score {\n        probability\n        logit\n        familiarity\n        label {\n          name\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.ScoreDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Models {\n    models {\n      name\n      title\n      labels\n      image {\n        width\n      }\n      scoring {\n        needsLabel\n        takesLabel\n      }\n    }\n  }\n"): typeof import('./graphql').ModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Morph($model: String!, $truncation: Float!, $waypoints: [Waypoint!]!) {\n    interpolate(model: $model, truncation: $truncation, waypoints: $waypoints, steps: 25) {\n      frames {\n        image {\n          url\n        }\n      }\n      animation(size: 224) {\n        url\n      }\n    }\n  }\n"): typeof import('./graphql').MorphDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Samples($model: String!, $label: String, $truncation: Float!, $seed: Seed!, $scored: Boolean!) {\n    sample(model: $model, label: $label, truncation: $truncation, seed: $seed, count: 12) {\n      seed\n      label\n      image {\n        url\n      }\n      score @include(if: $scored) {\n        probability\n      }\n    }\n  }\n"): typeof import('./graphql').SamplesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Score($model: String!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, images: $images, labels: $labels) {\n      ... on Score {\n        probability\n        logit\n        familiarity\n        label {\n          name\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').ScoreDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
