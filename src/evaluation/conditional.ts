// Whether a conditional generator makes what it is asked for: the share of samples that an independent classifier gives
// the class they were made for. It asks for all classes in turn instead of letting the server draw them, so that each
// class is measured on equally many.
import { GanymedeError } from '../errors.js';
import { imageOf } from '../models/example.js';
import { toJson } from '../models/manifest.js';
import type { FeatureNet } from './features.js';
import type { Material } from './material.js';
import { needsFeatures, numberAt, type Protocol } from './protocol.js';
import { countOf } from './rows.js';

const SAMPLES = 10_000;

/** Shares classified as asked: overall, and of each class; null for one that nobody asked for. */
export function agreement(
  classes: ArrayLike<number>,
  asked: ArrayLike<number>,
  classCount: number,
): { overall: number; byClass: (number | null)[] } {
  const right = new Array<number>(classCount).fill(0);
  const all = new Array<number>(classCount).fill(0);
  for (let i = 0; i < classes.length; i++) {
    all[asked[i]!]! += 1;
    if (classes[i] === asked[i]) right[asked[i]!]! += 1;
  }
  return {
    overall: right.reduce((sum, count) => sum + count, 0) / classes.length,
    byClass: right.map((count, label) => (all[label]! > 0 ? count / all[label]! : null)),
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
    const classes = classesOf(net, material);
    const count = material.options.samples ?? SAMPLES;
    const asked = Array.from({ length: count }, (_, i) => i % classes);
    const samples = await (await material.sampler()).generate(material.seed, count, asked);
    const seen = await net.see(samples, imageOf(material.manifest), material.effort('classifying').onRows);
    return {
      dataset: {
        name: material.dataName,
        labels: 'All classes in turn.',
        classifier: { name: net.manifest.name, sha256: net.manifest.sha256 },
      },
      figures: toJson({ ...agreement(seen.classes!, asked, classes), samples: countOf(samples) }),
    };
  },
  describe: (figures) => `${(100 * numberAt(figures, 'overall')).toFixed(2)} % of samples are classified as asked`,
};

/** How many classes there are, which are those of the net too. */
function classesOf({ manifest: { name, labels } }: FeatureNet, { manifest }: Material): number {
  if (labels!.join() === manifest.labels!.join()) return labels!.length;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a classifier of ${manifest.labels!.join(', ')} but ${name} knows ${labels!.join(', ')}.`,
  );
}
