// `ganymede evaluate`: one protocol on one checkpoint, the result in the manifest and on the terminal.
import { type EvaluateOptions, type Evaluation, evaluate } from '../evaluate.js';
import type { CommandContext } from './train.js';

export async function evaluateCommand(options: EvaluateOptions, { print }: CommandContext): Promise<Evaluation> {
  const evaluation = await evaluate(options);
  const { logLikelihood, standardError, sigma, samples, testImages } = evaluation.figures as Record<string, number>;
  print(
    `Parzen log-likelihood ${logLikelihood!.toFixed(1)} ± ${standardError!.toFixed(1)} nats ` +
      `(σ ${sigma!.toFixed(3)}, ${samples} samples, ${testImages} images). ${evaluation.dataset['note']}`,
  );
  print(
    'For scale: the GAN paper reports 225 ± 2; 10,000 real training images score 243.6. Above that the number rewards smoothing.',
  );
  return evaluation;
}
