// `ganymede fit encoder` as a long work: train the encoder, measure its exported graph, write the next version of the
// model.
import { type WorkContext, working } from '../../work.js';
import { ENCODER_STEPS, encodeGraph, reconstructionPreviews, trainEncoder } from './encoder.js';
import { AS_TRAINED, evaluationOf, type FitOptions, openFit } from './fitting.js';
import { measureReconstruction, type Reconstruction } from './reconstruction.js';
import { addGraphs } from './version.js';

export interface FitEncoderOptions extends FitOptions {
  readonly steps?: number;
  /** Steps of refinement of z to measure; 0 for none. */
  readonly refine?: number;
}

const REPORT_EVERY_STEPS = 100;

/** The path of the new version; null when stopped. */
export function fitEncoder(options: FitEncoderOptions, context?: WorkContext): Promise<string | null> {
  return working(context, async (report) => {
    const { steps = ENCODER_STEPS, refine = 200, checkpoint } = options;
    const fit = await openFit(options, 'encoder', { steps }, report, AS_TRAINED);
    const { fixed, train, held, run, seed, threads, device } = fit;
    const pictures = await reconstructionPreviews(fit, steps);
    report.atEnd(() => pictures.dispose());
    const params = await trainEncoder(
      {
        ...{ fixed, data: train, seed, steps, threads, device, pictures },
        onLosses: (losses, step) => {
          if (step % REPORT_EVERY_STEPS !== 0) return;
          const { z, x, real } = losses;
          const text = `step ${step}  left in z ${z.toFixed(3)}  in x ${x.toFixed(3)}  in real x ${real.toFixed(3)}`;
          report.metric('losses', { ...losses }, text);
        },
      },
      { run, report },
    );
    const encode = encodeGraph(fixed, params);
    const measured = { fixed, checkpoint, encode, held, seed, threads, refineSteps: refine };
    const figures = await measureReconstruction(measured, report);
    report.metric('reconstruction', { ...figures }, describe(figures, fixed.tensor));
    const path = await addGraphs(
      checkpoint,
      {
        out: options.out,
        beside: options.beside,
        graphs: { encode },
        evaluation: evaluationOf('encoder', fit, { ...figures, steps }),
      },
      report,
    );
    await run.finish();
    report.checkpoint(path);
    report.endsWith({ done: `Checkpoint ${path} has the graph encode.` });
    return path;
  });
}

function describe(figures: Reconstruction, tensor: string): string {
  const { error, errorOfMean, sampleError, sampleLatentError, refined } = figures;
  return [
    `held-out ${tensor}s: mean squared error ${error.toFixed(5)}, of the mean ${tensor} ${errorOfMean.toFixed(5)}`,
    `samples: ${sampleError.toFixed(5)}; in z ${sampleLatentError.toFixed(3)} of its variance`,
    ...(refined
      ? [
          `refined in ${refined.steps} steps: ${refined.before.toFixed(5)} to ${refined.after.toFixed(5)} on ${refined.examples} held-out ${tensor}s`,
        ]
      : []),
  ].join('\n');
}
