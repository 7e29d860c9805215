// Whether a conditional generator makes what it is asked for: the share of samples that an independent classifier gives
// the class they were made for, over all classes in turn.
import { GanymedeError } from '../errors.js';
import { toJson } from '../models/manifest.js';
import { needsFeatures, numberAt, type Protocol } from './protocol.js';
import { countOf } from './rows.js';

const SAMPLES = 10_000;

/**
 * Shares of samples classified as asked: overall, and of each class. Sample i was asked to be of class i mod
 * `classCount`.
 */
export function agreement(classes: ArrayLike<number>, classCount: number): { overall: number; byClass: number[] } {
  const right = new Array<number>(classCount).fill(0);
  const asked = new Array<number>(classCount).fill(0);
  for (let i = 0; i < classes.length; i++) {
    asked[i % classCount]! += 1;
    if (classes[i] === i % classCount) right[i % classCount]! += 1;
  }
  return {
    overall: right.reduce((sum, count) => sum + count, 0) / classes.length,
    byClass: right.map((count, label) => count / asked[label]!),
  };
}

export const conditionalProtocol: Protocol = {
  what: 'share of 10,000 samples of a conditional generator that a classifier takes for the class asked for',
  refuses: async (material) => {
    const sampler = await material.sampler();
    return (await sampler.takesLabel()) ? needsFeatures(material) : 'it is not conditional';
  },
  async measure(material) {
    const net = await material.classifier();
    const labels = net.manifest.labels!;
    if (labels.join() !== material.manifest.labels!.join()) {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected a classifier of ${material.manifest.labels!.join(', ')} but ${net.manifest.name} knows ${labels.join(', ')}.`,
      );
    }
    const { classes } = await material.seenSamples(SAMPLES);
    return {
      dataset: { name: material.dataName, classifier: { name: net.manifest.name, sha256: net.manifest.sha256 } },
      figures: toJson({ ...agreement(classes!, labels.length), samples: countOf(await material.samples(SAMPLES)) }),
    };
  },
  describe: (figures) => `${(100 * numberAt(figures, 'overall')).toFixed(2)} % of samples are classified as asked`,
};
