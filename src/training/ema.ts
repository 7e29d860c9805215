// Exponential moving average of the generator's weights (Yazıcı et al. 2019, arXiv:1806.04498), on the host: every n steps
// with decay^n, which differs from averaging each step only in weighing n neighbouring steps alike and costs n times less.
import { z } from 'zod';
import type { HostTensors } from '../engine/tensor.js';

export const emaConfig = z.strictObject({
  /** Weight of the old average, per training step. */
  decay: z.number().min(0).lt(1),
  /** Steps between two updates; a multiple of the steps per run. */
  everySteps: z.int().min(1),
  /**
   * The average forgets half within at most so large a share of the steps made (Karras et al. 2020, ema_rampup), so that a young
   * one does not show the untrained generator. 0: the same decay from the first step.
   */
  rampUp: z.number().min(0).default(0.05),
});
export type EmaConfig = z.input<typeof emaConfig>;

/** average ← d·average + (1 − d)·params after `step` steps, d = decay^everySteps or less; in place, in the order of the average's names. */
export function updateEma(average: HostTensors, params: HostTensors, config: EmaConfig, step: number): void {
  const { decay, everySteps, rampUp = 0.05 } = config;
  const young = rampUp === 0 ? 1 : 0.5 ** (1 / (rampUp * step));
  const keep = Math.min(decay, young) ** everySteps;
  for (const [name, tensor] of Object.entries(average)) {
    const mean = tensor.data as Float32Array;
    const value = params[name]!.data as Float32Array;
    for (let i = 0; i < mean.length; i++) mean[i] = value[i]! + keep * (mean[i]! - value[i]!);
  }
}
