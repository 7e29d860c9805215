// What a document costs, against figures worked out by hand. The tiny model has latents of 4 numbers and grey images of
// 8×6 pixels.

import { getIntrospectionQuery, isObjectType, Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { MAX_SELECTIONS } from '../../src/limits.js';
import { Account } from '../../src/resolvers/account.js';
import type { Models } from '../../src/resolvers/prices/price.js';
import { PRICES } from '../../src/resolvers/prices.js';
import { payFor } from '../../src/resolvers/pricing.js';
import { createSchema } from '../../src/resolvers/schema.js';
import { useServer } from '../server/harness.js';

const schema = createSchema();
const server = useServer({ models: ['ring', 'whole'] });

function priceOf(query: string, variables = {}, models: Models = server.current.repository) {
  const document = parse(query);
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)!;
  const account = new Account();
  payFor({ schema, document, operation, variables, models }, account);
  return account.spent;
}

const fields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
  .flatMap((type) => Object.keys(isObjectType(type) ? type.getFields() : {}).map((field) => `${type.name}.${field}`));

describe('the table of prices', () => {
  test('has each field of the schema, if only with 0', () => {
    expect(fields.filter((field) => PRICES[field] === undefined)).toEqual([]);
  });

  test('has no field that the schema lacks', () => {
    const own = Object.keys(PRICES).filter((field) => !field.startsWith('__'));
    expect(own.filter((field) => !fields.includes(field))).toEqual([]);
  });

  test('has each list of introspection', () => {
    const lists = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && type.name.startsWith('__'))
      .flatMap((type) => Object.values(isObjectType(type) ? type.getFields() : {}).map((field) => ({ type, field })))
      .filter(({ field }) => `${field.type}`.includes('['))
      .map(({ type, field }) => `${type.name}.${field.name}`);
    expect(lists.filter((field) => PRICES[field] === undefined)).toEqual([]);
  });
});

describe('what a document costs', () => {
  test('grows with the lengths of its lists', () => {
    expect(priceOf('{ sample(model: "tiny", count: 10) { z } }')).toMatchObject({ rows: 0, numbers: 40, fields: 11 });
    expect(priceOf('{ sample(model: "tiny", count: 256) { z } }').numbers).toBe(
      4 * priceOf('{ sample(model: "tiny", count: 64) { z } }').numbers,
    );
  });

  test('of numbers in bulk is the length of their base64', () => {
    const bytes = (fields: string) => priceOf(`{ sample(model: "tiny") { ${fields} } }`).bytes;
    const key = (name: string) => name.length + 4; // quotes, colon, comma
    expect(bytes('zBase64') - bytes('seed') + 14 + key('seed') - key('zBase64')).toBe(22); // 4 × 4 bytes × 4/3
    expect(bytes('tensor { data shape }') - bytes('tensor { shape }')).toBe(key('data') + (8 * 6 * 4 * 4) / 3);
    expect(priceOf('{ sample(model: "tiny") { tensor { data } image { bytes } score { logit } } }').rows).toBe(2);
    const encoded = '{ sampleGrid(model: "tiny", rows: 2, columns: 3, format: NPY) { bytes } }';
    expect(priceOf(encoded).encoded).toBe(6 * 8 * 6 * 4 * 2);
  });

  test('follows variables, their defaults and those of arguments', () => {
    const query = 'query ($n: Int = 5) { sample(model: "tiny", count: $n) { z } }';
    expect(priceOf(query).numbers).toBe(20);
    expect(priceOf(query, { n: 7 }).numbers).toBe(28);
    expect(priceOf('query ($z: [Latent!]) { sample(model: "tiny", z: $z) { z } }', { z: [[], [], []] }).numbers).toBe(
      12,
    );
    const path = 'interpolate(model: "tiny", waypoints: [{ seed: 1 }, { seed: 2 }])';
    expect(priceOf(`{ ${path} { frames { seed } } }`)).toMatchObject({ numbers: 16 * 4, rows: 0 }); // 16 by default
  });

  test('counts aliases each, and what they share once', () => {
    expect(
      priceOf('{ a: sample(model: "tiny") { score { logit } } b: sample(model: "tiny") { score { logit } } }').rows,
    ).toBe(4);
    expect(priceOf('{ sample(model: "tiny") { a: score { logit } b: score { logit } image { bytes } } }').rows).toBe(2);
  });

  test('encodes an image once for its fields, twice for two aliases, not at all for its address', () => {
    const encoded = (fields: string) => priceOf(`{ sample(model: "tiny") { ${fields} } }`).encoded;
    const one = encoded('image(size: 600) { bytes }');
    expect(one).toBe(800 * 600);
    expect(encoded('image(size: 600) { bytes dataUri }')).toBe(one);
    expect(encoded('image(size: 600) { bytes } image(size: 600) { dataUri }')).toBe(one); // they are one field
    expect(encoded('a: image(size: 600) { bytes } b: image(size: 600) { bytes }')).toBe(2 * one);
    expect(encoded('image(size: 600) { url width height format }')).toBe(0);
  });

  test('of an AVIF is that of 20 PNGs', () => {
    const encoded = (format: string) =>
      priceOf(`{ sampleGrid(model: "tiny", size: 600, rows: 1, columns: 1, format: ${format}) { bytes } }`).encoded;
    expect(encoded('AVIF')).toBe(20 * encoded('PNG'));
  });

  test('of mixed styles is that of the samples that are mapped and of what is made, more where there is a mean', () => {
    const styles = '[{ seed: 1 }, { seed: 2, layers: [0] }]';
    const mix = (args: string, fields: string) =>
      `{ mixStyles(model: "whole", styles: ${styles} ${args}) { ${fields} } }`;
    expect(priceOf(mix('', 'sources { seed layers }'))).toMatchObject({ rows: 2, fields: 2 + 2 * (2 + 3) });
    expect(priceOf(mix('', 'tensor { data } image { bytes }'))).toMatchObject({ rows: 2 + 1 });
    expect(priceOf(mix(', truncation: 0.5', 'tensor { data }')).rows).toBe(2 * 5 + 1);
    const grid = 'mixStylesGrid(model: "whole", rows: [{ seed: 1 }, { seed: 2 }], columns: { seed: 3 }';
    expect(priceOf(`{ ${grid}, format: F32) { bytes } }`)).toMatchObject({ rows: 3 + 3 * 2, encoded: 6 * 48 * 4 * 2 });
    expect(priceOf(`{ ${grid}, originals: false) { bytes } }`).rows).toBe(3 + 2);
    expect(priceOf(`{ ${grid}) { url } }`).rows).toBe(0);
  });

  test('shares examples between the frames of a path and its animations', () => {
    const path = 'interpolate(model: "tiny", waypoints: [{ seed: 1 }, { seed: 2 }], steps: 50)';
    expect(priceOf(`{ ${path} { animation { bytes } again: animation(format: GIF) { bytes } } }`).rows).toBe(50);
    expect(priceOf(`{ ${path} { frames { image { bytes } score { logit } } animation { bytes } } }`).rows).toBe(100);
  });

  test('shows each waypoint that is an image to the encoder, and makes fewer frames of a strip by themselves', () => {
    const path = 'interpolate(model: "tiny", waypoints: [{ image: "" }, { seed: 2 }, { image: "" }], steps: 50)';
    expect(priceOf(`{ ${path} { frames { seed } } }`).rows).toBe(2);
    expect(priceOf(`{ ${path} { animation { bytes } strip { bytes } } }`).rows).toBe(2 + 50);
    expect(priceOf(`{ ${path} { animation { bytes } strip(steps: 7) { bytes } } }`).rows).toBe(2 + 50 + 7);
  });

  test('counts the samples of an edit, the image it starts from, and each way of finding directions once', () => {
    const along = (method: string, strengths: number) =>
      `{ direction: { method: ${method}, index: 0 }, strengths: [${'1 '.repeat(strengths)}] }`;
    const edit = (edits: string, start = 'seed: 1') =>
      `{ edit(model: "tiny", ${start}, edits: [${edits}]) { score { logit } } }`;
    expect(priceOf(edit('{ vector: [1, 0, 0, 0], strengths: [1, 2, 3] }')).rows).toBe(3 * 2);
    expect(priceOf(edit(`${along('PCA', 3)} ${along('PCA', 1)} ${along('FACTORISED', 1)}`)).rows).toBe(
      3 * 2 + 600 + 64,
    );
    expect(priceOf(edit('{ vector: [1, 0, 0, 0], strengths: 1 }', 'image: ""')).rows).toBe(1 + 2);
    expect(priceOf('{ latentDirections(model: "tiny", count: 5) { vector } }')).toMatchObject({
      rows: 64,
      numbers: 20,
    });
  });

  test('follows fragments, and what @skip and @include leave in', () => {
    const query = `query ($yes: Boolean!) {
      sample(model: "tiny", count: 3) { ...Rest z @skip(if: $yes) ... on Sample @include(if: $yes) { score { logit } } }
    } fragment Rest on Sample { copy: z }`;
    expect(priceOf(query, { yes: true })).toMatchObject({ numbers: 12, rows: 6 });
    expect(priceOf(query, { yes: false })).toMatchObject({ numbers: 24, rows: 0 });
  });

  test('of a union is that of all its types, and of fragments on it', () => {
    const both = '__typename ... on Score { logit } ... on ImageError { index }';
    expect(priceOf(`{ score(model: "ring", points: [[1, 2], [3, 4]]) { ${both} } }`).fields).toBe(1 + 2 * 4);
    const spread = `... on ScoreResult { ...Mine } } } fragment Mine on ScoreResult { ${both} }`;
    expect(priceOf(`{ score(model: "ring", points: [[1, 2], [3, 4]]) { ${spread}`).fields).toBe(1 + 2 * 4);
  });

  test('of an encoding is a row, and its reconstruction one more for its error, its image and its score together', () => {
    const encode = (fields: string, args = 'images: ["", "", ""]') =>
      priceOf(`{ encode(model: "whole", ${args}) { ... on Encoding { ${fields} } } }`);
    expect(encode('z')).toMatchObject({ rows: 3, steps: 0, numbers: 3 * 4 });
    expect(encode('error').rows).toBe(3 + 3);
    expect(encode('error reconstruction { image { bytes } score { logit } }').rows).toBe(3 + 3 + 3);
    expect(encode('z', 'images: ["", "", ""], refine: 100')).toMatchObject({ rows: 3, steps: 300 });
  });

  test('of an encoding without an encoder is that of the samples it begins at, for each class', () => {
    const rows = (args: string) =>
      priceOf(`{ encode(model: "tiny", images: ["", ""], refine: 1 ${args}) { ... on Encoding { z } } }`).rows;
    expect(rows('')).toBe(32);
    expect(rows(', labels: ["a", "b"]')).toBe(64);
    expect(rows(', labels: ["a", "a"]')).toBe(32);
  });

  test('of completions, classes and features is a row each, and of a search sixteen', () => {
    const rows = (query: string) => priceOf(`{ ${query} }`).rows;
    const inpaint = 'inpaint(model: "whole", image: "", mask: { half: TOP }, count: 9)';
    expect(rows(`${inpaint} { ... on Completion { seed } }`)).toBe(9);
    expect(priceOf(`{ ${inpaint} { ... on Completion { image(size: 600) { dataUri } } } }`).encoded).toBe(
      9 * 800 * 600,
    );
    expect(rows('classify(model: "whole", images: ["", ""]) { ... on Classification { label } }')).toBe(2);
    expect(rows('features(model: "whole", images: ["", ""]) { ... on Features { size } }')).toBe(2);
    const near = 'neighbours(model: "whole", seed: 1, count: 7)';
    expect(rows(`${near} { space }`)).toBe(2 + 16);
    expect(priceOf(`{ ${near} { nearest { image(size: 600) { bytes } } } }`).encoded).toBe(7 * 800 * 600);
    const classes = 'classes { label }';
    const { fields } = priceOf(
      `{ classify(model: "whole", images: [""], top: 2) { ... on Classification { ${classes} } } }`,
    );
    expect(fields).toBe(1 + 1 + 2);
  });

  test('counts coordinates of points, which are lists', () => {
    const { fields, rows } = priceOf('{ sample(model: "ring", count: 10) { point } }');
    expect({ fields, rows }).toEqual({ fields: 1 + 10 + 10 * 2, rows: 10 });
  });

  test.each([
    'sample(model: "none", count: 256) { z }',
    'sample(model: "tiny", count: 257) { z }',
    'sample(model: "tiny", version: 99) { z }',
    'sampleGrid(model: "tiny", rows: 17) { bytes }',
    'sampleGrid(model: "ring") { bytes }',
    'interpolate(model: "tiny", waypoints: []) { frames { z } }',
    'score(model: "tiny") { ... on Score { logit } }',
  ])('is left to the resolver, which refuses: %s', (field) => {
    expect(priceOf(`{ ${field} }`)).toMatchObject({ rows: 0, encoded: 0, numbers: 0 });
  });
});

describe('everything documented stays possible:', () => {
  const PATH = 'interpolate(model: "tiny", waypoints: [{ seed: 1 }, { seed: 2 }], steps: 512)';

  test.each([
    '{ sample(model: "tiny", count: 256) { seed z label image { url width height format bytes } score { probability logit logDensityRatio calibrated { probability logDensityRatio } } } }',
    '{ sampleGrid(model: "tiny", rows: 16, columns: 16, size: 1024) { url dataUri } }',
    '{ sampleGrid(model: "tiny", rows: 16, columns: 16, size: 1024, format: AVIF) { dataUri } }',
    `{ ${PATH} { frames { z image { url } } } }`,
    `{ ${PATH} { frames { z score { logit } } animation(format: WEBP) { dataUri } } }`,
    `{ ${PATH} { animation(format: GIF) { dataUri } } }`,
    `{ ${PATH} { strip(size: 1024) { dataUri } } }`,
    `{ ${PATH.replace('{ seed: 2 }', '{ label: "a" }')} { frames { z label labels { label weight } } } }`,
    '{ sample(model: "tiny", count: 32) { image(size: 886) { dataUri } } }',
    '{ sample(model: "tiny", count: 256) { image(format: AVIF) { dataUri } } }',
    '{ models { name version title description license created capabilities latentSize prior { kind low high } image { width height channels } pointSize labels versions } }',
    '{ models { recipe lineage { parent { name version } dataset dataDigest examples seed steps kimg codeVersion } figures { protocol name value seed date } evaluations(first: 100) { totalCount nodes { protocol seed date dataset figures } } trainingCurve(points: 512) { name steps values } previews { step dataUri } graphs { capability takes { name shape range { low high } optional } gives { name shape } } scoring { scorer densityRatio needsLabel uncalibrated calibration { slope standardError offset temperature protocol seed measuredOn { data digest note fitted measured } logLoss auc ece reliability { low high count predicted observed } histogram { low high data samples } before { logLoss auc ece reliability { low high count predicted observed } histogram { low high data samples } } } } versionsConnection { nodes { version active } } } }',
    '{ modelsConnection(first: 100) { totalCount edges { cursor node { name } } pageInfo { hasNextPage endCursor } } server { codeVersion device limits { name least most } budgets { resource what most } } }',
  ])('%s', (query) => {
    expect(() => priceOf(query)).not.toThrow();
  });

  test('1,000 images and 1,024 points of one score, with all that is known of them', () => {
    const score = `query ($i: [ImageSource!], $p: [[Float!]!]) { score(model: "tiny", images: $i, points: $p) {
      __typename ... on Score { logit probability logDensityRatio calibrated { probability logDensityRatio } }
      ... on ImageError { index code message details } } }`;
    expect(priceOf(score, { i: new Array(1000).fill('') }).rows).toBe(1000);
    expect(priceOf(score, { p: new Array(1024).fill([]) }).rows).toBe(1024);
  });

  test('GraphiQL asks for the whole schema', () => {
    const all = { descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true };
    expect(() => priceOf(getIntrospectionQuery({ ...all, inputValueDeprecation: true, oneOf: true }))).not.toThrow();
  });
});

describe('a list that can grow', () => {
  test('costs what its page has, and no more', () => {
    const fields = (first: number) =>
      priceOf(`{ modelsConnection(first: ${first}) { nodes { name version } } }`).fields;
    expect(fields(1)).toBe(1 + 1 + 2);
    expect(fields(2)).toBe(1 + 1 + 2 * 2);
    expect(fields(100)).toBe(1 + 1 + 4 * 2); // blind, ring, tiny, whole
    expect(priceOf('{ modelsConnection(first: 101) { nodes { name } } }').fields).toBe(1);
    expect(priceOf('{ modelsConnection(after: "none") { nodes { name } } }').fields).toBe(1);
  });

  test('of lists multiplies', () => {
    const deep = (levels: number): string =>
      levels === 0 ? 'name' : `versionsConnection { nodes { ${deep(levels - 1)} } }`;
    expect(priceOf(`{ model(name: "tiny") { ${deep(1)} } }`).fields).toBe(1 + 2 + 2);
    expect(priceOf(`{ model(name: "tiny") { ${deep(2)} } }`).fields).toBe(1 + 2 + 2 * (2 + 2));
    expect(() => priceOf(`{ model(name: "tiny") { ${deep(15)} } }`)).toThrow(/fields of the answer/);
  });
});

describe('refuses before anything runs', () => {
  const samples = (fields: string) => `{ sample(model: "tiny", count: 256) { ${fields} } }`;
  const twice = (field: string) => `image { ${aliases(99, field)} } again: image { ${aliases(99, field)} }`;
  const introspect = (count: number) =>
    `{ __schema { ${aliases(count, 'types { fields { name type { name } args { name type { name kind } } } }')} } }`;

  test.each([
    ['rows', `{ ${aliases(5, 'sample(model: "tiny", count: 256) { score { logit } }')} }`],
    ['encoded', '{ sample(model: "tiny", count: 3) { image(size: 1024, format: AVIF) { bytes } } }'],
    ['fields', samples(twice('width'))],
    ['fields', introspect(99)],
    ['selections', `{ ${aliases(101, '__typename')} }`],
    ['selections', `{ ${'__typename '.repeat(500)} }`],
    [
      'selections',
      `{ ...A } fragment A on Query { ${aliases(60, '__typename')} ...B }
       fragment B on Query { ${'x: __typename '.repeat(60)} }`,
    ],
    ['alias', `{ ${'a'.repeat(200)}: __typename }`],
  ])('for its %s', (resource, query) => {
    expect(() => priceOf(query)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', details: expect.objectContaining({ resource }) }),
    );
  });

  test('for the numbers of a model of long latents, and the addresses that hold them', () => {
    const { repository } = server.current;
    const tiny = repository.get('tiny');
    const long = Object.create(tiny, { manifest: { value: { ...tiny.manifest, latent: { size: 512 } } } });
    const z = (count: number) =>
      `{ interpolate(model: "tiny", waypoints: [1, 2], steps: 512) { frames { ${aliases(count, 'z')} } } }`;
    const models = { list: () => [long], get: () => long, versions: () => [long] };
    expect(priceOf(z(1), {}, models).numbers).toBe(2 * 512 * 512); // they are made, and returned
    expect(() => priceOf(z(1).replace('a0: z', `image { ${aliases(20, 'url')} }`), {}, models)).toThrow(
      /bytes of answer/,
    );
    expect(() => priceOf(z(2), {}, models)).toThrow(/at most 524288 numbers of latents and points/);
  });

  test('saying the limit, what was asked for and what to do', () => {
    const query = `{ ${aliases(3, 'sample(model: "tiny", count: 256) { score { logit } }')} }`;
    expect(() => priceOf(query)).toThrow(
      'Expected a request to ask for at most 1024 generated samples and scored examples, but received one for 1536 or more. Split it.',
    );
  });

  test('but exactly as many selections as the limit pass', () => {
    expect(() => priceOf(`{ ${aliases(MAX_SELECTIONS, '__typename')} }`)).not.toThrow();
  });
});

function aliases(count: number, field: string): string {
  return Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
}
