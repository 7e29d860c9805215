// A truncation that the generator takes itself, as StyleGAN does, from the graph to GraphQL and addresses; and one that
// would change nothing. The graphs are small enough for their values to be worked out by hand.

import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromBase64 } from '../../src/base64.js';
import { float32 } from '../../src/engine/tensor.js';
import { Uploads } from '../../src/images/uploads.js';
import { ModelRepository } from '../../src/models/repository.js';
import { Metrics } from '../../src/server/metrics.js';
import { buildServer } from '../../src/server/server.js';
import { Traffic } from '../../src/server/traffic.js';
import { expectClose, floats, type Graph, input, integers, Site, step } from './graphs.js';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
});
afterEach(() => site.close());

/** image [N, 3, 2, 2] = tanh(ψ z); ψ of a shape. */
function truncated(shape: readonly number[], nodes: Graph['nodes'] = [step('Mul', ['z', 'psi'], 'a')]): Graph {
  return {
    inputs: [input('z', [-1, 12]), input('psi', shape)],
    outputs: [input('picture', [-1, 3, 2, 2])],
    nodes: [...nodes, step('Tanh', ['a'], 'b'), step('Reshape', ['b', 'shape'], 'picture')],
    constants: {
      shape: integers(-1, 3, 2, 2),
      one: floats(
        [12, 12],
        Array.from({ length: 144 }, (_, i) => Number(i % 13 === 0)),
      ),
    },
  };
}

/** The same for any length of z. */
const NORMALISING: Graph = {
  inputs: [input('z', [-1, 12])],
  outputs: [input('picture', [-1, 3, 2, 2])],
  nodes: [step('LpNormalization', ['z'], 'a'), step('Tanh', ['a'], 'b'), step('Reshape', ['b', 'shape'], 'picture')],
  constants: { shape: integers(-1, 3, 2, 2) },
};

const z = Array.from({ length: 36 }, (_, i) => Math.sin(0.37 * i));
const psi = [1, 0.25, 0.5];
const wanted = z.map((value, i) => Math.tanh(value * psi[Math.floor(i / 12)]!));

async function served() {
  const repository = await ModelRepository.open(site.folder, site.engine);
  const logger = pino({ level: 'silent' });
  const traffic = new Traffic(logger);
  const metrics = new Metrics({ repository, engine: site.engine, traffic });
  const config = { introspection: true, checkpoints: [site.folder] };
  const uploads = new Uploads(join(site.folder, '.uploads'));
  const app = await buildServer({ repository, engine: site.engine, config, uploads, logger, traffic, metrics });
  const close = async () => {
    await app.close();
    await repository.close();
  };
  const query = async (text: string) =>
    (await app.inject({ method: 'POST', url: '/graphql', payload: { query: text } })).json();
  return { app, query, close };
}

const tensorOf = (sample: { tensor: { data: string } }) => fromBase64(sample.tensor.data)!;

describe('a generator that takes its truncation', () => {
  it.each([
    ['one number for all rows', []],
    ['a list of one number', [1]],
    ['a number for each row', [-1, 1]],
  ])('as %s is served with one for each row, all rows at once', async (_, shape) => {
    const imported = await site.import(truncated(shape), { truncation: 'psi' });
    expect(imported.decisions).toContainEqual(
      expect.objectContaining({ what: 'generator, batch', is: 'any number of rows at once' }),
    );
    const { image } = await site.run(imported, 'generate', { z: float32([3, 12], z), truncation: float32([3], psi) });
    expectClose(image!, wanted);
    expect(await site.manifest(imported)).toMatchObject({ latent: { truncation: 'input' } });
  });

  it('in a way that takes one number alone is served row by row', async () => {
    const graph = truncated([], [step('Mul', ['one', 'psi'], 'scaled'), step('MatMul', ['z', 'scaled'], 'a')]);
    const imported = await site.import(graph, { truncation: 'psi' });
    expect(imported.decisions).toContainEqual(
      expect.objectContaining({ what: 'generator, batch', is: 'one row at a time' }),
    );
    const { image } = await site.run(imported, 'generate', { z: float32([3, 12], z), truncation: float32([3], psi) });
    expectClose(image!, wanted);
  });

  it('and does nothing with it is refused', async () => {
    const graph = truncated([], [step('Mul', ['psi', 'psi'], 'unused'), step('Identity', ['z'], 'a')]);
    await expect(site.import(graph, { truncation: 'psi' })).rejects.toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringContaining('other images at another truncation'),
    });
  });

  it('is asked for how requests say it, where nobody named it', async () => {
    await expect(site.import(truncated([]))).rejects.toMatchObject({
      code: 'IMPORT_UNDECIDED',
      message: expect.stringContaining('--truncation psi'),
    });
  });

  it('hears it from samples, explicit latents, paths, edits and addresses', async () => {
    await site.import(truncated([]), { truncation: 'psi' });
    const server = await served();
    try {
      const { data, errors } = await server.query(`{
        model(name: "faces") { truncation }
        whole: sample(model: "faces", seed: 5) { z tensor { data } }
        half: sample(model: "faces", seed: 5, truncation: 0.5) { z tensor { data } image { url } }
        given: sample(model: "faces", z: [[${z.slice(0, 12).join()}]], truncation: 0.5) { tensor { data } image { url } }
        path: interpolate(model: "faces", waypoints: [{ seed: 5 }, { seed: 6 }], steps: 2, truncation: 0.5) {
          frames { tensor { data } }
        }
        edit(model: "faces", seed: 5, truncation: 0.5,
          edits: [{ vector: [${z.slice(0, 12).join()}], strengths: [0] }]) { tensor { data } }
      }`);
      expect(errors).toBeUndefined();
      expect(data.model.truncation).toBe('INPUT');
      expect(data.half[0].z).toEqual(data.whole[0].z);
      const half = data.whole[0].z.map((value: number) => Math.tanh(value / 2));
      for (const sample of [data.half[0], data.path.frames[0], data.edit[0]]) {
        expectClose(float32([12], tensorOf(sample)), half);
      }
      const given = z.slice(0, 12).map((value) => Math.tanh(value / 2));
      expectClose(float32([12], tensorOf(data.given[0])), given);
      for (const sample of [data.half[0], data.given[0]]) {
        const { pathname, search } = new URL(sample.image.url);
        const reply = await server.app.inject({ url: (pathname + search).replace('.png', '.f32') });
        expect(new Uint8Array(reply.rawPayload)).toEqual(new Uint8Array(tensorOf(sample).buffer));
      }
    } finally {
      await server.close();
    }
  });
});

describe('a generator that gives the same however long its latent is', () => {
  it('refuses a truncation, which would change nothing, and says so', async () => {
    const imported = await site.import(NORMALISING);
    expect(await site.manifest(imported)).toMatchObject({ latent: { truncation: 'none' } });
    const server = await served();
    try {
      const { data } = await server.query(
        '{ model(name: "faces") { truncation } sample(model: "faces", seed: 5) { seed } }',
      );
      expect(data).toEqual({ model: { truncation: 'NONE' }, sample: [{ seed: 5 }] });
      for (const asked of [
        'sample(model: "faces", seed: 5, truncation: 0.5) { seed }',
        'sampleGrid(model: "faces", seed: 5, rows: 2, columns: 2, truncation: 0.5) { url }',
        'interpolate(model: "faces", waypoints: [{ seed: 5 }, { seed: 6 }], steps: 2, truncation: 0.5) { strip { url } }',
      ]) {
        const { errors } = await server.query(`{ ${asked} }`);
        expect(errors).toMatchObject([{ extensions: { code: 'CAPABILITY_MISSING' } }]);
        expect(errors[0].message).toContain('Leave it out');
      }
      const reply = await server.app.inject({ url: '/images/faces/1/5.png?truncation=0.5' });
      expect(reply.statusCode).toBe(404);
    } finally {
      await server.close();
    }
  });
});

describe('a model whose truncation is about latents', () => {
  it('refuses one beside explicit latents, where nothing is drawn', async () => {
    await site.import({
      ...truncated([]),
      inputs: [input('z', [-1, 12])],
      nodes: [step('Tanh', ['z'], 'b'), step('Reshape', ['b', 'shape'], 'picture')],
    });
    const server = await served();
    const point = `[${z.slice(0, 12).join()}]`;
    try {
      for (const asked of [
        `sample(model: "faces", z: [${point}], truncation: 0.5) { seed }`,
        `interpolate(model: "faces", waypoints: [{ z: ${point} }, { z: ${point} }], steps: 2, truncation: 0.5) { strip { url } }`,
      ]) {
        const { errors } = await server.query(`{ ${asked} }`);
        expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      }
      const mixed = await server.query(
        `{ interpolate(model: "faces", waypoints: [{ seed: 1 }, { z: ${point} }], steps: 2, truncation: 0.5) { strip { url } } }`,
      );
      expect(mixed.errors).toBeUndefined();
    } finally {
      await server.close();
    }
  });
});
