// What clients learn of a model beside its shape: where it comes from, what was measured on it, how its training went,
// what its graphs take, and what this server allows.

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.js';
import { addEvaluation } from '../../src/models/evaluations.js';
import { readManifest } from '../../src/models/manifest.js';
import { writeVersion } from '../../src/models/versions.js';
import { RESOURCES } from '../../src/resolvers/account.js';
import { type Harness, useServer } from '../server/harness.js';

const server = useServer({ models: ['letters', 'ring', 'whole'] });

const PREVIEW = Buffer.from('89504e470d0a1a0a', 'hex');
const CURVE = {
  steps: [100, 200, 300],
  series: { lossD: [1.5, 1.25, 1], augment: [null, 0.5, 0.75] },
};

/** `rich`, made of tiny's graphs: version 2 says all that a manifest can say. */
async function writeRich({ root, repository }: Harness): Promise<void> {
  const path = join(root, 'tiny', '1');
  const { files: names, ...manifest } = await readManifest(path);
  const files: Record<string, Uint8Array> = {};
  for (const name of Object.keys(names)) files[name] = await readFile(join(path, name));
  const at = (version: number) => ({ ...manifest, model: 'rich', version });
  await mkdir(join(root, 'rich'));
  await writeVersion(join(root, 'rich'), at(1), files);
  await writeVersion(
    join(root, 'rich'),
    {
      ...at(2),
      lineage: { codeVersion: '0.9.9', parent: { model: 'rich', version: 1 } },
      training: {
        ...{ recipe: { name: 'small', from: '/home/someone/recipes/small.json' }, seed: 3, step: 300, kimg: 9.6 },
        dataset: { name: '/home/someone/data/digits.zip', count: 50, sha256: 'ab12', shape: [1, 6, 8] },
        figures: { lossD: 1, weights: 'average' },
      },
      evaluations: [
        {
          ...{ protocol: 'frechet', seed: 7, date: '2026-01-02T00:00:00Z' },
          dataset: { name: '../somewhere/digits.zip', note: 'read from /home/someone/data' },
          figures: { distance: 9, realData: { distance: 2 }, rows: [{ error: 1 }] },
        },
      ],
    },
    {
      ...files,
      'training-curve.json': Buffer.from(JSON.stringify(CURVE)),
      'preview-000300.png': PREVIEW,
      'preview-000100.png': PREVIEW,
    },
  );
  await repository.refresh();
}

beforeAll(() => writeRich(server.current));

async function rich<T>(fields: string, version = 2): Promise<T> {
  const reply = await server.current.query<{ model: T }>(`{ model(name: "rich", version: ${version}) { ${fields} } }`);
  expect(reply.errors).toBeUndefined();
  return reply.data.model;
}

describe('the past of a version', () => {
  const LINEAGE = 'lineage { parent { name version } dataset dataDigest examples seed steps kimg codeVersion }';

  test('is its recipe and where it comes from, without paths of this machine', async () => {
    expect(await rich(`recipe ${LINEAGE}`)).toEqual({
      recipe: { name: 'small', from: 'small.json' },
      lineage: {
        ...{ parent: { name: 'rich', version: 1 }, dataset: 'digits.zip', dataDigest: 'ab12', examples: 50 },
        ...{ seed: 3, steps: 300, kimg: 9.6, codeVersion: '0.9.9' },
      },
    });
  });

  test('is null as far as its manifest says nothing', async () => {
    const nothing = await rich<{ lineage: object }>(`recipe ${LINEAGE} trainingCurve { name } previews { step }`, 1);
    expect(nothing).toMatchObject({ recipe: null, trainingCurve: null, previews: [] });
    expect(Object.values(nothing.lineage)).toEqual(new Array(8).fill(null));
  });

  test('is figures with protocol and seed: of the training, and the newest of each protocol', async () => {
    const query = 'figures { protocol name value seed date }';
    const training = { protocol: 'training', name: 'lossD', value: 1, seed: 3, date: '2026-01-01T00:00:00Z' };
    const measured = { protocol: 'frechet', seed: 7, date: '2026-01-02T00:00:00Z' };
    expect(await rich(query)).toEqual({
      figures: [
        training,
        { ...measured, name: 'distance', value: 9 },
        { ...measured, name: 'realData.distance', value: 2 },
      ],
    });
    const again = { protocol: 'frechet', seed: 8, date: '2026-01-03T00:00:00Z', dataset: {}, figures: { distance: 4 } };
    const path = await addEvaluation(join(server.current.root, 'rich', '2'), again);
    expect(await rich('figures(protocol: "frechet") { name value seed }')).toEqual({
      figures: [{ name: 'distance', value: 4, seed: 8 }],
    });
    await rm(path);
  });

  test('is what was measured, whole, also what is added while the server serves', async () => {
    const query = 'evaluations { totalCount nodes { protocol seed date dataset figures } }';
    const first = {
      ...{ protocol: 'frechet', seed: 7, date: '2026-01-02T00:00:00Z' },
      dataset: { name: 'digits.zip', note: 'read from data' },
      figures: { distance: 9, realData: { distance: 2 }, rows: [{ error: 1 }] },
    };
    expect(await rich(query)).toEqual({ evaluations: { totalCount: 1, nodes: [first] } });
    const second = { protocol: 'prdc', seed: 1, date: '2026-01-04T00:00:00Z', dataset: {}, figures: { precision: 1 } };
    const path = await addEvaluation(join(server.current.root, 'rich', '2'), second);
    expect(await rich(query)).toEqual({ evaluations: { totalCount: 2, nodes: [first, second] } });
    await rm(path);
  });

  test('is the curve of its training, of the series and points asked for', async () => {
    const query = 'trainingCurve { name steps values }';
    expect(await rich(query)).toEqual({
      trainingCurve: [
        { name: 'lossD', steps: [100, 200, 300], values: [1.5, 1.25, 1] },
        { name: 'augment', steps: [200, 300], values: [0.5, 0.75] },
      ],
    });
    expect(await rich('trainingCurve(series: ["lossD", "lossD"], points: 2) { steps values }')).toEqual({
      trainingCurve: [{ steps: [100, 300], values: [1.5, 1] }],
    });
  });

  test('is previews in the order of their steps', async () => {
    const dataUri = `data:image/png;base64,${PREVIEW.toString('base64')}`;
    expect(await rich('previews { step bytes dataUri }')).toEqual({
      previews: [
        { step: 100, bytes: 8, dataUri },
        { step: 300, bytes: 8, dataUri },
      ],
    });
  });

  test.each([
    ['trainingCurve(series: ["lossX"]) { name }', 'Expected series among lossD, augment but received "lossX".'],
    ['trainingCurve(points: 1) { name }', 'Expected points to be an integer in [2, 512] but received 1.'],
    ['trainingCurve(points: 513) { name }', 'Expected points to be an integer in [2, 512] but received 513.'],
    ['evaluations(first: 0) { totalCount }', 'Expected first to be an integer in [1, 100] but received 0.'],
    ['evaluations(after: "%") { totalCount }', 'Expected after to be a cursor of this list but received "%".'],
  ])('is refused: %s', async (field, message) => {
    const refusal = await server.current.refusal(`{ model(name: "rich", version: 2) { ${field} } }`);
    expect(refusal.message).toBe(message);
    expect(refusal.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('the graphs of a model', () => {
  test('say what they take and give', async () => {
    const { data } = await server.current.query<{ model: { graphs: unknown[] } }>(
      '{ model(name: "whole") { graphs { capability takes { name shape range { low high } optional } gives { name shape } } } }',
    );
    const image = { name: 'image', shape: [1, 6, 8], range: { low: 0, high: 1 }, optional: false };
    const z = { name: 'z', shape: [4], range: { low: -2, high: 2 }, optional: false };
    const label = { name: 'label', shape: [3], range: { low: 0, high: 1 }, optional: true };
    const mask = { name: 'mask', shape: [1, 6, 8], range: { low: 0, high: 1 }, optional: false };
    expect(data.model.graphs).toEqual([
      { capability: 'GENERATE', takes: [z, label], gives: [{ name: 'image', shape: [1, 6, 8] }] },
      { capability: 'SCORE', takes: [image, label], gives: [{ name: 'logit', shape: [] }] },
      {
        capability: 'SCORER',
        takes: [image],
        gives: [
          { name: 'logit', shape: [] },
          { name: 'familiarity', shape: [] },
          { name: 'given', shape: [3] },
          { name: 'classes', shape: [3] },
        ],
      },
      { capability: 'FEATURES', takes: [image], gives: [{ name: 'features', shape: null }] },
      { capability: 'ENCODE', takes: [image, label], gives: [{ name: 'z', shape: [4] }] },
      { capability: 'CLASSIFY', takes: [image], gives: [{ name: 'logits', shape: [3] }] },
      { capability: 'INPAINT', takes: [image, mask, z, label], gives: [{ name: 'completed', shape: [1, 6, 8] }] },
      { capability: 'MAP', takes: [z, label], gives: [{ name: 'w', shape: [3, 7] }] },
      {
        capability: 'SYNTHESIZE',
        takes: [{ name: 'w', shape: [3, 7], range: null, optional: false }],
        gives: [{ name: 'image', shape: [1, 6, 8] }],
      },
    ]);
  });

  test('say what a score needs', async () => {
    const scoring = async (model: string) =>
      (
        await server.current.query<{ model: { scoring: unknown } }>(
          `{ model(name: "${model}") { scoring { scorer densityRatio needsLabel } } }`,
        )
      ).data.model.scoring;
    const discriminator = { scorer: 'GAME', densityRatio: 'LOGIT' };
    expect(await scoring('tiny')).toEqual({ ...discriminator, needsLabel: false });
    expect(await scoring('letters')).toEqual({ ...discriminator, needsLabel: true });
    expect(await scoring('blind')).toBeNull();
  });

  test('are not loaded to say so of a version that is not active', async () => {
    const { current } = server;
    const { data } = await current.query<{ model: { active: boolean; scoring: object } }>(
      '{ model(name: "tiny", version: 1) { active scoring { needsLabel } graphs { capability } } }',
    );
    expect(data.model).toMatchObject({ active: false, scoring: { needsLabel: false } });
    expect(current.repository.get('tiny', 1).stats()).toEqual({});
  });
});

describe('lists that can grow', () => {
  interface Page {
    readonly totalCount: number;
    readonly nodes: readonly { readonly name: string; readonly version: number }[];
    readonly edges: readonly { readonly cursor: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly endCursor: string };
  }
  const FIELDS =
    'totalCount nodes { name version } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }';

  async function models(first: number, after?: string): Promise<Page> {
    const query = `query ($first: Int!, $after: String) { page: modelsConnection(first: $first, after: $after) { ${FIELDS} } }`;
    return (await server.current.query<{ page: Page }>(query, { first, after })).data.page;
  }

  test('are the same page by page as at once', async () => {
    const all = await models(100);
    expect(all.nodes.map(({ name }) => name)).toEqual(['blind', 'letters', 'rich', 'ring', 'tiny', 'whole']);
    expect(all).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: false, hasPreviousPage: false } });
    const seen: string[] = [];
    for (let page = await models(2); ; page = await models(2, page.pageInfo.endCursor)) {
      seen.push(...page.nodes.map(({ name }) => name));
      expect(page.edges.at(-1)!.cursor).toBe(page.pageInfo.endCursor);
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(all.nodes.map(({ name }) => name));
    expect((await models(1, all.pageInfo.endCursor)).nodes).toEqual([]);
  });

  test('go on behind an element that is gone', async () => {
    const gone = Buffer.from('models:lost').toString('base64url');
    expect((await models(1, gone)).nodes).toEqual([{ name: 'rich', version: 2 }]);
  });

  test('show the versions of a model, newest first', async () => {
    const versions = async (page: string) =>
      (
        await server.current.query<{ model: { versionsConnection: Page } }>(
          `{ model(name: "tiny") { versionsConnection(${page}) { ${FIELDS} } } }`,
        )
      ).data.model.versionsConnection;
    const newest = await versions('first: 1');
    expect(newest).toMatchObject({ totalCount: 2, nodes: [{ version: 2 }], pageInfo: { hasNextPage: true } });
    const older = await versions(`first: 5, after: "${newest.pageInfo.endCursor}"`);
    expect(older).toMatchObject({ nodes: [{ version: 1 }], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  });

  test('refuse a cursor of another list', async () => {
    const { endCursor } = (await models(1)).pageInfo;
    const query = `{ model(name: "tiny") { versionsConnection(after: "${endCursor}") { totalCount } } }`;
    expect((await server.current.refusal(query)).message).toBe(
      `Expected after to be a cursor of this list but received "${endCursor}".`,
    );
  });
});

test('the server says what it runs on and what it allows', async () => {
  const { data } = await server.current.query<{ server: Record<string, unknown> }>(
    '{ server { codeVersion device workers threadsPerWorker limits { name least most } budgets { resource most } } }',
  );
  const limits = Object.entries(LIMITS).map(([name, range]) => ({ name, ...range }));
  expect(data.server).toEqual({
    ...{ codeVersion: expect.stringMatching(/^\d+\.\d+\.\d+/), device: 'cpu', workers: 1, threadsPerWorker: 1 },
    limits: [...limits, { name: 'truncation', least: 0, most: 1 }],
    budgets: Object.entries(RESOURCES).map(([resource, { limit: most }]) => ({ resource, most })),
  });
});
