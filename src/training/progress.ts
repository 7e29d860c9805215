// What a run says of itself while it trains: one record per report, as a line for a person and as JSON for a program.
import { duration } from '../work.js';
import type { Diagnosis } from './diagnostics.js';

export interface Progress extends Diagnosis {
  /** Steps made, of how many; one step is one update of the generator. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Thousands of real images that the discriminator has seen. */
  readonly kimg: number;
  readonly lossD: number;
  readonly lossG: number;
  /**
   * Mean verdicts of D on real and on generated images: 0.5 each when it cannot tell them apart, or V where no
   * probability follows.
   */
  readonly dReal: number;
  readonly dFake: number;
  /** Mean of D's slope penalties, weighted; 0 without any. */
  readonly penalty: number;
  /** Probability of an augmentation, where it moves. */
  readonly augment?: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

export function progressLine(p: Progress): string {
  const whole = (value: number) => Math.round(value).toLocaleString('en-US');
  return [
    `step ${whole(p.step).padStart(whole(p.steps).length)}/${whole(p.steps)}`,
    `epoch ${p.epoch.toFixed(1)}`,
    `kimg ${p.kimg.toFixed(1)}`,
    `loss D ${p.lossD.toFixed(3)} G ${p.lossG.toFixed(3)}`,
    `D(real) ${p.dReal.toFixed(2)} D(fake) ${p.dFake.toFixed(2)}`,
    `accuracy ${p.accuracy.toFixed(2)}${Number.isFinite(p.diversity) ? ` diversity ${p.diversity.toFixed(2)}` : ''}`,
    ...(p.augment === undefined ? [] : [`augment ${p.augment.toFixed(3)}`]),
    `${whole(p.imagesPerSecond)} images/s`,
    `ETA ${duration(p.secondsLeft)}`,
  ].join('  ');
}
