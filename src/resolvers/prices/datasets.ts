// Prices of data sets.

import { SENT_FILES } from '../../catalog/sent-files.js';
import { VECTORS } from '../../datasets/vectors.js';
import { ADDRESS_BYTES, bulk, CURSOR_BYTES, inRange, nothingKnown, type Price, several, texts } from './price.js';

/** As many as the argument says. */
function firstOf(limit: 'first' | 'top'): Price {
  return ({ first }) => {
    const items = inRange(limit, first);
    return items === undefined ? undefined : { items };
  };
}

/** Numbers of the widest built-in point. */
const MOST_NUMBERS = Math.max(...Object.values(VECTORS).map(({ shape }) => shape[0]));

export const DATASET_PRICES = {
  'Query.points': ({ first }) => {
    const points = inRange('points', first);
    return points === undefined ? undefined : { facts: { ...nothingKnown(), page: points } };
  },
  'DataPoints.size': 0,
  'DataPoints.data': (_, { page }) => bulk(page * MOST_NUMBERS),
  'Query.dataset': () => ({}),
  'Query.datasets': ({ first }) => {
    const items = inRange('first', first);
    return items === undefined ? undefined : { facts: { ...nothingKnown(), steps: items } };
  },
  'DatasetConnection.edges': (_, { steps }) => ({ items: steps }),
  'DatasetConnection.nodes': (_, { steps }) => ({ items: steps }),
  'DatasetConnection.pageInfo': () => ({}),
  'DatasetConnection.totalCount': 0,
  'DatasetEdge.node': () => ({}),
  'DatasetEdge.cursor': texts(CURSOR_BYTES),
  'Query.builtinData': several(10),
  'BuiltinData.name': texts(20),
  'BuiltinData.what': texts(100),
  'Query.uploads': several(SENT_FILES.count),
  'DataUpload.id': texts(32),
  'DataUpload.filename': texts(SENT_FILES.metadataBytes),
  'DataUpload.fingerprint': texts(SENT_FILES.metadataBytes),
  'DataUpload.offset': 0,
  'DataUpload.length': 0,
  'DataUpload.created': 0,
  'DataUpload.expires': 0,
  'Mutation.createDataset': () => ({}),
  'Mutation.deleteDataset': 0,
  'Dataset.name': texts(64),
  'Dataset.source': texts(300),
  'Dataset.digest': texts(64),
  'Dataset.examples': 0,
  'Dataset.shape': () => ({ costs: { fields: 3 } }),
  'Dataset.width': 0,
  'Dataset.height': 0,
  'Dataset.channels': 0,
  'Dataset.classes': firstOf('top'),
  'Dataset.classCount': 0,
  'Dataset.preview': texts(ADDRESS_BYTES),
  'Dataset.rejected': firstOf('first'),
  'Dataset.rejectedCount': 0,
  'Dataset.bytes': 0,
  'Dataset.created': 0,
  'Dataset.by': texts(100),
  'Dataset.jobs': firstOf('first'),
  'DatasetClass.name': texts(100),
  'DatasetClass.count': 0,
  'RejectedFile.name': texts(200),
  'RejectedFile.reason': texts(300),
} as const satisfies Readonly<Record<string, Price>>;
