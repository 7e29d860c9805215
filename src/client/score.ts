// The work of `ganymede score`: what a model's discriminator says of any number of pictures, a row each.

import { asks } from './asking.js';
import { askOfEach, type PictureOptions } from './each-picture.js';

export type ScoreOptions = PictureOptions;

const SCORE = `query Score($model: String!, $version: Int, $images: [ImageSource!], $labels: [String!]) {
  score(model: $model, version: $version, images: $images, labels: $labels) {
    ... on Score { logit probability logDensityRatio calibrated { probability logDensityRatio } }
    ... on ImageError { code message }
  }
}`;

interface Score {
  readonly logit: number;
  readonly probability: number | null;
  readonly logDensityRatio: number | null;
  readonly calibrated: { readonly probability: number; readonly logDensityRatio: number } | null;
}

export const score = asks<ScoreOptions>((options, asked) =>
  askOfEach(options, asked, {
    phase: 'scoring',
    query: SCORE,
    takesLabels: true,
    columns: [
      'logit',
      'probability',
      'log_density_ratio',
      'calibrated_probability',
      'calibrated_log_density_ratio',
      'label',
    ],
    cells: ({ logit, probability, logDensityRatio, calibrated }: Score, { label }) => ({
      ...{ logit, probability, log_density_ratio: logDensityRatio },
      calibrated_probability: calibrated?.probability ?? null,
      calibrated_log_density_ratio: calibrated?.logDensityRatio ?? null,
      label,
    }),
  }),
);
