// Variables are bounded before graphql-js makes values of them, and many faults in them are one error.

import { describe, expect, test } from 'vitest';
import { useServer } from '../server/harness.js';

const server = useServer();
const POINTS = 'query ($p: [[Float!]!]) { score(model: "tiny", points: $p) { ... on Score { logit } } }';
const LATENTS = 'query ($z: [Latent!]) { sample(model: "tiny", z: $z) { seed } }';

describe('variables', () => {
  test('refuses a list of 1.5 million elements by its length', async () => {
    const { message, extensions } = await server.current.refusal(LATENTS, { z: new Array(1_500_000).fill(1) });
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toBe('Expected a list of at most 65536 elements among the variables but received 1500000.');
  });

  test('refuses many lists by what they hold together, whatever they are nested in', async () => {
    const list = new Array(60_000).fill(0);
    for (const variables of [
      { p: new Array(5).fill(list) },
      { unknown: { deep: [{ er: new Array(5).fill(list) }] } },
    ]) {
      const { message, extensions } = await server.current.refusal(POINTS, variables);
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toMatch(/^Expected at most 262144 values in the variables but received "\d+ or more"\. Split/);
    }
  });

  test('takes 1,024 points of 64 coordinates, and 256 latents of 512 numbers', async () => {
    const points = await server.current.refusal(POINTS, { p: new Array(1024).fill(new Array(64).fill(0)) });
    expect(points.extensions.code).toBe('CAPABILITY_MISSING'); // of the model, which is one of images
    const latents = await server.current.refusal(LATENTS, { z: new Array(256).fill(new Array(512).fill(0)) });
    expect(latents.extensions.code).toBe('INVALID_LATENT');
  });

  test('tells a thousand wrong elements as one refusal that counts them', async () => {
    const reply = await server.current.query(POINTS, { p: new Array(1000).fill('wrong') });
    expect(reply.status).toBe(400);
    const { message, extensions } = await server.current.onlyError(reply);
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(extensions.details).toEqual({ faults: 3 });
    expect(message).toMatch(/"wrong".* This is the first of 3 or more faults in the variables\.$/);
  });

  test('does not send back megabytes that came in', async () => {
    const long = 'x'.repeat(9_500_000);
    const requests = [
      { query: POINTS, variables: { p: long } },
      { query: POINTS, variables: { p: [long, long.slice(0, 100)] } },
      { query: 'query ($n: Int) { sample(model: "tiny", count: $n) { seed } }', variables: { n: long } },
      { query: `{ ${long}: model(name: "none") { name } }` },
      { query: `{ model(name: "${long}") { name } }` },
      { query: `{ ${long} }` },
      { query: '{ __typename }', operationName: long },
    ];
    for (const body of requests) {
      const reply = await server.current.post(JSON.stringify(body));
      expect(JSON.stringify(reply).length, Object.keys(body).join()).toBeLessThan(5000);
      expect(reply.errors?.[0]?.extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
    }
  });
});
