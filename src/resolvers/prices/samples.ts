// Prices of what generators draw: samples, paths between them, directions, and their pictures.

import { LIMITS } from '../../limits.js';
import { drawnOf } from '../../models/rejection.js';
import { mappedRows } from '../../pictures/mixes.js';
import { cellsOf } from '../../pictures/picture.js';
import {
  addressBytes,
  base64Bytes,
  bulk,
  encodedBy,
  encodedOnce,
  exampleSize,
  factsOf,
  found,
  inRange,
  labelsOf,
  lengthOf,
  longest,
  NUMBER_BYTES,
  nothingKnown,
  numbers,
  type Price,
} from './price.js';

export const SAMPLE_PRICES = {
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
  'Query.mixStyles': ({ model: name, version, styles, truncation }, _, models) => {
    const model = found(models, name, version);
    const sources = inRange('styles', lengthOf(styles));
    if (!model || !sources) return undefined;
    return {
      costs: { rows: mappedRows(sources, drawnToward(truncation)) },
      facts: factsOf(model, { rows: 1, page: sources, address: addressBytes(model, sources, sharesAmong(styles)) }),
    };
  },
  'Query.mixStylesGrid': ({ model: name, version, rows, columns, originals, truncation, ...picture }, _, models) => {
    const model = found(models, name, version);
    const [down, across] = [inRange('rows', lengthOf(rows)), inRange('columns', lengthOf(columns))];
    if (!model || !down || !across) return undefined;
    const layout = {
      kind: 'mixes',
      rows: { length: down },
      columns: { length: across },
      originals: originals === true,
    } as const;
    const encoded = encodedBy(layout, picture, model);
    if (encoded === undefined) return undefined;
    const address = addressBytes(model, down + across, sharesAmong(rows) + sharesAmong(columns));
    const made = cellsOf(layout) + mappedRows(down + across, drawnToward(truncation));
    return { facts: factsOf(model, { rows: made, encoded, address }) };
  },
  'StyleMix.image': (args, { models: [model], address, examples }) => {
    const encoded = model && encodedBy({ kind: 'mix' }, args, model);
    if (!model || encoded === undefined) return undefined;
    return { facts: factsOf(model, { rows: 1, encoded, address, examples }) };
  },
  'StyleMix.tensor': (_, { models: [model], examples }) =>
    model && { costs: { rows: examples.of('example', 1) }, facts: factsOf(model, {}) },
  'StyleMix.sources': (_, { models: [model], page }) => model && { items: page, facts: factsOf(model, {}) },
  'MixedSample.seed': () => ({ costs: { bytes: NUMBER_BYTES } }),
  'MixedSample.label': (_, { models }) => ({ costs: { bytes: longest(models, labelsOf) } }),
  'MixedSample.layers': (_, { models: [model] }) => ({ costs: { fields: model?.manifest.styles?.layers ?? 0 } }),
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
  'Sample.score': (_, around) => {
    const { examples } = around;
    return { costs: { rows: examples.of('example', 1) + examples.of('score', 1) }, facts: around };
  },
  'Tensor.shape': () => ({ costs: { fields: 3, bytes: 3 * NUMBER_BYTES } }),
  'Tensor.range': () => ({ costs: { fields: 2, bytes: 2 * NUMBER_BYTES } }),
  'Tensor.data': (_, { models: [model] }) => model && { costs: { bytes: base64Bytes(exampleSize(model)) } },
  'Image.url': (_, { address }) => ({ costs: { bytes: address } }),
  'Image.dataUri': (_, around) => encodedOnce(around),
  'Image.bytes': (_, around) => encodedOnce(around),
  'Image.width': 0,
  'Image.height': 0,
  'Image.format': 0,
} as const satisfies Readonly<Record<string, Price>>;

/** Method by its name in the schema. */
function drawnBy(method: unknown, count: number, draws: unknown, chain: unknown): unknown {
  const known = String(method).toLowerCase() === 'mh' ? 'mh' : 'drs';
  return drawnOf(known, count, draws as number | null, chain as number | null, LIMITS.draws.most);
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

/** Classes that sources of styles are told of, in all. */
function sharesAmong(sources: unknown): number {
  return objectsIn<{ labels?: unknown }>(sources).reduce((sum, { labels }) => sum + sharesIn(labels), 0);
}

/** The resolver refuses what is no number. */
function drawnToward(truncation: unknown): number {
  return typeof truncation === 'number' ? truncation : 0;
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
