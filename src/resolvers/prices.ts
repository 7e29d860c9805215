// What each field of the schema costs, in one table: a new field must join it, with 0 if it costs nothing beyond
// itself. `pricing.ts` adds one field, its key and the lists around. A price comes from arguments and manifests alone;
// undefined says that the resolver will refuse, so that nothing is made.

import { GanymedeError } from '../errors.js';
import { LIMITS, MAX_FIGURES, MAX_SERIES, MAX_URL_LENGTH } from '../limits.js';
import { CURVE_FILE } from '../models/curve.js';
import { START_SEEDS } from '../models/encoding.js';
import { exampleOf } from '../models/example.js';
import type { Model } from '../models/model.js';
import { previewsOf } from '../models/records.js';
import { drawnOf } from '../models/rejection.js';
import type { ModelRepository } from '../models/repository.js';
import { encodingPrice, type Format, type Layout } from '../pictures/picture.js';
import { type Amounts, RESOURCES } from './account.js';
import { BY_NAME, NEWEST_FIRST, type Order, pageOf } from './pages.js';
import { ImageFormat } from './scalars.js';

export type Models = Pick<ModelRepository, 'list' | 'get' | 'versions'>;

/** What the fields of an object know of it. */
export interface Facts {
  /** The models described, or the one that makes the object. */
  readonly models: readonly Model[];
  /** Classes that a sample is of, at most. */
  readonly shares: number;
  /** Frames of a path; 1 otherwise. */
  readonly steps: number;
  /** Longest address of a picture of it, in bytes. */
  readonly address: number;
  /** Rows that must be generated before the object can be shown, and pixels that are then encoded. */
  readonly rows: number;
  readonly encoded: number;
  /** Elements of a page of it, where it is a page; points of a series. */
  readonly page: number;
  /** What is made once for all fields of an object and of those that share its examples. */
  readonly examples: Once;
  readonly encoding: Once;
}

export interface Priced {
  /** Length of the list that the field gives; 1 if it is none. */
  readonly items?: number;
  /** For one object of the field's parent, besides the field itself. */
  readonly costs?: Amounts;
  /** What is known of each object that it gives. */
  readonly facts?: Facts;
}

export type Price =
  | 0
  | ((args: Readonly<Record<string, unknown>>, around: Facts, models: Models) => Priced | undefined);

/** Gives an amount the first time that a name is asked for, then nothing. */
class Once {
  readonly #paid = new Set<string>();

  of(name: string, amount: number): number {
    if (this.#paid.has(name)) return 0;
    this.#paid.add(name);
    return amount;
  }
}

export function nothingKnown(): Facts {
  const once = { examples: new Once(), encoding: new Once() };
  return { models: [], page: 1, shares: 1, steps: 1, address: 0, rows: 0, encoded: 0, ...once };
}

/** A decimal of JSON with its comma: 9 digits, a sign, a point, an exponent. */
const NUMBER_BYTES = 14;
/** A search for neighbours counts as so many samples. */
const SEARCH_ROWS = 16;
/** Of data, or of one of its classes. */
const NAME_BYTES = 100;
/** A code of errors.ts. */
const CODE_BYTES = 30;
/** Longer than any refusal of an image or a point. */
const MESSAGE_BYTES = 500;
/** Origin, path and parameters of an address that holds no latent. */
const ADDRESS_BYTES = 300;
/** base64 takes 4 characters for 3 of the 4 bytes of a float32. */
const BASE64_BYTES = 16 / 3;
/** A class of a mixture in an address: its index, its weight in 9 decimals and two signs. */
const SHARE_BYTES = 20;
/** base64url of the kind of a list and the longest key, a model's name. */
const CURSOR_BYTES = 120;
/** Of an `inpaint` that is told of a class. */
const MOST_TENSORS = 4;

export const PRICES: Readonly<Record<string, Price>> = {
  'Query.server': () => ({}),
  'Query.models': (_, __, models) => described(models.list(), models.list().length),
  'Query.modelsConnection': (args, _, models) => page(models.list(), args, BY_NAME),
  'Query.model': ({ name, version }, _, models) => {
    const model = found(models, name, version);
    return model && described([model]);
  },
  'Query.sample': ({ model: name, version, count, z, labels }, _, models) => {
    const model = found(models, name, version);
    const items = z == null ? inRange('count', count ?? 1) : inRange('count', lengthOf(z));
    return model && items !== undefined
      ? {
          items,
          facts: factsOf(model, {
            rows: 1,
            shares: sharesIn(labels),
            address: addressBytes(model, z != null ? 1 : 0, sharesIn(labels)),
          }),
        }
      : undefined;
  },
  'Query.sampleWithRejection': ({ model: name, version, method, count, draws, chain, labels }, _, models) => {
    const model = found(models, name, version);
    const samples = inRange('count', count);
    const drawn = samples && inRange('draws', drawnBy(method, samples, draws, chain));
    if (!model || !samples || !drawn) return undefined;
    const shares = sharesIn(labels);
    const facts = factsOf(model, { rows: 1, shares, page: samples, address: addressBytes(model, 0, shares) });
    // All draws are made and scored, whatever is selected; those that are kept are not made again.
    const each = facts.examples.of('example', 1) + facts.examples.of('score', 1);
    return { costs: { rows: drawn * each }, facts };
  },
  'RejectionSampling.samples': (_, around) => ({ items: around.page, facts: around }),
  'RejectionSampling.drawn': 0,
  'RejectionSampling.acceptance': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'RejectionSampling.nextSeed': 0,
  'Query.sampleGrid': ({ model: name, version, rows, columns, labels, ...picture }, _, models) => {
    const model = found(models, name, version);
    const [down, across] = [inRange('rows', rows), inRange('columns', columns)];
    if (!model || !down || !across) return undefined;
    const encoded = encodedBy({ kind: 'grid', rows: down, columns: across }, picture, model);
    const address = addressBytes(model, 0, sharesIn(labels));
    return encoded === undefined ? undefined : { facts: factsOf(model, { rows: down * across, encoded, address }) };
  },
  'Query.interpolate': ({ model: name, version, steps, waypoints, ...asked }, _, models) => {
    const model = found(models, name, version);
    const frames = inRange('steps', steps);
    const passed = inRange('waypoints', lengthOf(waypoints));
    if (!model || !frames || !passed) return undefined;
    const shares = sharesOfPath(waypoints, asked['labels']);
    const address = addressBytes(model, passed, passed * shares);
    return {
      costs: { rows: imagesAmong(waypoints) },
      facts: factsOf(model, { rows: 1, shares, steps: frames, address }),
    };
  },
  'Query.latentDirections': ({ model: name, version, method, count }, _, models) => {
    const model = found(models, name, version);
    const items = inRange('directions', count);
    return model && items ? { items, costs: { rows: directionRows(method) }, facts: factsOf(model, {}) } : undefined;
  },
  'Query.edit': ({ model: name, version, image, edits, labels }, _, models) => {
    const model = found(models, name, version);
    const asked = objectsIn<{ direction?: { method?: unknown }; strengths?: unknown }>(edits);
    const items = inRange('strengths', Math.max(0, ...asked.map(({ strengths }) => lengthOf(strengths))));
    if (!model || !items || !inRange('edits', asked.length)) return undefined;
    const methods = new Set(asked.flatMap(({ direction }) => (direction == null ? [] : [direction.method])));
    const sought = [...methods].reduce((rows: number, method) => rows + directionRows(method), 0);
    const shares = sharesIn(labels);
    return {
      items,
      costs: { rows: sought + (image == null ? 0 : 1), numbers: items * model.manifest.latent.size },
      facts: factsOf(model, { rows: 1, shares, address: addressBytes(model, 1, shares) }),
    };
  },
  'Query.score': ({ images, points }) => {
    const items = images == null ? inRange('points', lengthOf(points)) : inRange('images', lengthOf(images));
    return items === undefined ? undefined : { items, costs: { rows: items } };
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

  'Interpolation.frames': (_, { models: [model], shares, steps, examples }) =>
    model && {
      items: steps,
      costs: { numbers: examples.of('path', steps * model.manifest.latent.size) },
      facts: factsOf(model, { rows: 1, shares, address: addressBytes(model, 1, shares), examples }),
    },
  'Interpolation.animation': (args, { models: [model], steps, address, examples }) => {
    const encoded = model && encodedBy({ kind: 'animation', steps }, args, model);
    if (!model || encoded === undefined) return undefined;
    return { facts: factsOf(model, { rows: steps, encoded, address, examples }) };
  },

  'Interpolation.strip': (args, { models: [model], steps, address, examples }) => {
    const frames = args['steps'] == null ? steps : inRange('steps', args['steps']);
    const columns = inRange('columns', args['columns'] ?? LIMITS.columns.most);
    const encoded = model && frames && columns && encodedBy({ kind: 'strip', steps: frames, columns }, args, model);
    if (!model || !frames || encoded === undefined) return undefined;
    const shared = frames === steps ? { examples } : {};
    return { facts: factsOf(model, { rows: frames, encoded, address, ...shared }) };
  },

  'LatentDirection.method': 0,
  'LatentDirection.index': 0,
  'LatentDirection.vector': (_, { models: [model] }) => model && numbers(model.manifest.latent.size),
  'LatentDirection.eigenvalue': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'LatentDirection.share': () => ({ costs: { bytes: NUMBER_BYTES } }),

  'Sample.seed': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Sample.z': (_, { models: [model] }) => model && numbers(model.manifest.latent.size),
  'Sample.zBase64': (_, { models: [model] }) => model && bulk(model.manifest.latent.size),
  'Sample.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'Sample.labels': (_, { models, shares }) => ({
    items: longest(models, labelsOf) > 0 ? shares : 0,
    facts: { ...nothingKnown(), models },
  }),
  'LabelShare.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'LabelShare.weight': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Sample.point': (_, { models: [model], examples }) => {
    const size = model?.manifest.point?.size;
    if (!size) return {};
    const { costs } = numbers(size);
    return { costs: { ...costs, fields: size, rows: examples.of('example', 1) } };
  },
  'Sample.image': (args, { models: [model], address, examples }) => {
    const encoded = model && encodedBy({ kind: 'seed' }, args, model);
    if (!model || encoded === undefined) return undefined;
    return { facts: factsOf(model, { rows: 1, encoded, address, examples }) };
  },
  'Sample.tensor': (_, { models: [model], examples }) =>
    model && { costs: { rows: examples.of('example', 1) }, facts: factsOf(model, {}) },
  'Sample.score': (_, { examples }) => ({ costs: { rows: examples.of('example', 1) + examples.of('score', 1) } }),

  'Tensor.shape': () => ({ costs: { fields: 3, bytes: 3 * NUMBER_BYTES } }),
  'Tensor.range': () => ({ costs: { fields: 2, bytes: 2 * NUMBER_BYTES } }),
  'Tensor.data': (_, { models: [model] }) => model && { costs: { bytes: base64Bytes(exampleSize(model)) } },

  'Image.url': (_, { address }) => ({ costs: { bytes: address } }),
  'Image.dataUri': (_, around) => encodedOnce(around),
  'Image.bytes': (_, around) => encodedOnce(around),
  'Image.width': 0,
  'Image.height': 0,
  'Image.format': 0,

  'Score.probability': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Score.logit': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Score.logDensityRatio': () => ({ costs: { bytes: NUMBER_BYTES } }),

  'ImageError.index': 0,
  'ImageError.code': () => ({ costs: { bytes: CODE_BYTES } }),
  'ImageError.message': () => ({ costs: { bytes: MESSAGE_BYTES } }),

  'Model.name': (_, { models }) => ({ costs: { bytes: longest(models, ({ name }) => [name]) } }),
  'Model.version': 0,
  'Model.title': (_, { models }) => ({ costs: { bytes: longest(models, ({ manifest }) => [manifest.title]) } }),
  'Model.description': (_, { models }) => ({
    costs: { bytes: longest(models, ({ manifest }) => [manifest.description]) },
  }),
  'Model.license': (_, { models }) => ({ costs: { bytes: longest(models, ({ manifest }) => [manifest.license]) } }),
  'Model.created': 0,
  'Model.capabilities': (_, { models }) => listed(models, ({ capabilities }) => capabilities),
  'Model.latentSize': 0,
  'Model.prior': () => ({}),
  'Model.image': () => ({}),
  'Model.pointSize': 0,
  'Model.labels': (_, { models }) => listed(models, labelsOf),
  'Model.versions': (_, { models }, repository) =>
    listed(models, ({ name }) => repository.versions(name).map(({ version }) => `${version}`)),
  'Model.active': 0,
  'Model.versionsConnection': (args, { models }, repository) => {
    const pages = models.map(({ name }) => page(repository.versions(name).toReversed(), args, NEWEST_FIRST));
    const all = pages.flatMap((each) => each?.facts?.models ?? []);
    return {
      facts: { ...nothingKnown(), models: all, page: Math.max(0, ...pages.map((each) => each?.facts?.page ?? 0)) },
    };
  },
  'Model.recipe': (_, { models }) => ({
    costs: { bytes: longest(models, ({ manifest }) => [JSON.stringify(manifest.training?.recipe ?? null)]) },
  }),
  'Model.lineage': (_, { models }) => ({ facts: { ...nothingKnown(), models } }),
  'Model.figures': () => ({ items: MAX_FIGURES }),
  'Model.evaluations': ({ first }) => ({ facts: { ...nothingKnown(), page: inRange('first', first) ?? 0 } }),
  'Model.trainingCurve': ({ series, points }, { models }) => {
    const count = inRange('curve', points);
    const isThere = models.some(({ manifest }) => Object.hasOwn(manifest.files, CURVE_FILE));
    if (count === undefined || !isThere) return undefined;
    const items = series == null ? MAX_SERIES : Math.min(lengthOf(series), MAX_SERIES);
    return { items, facts: { ...nothingKnown(), page: count } };
  },
  'Model.previews': (_, { models }) => ({
    items: Math.max(0, ...models.map(({ manifest }) => previewsOf(manifest).length)),
    facts: { ...nothingKnown(), models },
  }),
  'Model.graphs': (_, { models }) => ({
    items: Math.max(0, ...models.map(({ capabilities }) => capabilities.length)),
    facts: { ...nothingKnown(), models },
  }),
  'Model.scoring': () => ({}),
  'ModelConnection.edges': (_, { models, page: items }) => described(models, items),
  'ModelConnection.nodes': (_, { models, page: items }) => described(models, items),
  'ModelConnection.pageInfo': () => ({}),
  'ModelConnection.totalCount': 0,
  'ModelEdge.node': (_, { models }) => described(models),
  'ModelEdge.cursor': () => ({ costs: { bytes: CURSOR_BYTES } }),
  'PageInfo.hasNextPage': 0,
  'PageInfo.hasPreviousPage': 0,
  'PageInfo.startCursor': () => ({ costs: { bytes: CURSOR_BYTES } }),
  'PageInfo.endCursor': () => ({ costs: { bytes: CURSOR_BYTES } }),
  'Lineage.parent': () => ({}),
  'Lineage.dataset': (_, { models }) => ({
    costs: { bytes: longest(models, ({ manifest }) => [`${manifest.training?.dataset['name'] ?? ''}`]) },
  }),
  'Lineage.dataDigest': () => ({ costs: { bytes: 64 } }),
  'Lineage.examples': 0,
  'Lineage.seed': 0,
  'Lineage.steps': 0,
  'Lineage.kimg': 0,
  'Lineage.codeVersion': () => ({ costs: { bytes: 64 } }),
  'ModelVersion.name': () => ({ costs: { bytes: 64 } }),
  'ModelVersion.version': 0,
  // Texts of figures and evaluations are counted once they are read.
  'Figure.protocol': 0,
  'Figure.name': 0,
  'Figure.value': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'Figure.seed': 0,
  'Figure.date': 0,
  'EvaluationConnection.edges': (_, { page: items }) => ({ items }),
  'EvaluationConnection.nodes': (_, { page: items }) => ({ items }),
  'EvaluationConnection.pageInfo': () => ({}),
  'EvaluationConnection.totalCount': 0,
  'EvaluationEdge.node': () => ({}),
  'EvaluationEdge.cursor': () => ({ costs: { bytes: CURSOR_BYTES } }),
  'Evaluation.protocol': 0,
  'Evaluation.seed': 0,
  'Evaluation.date': 0,
  'Evaluation.dataset': 0,
  'Evaluation.figures': 0,
  'CurveSeries.name': () => ({ costs: { bytes: 64 } }),
  'CurveSeries.steps': (_, { page: points }) => series(points),
  'CurveSeries.values': (_, { page: points }) => series(points),
  'Preview.step': 0,
  'Preview.bytes': 0,
  'Preview.dataUri': (_, { models }) => {
    const sizes = models.flatMap(({ manifest }) => previewsOf(manifest).map(({ bytes }) => bytes));
    return { costs: { bytes: Math.ceil(Math.max(0, ...sizes) / 3) * 4 } };
  },
  'Graph.capability': 0,
  'Graph.takes': () => ({ items: MOST_TENSORS }),
  'Graph.gives': () => ({ items: 1 }),
  'TensorInfo.name': 0,
  'TensorInfo.shape': () => ({ costs: { fields: 3 } }),
  'TensorInfo.range': () => ({}),
  'TensorInfo.optional': 0,
  'ValueRange.low': 0,
  'ValueRange.high': 0,
  'Scoring.scorer': 0,
  'Scoring.densityRatio': 0,
  'Scoring.needsLabel': 0,
  'Server.codeVersion': 0,
  'Server.device': 0,
  'Server.workers': 0,
  'Server.threadsPerWorker': 0,
  'Server.limits': () => ({ items: Object.keys(LIMITS).length + 1 }),
  'Server.budgets': () => ({ items: Object.keys(RESOURCES).length }),
  'Limit.name': 0,
  'Limit.least': 0,
  'Limit.most': 0,
  'Budget.resource': 0,
  'Budget.what': () => ({ costs: { bytes: 60 } }),
  'Budget.most': 0,
  'Prior.kind': 0,
  'Prior.low': 0,
  'Prior.high': 0,
  'ImageShape.width': 0,
  'ImageShape.height': 0,
  'ImageShape.channels': 0,

  'Query.job': () => ({}),
  'Query.jobs': ({ first }) => {
    const items = inRange('first', first);
    return items === undefined ? undefined : { facts: { ...nothingKnown(), steps: items } };
  },
  'JobConnection.edges': (_, { steps }) => ({ items: steps }),
  'JobConnection.nodes': (_, { steps }) => ({ items: steps }),
  'JobConnection.pageInfo': () => ({}),
  'JobConnection.totalCount': 0,
  'JobEdge.node': () => ({}),
  'JobEdge.cursor': texts(CURSOR_BYTES),
  'Mutation.train': () => ({}),
  'Mutation.fineTune': () => ({}),
  'Mutation.fitEncoder': () => ({}),
  'Mutation.fitClassifier': () => ({}),
  'Mutation.fitInpainter': () => ({}),
  'Mutation.evaluate': () => ({}),
  'Mutation.pauseJob': () => ({}),
  'Mutation.resumeJob': () => ({}),
  'Mutation.cancelJob': () => ({}),
  'Mutation.retryJob': () => ({}),
  'Mutation.promote': () => ({}),
  'Mutation.rollback': () => ({}),
  'Mutation.deleteVersion': 0,
  'Mutation.refreshModels': (_, __, models) => ({ items: models.list().length }),
  'Subscription.jobProgress': () => ({}),
  'Subscription.jobsChanged': () => ({}),
  'Subscription.modelActivated': () => ({}),
  'JobUpdate.seq': 0,
  'JobUpdate.kind': texts(20),
  'JobUpdate.text': texts(2000),
  'JobUpdate.job': () => ({}),
  'ActiveVersion.model': texts(64),
  'ActiveVersion.version': 0,
  'Job.id': texts(40),
  'Job.kind': texts(20),
  'Job.state': texts(20),
  'Job.model': texts(64),
  'Job.version': 0,
  'Job.dataset': texts(200),
  'Job.recipe': texts(64),
  'Job.arguments': texts(10_000),
  'Job.device': texts(20),
  'Job.priority': 0,
  'Job.by': texts(100),
  'Job.created': 0,
  'Job.started': 0,
  'Job.ended': 0,
  'Job.attempt': 0,
  'Job.progress': () => ({}),
  'Job.error': () => ({}),
  'Job.made': 0,
  'Job.metrics': ({ points }) => {
    const most = inRange('curve', points);
    return most === undefined ? undefined : { items: METRICS, facts: { ...nothingKnown(), steps: most } };
  },
  'Job.warnings': several(20),
  'Job.previews': several(100),
  'Job.log': ({ last }) => {
    const lines = inRange('lines', last);
    return lines === undefined ? undefined : { costs: { fields: lines, bytes: 200 * lines } };
  },
  'JobProgress.phase': texts(40),
  'JobProgress.done': 0,
  'JobProgress.total': 0,
  'JobProgress.unit': texts(20),
  'JobProgress.perSecond': 0,
  'JobProgress.secondsLeft': 0,
  'JobError.code': texts(CODE_BYTES),
  'JobError.message': texts(2000),
  'JobMetric.name': texts(20),
  'JobMetric.at': (_, { steps }) => numbers(steps),
  'JobMetric.values': (_, { steps }) => numbers(steps),
  'JobWarning.at': 0,
  'JobWarning.name': texts(40),
  'JobWarning.message': texts(500),
  'JobPreview.at': 0,
  'JobPreview.url': texts(ADDRESS_BYTES),
  'Query.recipes': () => ({}),
  'Recipes.list': several(20),
  'Recipes.schema': texts(40_000),
  'Recipe.name': texts(64),
  'Recipe.title': texts(100),
  'Recipe.description': texts(400),
  'Recipe.settings': texts(5000),

  // Introspection: about what this schema has of each. The query of GraphiQL is far below the limits; many aliases of
  // it are not.
  '__Schema.types': several(40),
  '__Schema.directives': several(6),
  '__Type.fields': several(4),
  '__Type.interfaces': several(1),
  '__Type.possibleTypes': several(1),
  '__Type.enumValues': several(2),
  '__Type.inputFields': several(1),
  '__Field.args': several(1),
  '__Directive.args': several(1),
  '__Directive.locations': several(4),
};

/** About so many numbers a report of training has. */
const METRICS = 30;

/** A text of so many bytes at most. */
function texts(bytes: number): Price {
  return () => ({ costs: { bytes } });
}

function several(items: number): Price {
  return () => ({ items, costs: { bytes: 100 } });
}

/** Undefined where the resolver refuses: no such model, or a name that is none. */
function found(models: Models, name: unknown, version: unknown): Model | undefined {
  if (typeof name !== 'string') return undefined;
  try {
    return models.get(name, (version as number | null) ?? undefined);
  } catch (error) {
    if (error instanceof GanymedeError) return undefined;
    throw error;
  }
}

function inRange(name: keyof typeof LIMITS, value: unknown): number | undefined {
  const { least, most } = LIMITS[name];
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** Method by its name in the schema. */
function drawnBy(method: unknown, count: number, draws: unknown, chain: unknown): unknown {
  const known = String(method).toLowerCase() === 'mh' ? 'mh' : 'drs';
  return drawnOf(known, count, draws as number | null, chain as number | null, LIMITS.draws.most);
}

/** GraphQL takes a single value for a list of one. */
function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : list == null ? 0 : 1;
}

/** Of one class where no mixture is asked for; the resolver refuses one that is too long. */
function sharesIn(labels: unknown): number {
  return Math.min(Math.max(1, lengthOf(labels)), LIMITS.labels.most);
}

/** A frame between two waypoints is of the classes of both. */
function sharesOfPath(waypoints: unknown, labels: unknown): number {
  const told = waypointsIn(waypoints).filter((waypoint) => waypoint.label != null || waypoint.labels != null);
  return Math.max(sharesIn(labels), 2 * Math.max(0, ...told.map((waypoint) => sharesIn(waypoint.labels))));
}

/** Each is shown to the encoder. */
function imagesAmong(waypoints: unknown): number {
  return waypointsIn(waypoints).filter(({ image }) => image != null).length;
}

function waypointsIn(list: unknown): { image?: unknown; label?: unknown; labels?: unknown }[] {
  return objectsIn(list);
}

/** As a client sent them: of any type. */
function objectsIn<T extends Readonly<Record<string, unknown>>>(list: unknown): T[] {
  return [list].flat().filter((one): one is T => typeof one === 'object' && one !== null);
}

/**
 * What finding directions is worth, in generated samples, were they not kept from another time: PCA takes about 2
 * core-seconds, so that no request may ask for two.
 */
function directionRows(method: unknown): number {
  return String(method).toLowerCase() === 'pca' ? 600 : 64;
}

function factsOf(model: Model, facts: Partial<Facts>): Facts {
  return { ...nothingKnown(), address: addressBytes(model, 0), ...facts, models: [model] };
}

function described(models: readonly Model[], items = 1): Priced {
  return { items, facts: { ...nothingKnown(), models } };
}

/** Undefined where the picture is refused: of a model of points, too wide, or of a size outside its range. */
function encodedBy(subject: Layout, { format, size }: Readonly<Record<string, unknown>>, model: Model) {
  const known = Object.values(ImageFormat).find((one) => one === String(format).toLowerCase());
  const height = size == null ? undefined : inRange('size', size);
  if (!known || (size != null && height === undefined)) return undefined;
  try {
    return encodingPrice(
      { subject, format: known satisfies Format, ...(height !== undefined && { size: height }) },
      model,
    );
  } catch (error) {
    if (error instanceof GanymedeError) return undefined;
    throw error;
  }
}

function encodedOnce({ rows, encoded, examples, encoding }: Facts): Priced {
  return { costs: { rows: examples.of('example', rows), encoded: encoding.of('encoded', encoded) } };
}

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

/** Undefined where the page is refused. */
function page(all: readonly Model[], { first, after }: Readonly<Record<string, unknown>>, order: Order<Model>) {
  const count = inRange('first', first);
  if (count === undefined || (after != null && typeof after !== 'string')) return undefined;
  try {
    const { nodes } = pageOf(all, { first: count, after: after ?? null }, order);
    return { facts: { ...nothingKnown(), models: nodes, page: nodes.length } };
  } catch (error) {
    if (error instanceof GanymedeError) return undefined;
    throw error;
  }
}

function series(points: number): Priced {
  return { costs: { fields: points, numbers: points, bytes: points * NUMBER_BYTES } };
}

function numbers(count: number): { readonly costs: Amounts } {
  return { costs: { numbers: count, bytes: count * NUMBER_BYTES } };
}

/** As base64. */
function bulk(count: number): { readonly costs: Amounts } {
  return { costs: { numbers: count, bytes: base64Bytes(count) } };
}

function base64Bytes(count: number): number {
  return Math.ceil(count * BASE64_BYTES);
}

/** Of refinement: 0.2 ms where examples are small, 1.6 ms for faces. One image may always have all the steps. */
function stepWeight(model: Model): number {
  return exampleSize(model) > 1024 ? 8 : 1;
}

/** Numbers of an image or a point. */
function exampleSize({ manifest }: Model): number {
  return exampleOf(manifest).shape.reduce((size, length) => size * length);
}

function addressBytes({ name, manifest }: Model, latents: number, shares = 1): number {
  const z = latents * manifest.latent.size * BASE64_BYTES;
  return Math.min(ADDRESS_BYTES + name.length + z + shares * SHARE_BYTES, MAX_URL_LENGTH);
}

function labelsOf({ manifest }: Model): readonly string[] {
  return manifest.labels ?? [];
}

/** Bytes of the longest of the texts that the models have. */
function longest(models: readonly Model[], texts: (model: Model) => readonly string[]): number {
  return Math.max(0, ...models.map((model) => texts(model).reduce((most, text) => Math.max(most, text.length), 0)));
}

/** A list of texts: the longest that a model has. */
function listed(models: readonly Model[], texts: (model: Model) => readonly string[]): Priced {
  const lists = models.map(texts);
  const fields = Math.max(0, ...lists.map((list) => list.length));
  const bytes = Math.max(0, ...lists.map((list) => list.reduce((sum, text) => sum + text.length + 3, 0)));
  return { costs: { fields, bytes } };
}
