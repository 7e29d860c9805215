// The loop of every small training: compile the step, feed it, run it so many times, say how it goes, and save what it
// takes to go on bit for bit. What is trained, and what is made of the outputs, is the caller's.
import { openStep, type StepDevice } from '../../engine/native.js';
import { type StepFunction } from '../../engine/step.js';
import { type HostTensors, inOrderOf } from '../../engine/tensor.js';
import { GanymedeError } from '../../errors.js';
import { Reporter } from '../../work.js';
import { type FeedSources, Feeds } from '../feeds.js';
import type { InputSource } from '../step.js';
import type { FitRun } from './fit-run.js';

export interface SmallTraining {
  /** What is trained, in messages: "the encoder". */
  readonly what: string;
  readonly step: StepFunction;
  readonly state: HostTensors;
  readonly inputs: Readonly<Record<string, InputSource>>;
  readonly optimizers?: FeedSources['optimizers'];
  readonly data?: NonNullable<FeedSources['data']>;
  readonly seed: number;
  readonly steps: number;
  readonly stepsPerRun: number;
  readonly threads: number;
  /** What the steps run on; the processor without it. */
  readonly device?: StepDevice | undefined;
  /** Tensors that the caller keeps beside the state, changed in place: they are saved and come back with it. */
  readonly beside?: HostTensors;
  /** Drawn from the state at the start, at intervals and at the end. */
  readonly pictures?: Pictures | undefined;
  /** After each run of the engine: the steps made, what they gave, and the state if it is asked for. */
  readonly onRun?: (step: number, outputs: HostTensors, state: () => HostTensors) => void | Promise<void>;
}

export interface Pictures {
  isDue(step: number): boolean;
  /** The path of the picture. */
  write(step: number, state: HostTensors): Promise<string>;
}

/** Where a training is saved, and who hears of it. */
export interface FitContext {
  readonly run?: FitRun;
  readonly report?: Reporter;
}

/** The last state. @throws GanymedeError NOT_FINITE; the signal's reason when it was stopped, once all is saved. */
export async function trainSmall(training: SmallTraining, context: FitContext = {}): Promise<HostTensors> {
  const { run, report = new Reporter({}) } = context;
  const { step, steps, stepsPerRun, threads, device, inputs, beside = {}, pictures, onRun } = training;
  const saved = await run?.load(beside);
  const specs = Object.fromEntries(Object.entries(inputs).map(([name, { spec }]) => [name, spec]));
  const state = saved ? inOrderOf(Object.keys(training.state), saved.state) : training.state;
  const compiled = await openStep(step, {
    ...{ state, inputs: specs, stepsPerRun, threads },
    ...(device ? { device } : {}),
  });
  const feeds = new Feeds({ ...training, optimizers: training.optimizers ?? {} });
  let made = saved?.step ?? 0;
  report.phase(`training ${training.what}`, 'steps', steps, made);
  const draw = async () => {
    if (pictures?.isDue(made)) report.picture(await pictures.write(made, compiled.state()));
  };
  try {
    if (!saved) await draw();
    while (made < steps) {
      const here = Math.min(stepsPerRun, steps - made);
      const outputs = await compiled.run(await feeds.at(made), here);
      made += here;
      checkFinite(outputs, training.what, made);
      report.progress(made);
      await onRun?.(made, outputs, () => compiled.state());
      await draw();
      const last = made >= steps;
      if (last || report.stopped || run?.isDue(made, here)) await run?.save(made, compiled.state(), beside);
      report.throwIfStopped();
    }
    return compiled.state();
  } finally {
    await compiled.dispose();
  }
}

function checkFinite(outputs: HostTensors, what: string, step: number): void {
  for (const [name, { data }] of Object.entries(outputs)) {
    const broken = (data as Float32Array).find((value) => !Number.isFinite(value));
    if (broken === undefined) continue;
    throw new GanymedeError(
      'NOT_FINITE',
      `Expected finite values of ${what} but ${name} was ${broken} within the steps up to ${step}. Try a lower learning rate.`,
      { details: { output: name, step } },
    );
  }
}
