// Prices of what is asked of images that a client sends: scores, codes, classes, features, completions, neighbours.

import { LIMITS } from '../../limits.js';
import { START_SEEDS } from '../../models/encoding.js';
import type { Model } from '../../models/model.js';
import {
  addressBytes,
  bulk,
  CODE_BYTES,
  encodedBy,
  encodedOnce,
  exampleSize,
  type Facts,
  factsOf,
  found,
  inRange,
  labelsOf,
  lengthOf,
  longest,
  NUMBER_BYTES,
  numbers,
  type Price,
  type Priced,
} from './price.js';

/** A search for neighbours counts as so many samples. */
const SEARCH_ROWS = 16;
/** Of data, or of one of its classes. */
const NAME_BYTES = 100;
/** Longer than any refusal of an image or a point. */
const MESSAGE_BYTES = 500;

export const SENT_IMAGE_PRICES = {
  'Query.score': ({ model: name, version, images, points }, _, models) => {
    const model = found(models, name, version);
    const items = images == null ? inRange('points', lengthOf(points)) : inRange('images', lengthOf(images));
    return model && items !== undefined ? { items, costs: { rows: items }, facts: factsOf(model, {}) } : undefined;
  },
  'Query.encode': ({ model: name, version, images, labels, refine }, _, models) => {
    const model = found(models, name, version);
    const items = inRange('images', lengthOf(images));
    const steps = refine == null ? 0 : inRange('refine', refine);
    if (!model || items === undefined || steps === undefined) return undefined;
    const rows = model.has('encode') ? items : startRows(labels);
    const facts = factsOf(model, { rows: 1, address: addressBytes(model, 1) });
    return { items, costs: { rows, steps: items * steps * stepWeight(model) }, facts };
  },
  'Query.classify': ({ model: name, version, images, top }, _, models) => {
    const model = found(models, name, version);
    const items = inRange('images', lengthOf(images));
    const most = top == null ? LIMITS.top.most : inRange('top', top);
    if (!model || items === undefined || most === undefined) return undefined;
    return { items, costs: { rows: items }, facts: factsOf(model, { shares: most }) };
  },
  'Query.features': ({ images }) => {
    const items = inRange('images', lengthOf(images));
    return items === undefined ? undefined : { items, costs: { rows: items } };
  },
  'Query.inpaint': ({ model: name, version, count }, _, models) => {
    const model = found(models, name, version);
    const items = inRange('count', count);
    return model && items !== undefined
      ? { items, costs: { rows: items }, facts: factsOf(model, { address: 0 }) }
      : undefined;
  },
  // A search goes through the whole index, as long as that may be; before it a sample may be made, and features seen.
  'Query.neighbours': ({ model: name, version, count }, _, models) => {
    const model = found(models, name, version);
    const steps = inRange('neighbours', count);
    return model && steps !== undefined
      ? { costs: { rows: 2 + SEARCH_ROWS }, facts: factsOf(model, { steps }) }
      : undefined;
  },
  'Neighbours.space': 0,
  'Neighbours.examples': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Neighbours.dataset': () => ({ costs: { bytes: NAME_BYTES } }),
  'Neighbours.nearest': (_, { models: [model], steps }) => model && { items: steps, facts: factsOf(model, {}) },
  'Neighbour.index': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Neighbour.mirrored': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Neighbour.distance': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Neighbour.label': () => ({ costs: { bytes: NAME_BYTES } }),
  'Neighbour.image': inlineImage,
  'Completion.seed': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Completion.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'Completion.image': inlineImage,
  'InlineImage.dataUri': (_, around) => encodedOnce(around),
  'InlineImage.bytes': (_, around) => encodedOnce(around),
  'InlineImage.width': 0,
  'InlineImage.height': 0,
  'InlineImage.format': 0,
  'Encoding.z': (_, { models: [model] }) => model && numbers(model.manifest.latent.size),
  'Encoding.zBase64': (_, { models: [model] }) => model && bulk(model.manifest.latent.size),
  'Encoding.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'Encoding.reconstruction': (_, around) => ({ facts: around }),
  'Encoding.error': (_, { examples }) => ({ costs: { rows: examples.of('example', 1), bytes: NUMBER_BYTES } }),
  'Encoding.refined': 0,
  'Refinement.steps': 0,
  'Refinement.before': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Refinement.after': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Classification.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'Classification.classes': (_, { models: [model], shares }) =>
    model && { items: Math.min(shares, labelsOf(model).length), facts: factsOf(model, {}) },
  'ClassProbability.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'ClassProbability.probability': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Features.size': () => ({ costs: { bytes: NUMBER_BYTES } }),
  // How many numbers there are only the graph says: features.resolver.ts pays for them.
  'Features.values': 0,
  'Features.valuesBase64': 0,
  'Score.probability': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Score.logit': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Score.logDensityRatio': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Score.familiarity': () => ({ costs: { bytes: NUMBER_BYTES } }),
  // What a scorer says of classes is in the one pass that its other numbers take.
  'Score.label': (_, around) => ({ facts: around }),
  'LabelScore.name': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'LabelScore.likeliest': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'LabelScore.probability': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'LabelScore.matches': 0,
  'LabelScore.logRatio': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Score.calibrated': () => ({}),
  'CalibratedScore.probability': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'CalibratedScore.logDensityRatio': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'ImageError.index': 0,
  'ImageError.code': () => ({ costs: { bytes: CODE_BYTES } }),
  'ImageError.message': () => ({ costs: { bytes: MESSAGE_BYTES } }),
  'ImageError.details': () => ({ costs: { bytes: MESSAGE_BYTES } }),
} as const satisfies Readonly<Record<string, Price>>;

/** Of what was made already. */
function inlineImage(args: Readonly<Record<string, unknown>>, { models: [model] }: Facts): Priced | undefined {
  const encoded = model && encodedBy({ kind: 'latent' }, args, model);
  return encoded === undefined ? undefined : { facts: factsOf(model!, { encoded }) };
}

/** Without an encoder, each class that is asked for has samples of its own to begin at. */
function startRows(labels: unknown): number {
  const classes = Array.isArray(labels) ? new Set(labels).size : 1;
  return START_SEEDS * Math.max(1, classes);
}

/** Of refinement: 0.2 ms where examples are small, 1.6 ms for faces. One image may always have all the steps. */
function stepWeight(model: Model): number {
  return exampleSize(model) > 1024 ? 8 : 1;
}
