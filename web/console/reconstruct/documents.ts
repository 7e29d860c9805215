// What this page asks.

import { graphql } from '../gql';
import type { CompleteQuery, PerceivingModelsQuery, ReconstructQuery, TakenForQuery } from '../gql/graphql';

export const MODELS = graphql(`
  query PerceivingModels {
    models {
      name
      version
      title
      labels
      image {
        width
        height
        channels
      }
      capabilities
      graphs {
        capability
        takesLabel
      }
    }
  }
`);

export type Model = PerceivingModelsQuery['models'][number];

export const CLASSIFY = graphql(`
  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {
    classify(model: $model, version: $version, images: $images) {
      ... on Classification {
        label
        classes {
          label
          probability
        }
      }
      ... on ImageError {
        code
        message
      }
    }
  }
`);

export type Classification = Extract<TakenForQuery['classify'][number], { label: string }>;

export const ENCODE = graphql(`
  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {
    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {
      ... on Encoding {
        error
        label
        refined {
          steps
          before
          after
        }
        reconstruction {
          image {
            dataUri
          }
        }
      }
      ... on ImageError {
        code
        message
      }
    }
  }
`);

export type Encoding = Extract<ReconstructQuery['encode'][number], { reconstruction: object }>;

export const INPAINT = graphql(`
  query Complete(
    $model: String!
    $version: Int!
    $image: ImageSource!
    $hidden: ImageSource!
    $count: Int!
    $seed: Seed!
    $label: String
  ) {
    inpaint(
      model: $model
      version: $version
      image: $image
      mask: { hidden: $hidden }
      count: $count
      seed: $seed
      label: $label
    ) {
      ... on Completion {
        seed
        label
        image {
          dataUri
        }
      }
      ... on ImageError {
        code
        message
      }
    }
  }
`);

export type Completed = CompleteQuery['inpaint'][number];

export const SAMPLE = graphql(`
  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {
    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {
      label
      image {
        dataUri
      }
    }
  }
`);
