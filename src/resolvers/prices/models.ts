// Prices of what models and the server say of themselves.

import { GanymedeError } from '../../errors.js';
import { LIMITS, MAX_FIGURES, MAX_SERIES } from '../../limits.js';
import { CURVE_FILE } from '../../models/curve.js';
import type { Model } from '../../models/model.js';
import { previewsOf } from '../../models/records.js';
import { MAX_NEGATIVES, MAX_RIVALS } from '../../models/scorer-figures.js';
import { MAX_BINS, MAX_HISTOGRAM_BINS, MAX_TEXT } from '../../models/scorer-results.js';
import { RESOURCES } from '../account.js';
import { BY_NAME, NEWEST_FIRST, type Order, pageOf } from '../pages.js';
import {
  ADDRESS_BYTES,
  CURSOR_BYTES,
  found,
  inRange,
  labelsOf,
  lengthOf,
  longest,
  NUMBER_BYTES,
  nothingKnown,
  type Price,
  type Priced,
  several,
  texts,
} from './price.js';

/** Of an `inpaint` that is told of a class, and of a `scorer` that speaks of classes. */
const MOST_TENSORS = 4;

export const MODEL_PRICES = {
  'Query.server': () => ({}),
  'Query.models': (_, __, models) => described(models.list(), models.list().length),
  'Query.modelsConnection': (args, _, models) => page(models.list(), args, BY_NAME),
  'Query.model': ({ name, version }, _, models) => {
    const model = found(models, name, version);
    return model && described([model]);
  },
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
  'Model.truncation': 0,
  'Model.styles': () => ({}),
  'StyleLayers.layers': 0,
  'StyleLayers.size': 0,
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
  'Model.trainingAnimation': () => ({}),
  'Preview.url': texts(ADDRESS_BYTES),
  'Preview.step': 0,
  'Preview.bytes': 0,
  'Preview.dataUri': (_, { models }) => {
    const sizes = models.flatMap(({ manifest }) => previewsOf(manifest).map(({ bytes }) => bytes));
    return { costs: { bytes: Math.ceil(Math.max(0, ...sizes) / 3) * 4 } };
  },
  'Graph.capability': 0,
  'Graph.takesLabel': 0,
  'Graph.takes': () => ({ items: MOST_TENSORS }),
  'Graph.gives': () => ({ items: MOST_TENSORS }),
  'TensorInfo.name': 0,
  'TensorInfo.shape': () => ({ costs: { fields: 3 } }),
  'TensorInfo.range': () => ({}),
  'TensorInfo.optional': 0,
  'ValueRange.low': 0,
  'ValueRange.high': 0,
  'Scoring.scorer': 0,
  'Scoring.densityRatio': 0,
  'Scoring.needsLabel': 0,
  'Scoring.takesLabel': 0,
  'Scoring.measured': () => ({}),
  'Scoring.unmeasured': texts(MAX_TEXT),
  'ScorerMeasured.logLoss': 0,
  'ScorerMeasured.auc': 0,
  'ScorerMeasured.ece': 0,
  'ScorerMeasured.reliability': several(MAX_BINS),
  'ScorerMeasured.histogram': () => ({}),
  'ScorerMeasured.baselineLogLoss': 0,
  'ScorerMeasured.baselineAuc': 0,
  'ScorerMeasured.standardError': 0,
  'ScorerMeasured.above': () => ({}),
  'ExcessFigures.logLoss': 0,
  'ExcessFigures.standardError': 0,
  'ScorerMeasured.rivals': several(MAX_RIVALS),
  'ScorerMeasured.label': () => ({}),
  'ScorerMeasured.familiarity': several(MAX_NEGATIVES),
  'ScorerMeasured.ratio': () => ({}),
  'ScorerMeasured.measuredOn': () => ({}),
  'ScorerMeasured.protocol': 0,
  'ScorerMeasured.seed': 0,
  'ScorerMeasured.date': 0,
  'RivalFigures.name': texts(MAX_TEXT),
  'RivalFigures.logLoss': 0,
  'RivalFigures.auc': 0,
  'LabelFigures.right': 0,
  'LabelFigures.chance': 0,
  'FamiliarityFigures.negatives': texts(MAX_TEXT),
  'FamiliarityFigures.auc': 0,
  'RatioFigures.correlation': 0,
  'RatioFigures.slope': 0,
  'ScorerData.data': texts(MAX_TEXT),
  'ScorerData.digest': texts(MAX_TEXT),
  'ScorerData.note': texts(MAX_TEXT),
  'ScorerData.measured': 0,
  'Scoring.uncalibrated': texts(MAX_TEXT),
  'Scoring.calibration': () => ({}),
  'Calibration.slope': 0,
  'Calibration.standardError': 0,
  'Calibration.offset': 0,
  'Calibration.temperature': 0,
  'Calibration.protocol': 0,
  'Calibration.seed': 0,
  'Calibration.measuredOn': () => ({}),
  'Calibration.logLoss': 0,
  'Calibration.auc': 0,
  'Calibration.ece': 0,
  'Calibration.reliability': several(MAX_BINS),
  'Calibration.histogram': () => ({}),
  'Calibration.before': () => ({}),
  'CalibrationData.data': texts(MAX_TEXT),
  'CalibrationData.digest': texts(MAX_TEXT),
  'CalibrationData.note': texts(MAX_TEXT),
  'CalibrationData.fitted': 0,
  'CalibrationData.measured': 0,
  'ScoreQuality.logLoss': 0,
  'ScoreQuality.auc': 0,
  'ScoreQuality.ece': 0,
  'ScoreQuality.reliability': several(MAX_BINS),
  'ScoreQuality.histogram': () => ({}),
  'ScoreHistogram.low': 0,
  'ScoreHistogram.high': 0,
  'ScoreHistogram.data': counts,
  'ScoreHistogram.samples': counts,
  'ReliabilityBin.low': 0,
  'ReliabilityBin.high': 0,
  'ReliabilityBin.count': 0,
  'ReliabilityBin.predicted': 0,
  'ReliabilityBin.observed': 0,
  'Server.codeVersion': 0,
  'Server.device': 0,
  'Server.workers': 0,
  'Server.threadsPerWorker': 0,
  'Server.caller': () => ({}),
  'Caller.name': texts(MAX_TEXT),
  'Caller.role': 0,
  'Caller.anonymous': 0,
  'Server.engine': () => ({}),
  'Engine.kind': 0,
  'Engine.ready': 0,
  'Engine.address': 0,
  'Engine.server': 0,
  'Server.jobs': () => ({}),
  'JobKeeping.engine': 0,
  'JobKeeping.lossAtPowerCut': 0,
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
} as const satisfies Readonly<Record<string, Price>>;

function described(models: readonly Model[], items = 1): Priced {
  return { items, facts: { ...nothingKnown(), models } };
}

function series(points: number): Priced {
  return { costs: { fields: points, numbers: points, bytes: points * NUMBER_BYTES } };
}

function counts(): Priced {
  return { costs: { fields: MAX_HISTOGRAM_BINS, bytes: MAX_HISTOGRAM_BINS * NUMBER_BYTES } };
}

/** A list of texts: the longest that a model has. */
function listed(models: readonly Model[], texts: (model: Model) => readonly string[]): Priced {
  const lists = models.map(texts);
  const fields = Math.max(0, ...lists.map((list) => list.length));
  const bytes = Math.max(0, ...lists.map((list) => list.reduce((sum, text) => sum + text.length + 3, 0)));
  return { costs: { fields, bytes } };
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
