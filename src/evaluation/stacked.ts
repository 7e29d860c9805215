// Modes of stacked MNIST (Metz et al. 2017, arXiv:1611.02163; Srivastava et al. 2017): an RGB image whose three
// channels are digits has one of 1,000 modes, read off by a classifier channel by channel. 26,000 samples, as VEEGAN
// and PacGAN count.
import { imageOf } from '../models/example.js';
import { toJson } from '../models/manifest.js';
import { klToUniform } from './modes.js';
import { describeNet, numberAt, type Protocol, scaleText } from './protocol.js';
import { countOf, type Rows } from './rows.js';

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
  heeds: ['samples', 'features'],
  async refuses({ manifest: { image } }) {
    return image?.channels === 3 && image.width === 28 && image.height === 28
      ? null
      : 'it does not make three stacked digits of 28 × 28';
  },
  samples: STACKED_SAMPLES,
  async needs(material) {
    const modes = (await material.classifier()).manifest.labels!.length ** 3;
    return {
      real: null,
      least: modes,
      enough: 10 * modes,
      because: `counts of ${modes} modes raise the KL by about modes/(2n) nats: by ½ of as many examples, by 0.05 of ten times as many`,
    };
  },
  async measure(material) {
    const { height, width } = imageOf(material.manifest);
    const net = await material.classifier();
    const figuresOf = async ({ data, size }: Rows) => {
      // [N, 3, H, W] is [3N, 1, H, W]: every channel an image of its own.
      const channels = { data, size: size / 3 };
      const effort = material.effort('classifying');
      const { classes } = await net.see(channels, { channels: 1, height, width }, effort.onRows);
      return { ...stackedFigures(classes!, net.manifest.labels!.length), samples: countOf({ data, size }) };
    };
    const samples = await material.samples(STACKED_SAMPLES);
    const { name, sha256 } = await material.dataset();
    return {
      dataset: { name, sha256, classifier: describeNet(net) },
      figures: toJson({
        ...(await figuresOf(samples)),
        // Training images, because their modes are only counted, and few of 1,000 modes are among fewer images.
        realData: await figuresOf((await material.real('training', countOf(samples))).rows),
        knowsNothing: await figuresOf(await material.noise(countOf(samples))),
      }),
    };
  },
  describe: (figures) =>
    `${numberAt(figures, 'modes')} of ${numberAt(figures, 'ofModes')} modes${scaleText(figures, 'modes', 0)}, ` +
    `reverse KL ${numberAt(figures, 'reverseKl').toFixed(3)}${scaleText(figures, 'reverseKl', 3)}`,
};
