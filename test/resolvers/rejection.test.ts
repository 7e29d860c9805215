// Samples that the discriminator picks. The logit of a point of "ring" is the sum of its coordinates, and its logit is
// its log density ratio.

import { beforeEach, describe, expect, test } from 'vitest';
import { latent } from '../../src/models/latent.js';
import { chooseByChains, chooseByRejection } from '../../src/models/rejection.js';
import { fillUniform, STREAMS } from '../../src/random/philox.js';
import { useServer } from '../server/harness.js';
import { LATENT, tinyPoint } from '../server/tiny-graphs.js';

const server = useServer({ models: ['ring', 'letters'] });
beforeEach(() => server.current.engine.forget());

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;

interface Picked {
  readonly sampleWithRejection: {
    readonly samples: readonly { readonly seed: number; readonly score: { readonly logit: number } }[];
    readonly drawn: number;
    readonly acceptance: number;
    readonly nextSeed: number | null;
  };
}

async function pick(args: string, model = 'ring') {
  const { data, errors } = await server.current.query<Picked>(
    `{ sampleWithRejection(model: "${model}", ${args}) { samples { seed score { logit } } drawn acceptance nextSeed } }`,
  );
  expect(errors).toBeUndefined();
  return data.sampleWithRejection;
}

/** Log density ratio and luck of each seed. */
function known(seed: number, count: number) {
  const ratios = Float64Array.from({ length: count }, (_, i) => {
    const [x, y] = tinyPoint(latent(seed + i, LATENT, PRIOR));
    return x + y;
  });
  const luck = Float32Array.from({ length: count }, (_, i) => {
    const out = new Float32Array(1);
    fillUniform(out, { seed: seed + i, stream: STREAMS.rejection, counter: 0 }, 0, 1);
    return out[0]!;
  });
  return { ratios, luck };
}

const seedsOf = ({ samples }: Awaited<ReturnType<typeof pick>>) => samples.map(({ seed }) => seed);

describe('sampleWithRejection', () => {
  test('by DRS gives the seeds that the formula keeps, and the share that passed', async () => {
    const { ratios, luck } = known(100, 256);
    const expected = chooseByRejection(ratios, luck, 90);
    const picked = await pick('seed: 100, count: 200, draws: 256, percentile: 90');
    expect(seedsOf(picked)).toEqual(expected.kept.map((i) => 100 + i));
    expect(picked).toMatchObject({ drawn: 256, nextSeed: 356, acceptance: expected.kept.length / 256 });
    const made = server.current.engine.runs.filter(({ graph }) => graph === 'generate');
    expect(made.reduce((sum, { rows }) => sum + rows, 0)).toBe(256); // none twice
  });

  test('by MH gives the ends of the chains', async () => {
    const { ratios, luck } = known(7, 10 * 20);
    const expected = chooseByChains(
      ratios.map((ratio) => ratio / 2),
      luck,
      20,
    );
    const picked = await pick('seed: 7, method: MH, count: 10, chain: 20, temperature: 2');
    expect(seedsOf(picked)).toEqual(expected.kept.map((i) => 7 + i));
    expect(picked.drawn).toBe(200);
    expect(picked.acceptance).toBeCloseTo(expected.accepted / (10 * 19), 12);
  });

  test('by TOP gives the best of the draws, the best first', async () => {
    const { samples, drawn, acceptance } = await pick('seed: 5, method: TOP, count: 4, draws: 64');
    const logits = Array.from(known(5, 64).ratios).sort((a, b) => b - a);
    samples.forEach(({ score }, i) => {
      expect(score.logit).toBeCloseTo(logits[i]!, 4);
    });
    expect({ drawn, acceptance }).toEqual({ drawn: 64, acceptance: 4 / 64 });
  });

  test('gives the same for the same seed, and samples that `sample` makes of their own seeds', async () => {
    const once = await pick('seed: 3, count: 5', 'letters');
    expect(await pick('seed: 3, count: 5', 'letters')).toEqual(once);
    for (const { seed, score } of once.samples) {
      const { data } = await server.current.query(`{ sample(model: "letters", seed: ${seed}) { score { logit } } }`);
      expect(data.sample[0].score.logit).toBe(score.logit);
    }
  });

  test('has no next seed at the end of the range', async () => {
    expect((await pick('seed: 4294967264, count: 1, draws: 32')).nextSeed).toBeNull();
  });
});

describe('sampleWithRejection refuses', () => {
  const refusal = (args: string, model = 'ring') =>
    server.current.refusal(`{ sampleWithRejection(model: "${model}", ${args}) { drawn } }`);

  test.each([
    ['count: 0', /count to be an integer in \[1, 256\]/],
    ['count: 257', /count to be an integer in \[1, 256\]/],
    ['draws: 0', /draws to be an integer in \[1, 512\]/],
    ['draws: 513', /draws to be an integer in \[1, 512\]/],
    ['count: 9, draws: 8', /draws to be at least count, 9/],
    ['percentile: -1', /percentile in \[0, 100\]/],
    ['percentile: 100.5', /percentile in \[0, 100\]/],
    ['percentile: 1e999', /percentile in \[0, 100\]/],
    ['temperature: 0', /temperature in \[0.01, 100\]/],
    ['temperature: -1', /temperature in \[0.01, 100\]/],
    ['chain: 4', /chain only with MH/],
    ['method: MH, chain: 1', /chain to be an integer in \[2, 512\]/],
    ['method: MH, count: 100, chain: 6', /count × chain to be at most 512/],
    ['method: MH, draws: 64', /draws only with DRS and TOP/],
    ['method: MH, percentile: 95', /percentile only with DRS/],
    ['method: TOP, temperature: 2', /temperature only with DRS and MH/],
    ['seed: 4294967295, count: 2', /seed \+ count − 1/],
    ['truncation: 2', /truncation in \[0, 1\]/],
  ])('%s', async (args, message) => {
    const { message: received, extensions } = await refusal(args);
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(received).toMatch(message);
  });

  test('a model without a discriminator', async () => {
    expect((await refusal('count: 1', 'blind')).extensions.code).toBe('CAPABILITY_MISSING');
  });

  test('what its draws would cost beyond a request, before any is made', async () => {
    const fields = [1, 2].map((i) => `a${i}: sampleWithRejection(model: "ring", draws: 512) { drawn }`).join(' ');
    const { extensions } = await server.current.refusal(`{ ${fields} }`);
    expect(extensions.details).toMatchObject({ resource: 'rows', asked: 2048 });
  });
});
