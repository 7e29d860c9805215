// Modes of stacked MNIST (Metz et al. 2017, arXiv:1611.02163; Srivastava et al. 2017): an RGB image whose three
// channels are digits has one of 1,000 modes, read off by a classifier channel by channel. 26,000 samples, as VEEGAN
// and PacGAN count.
import { imageOf } from '../models/example.js';
import { toJson } from '../models/manifest.js';
import { klToUniform } from './modes.js';
import { numberAt, type Protocol } from './protocol.js';
import { countOf } from './rows.js';

export const STACKED_SAMPLES = 26_000;

export interface StackedFigures {
  /** Modes with at least one sample. */
  readonly modes: number;
  readonly ofModes: number;
  /** KL(samples ‖ all modes equally likely), in nats. */
  readonly reverseKl: number;
}

/** `classes`: what the classifier says of each channel, three a sample in order; each in [0, classCount). */
export function stackedFigures(classes: ArrayLike<number>, classCount: number): StackedFigures {
  const ofModes = classCount ** 3;
  const counts = new Array<number>(ofModes).fill(0);
  for (let i = 0; i + 2 < classes.length; i += 3) {
    counts[(classes[i]! * classCount + classes[i + 1]!) * classCount + classes[i + 2]!]! += 1;
  }
  return { modes: counts.filter((count) => count > 0).length, ofModes, reverseKl: klToUniform(counts) };
}

export const stackedProtocol: Protocol = {
  what: 'modes of stacked MNIST among 26,000 samples of a generator of 3 channels, each channel classified',
  async refuses({ manifest: { image } }) {
    return image?.channels === 3 && image.width === 28 && image.height === 28
      ? null
      : 'it does not make three stacked digits of 28 × 28';
  },
  async measure(material) {
    const { height, width } = imageOf(material.manifest);
    const net = await material.classifier();
    const samples = await material.samples(STACKED_SAMPLES);
    // [N, 3, H, W] is [3N, 1, H, W]: every channel an image of its own.
    const channels = { data: samples.data, size: samples.size / 3 };
    const { classes } = await net.see(channels, { channels: 1, height, width }, material.effort('classifying').onRows);
    return {
      dataset: { name: material.dataName, classifier: { name: net.manifest.name, sha256: net.manifest.sha256 } },
      figures: toJson({
        ...stackedFigures(classes!, net.manifest.labels!.length),
        samples: countOf(samples),
      }),
    };
  },
  describe: (figures) =>
    `${numberAt(figures, 'modes')} of ${numberAt(figures, 'ofModes')} modes, reverse KL ${numberAt(figures, 'reverseKl').toFixed(3)}`,
};
