// `ganymede feature-net`: a classifier of labelled images, whose last hidden layer evaluations compare images in.
import { mkdir } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { openDataset } from '../datasets/open.js';
import { GanymedeError } from '../errors.js';
import { type ClassifierResult, trainClassifier } from '../training/fit/feature-net.js';
import type { CommandContext } from './train.js';

export interface FeatureNetOptions {
  readonly data: string;
  /** The ONNX file; its JSON is written beside it. */
  readonly out: string;
  readonly license: string;
  readonly seed?: number;
  readonly epochs?: number;
  readonly validation?: number;
  readonly threads?: number;
}

export async function featureNetCommand(
  options: FeatureNetOptions,
  { print }: CommandContext,
): Promise<ClassifierResult> {
  if (extname(options.out) !== '.onnx') {
    throw new GanymedeError('CONFIG_INVALID', `Expected --out to end in .onnx but received ${options.out}.`);
  }
  await mkdir(dirname(options.out), { recursive: true });
  const result = await trainClassifier(await openDataset(options.data), {
    ...options,
    onEpoch: (epoch, loss) => print(`epoch ${epoch}  loss ${loss.toFixed(4)}`),
  });
  print(
    `${options.out}: ${(100 * result.accuracy).toFixed(2)} % of ${result.images} held-out images classified as labelled`,
  );
  return result;
}
