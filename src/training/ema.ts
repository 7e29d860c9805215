// Exponential moving average of the generator's weights (Yazıcı et al. 2019, arXiv:1806.04498), on the host: every n
// steps with decay^n, which differs from averaging each step only in weighing n neighbouring steps alike and costs n
// times less.
import type { HostTensors } from '../engine/tensor.js';
import { valueAt } from '../recipes/schedules.js';
import type { EmaConfig } from '../recipes/update-configs.js';

/** What an update after `step` steps keeps of the old average: decay^everySteps, or less while the run is young. */
export function keptOfAverage(config: EmaConfig, step: number, stepsPerEpoch: number, ahead = 0): number {
  const { decay, everySteps, rampUp } = config;
  const young = rampUp === 0 ? 1 : 0.5 ** (1 / (rampUp * step));
  return Math.min(valueAt(decay, step - 1, stepsPerEpoch, ahead), young) ** everySteps;
}

/** average ← keep·average + (1 − keep)·params, in place, in the order of the average's names. */
export function updateEma(average: HostTensors, params: HostTensors, keep: number): void {
  for (const [name, tensor] of Object.entries(average)) {
    const mean = tensor.data as Float32Array;
    const value = params[name]!.data as Float32Array;
    for (let i = 0; i < mean.length; i++) mean[i] = value[i]! + keep * (mean[i]! - value[i]!);
  }
}
