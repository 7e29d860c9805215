// Paths of `interpolate`: waypoints that are images or classes, and frames side by side. "whole" has every graph, of
// which the encoder is told of classes too; "letters" is conditional and has no encoder.

import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import type { Reply } from '../server/replies.js';
import { HEIGHT, LATENT, tinyImage, tinyLatent, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['letters', 'whole', 'ring'] });
beforeEach(async () => {
  await Promise.all(['letters', 'whole'].map((name) => server.current.repository.get(name).load()));
  server.current.engine.forget();
});

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const zOf = (seed: number) => latent(seed, LATENT, PRIOR);
const rounded = (image: Float32Array) => Array.from(image, (value) => Math.round(value * 255));

function bytesOf(dataUri: string): Buffer {
  return Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
}

function get(url: string) {
  const { pathname, search } = new URL(url, 'http://x');
  return server.current.app.inject({ method: 'GET', url: pathname + search });
}

/** Grey levels of an image, and of a cell of a strip where one is named. */
async function levels(file: Buffer, cell?: { column: number; row: number }): Promise<number[]> {
  const image = sharp(file);
  if (cell) {
    const [left, top] = [cell.column * (WIDTH + 2), cell.row * (HEIGHT + 2)];
    image.extract({ left, top, width: WIDTH, height: HEIGHT });
  }
  return Array.from(await image.extractChannel(0).raw().toBuffer());
}

const LEVELS = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * 37) % 256);
const PNG = (
  await sharp(LEVELS, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .png()
    .toBuffer()
).toString('base64');
const SHOWN = Float32Array.from(LEVELS, (level) => level / 255);

describe('from class to class', () => {
  const path = (waypoints: string, more = '') =>
    `interpolate(model: "letters", waypoints: [${waypoints}], steps: 5, method: LINEAR${more})`;

  test('a frame between two classes is of both, by how near it is to each', async () => {
    const { data, errors } = await server.current.query(
      `{ ${path('{ seed: 1, label: "alpha" }, { seed: 2, label: "gamma" }')} {
         frames { label labels { label weight } image { dataUri } } animation { url dataUri } } }`,
    );
    expect(errors).toBeUndefined();
    const { frames, animation } = data.interpolate;
    expect(frames.map(({ label }) => label)).toEqual(['alpha', null, null, null, 'gamma']);
    expect(frames[1].labels).toEqual([
      { label: 'alpha', weight: 0.75 },
      { label: 'gamma', weight: 0.25 },
    ]);
    const z = zOf(1).map((value, i) => 0.75 * value + 0.25 * zOf(2)[i]!);
    expect(await levels(bytesOf(frames[1].image.dataUri))).toEqual(
      rounded(tinyImage(z, Float32Array.of(0.75, 0, 0.25))),
    );
    expect(new URL(animation.url).searchParams.get('waypoints')).toBe('1@0,2@2');
    expect((await get(animation.url)).rawPayload.equals(bytesOf(animation.dataUri))).toBe(true);
  });

  test('each frame has an address of its own with the same bytes', async () => {
    const { data } = await server.current.query(
      `{ ${path('{ seed: 1, label: "alpha" }, { seed: 2, labels: [{ label: "beta", weight: 1 }, { label: "gamma", weight: 3 }] }')} { frames { image { url dataUri } } } }`,
    );
    for (const { image } of data.interpolate.frames) {
      expect((await get(image.url)).rawPayload.equals(bytesOf(image.dataUri))).toBe(true);
    }
  });

  test('a waypoint that is only a class stays where the one before it is', async () => {
    const { data, errors } = await server.current.query(
      `{ ${path('{ label: "beta" }, { seed: 1, label: "alpha" }, { label: "gamma" }')} { frames { z label } } }`,
    );
    expect(errors).toBeUndefined();
    for (const { z } of data.interpolate.frames) expect(Float32Array.from(z)).toEqual(zOf(1));
    expect(data.interpolate.frames.map(({ label }) => label)).toEqual(['beta', null, 'alpha', null, 'gamma']);
  });

  test('a waypoint without a class is of that of the one before it, the first of that after it', async () => {
    const { data } = await server.current.query(
      `{ ${path('{ seed: 1 }, { z: [1, 2, 3, 4], label: "alpha" }, { seed: 3 }')} { frames { label } animation { url } } }`,
    );
    expect(data.interpolate.frames.map(({ label }) => label)).toEqual(Array(5).fill('alpha'));
    expect(new URL(data.interpolate.animation.url).searchParams.get('label')).toBe('0'); // as of a path of one class
  });

  test.each([
    [
      'classes of the path and of its waypoints',
      '{ seed: 1, label: "alpha" }, { seed: 2 }',
      ', label: "beta"',
      /but received "both"/,
    ],
    [
      'waypoints that are classes alone',
      '{ label: "alpha" }, { label: "beta" }',
      '',
      /one has a seed, a z or an image/,
    ],
    [
      'a waypoint of label and labels',
      '{ seed: 1, label: "alpha", labels: [] }, { seed: 2 }',
      '',
      /either label or labels/,
    ],
    ['an unknown class', '{ seed: 1, label: "delta" }, { seed: 2 }', '', /a class of letters as label/],
    ['a path from a z without a class', '{ z: [1, 2, 3, 4] }, { seed: 2 }', '', /a label beside z/],
    ['an image that no encoder takes', `{ seed: 1 }, { image: "${PNG}" }`, '', /to have the graph "encode"/],
  ])('refuses %s', async (_, waypoints, more, message) => {
    const { message: received } = await server.current.refusal(`{ ${path(waypoints, more)} { frames { z } } }`);
    expect(received).toMatch(message);
  });
});

describe('through images', () => {
  const query = `query ($a: ImageSource!, $b: ImageSource!) {
    interpolate(model: "whole", waypoints: [{ image: $a, label: "alpha" }, { seed: 4 }, { image: $b, label: "gamma" }], steps: 3) {
      frames { z label } animation { url dataUri } } }`;

  test('passes what the encoder finds for each, told of its class; the address holds the z', async () => {
    const { data, errors } = await server.current.query(query, { a: PNG, b: `data:image/png;base64,${PNG}` });
    expect(errors).toBeUndefined();
    const { frames, animation } = data.interpolate;
    for (const [frame, label] of [
      [0, 0],
      [2, 2],
    ] as const) {
      const wanted = tinyLatent(SHOWN, label);
      frames[frame].z.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted[k]!, 4);
      });
    }
    expect(Float32Array.from(frames[1].z)).toEqual(zOf(4));
    expect(frames[1].label).toBe('alpha');
    expect(new URL(animation.url).searchParams.get('waypoints')).toMatch(/^z:[\w-]+@0,4@0,z:[\w-]+@2$/);
    expect((await get(animation.url)).rawPayload.equals(bytesOf(animation.dataUri))).toBe(true);
    expect(server.current.engine.runs[0]).toEqual({ graph: 'encode', rows: 2 });
  });

  test('refuses one that cannot be read, and says which', async () => {
    const { extensions, message } = await server.current.refusal(query, { a: PNG, b: 'AAAA' });
    expect(extensions.code).toBe('INVALID_IMAGE');
    expect(message).toMatch(/^waypoints\[2\]\.image: Expected/);
    expect(extensions.details).toMatchObject({ argument: 'waypoints[2].image' });
  });
});

describe('a strip', () => {
  const PATH = 'interpolate(model: "tiny", waypoints: [{ seed: 1 }, { seed: 2 }], steps: 5, method: CUBIC)';

  test('has all frames row by row, made once for both, with an address', async () => {
    const { data, errors } = await server.current.query(
      `{ ${PATH} { frames { image { dataUri } } strip(columns: 3) { url dataUri width height } } }`,
    );
    expect(errors).toBeUndefined();
    const { frames, strip } = data.interpolate;
    expect(server.current.engine.runs).toEqual([{ graph: 'generate', rows: 5 }]);
    expect([strip.width, strip.height]).toEqual([3 * WIDTH + 4, 2 * HEIGHT + 2]);
    for (const [i, { image }] of frames.entries()) {
      const cell = { column: i % 3, row: Math.floor(i / 3) };
      expect(await levels(bytesOf(strip.dataUri), cell)).toEqual(await levels(bytesOf(image.dataUri)));
    }
    expect(new URL(strip.url).pathname).toBe('/images/tiny/2/strip.png');
    expect((await get(strip.url)).rawPayload.equals(bytesOf(strip.dataUri))).toBe(true);
  });

  test('of fewer frames has them spread over the whole path, in one row', async () => {
    const { data } = await server.current.query<{ interpolate: Reply['interpolate'] }>(
      `{ ${PATH} { strip(steps: 2) { url dataUri width height } } }`,
    );
    const { strip } = data.interpolate;
    expect([strip.width, strip.height]).toEqual([2 * WIDTH + 2, HEIGHT]);
    for (const column of [0, 1]) {
      expect(await levels(bytesOf(strip.dataUri), { column, row: 0 })).toEqual(rounded(tinyImage(zOf(column + 1))));
    }
    expect((await get(strip.url)).rawPayload.equals(bytesOf(strip.dataUri))).toBe(true);
  });

  test.each(['steps: 1', 'steps: 513', 'columns: 0', 'columns: 17', 'size: 1025'])('refuses %s', async (argument) => {
    const { errors } = await server.current.query(`{ ${PATH} { strip(${argument}) { url } } }`);
    expect(errors?.[0]?.message).toMatch(/^Expected \w+ to be an integer in \[/);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('is refused for a model of points', async () => {
    const { errors } = await server.current.query(
      '{ interpolate(model: "ring", waypoints: [{ seed: 1 }, { seed: 2 }]) { strip { url } } }',
    );
    expect(errors?.[0]?.extensions.code).toBe('CAPABILITY_MISSING');
  });
});
