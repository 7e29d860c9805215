// Whether a conditional generator makes what it is asked for: the share of samples that an independent classifier gives
// the class they were made for. It asks for all classes in turn instead of letting the server draw them, so that each
// class is measured on equally many.
import { GanymedeError } from '../errors.js';
import { imageOf } from '../models/example.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import type { FeatureNet } from './features.js';
import type { Material } from './material.js';
import { describeNet, needsFeatures, numberAt, type Protocol } from './protocol.js';

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
  heeds: ['samples', 'split', 'features'],
  refuses: async (material) => {
    const sampler = await material.sampler();
    return (await sampler.takesLabel()) ? needsFeatures(material) : 'it is not conditional';
  },
  samples: SAMPLES,
  async needs({ manifest }) {
    const classes = manifest.labels!.length;
    return {
      real: null,
      least: 10 * classes,
      enough: 100 * classes,
      because: `the share of a class has an error of up to 1/(2√n), 16 points of 10 examples, 5 of 100, and there are ${classes} classes`,
    };
  },
  async measure(material) {
    const net = await material.classifier();
    const classes = classesOf(net, material);
    const count = material.options.samples ?? SAMPLES;
    const asked = Array.from({ length: count }, (_, i) => i % classes);
    const samples = await (await material.sampler()).generate(material.seed, count, asked);
    const seen = await net.see(samples, imageOf(material.manifest), material.effort('classifying').onRows);
    const { name, sha256 } = await material.dataset();
    return {
      dataset: { name, sha256, labels: 'All classes in turn.', classifier: describeNet(net) },
      figures: toJson({
        ...agreement(seen.classes!, asked, classes),
        samples: count,
        ...(await onRealImages(material, classes)),
        knowsNothing: { overall: 1 / classes },
      }),
    };
  },
  describe: (figures) =>
    `${percent(figures, 'overall')} % of samples are classified as asked ` +
    `(real data ${'realData' in figures ? `${percent(figures, 'realData', 'overall')} %` : 'unknown, for it has no such classes'}, guessing ${percent(figures, 'knowsNothing', 'overall')} %)`,
};

function percent(figures: JsonObject, ...path: string[]): string {
  return (100 * numberAt(figures, ...path)).toFixed(2);
}

/** How often the classifier takes real images for what they are; nothing where the data does not name their classes. */
async function onRealImages(material: Material, classes: number): Promise<object> {
  const { labels } = await material.real('reference', SAMPLES);
  if (!labels?.every((label) => label >= 0)) return {};
  const seen = await material.seen('reference', SAMPLES);
  return { realData: { ...agreement(seen.classes!, labels, classes), images: labels.length } };
}

/** How many classes there are, which are those of the net too. */
function classesOf({ manifest: { name, labels } }: FeatureNet, { manifest }: Material): number {
  if (labels!.join() === manifest.labels!.join()) return labels!.length;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a classifier of ${manifest.labels!.join(', ')} but ${name} knows ${labels!.join(', ')}.`,
  );
}
