// Models of points of the line, asked for everything: what needs pixels is refused by name, the rest works. And the
// pictures of their training, which have addresses.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, startServer } from '../examples/serving.js';

let served: Served;
beforeAll(async () => {
  served = await startServer({ LOG_LEVEL: 'fatal' });
});
afterAll(() => served.stop());

interface Reply {
  // Of the many shapes that are asked for below.
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function ask(query: string): Promise<Reply> {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()) as Reply;
}

const MODEL = 'model: "gaussian1d"';

describe('a model of the line', () => {
  test('samples points of one number, and scores them', async () => {
    const { data } = await ask(
      `{ sample(${MODEL}, seed: 1, count: 2) { point score { probability } } score(${MODEL}, points: [[0], [1, 2]]) { ... on Score { logit } ... on ImageError { code } } }`,
    );
    const number = expect.any(Number);
    expect(data?.['sample']).toEqual([
      { point: [number], score: { probability: number } },
      { point: [number], score: { probability: number } },
    ]);
    expect(data?.['score']).toEqual([{ logit: number }, { code: 'BAD_USER_INPUT' }]);
  });

  test('goes from one point to another, and past it along its one direction', async () => {
    const { data, errors } = await ask(
      `{ interpolate(${MODEL}, waypoints: [{ seed: 1 }, { seed: 2 }], steps: 4) { frames { point } }
         latentDirections(${MODEL}, count: 3) { vector }
         edit(${MODEL}, seed: 1, edits: [{ direction: { index: 0, method: FACTORISED }, strengths: [0, 1] }]) { point } }`,
    );
    expect(errors).toBeUndefined();
    const { frames } = data!['interpolate'] as { frames: { point: number[] }[] };
    expect(frames.map(({ point }) => point.length)).toEqual([1, 1, 1, 1]);
    const directions = data!['latentDirections'] as { vector: number[] }[];
    expect(directions.map(({ vector }) => Math.abs(vector[0]!))).toEqual([1]); // there is no other
    expect(data!['edit'] as unknown[]).toHaveLength(2);
  });

  test.each(['DRS', 'MH', 'TOP'])('picks samples by %s', async (method) => {
    const { data, errors } = await ask(
      `{ sampleWithRejection(${MODEL}, seed: 1, count: 3, method: ${method}) { samples { point } } }`,
    );
    expect(errors).toBeUndefined();
    const { samples } = data!['sampleWithRejection'] as { samples: { point: number[] }[] };
    for (const { point } of samples) expect(point).toHaveLength(1);
  });

  const IMAGE = '"data:image/png;base64,AAAA"';
  test.each([
    ['an image', `{ sample(${MODEL}, seed: 1) { image { url } } }`],
    ['a grid', `{ sampleGrid(${MODEL}) { url } }`],
    ['a strip', `{ interpolate(${MODEL}, waypoints: [{ seed: 1 }, { seed: 2 }]) { strip { url } } }`],
    ['an animation', `{ interpolate(${MODEL}, waypoints: [{ seed: 1 }, { seed: 2 }]) { animation { url } } }`],
    ['scores of images', `{ score(${MODEL}, images: [${IMAGE}]) { __typename } }`],
    ['codes of images', `{ encode(${MODEL}, images: [${IMAGE}], refine: 2) { __typename } }`],
    ['features of images', `{ features(${MODEL}, images: [${IMAGE}]) { __typename } }`],
    ['classes of images', `{ classify(${MODEL}, images: [${IMAGE}]) { __typename } }`],
    ['neighbours', `{ neighbours(${MODEL}, seed: 1) { __typename } }`],
    ['completions', `{ inpaint(${MODEL}, image: ${IMAGE}, mask: { half: LEFT }) { __typename } }`],
  ])('refuses %s by name', async (_, query) => {
    expect((await ask(query)).errors?.map(({ extensions }) => extensions.code)).toEqual(['CAPABILITY_MISSING']);
  });
});

describe('the pictures of a training', () => {
  test.each(['gaussian1d', 'ring8'])(
    'of %s come from addresses that never change, and as an animation',
    async (name) => {
      const { data } = await ask(
        `{ model(name: "${name}") { previews { step bytes url } trainingAnimation { at url } } }`,
      );
      const { previews, trainingAnimation } = data!['model'] as {
        previews: { step: number; bytes: number; url: string }[];
        trainingAnimation: { at: number; url: string };
      };
      expect(previews[0]!.step).toBe(0);
      expect(trainingAnimation.at).toBe(previews.at(-1)!.step);
      const picture = await fetch(previews[0]!.url);
      expect(picture.headers.get('content-type')).toBe('image/png');
      expect(picture.headers.get('cache-control')).toMatch('immutable');
      expect((await picture.arrayBuffer()).byteLength).toBe(previews[0]!.bytes);
      const animation = await fetch(trainingAnimation.url.replace('.webp?fps=4', '.gif?fps=2'));
      expect(animation.headers.get('content-type')).toBe('image/gif');
      const start = Buffer.from(await animation.arrayBuffer()).toString('latin1', 0, 6);
      expect(start).toBe('GIF89a');
    },
  );

  test('refuse a step that there is not, and a version that there is not', async () => {
    const statuses = await Promise.all(
      [
        'ring8/1/pictures/7.png',
        'ring8/1/pictures/until-7.gif',
        'ring8/9/pictures/0.png',
        'ring8/x/pictures/0.png',
      ].map(async (path) => (await fetch(`${served.url}/models/${path}`)).status),
    );
    expect(statuses).toEqual([404, 404, 404, 400]);
  });

  test('of a version without any are none', async () => {
    const { data } = await ask('{ model(name: "glyphs") { previews { url } trainingAnimation { url } } }');
    expect(data!['model']).toEqual({ previews: [], trainingAnimation: null });
  });
});
