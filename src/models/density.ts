// From a discriminator's output to ln p(x)/q(x), the log density ratio of data to generator that it estimates.
// Which formula holds depends on the objective D was trained with; the manifest names it.
// Sources: Goodfellow et al. 2014 §4.1; Nowozin et al. 2016 (f-GAN), with V* the optimal output before the activation.

/**
 * Formula → ln r as a function of the output v, where r = p/q. `null`: the objective's optimum does not determine r.
 * A new objective either matches a row or adds one; names are part of the manifest format, so never rename one.
 */
const FORMULAS = {
  /** V* = ln r: GAN (minimax, non-saturating), Jensen–Shannon, reverse KL. */
  logit: (v: number) => v,
  /** V* = 1 + ln r: f-GAN with KL(P‖Q). */
  kl: (v: number) => v - 1,
  /** V* = 2 (r − 1): f-GAN with Pearson χ². */
  pearson: (v: number) => Math.log(1 + v / 2),
  /** V* = 2 ln r: f-GAN with Neyman χ². */
  neyman: (v: number) => v / 2,
  /** V* = ½ ln r: f-GAN with the squared Hellinger distance. */
  'squared-hellinger': (v: number) => 2 * v,
  /** V* = p / (p + q): least squares with targets 1 for data and 0 for samples (Mao et al. 2017). */
  'least-squares': (v: number) => Math.log(v / (1 - v)),
  /** Wasserstein, hinge, total variation, relativistic: higher is more real, but no ratio follows. */
  none: null,
} satisfies Record<string, ((v: number) => number) | null>;

export type DensityRatio = keyof typeof FORMULAS;

export const DENSITY_RATIOS = Object.keys(FORMULAS) as readonly DensityRatio[];

/** Bound of |ln r| where a formula meets the edge of its domain; e^±87 is the range of normal float32 numbers. */
export const MAX_LOG_RATIO = 87;

/** What one output of a scorer says of an example. */
export interface RatioScore {
  /** The output; higher means more like the data. */
  readonly logit: number;
  /** p / (p + q): the probability that the image came from the data, if data and samples are equally likely. */
  readonly probability: number | null;
  /** ln p/q. Null, as is `probability`, when D's objective determines no ratio. */
  readonly logDensityRatio: number | null;
}

export function toScore(logit: number, densityRatio: DensityRatio): RatioScore {
  const formula = FORMULAS[densityRatio];
  if (formula === null) return { logit, probability: null, logDensityRatio: null };
  const logDensityRatio = withinDomain(formula(logit), logit);
  return { logit, probability: sigmoid(logDensityRatio), logDensityRatio };
}

/** 1 / (1 + e^−x) without overflow: the exponential is only ever of a value ≤ 0. */
export function sigmoid(x: number): number {
  const decay = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + decay) : decay / (1 + decay);
}

/** Outputs past the edge of a formula's domain (a ratio below 0, or above ∞) take the edge's sign. */
function withinDomain(logRatio: number, v: number): number {
  if (Number.isFinite(logRatio)) return logRatio;
  return v > 0 ? MAX_LOG_RATIO : -MAX_LOG_RATIO;
}
