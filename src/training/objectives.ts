// Adversarial objectives as a table: each row is a pair of losses to minimise, written on the discriminator's raw output V
// (the logit), with its formula, its source and what the generator minimises when D is optimal. No row knows a network.
import * as tf from '../engine/tf.js';
import type { DensityRatio } from '../models/density.js';

/** Losses are means over a batch; `real` and `fake` are D's raw outputs, [N]. */
export interface Objective {
  /** How the two losses read in print. */
  readonly formula: { readonly discriminator: string; readonly generator: string };
  readonly source: string;
  /** What the generator descends when D is optimal for the current generator. */
  readonly minimises: string;
  /** How V at the optimal D gives ln p/q: models/density.ts. */
  readonly densityRatio: DensityRatio;
  discriminator(real: tf.Tensor, fake: tf.Tensor): tf.Scalar;
  /** `real` is a function because most generators never look at it. */
  generator(fake: tf.Tensor, real: () => tf.Tensor): tf.Scalar;
}

// ln σ(V) = −softplus(−V) and ln(1 − σ(V)) = −softplus(V): neither overflows, and no probability is ever rounded to 0 or 1.
const crossEntropy = (real: tf.Tensor, fake: tf.Tensor): tf.Scalar =>
  tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)));

const CROSS_ENTROPY = '−E_P[ln D] − E_Q[ln(1 − D)],  D = σ(V)';

const TABLE = {
  minimax: {
    formula: { discriminator: CROSS_ENTROPY, generator: 'E_Q[ln(1 − D)]' },
    source: 'Goodfellow et al. 2014, arXiv:1406.2661, equation 1',
    minimises: '2·JSD(P‖Q) − ln 4',
    densityRatio: 'logit',
    discriminator: crossEntropy,
    generator: (fake) => tf.neg(tf.mean(tf.softplus(fake))),
  },
  'non-saturating': {
    formula: { discriminator: CROSS_ENTROPY, generator: '−E_Q[ln D]' },
    source: 'Goodfellow et al. 2014, arXiv:1406.2661, section 3',
    minimises: 'gradient of KL(Q‖P) − 2·JSD(P‖Q)',
    densityRatio: 'logit',
    discriminator: crossEntropy,
    generator: (fake) => tf.mean(tf.softplus(tf.neg(fake))),
  },
} as const satisfies Record<string, Objective>;

export type ObjectiveName = keyof typeof TABLE;
export const OBJECTIVES: Readonly<Record<ObjectiveName, Objective>> = TABLE;
export const OBJECTIVE_NAMES = Object.keys(TABLE) as [ObjectiveName, ...ObjectiveName[]];
