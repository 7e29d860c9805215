// What scores say, in words.

import type { Answer, JudgedModel, Score } from './documents';

/** Below it a scorer does not know what it sees. */
const FAMILIAR = 0.5;

export const isScore = (answer: Answer): answer is Score => 'logit' in answer;

/** The probability to act on: as measurements correct it, where there are any. */
export const probabilityOf = ({ calibrated, probability }: Score): number | null =>
  calibrated?.probability ?? probability;

export const ratioOf = ({ logDensityRatio, logit }: Pick<Score, 'logDensityRatio' | 'logit'>): number =>
  logDensityRatio ?? logit;

export const isFamiliar = ({ familiarity }: Score): boolean => familiarity === null || familiarity >= FAMILIAR;

/** "98.7 %", and never 0 or 100, of which no scorer is sure. */
export function percent(share: number): string {
  if (share < 0.001) return '< 0.1 %';
  if (share > 0.999) return '> 99.9 %';
  return `${(100 * share).toFixed(1)} %`;
}

export function verdict(score: Score): string {
  const probability = probabilityOf(score);
  return probability === null ? score.logit.toFixed(2) : `${percent(probability)} real`;
}

/** By what pictures are put in order, where probabilities are all alike. */
export function ratioText({ logDensityRatio }: Score): string {
  return logDensityRatio === null ? '' : `ln p/q ${logDensityRatio.toFixed(1)}`;
}

/** What to know before that is believed; null where there is nothing. */
export function caution(score: Score): string | null {
  if (!isFamiliar(score)) return 'unfamiliar';
  return score.label && !score.label.matches ? `more like ${score.label.likeliest}` : null;
}

/** On what the scorer was measured, as a sentence; null where nobody did. */
export function measuredOn({ scoring }: JudgedModel): string | null {
  const found = scoring?.measured ?? scoring?.calibration;
  if (!found) return null;
  const { data, note, measured } = found.measuredOn;
  return `Measured on ${measured.toLocaleString('en')} examples of ${data} and as many samples. ${note}`;
}
