// The objectives that a recipe may name. What each is: src/training/objectives.ts, whose table has a row for every
// name.

export const OBJECTIVE_NAMES = [
  'minimax',
  'non-saturating',
  'maximise-logit',
  'f-kl',
  'f-reverse-kl',
  'f-pearson',
  'f-neyman',
  'f-squared-hellinger',
  'f-jensen-shannon',
  'f-gan',
  'f-total-variation',
  'least-squares',
  'hinge',
  'wgan',
  'wgan-gp',
  'relativistic-average',
] as const;

export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number];
