import { beforeEach, describe, expect, test, vi } from 'vitest';
import { latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import type { Reply } from '../server/replies.js';
import { LATENT, tinyImage, tinyLogit } from '../server/tiny-graphs.js';

const server = useServer();
beforeEach(() => server.current.engine.forget());

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const runsOf = (graph: string) => server.current.engine.runs.filter((run) => run.graph === graph);

describe('sample: what runs', () => {
  test('selecting only seed, z, url, width, height and format runs no graph', async () => {
    const { data, errors } = await server.current.query(
      '{ sample(model: "tiny", count: 8, seed: 5) { seed z image(size: 60) { url width height format } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.sample).toHaveLength(8);
    expect(data.sample[0].image).toEqual({
      url: 'http://localhost:80/images/tiny/2/5.png?size=60',
      width: 80,
      height: 60,
      format: 'PNG',
    });
    expect(server.current.engine.runs).toEqual([]);
  });

  test('selecting the images of 64 samples is one batch', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "tiny", count: 64, seed: 0) { image { bytes dataUri } } }',
    );
    expect(data.sample).toHaveLength(64);
    expect(server.current.engine.runs).toEqual([{ graph: 'generate', rows: 64 }]);
  });

  test('selecting image and score generates each sample once', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "tiny", count: 3, seed: 0) { score { logit } image { bytes } large: image(size: 96) { bytes } } }',
    );
    expect(data.sample).toHaveLength(3);
    expect(server.current.engine.runs).toEqual([
      { graph: 'generate', rows: 3 },
      { graph: 'score', rows: 3 },
    ]);
  });

  test('two requests that come while the engine is busy share a batch', async () => {
    const { engine } = server.current;
    const release = engine.hold();
    const both = [1, 2].map((seed) =>
      server.current.query(`{ sample(model: "tiny", seed: ${seed}, count: 2) { image { bytes } } }`),
    );
    await vi.waitFor(() => expect(server.current.repository.get('tiny').stats().generate?.queued).toBe(4), 20_000);
    release();
    for (const { errors } of await Promise.all(both)) expect(errors).toBeUndefined();
    expect(runsOf('generate')).toEqual([{ graph: 'generate', rows: 4 }]);
  });

  test('fields of one request that ask for two models run each once', async () => {
    const { errors } = await server.current.query(
      '{ a: sample(model: "tiny", seed: 1) { image { bytes } } b: sample(model: "tiny", seed: 2) { image { bytes } } c: sample(model: "blind", seed: 3) { image { bytes } } }',
    );
    expect(errors).toBeUndefined();
    expect(runsOf('generate').map(({ rows }) => rows)).toEqual([2, 1]);
  });
});

describe('sample: what comes', () => {
  test('z is that of the seed, as plain numbers that read back to the same float32', async () => {
    const { data } = await server.current.query('{ sample(model: "tiny", count: 2, seed: 4294967294) { seed z } }');
    expect(data.sample.map((sample) => sample.seed)).toEqual([4294967294, 4294967295]);
    for (const { seed, z } of data.sample) {
      expect(Float32Array.from(z)).toEqual(latent(seed, LATENT, PRIOR));
    }
  });

  test('truncation scales z, and the score is that of the image of z', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "tiny", seed: 7, truncation: 0.5) { z score { logit probability logDensityRatio } } }',
    );
    const z = latent(7, LATENT, PRIOR, 0.5);
    const logit = tinyLogit(tinyImage(z));
    expect(Float32Array.from(data.sample[0].z)).toEqual(z);
    expect(data.sample[0].score.logit).toBeCloseTo(logit, 5);
    expect(data.sample[0].score.logDensityRatio).toBeCloseTo(logit, 5);
    expect(data.sample[0].score.probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
  });

  test('without a seed it draws one and returns it', async () => {
    const { data } = await server.current.query<Record<'a' | 'b', Reply['sample']>>(
      '{ a: sample(model: "tiny", count: 3) { seed z } b: sample(model: "tiny") { seed } }',
    );
    const [first, second, third] = data.a.map((sample) => sample.seed);
    expect([second, third]).toEqual([first! + 1, first! + 2]);
    expect(data.b[0].seed).not.toBe(first); // equal once in 2^32 runs
    const again = await server.current.query(`{ sample(model: "tiny", count: 3, seed: ${first}) { seed z } }`);
    expect(again.data.sample).toEqual(data.a);
  });

  test('explicit latents come back unchanged, and score as what they generate', async () => {
    const z = [
      [0.1, -2, 3.5, 0],
      [1, 1, 1, 1],
    ];
    const { data } = await server.current.query(
      'query ($z: [Latent!]) { sample(model: "tiny", z: $z) { seed z score { logit } } }',
      { z },
    );
    expect(data.sample.map((sample) => sample.z)).toEqual(z);
    expect(data.sample[0].seed).toBeNull();
    expect(data.sample[1].score.logit).toBeCloseTo(tinyLogit(tinyImage(Float32Array.from([1, 1, 1, 1]))), 5);
  });

  test('explicit latents may be literals in the document', async () => {
    const { data } = await server.current.query('{ sample(model: "tiny", z: [[1, -0.5, 2e0, 0]]) { z } }');
    expect(data.sample).toEqual([{ z: [1, -0.5, 2, 0] }]);
  });

  test('a model that cannot score gives its samples, and null with an error for each score', async () => {
    const { data, errors } = await server.current.query('{ sample(model: "blind", seed: 1) { seed score { logit } } }');
    expect(data).toEqual({ sample: [{ seed: 1, score: null }] });
    expect(errors?.[0]?.extensions.code).toBe('CAPABILITY_MISSING');
    expect(errors?.[0]?.path).toEqual(['sample', 0, 'score']);
  });

  test('the latest version answers unless one is named', async () => {
    const { data } = await server.current.query<Record<'latest' | 'first', Reply['sample']>>(
      '{ latest: sample(model: "tiny", seed: 1) { image { url } } first: sample(model: "tiny", version: 1, seed: 1) { image { url } } }',
    );
    expect(data.latest[0].image.url).toMatch('/images/tiny/2/1.png');
    expect(data.first[0].image.url).toMatch('/images/tiny/1/1.png');
  });
});
