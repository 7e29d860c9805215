// Adversarial objectives as a table: each row is a pair of losses to minimise, written on the discriminator's raw
// output V, with its formula, its source and what the generator minimises when D is optimal.
import * as tf from '../engine/tf.js';
import type { DensityRatio } from '../models/density.js';
import type { ObjectiveName } from '../recipes/objective-names.js';
import type { PenaltyConfig } from '../recipes/update-configs.js';
import { DIVERGENCES, type Divergence, type DivergenceName } from './divergences.js';

/** Losses are means over a batch; `real` and `fake` are D's raw outputs, [N]. */
export interface Objective {
  /** How the two losses read in print. */
  readonly formula: { readonly discriminator: string; readonly generator: string };
  readonly source: string;
  /** What the generator descends when D is optimal for the current generator. */
  readonly minimises: string;
  /** How V at the optimal D gives ln p/q: models/density.ts. */
  readonly densityRatio: DensityRatio;
  /** D calls "data" what it gives a higher V than this. Null where only differences of V mean something. */
  readonly boundary: number | null;
  /**
   * What D's loss says of how far apart P and Q are: a lower bound, tight at the optimal D. Null where it says nothing.
   */
  readonly estimate: { readonly of: string; value(lossD: number): number } | null;
  /** What the source adds to D's loss or does to D's weights; used unless a recipe lists its own. */
  readonly penalties: readonly PenaltyConfig[];
  discriminator(real: tf.Tensor, fake: tf.Tensor): tf.Scalar;
  /** `real` is a function because most generators never look at it. */
  generator(fake: tf.Tensor, real: () => tf.Tensor): tf.Scalar;
}

// ln σ(V) = −softplus(−V) and ln(1 − σ(V)) = −softplus(V): neither overflows, and no probability is ever rounded to 0
// or 1.
export const crossEntropy = (real: tf.Tensor, fake: tf.Tensor): tf.Scalar =>
  tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)));

const CROSS_ENTROPY = '−E_P[ln D] − E_Q[ln(1 − D)],  D = σ(V)';

/**
 * What the rows with D = σ(V) trained by cross-entropy share: the D of Goodfellow et al. 2014, with optimum p/(p + q).
 */
const LOGISTIC = {
  densityRatio: 'logit',
  boundary: 0,
  estimate: { of: 'JSD(P‖Q) in nats, at most ln 2', value: (lossD: number) => (Math.LN2 * 2 - lossD) / 2 },
  penalties: [],
  discriminator: crossEntropy,
} as const;

/** E_P[V] − E_Q[V], the loss of WGAN, and what bounds the slope of D decides which of the two papers it is. */
const WASSERSTEIN = {
  formula: { discriminator: 'E_Q[V] − E_P[V]', generator: '−E_Q[V]' },
  minimises: 'the Wasserstein-1 distance of P and Q times the largest slope that D is allowed',
  densityRatio: 'none',
  boundary: null,
  estimate: { of: 'W₁(P, Q) times the largest slope of D', value: (lossD: number) => -lossD },
  discriminator: (real: tf.Tensor, fake: tf.Tensor): tf.Scalar => tf.sub(tf.mean(fake), tf.mean(real)),
  generator: (fake: tf.Tensor): tf.Scalar => tf.neg(tf.mean(fake)),
} as const;

/** The f-GAN template: both players fight over E_P[T] − E_Q[f*(T)], T = g_f(V). */
function fGan(name: DivergenceName): Objective {
  const divergence: Divergence = DIVERGENCES[name];
  const { print, densityRatio, boundary, critic, conjugateOfCritic } = divergence;
  return {
    formula: {
      discriminator: `E_Q[f*(T)] − E_P[T],  T = ${print.activation},  f*(t) = ${print.conjugate}`,
      generator: '−E_Q[f*(T)]',
    },
    source: 'Nowozin, Cseke & Tomioka 2016, arXiv:1606.00709, equation 4',
    minimises: `${divergence.title}: ${divergence.definition}`,
    densityRatio,
    boundary,
    estimate: { of: divergence.definition, value: (lossD) => -lossD },
    penalties: [],
    discriminator: (real, fake) => tf.sub(tf.mean(conjugateOfCritic(fake)), tf.mean(critic(real))),
    generator: (fake) => tf.neg(tf.mean(conjugateOfCritic(fake))),
  };
}

const TABLE = {
  minimax: {
    ...LOGISTIC,
    formula: { discriminator: CROSS_ENTROPY, generator: 'E_Q[ln(1 − D)]' },
    source: 'Goodfellow et al. 2014, arXiv:1406.2661, equation 1',
    minimises: '2·JSD(P‖Q) − ln 4',
    generator: (fake) => tf.neg(tf.mean(tf.softplus(fake))),
  },
  'non-saturating': {
    ...LOGISTIC,
    formula: { discriminator: CROSS_ENTROPY, generator: '−E_Q[ln D]' },
    source: 'Goodfellow et al. 2014, arXiv:1406.2661, section 3',
    minimises: 'gradient of KL(Q‖P) − 2·JSD(P‖Q)',
    generator: (fake) => tf.mean(tf.softplus(tf.neg(fake))),
  },
  'maximise-logit': {
    ...LOGISTIC,
    formula: { discriminator: CROSS_ENTROPY, generator: '−E_Q[V] = E_Q[ln(1 − D)] − E_Q[ln D]' },
    source:
      'Huszár 2016, "An alternative update rule for generative adversarial networks"; Sønderby et al. 2017, arXiv:1610.04490',
    minimises: 'KL(Q‖P)',
    generator: (fake) => tf.neg(tf.mean(fake)),
  },
  'f-kl': fGan('kl'),
  'f-reverse-kl': fGan('reverse-kl'),
  'f-pearson': fGan('pearson'),
  'f-neyman': fGan('neyman'),
  'f-squared-hellinger': fGan('squared-hellinger'),
  'f-jensen-shannon': fGan('jensen-shannon'),
  'f-gan': fGan('gan'),
  'f-total-variation': fGan('total-variation'),
  'least-squares': {
    formula: { discriminator: '½ E_P[(V − 1)²] + ½ E_Q[V²]', generator: '½ E_Q[(V − 1)²]' },
    source: 'Mao et al. 2017 (LSGAN), arXiv:1611.04076, equation 9',
    minimises: '½ E_Q[(q/(p + q))²] with D held; D’s loss at its optimum is ¼ − ¼·½ ∫ (p − q)²/(p + q)',
    densityRatio: 'least-squares',
    boundary: 0.5,
    estimate: { of: '½ ∫ (p − q)²/(p + q), at most 1', value: (lossD) => 1 - 4 * lossD },
    penalties: [],
    discriminator: (real, fake) => tf.mul(tf.add(tf.mean(tf.square(tf.sub(real, 1))), tf.mean(tf.square(fake))), 0.5),
    generator: (fake) => tf.mul(tf.mean(tf.square(tf.sub(fake, 1))), 0.5),
  },
  hinge: {
    formula: { discriminator: 'E_P[max(0, 1 − V)] + E_Q[max(0, 1 + V)]', generator: '−E_Q[V]' },
    source: 'Lim & Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equation 16',
    minimises: 'total variation ½ ∫ |p − q|, to which D’s loss comes down to 2 − 2·TV',
    densityRatio: 'none',
    boundary: 0,
    estimate: { of: '½ ∫ |p − q|, at most 1', value: (lossD) => 1 - lossD / 2 },
    penalties: [],
    discriminator: (real, fake) => tf.add(tf.mean(tf.relu(tf.sub(1, real))), tf.mean(tf.relu(tf.add(1, fake)))),
    generator: (fake) => tf.neg(tf.mean(fake)),
  },
  wgan: {
    ...WASSERSTEIN,
    source: 'Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875, algorithm 1',
    penalties: [{ kind: 'weight-clipping', limit: 0.01 }],
  },
  'wgan-gp': {
    ...WASSERSTEIN,
    source: 'Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1',
    penalties: [{ kind: 'gradient-penalty', weight: 10 }],
  },
  'relativistic-average': {
    formula: {
      discriminator: '−E_P[ln σ(V − E_Q V)] − E_Q[ln(1 − σ(V − E_P V))]',
      generator: '−E_Q[ln σ(V − E_P V)] − E_P[ln(1 − σ(V − E_Q V))]',
    },
    source: 'Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.2',
    minimises: 'how much more real the data look to D than the average sample does; no known divergence',
    densityRatio: 'none',
    boundary: null,
    estimate: null,
    penalties: [],
    discriminator: (real, fake) => relativeEntropy(real, fake),
    generator: (fake, real) => relativeEntropy(fake, real()),
  },
} as const satisfies Record<ObjectiveName, Objective>;

/** Cross-entropy of "higher than the other side's mean": `up` should be, `down` should not. */
function relativeEntropy(up: tf.Tensor, down: tf.Tensor): tf.Scalar {
  return crossEntropy(tf.sub(up, tf.mean(down)), tf.sub(down, tf.mean(up)));
}

export const OBJECTIVES: Readonly<Record<ObjectiveName, Objective>> = TABLE;

/**
 * D(x) as reports print it: p/(p + q) as far as V determines it, the raw V of objectives that determine no ratio.
 * The formulas are those of models/density.ts, on tensors.
 */
export function verdict(v: tf.Tensor, densityRatio: DensityRatio): tf.Tensor {
  switch (densityRatio) {
    case 'logit':
      return tf.sigmoid(v);
    case 'kl':
      return tf.sigmoid(tf.sub(v, 1));
    case 'neyman':
      return tf.sigmoid(tf.mul(v, 0.5));
    case 'squared-hellinger':
      return tf.sigmoid(tf.mul(v, 2));
    case 'pearson': {
      // r = 1 + V/2, so p/(p + q) = r/(1 + r); an output below −2 means a ratio below 0, which counts as 0.
      const r = tf.relu(tf.add(tf.mul(v, 0.5), 1));
      return tf.div(r, tf.add(r, 1));
    }
    case 'least-squares':
      return tf.clipByValue(v, 0, 1);
    case 'none':
      return v;
    default:
      return densityRatio satisfies never;
  }
}
