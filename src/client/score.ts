// The work of `ganymede score`: what a model's scorer says of any number of pictures, a row each.

import { asks } from './asking.js';
import { askOfEach, type PictureOptions } from './each-picture.js';

export type ScoreOptions = PictureOptions;

const SCORE = `query Score($model: String!, $version: Int, $images: [ImageSource!], $labels: [String!]) {
  score(model: $model, version: $version, images: $images, labels: $labels) {
    ... on Score {
      logit probability logDensityRatio calibrated { probability logDensityRatio }
      familiarity label { probability matches }
    }
    ... on ImageError { code message }
  }
}`;

interface Score {
  readonly logit: number;
  readonly probability: number | null;
  readonly logDensityRatio: number | null;
  readonly calibrated: { readonly probability: number; readonly logDensityRatio: number } | null;
  readonly familiarity: number | null;
  readonly label: { readonly probability: number; readonly matches: boolean } | null;
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
      'familiarity',
      'label',
      'label_probability',
      'label_matches',
    ],
    cells: (score: Score, { label }) => ({
      ...{ logit: score.logit, probability: score.probability, log_density_ratio: score.logDensityRatio },
      calibrated_probability: score.calibrated?.probability ?? null,
      calibrated_log_density_ratio: score.calibrated?.logDensityRatio ?? null,
      familiarity: score.familiarity,
      label,
      label_probability: score.label?.probability ?? null,
      label_matches: score.label?.matches ?? null,
    }),
  }),
);
