// The work of `ganymede score`: what a model's discriminator says of any number of pictures, a row each.

import { asks } from './asking.js';
import { askOfEach, type PictureOptions } from './each-picture.js';

export type ScoreOptions = PictureOptions;

const SCORE = `query Score($model: String!, $version: Int, $images: [ImageSource!], $labels: [String!]) {
  score(model: $model, version: $version, images: $images, labels: $labels) {
    ... on Score { logit probability logDensityRatio }
    ... on ImageError { code message }
  }
}`;

interface Score {
  readonly logit: number;
  readonly probability: number | null;
  readonly logDensityRatio: number | null;
}

export const score = asks<ScoreOptions>((options, asked) =>
  askOfEach(options, asked, {
    phase: 'scoring',
    query: SCORE,
    takesLabels: true,
    columns: ['logit', 'probability', 'log_density_ratio', 'label'],
    cells: ({ logit, probability, logDensityRatio }: Score, { label }) => ({
      ...{ logit, probability, log_density_ratio: logDensityRatio, label },
    }),
  }),
);
