// What this page asks.

import { graphql } from '../gql';

/** How many numbers a latent of it has. */
export const LATENT = graphql(`
  query ServedLatent($model: String!) {
    model(name: $model) {
      latentSize
    }
  }
`);

/** Of a model that is served: points of its data, samples, and what becomes of a grid of latents. */
export const SERVED = graphql(`
  query ServedGame($model: String!, $data: BuiltinPoints!, $z: [Latent!]!) {
    model(name: $model) {
      title
      version
      capabilities
    }
    points(of: $data, first: 1024) {
      size
      data
    }
    samples: sample(model: $model, seed: 0, count: 256) {
      point
    }
    more: sample(model: $model, seed: 256, count: 256) {
      point
    }
    mapped: sample(model: $model, z: $z) {
      point
    }
  }
`);

/** For those who may score. */
export const SCORED = graphql(`
  query ScoredPlaces($model: String!, $places: [[Float!]!]!) {
    score(model: $model, points: $places) {
      ... on Score {
        probability
        familiarity
      }
      ... on ImageError {
        message
      }
    }
  }
`);

export const DATA = graphql(`
  query PlaneData($data: BuiltinPoints!) {
    points(of: $data, first: 1024) {
      size
      data
    }
  }
`);

export const BEGIN = graphql(`
  mutation BeginGame(
    $model: String!
    $recipe: String!
    $dataset: String!
    $seed: Seed!
    $overrides: JSONObject!
    $pace: PaceInput!
  ) {
    train(model: $model, recipe: $recipe, dataset: $dataset, seed: $seed, overrides: $overrides, pace: $pace) {
      id
    }
  }
`);

export const PACE = graphql(`
  mutation PaceGame($id: ID!, $pace: PaceInput!) {
    paceJob(id: $id, pace: $pace) {
      state
    }
  }
`);

export const RESUME = graphql(`
  mutation ResumeGame($id: ID!) {
    resumeJob(id: $id) {
      state
    }
  }
`);

export const END = graphql(`
  mutation EndGame($id: ID!) {
    cancelJob(id: $id) {
      state
    }
  }
`);

export const RUN = graphql(`
  query GameRun($id: ID!) {
    job(id: $id) {
      model
      arguments
    }
  }
`);

export const VIEWS = graphql(`
  subscription GameViews($id: ID!) {
    jobViews(id: $id) {
      step
      waiting
      metrics {
        name
        values
      }
      game {
        size
        low
        high
        places
        verdict
        isProbability
        boundary
        samples
        pulls
        map {
          columns
          latents
          points
        }
      }
    }
  }
`);

export const NEWS = graphql(`
  subscription GameNews($id: ID!) {
    jobProgress(id: $id, from: 0) {
      seq
      kind
      text
      job {
        state
        made
        error {
          message
        }
      }
    }
  }
`);
