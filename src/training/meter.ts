// What the steps of a run say of themselves between two reports: their losses and verdicts averaged, and the pace.
import type { HostTensors } from '../engine/tensor.js';
import type { Diagnosis } from './diagnostics.js';
import type { Progress } from './progress.js';
import type { Course } from './segments.js';
import { OUTPUTS } from './step.js';

/** The part of a report that the steps give. */
export type Averages = Omit<Progress, keyof Diagnosis>;

export class Meter {
  private sums = new Map<string, number>();
  private count = 0;
  private from: number;
  private since = performance.now();

  constructor(
    private readonly course: Course,
    step: number,
    private readonly steps: number,
  ) {
    this.from = step;
  }

  /** The pace counts from now. */
  start(): void {
    this.since = performance.now();
  }

  add(outputs: HostTensors): void {
    for (const name of OUTPUTS) {
      const values = outputs[name]!.data as Float32Array;
      this.sums.set(
        name,
        values.reduce((sum, value) => sum + value, this.sums.get(name) ?? 0),
      );
    }
    this.count += outputs['lossD']!.data.length;
  }

  take(step: number): Averages {
    const seconds = (performance.now() - this.since) / 1000;
    const mean = (name: (typeof OUTPUTS)[number]) => (this.sums.get(name) ?? 0) / this.count;
    const averages: Averages = {
      step,
      steps: this.steps,
      epoch: this.course.epochsAt(step),
      kimg: this.course.examplesAt(step) / 1000,
      lossD: mean('lossD'),
      lossG: mean('lossG'),
      dReal: mean('dReal'),
      dFake: mean('dFake'),
      penalty: mean('penalty'),
      imagesPerSecond: (this.course.examplesAt(step) - this.course.examplesAt(this.from)) / seconds,
      secondsLeft: ((this.steps - step) * seconds) / (step - this.from),
    };
    this.sums = new Map();
    this.count = 0;
    this.from = step;
    this.since = performance.now();
    return averages;
  }
}
