// Files of a multipart request in the place of variables, and what is refused of such requests.

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.js';
import { useServer } from './harness.js';
import { HEIGHT, WIDTH } from './tiny-graphs.js';

const server = useServer();

const SCORE = `query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) {
  ... on Score { logit } ... on ImageError { index code message } } }`;
const ALLOWED = { 'apollo-require-preflight': 'true' };

interface Part {
  readonly name: string;
  readonly content: Uint8Array | string;
  readonly file?: boolean;
}

function body(parts: readonly Part[]): Buffer {
  const chunks = parts.flatMap(({ name, content, file = false }) => [
    Buffer.from(
      `--x\r\ncontent-disposition: form-data; name="${name}"${file ? `; filename="${name}.png"` : ''}\r\n\r\n`,
    ),
    Buffer.from(content as string),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('--x--\r\n')]);
}

async function post(
  payload: Buffer,
  headers: Record<string, string> = ALLOWED,
  type = 'multipart/form-data; boundary=x',
) {
  const all = { 'content-type': type, accept: 'application/graphql-response+json', ...headers };
  const reply = await server.current.app.inject({ method: 'POST', url: '/graphql', headers: all, payload });
  return { status: reply.statusCode, ...reply.json() };
}

function flat(level: number): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background } })
    .png()
    .toBuffer();
}

function operations(images: readonly unknown[]): Part {
  return { name: 'operations', content: JSON.stringify({ query: SCORE, variables: { images } }) };
}

function map(places: unknown): Part {
  return { name: 'map', content: JSON.stringify(places) };
}

function file(name: string, content: Uint8Array | string): Part {
  return { name, content, file: true };
}

describe('a multipart request', () => {
  test('scores its files, and what is sent as text beside them', async () => {
    const reply = await post(
      body([
        operations([null, (await flat(255)).toString('base64'), null]),
        map({ a: ['variables.images.0'], b: ['variables.images.2'] }),
        file('a', await flat(0)),
        file('b', await flat(255)),
      ]),
    );
    expect(reply.data.score.map(({ logit }: { logit: number }) => Math.round(logit * 1e4) / 1e4)).toEqual([-4, 4, 4]);
  });

  test('may use one file in several places', async () => {
    const places = ['variables.images.0', 'variables.images.1'];
    const reply = await post(body([operations([null, null]), map({ a: places }), file('a', await flat(0))]));
    expect(reply.data.score).toHaveLength(2);
    expect(reply.data.score[0]).toEqual(reply.data.score[1]);
  });

  test('fails for one bad file alone', async () => {
    const reply = await post(
      body([
        operations([null, null]),
        map({ a: ['variables.images.0'], b: ['variables.images.1'] }),
        file('a', 'no image'),
        file('b', await flat(255)),
      ]),
    );
    expect(reply.data.score[0]).toMatchObject({ index: 0, code: 'INVALID_IMAGE' });
    expect(reply.data.score[1].logit).toBeCloseTo(4, 4);
  });

  test('runs as JSON would if it has no files', async () => {
    const query = JSON.stringify({ query: '{ sample(model: "tiny", seed: 1) { seed } }' });
    const reply = await post(body([{ name: 'operations', content: query }, map({})]));
    expect(reply).toMatchObject({ status: 200, data: { sample: [{ seed: 1 }] } });
  });

  test('takes a megabyte in one file as it is', async () => {
    const image = Buffer.concat([await flat(255), Buffer.alloc(2 ** 20, '\r\n--\r\n-')]); // the start of a boundary, over and over
    const reply = await post(body([operations([null]), map({ a: ['variables.images.0'] }), file('a', image)]));
    expect(reply.data.score[0].logit).toBeCloseTo(4, 4);
  });
});

describe('against forged requests', () => {
  test('it must have a header that a page may not send without asking', async () => {
    server.current.engine.forget();
    const payload = body([operations([null]), map({ a: ['variables.images.0'] }), file('a', await flat(0))]);
    for (const headers of [{}, { 'apollo-require-preflight': '' }, { origin: 'https://evil.example' }]) {
      const reply = await post(payload, headers as Record<string, string>);
      expect(reply).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
      expect(reply.errors[0].message).toContain('apollo-require-preflight');
    }
    expect(server.current.engine.runs).toEqual([]);
    expect((await post(payload, { 'x-apollo-operation-name': 'Score' })).status).toBe(200);
  });
});

const IMAGE = map({ a: ['variables.images.0'] });
const many = Array.from({ length: LIMITS.images.most + 1 }, (_, i) => `${i}`);

const MALFORMED: Readonly<Record<string, { parts: readonly Part[]; says: string }>> = {
  'without operations': { parts: [IMAGE, file('a', '')], says: 'no field "operations"' },
  'without a map': { parts: [operations([null]), file('a', '')], says: 'no field "map"' },
  'with operations that are not JSON': {
    parts: [{ name: 'operations', content: '{' }, IMAGE],
    says: 'a field "operations" that is not JSON',
  },
  'with several operations': {
    parts: [{ name: 'operations', content: '[{"query":"{ models { name } }"}]' }, map({})],
    says: 'a field "operations" that is no object',
  },
  'with a map that is a list': { parts: [operations([null]), map([['variables.images.0']])], says: '"map"' },
  'with a path that is none': { parts: [operations([null]), map({ a: [1] }), file('a', '')], says: 'no list of paths' },
  'with a path that is no list': { parts: [operations([null]), map({ a: 'variables' })], says: 'no list of paths' },
  'with a file that is missing': { parts: [operations([null]), IMAGE], says: 'of which there is no file' },
  'with a file that has no place': {
    parts: [operations([null]), map({}), file('a', '')],
    says: 'the file "a", which the map does not name',
  },
  'with a file twice': { parts: [operations([null]), IMAGE, file('a', ''), file('a', '')], says: 'the file "a" twice' },
  'with a field twice': { parts: [operations([null]), operations([null]), IMAGE], says: 'twice' },
  'with another field': {
    parts: [operations([null]), IMAGE, { name: 'extra', content: 'x' }],
    says: 'more fields than operations and map',
  },
  'with a field of more than a megabyte': {
    parts: [{ name: 'operations', content: JSON.stringify({ query: '#'.repeat(2 ** 20) }) }, IMAGE],
    says: 'the field "operations" of more than 1048576 bytes',
  },
  'with too many files': {
    parts: [operations([null]), IMAGE, ...many.map((name) => file(name, ''))],
    says: `more than ${LIMITS.images.most} files`,
  },
  'with too many places': {
    parts: [operations([null]), map({ a: many.map((i) => `variables.images.${i}`) }), file('a', '')],
    says: `a map of more than ${LIMITS.images.most} places`,
  },
};

/** Each must name a null of the variables, and nothing else. */
const NO_PLACES = [
  'variables.images.1',
  'variables.images.-1',
  'variables.images.length',
  'variables.images',
  'variables.other',
  'variables',
  'query',
  '',
  '.',
  'images.0',
  'variables.images.0.x',
  'variables.__proto__.x',
  'variables.images.__proto__',
  'variables.constructor.prototype.x',
  '__proto__.polluted',
  'constructor.prototype.polluted',
  '0.variables.images.0',
];

describe('it is refused', () => {
  test.each(Object.entries(MALFORMED))('%s', async (_, { parts, says }) => {
    const reply = await post(body(parts));
    expect(reply).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(reply.errors[0].message).toContain(says);
    await server.current.expectAlive();
  });

  test.each(NO_PLACES)('with the path %j', async (path) => {
    const reply = await post(body([operations([null]), map({ a: [path] }), file('a', '')]));
    expect(reply.errors[0].message).toContain(`"${path}", where no null is`);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('with __proto__ among its JSON', async () => {
    const content = `{"query":"{ models { name } }","variables":{"__proto__":{"x":null}}}`;
    const reply = await post(
      body([{ name: 'operations', content }, map({ a: ['variables.__proto__.x'] }), file('a', '')]),
    );
    expect(reply.status).toBe(400);
  });

  test.each([
    ['multipart/form-data', 'without a boundary'],
    ['multipart/form-data; boundary=', 'with an empty boundary'],
    ['multipart/form-data; boundary=y', 'with another boundary'],
  ])('as %s, %s', async (type) => {
    const reply = await post(body([operations([null]), IMAGE, file('a', '')]), ALLOWED, type);
    expect(reply).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    await server.current.expectAlive();
  });

  test('wherever it is cut off', async () => {
    const whole = body([operations([null]), IMAGE, file('a', await flat(0))]);
    for (let length = 0; length < whole.length - 4; length += 7) {
      const reply = await post(whole.subarray(0, length));
      expect(reply.status, `after ${length} bytes`).toBe(400);
    }
    await server.current.expectAlive();
  });

  test('as a value of anything but an image', async () => {
    const query = 'query ($z: [Latent!], $label: String) { sample(model: "tiny", z: $z, label: $label) { seed } }';
    for (const [path, variables] of [
      ['variables.z.0', { z: [null] }],
      ['variables.label', { label: null }],
    ] as const) {
      const content = JSON.stringify({ query, variables });
      const reply = await post(body([{ name: 'operations', content }, map({ a: [path] }), file('a', 'x')]));
      expect(reply.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
  });
});
