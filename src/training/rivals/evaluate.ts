// The evaluation of a checkpoint with the rivals that protocol `scorer` wants, which only training can make.

import { type EvaluateOptions, evaluate } from '../../evaluation/evaluate.js';
import type { Evaluation } from '../../models/evaluations.js';
import type { WorkContext } from '../../work.js';
import { RIVALS } from './rivals.js';

export interface RivalledOptions extends Omit<EvaluateOptions, 'rivals'> {
  /** False leaves them out: they take minutes. */
  readonly rivals?: boolean;
}

export function evaluateAmongRivals(options: RivalledOptions, context?: WorkContext): Promise<Evaluation[] | null> {
  return evaluate({ ...options, rivals: options.rivals === false ? [] : RIVALS }, context);
}
