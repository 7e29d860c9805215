// What this page asks.

import { graphql } from '../gql';
import type { JudgedModelQuery, JudgedModelsQuery, JudgeQuery } from '../gql/graphql';

export const MODELS = graphql(`
  query JudgedModels {
    models {
      name
      title
      image {
        width
        height
      }
      capabilities
    }
  }
`);

export type ModelName = JudgedModelsQuery['models'][number];

export const MODEL = graphql(`
  query JudgedModel($model: String!) {
    model(name: $model) {
      name
      version
      labels
      scoring {
        scorer
        needsLabel
        takesLabel
        uncalibrated
        unmeasured
        calibration {
          protocol
          slope
          offset
          auc
          logLoss
          ece
          measuredOn {
            data
            note
            measured
          }
          reliability {
            low
            high
            count
            predicted
            observed
          }
          before {
            histogram {
              low
              high
              data
              samples
            }
          }
        }
        measured {
          date
          auc
          logLoss
          baselineLogLoss
          ece
          rivals {
            name
            logLoss
            auc
          }
          label {
            right
            chance
          }
          familiarity {
            negatives
            auc
          }
          measuredOn {
            data
            note
            measured
          }
          reliability {
            low
            high
            count
            predicted
            observed
          }
          histogram {
            low
            high
            data
            samples
          }
        }
      }
    }
  }
`);

export type JudgedModel = JudgedModelQuery['model'];
export type Scoring = NonNullable<JudgedModel['scoring']>;

export const SCORE = graphql(`
  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {
    score(model: $model, version: $version, images: $images, labels: $labels) {
      ... on Score {
        logit
        probability
        logDensityRatio
        familiarity
        calibrated {
          probability
          logDensityRatio
        }
        label {
          name
          probability
          matches
          likeliest
        }
      }
      ... on ImageError {
        code
        message
      }
    }
  }
`);

export type Answer = JudgeQuery['score'][number];
export type Score = Extract<Answer, { logit: number }>;

/** Samples as pictures, to try the page with. */
export const SAMPLES = graphql(`
  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {
    sample(model: $model, version: $version, seed: $seed, count: $count) {
      seed
      label
      image {
        dataUri
      }
    }
  }
`);

/** Of a version whose measurements hold no histogram: how its own samples score. */
export const FRESH = graphql(`
  query FreshScores($model: String!, $version: Int!) {
    sample(model: $model, version: $version, seed: 1000000, count: 256) {
      score {
        logit
        logDensityRatio
      }
    }
  }
`);
