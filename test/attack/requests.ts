// The kinds of malformed requests, one function each: random choices in, bytes for a socket out.

import { greyPixels, png } from './png.js';

/** Bytes for a socket, head and body. */
export type Malformed = (draw: Draw) => Buffer;

/** Random choices of one request. */
export class Draw {
  constructor(private readonly random: () => number) {}

  below(most: number): number {
    return Math.floor(this.random() * most);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** For an address: half a surrogate pair cannot be encoded. */
  encoded(most: number): string {
    return encodeURIComponent(this.text(most).replaceAll('\ud800', ''));
  }

  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(most) }, () => this.below(256)));
  }

  text(most: number): string {
    return Array.from({ length: this.below(most) }, () => this.of(CHARACTERS)).join('');
  }

  /** Any JSON, not deep. */
  json(depth = 3): unknown {
    const leaf = [null, true, false, 0, -1, 1e308, 2 ** 53, 0.5, '', this.text(20), 'tiny', 'NaN', '__proto__'];
    if (depth === 0 || this.below(3) > 0) return this.of(leaf);
    const parts = Array.from({ length: this.below(8) }, () => this.json(depth - 1));
    if (this.below(2) === 0) return parts;
    return Object.fromEntries(
      parts.map((part) => [this.of(['seed', 'z', 'a', '__proto__', 'constructor', this.text(9)]), part]),
    );
  }

  /** Some bytes changed, left out or said twice. */
  damaged(bytes: Uint8Array): Buffer {
    let out = Buffer.from(bytes);
    for (let i = this.below(4) + 1; i > 0 && out.length > 0; i--) {
      const [from, to] = [this.below(out.length), this.below(out.length)].sort((a, b) => a - b) as [number, number];
      if (this.below(3) === 0) out[from] = this.below(256);
      else if (this.below(2) === 0) out = Buffer.concat([out.subarray(0, from), out.subarray(to)]);
      else out = Buffer.concat([out.subarray(0, to), out.subarray(from)]);
    }
    return out;
  }
}

const CHARACTERS = [...'abcxyz019 _-./\\"\'{}[]()@$!:,;&|#%?=+*~<>\t\r\n\0', 'é', '漢', '😀', '\u2028', '\ud800'];

const WORDS = [
  ...['query', 'mutation', 'subscription', 'fragment', 'F', 'on', 'Query', 'Sample', '{', '}', '(', ')', '[', ']', ':'],
  ...[
    '...',
    '$a',
    '=',
    '!',
    '@skip',
    '@include',
    '@deprecated',
    'if',
    'true',
    '1',
    '-1',
    '1e999',
    '"',
    '"""',
    '"tiny"',
  ],
  ...['sample', 'sampleGrid', 'interpolate', 'score', 'models', 'model', '__schema', '__typename', 'image', 'dataUri'],
  ...['seed', 'count', 'size', 'z', 'format', 'PNG', 'GIF', '#', '&', '|', 'ENUM', '\ufeff'],
];

const DOCUMENTS = [
  '{ models { name version versions capabilities } }',
  'query ($seed: Seed, $count: Int, $truncation: Float! = 1) { sample(model: "tiny", seed: $seed, count: $count, truncation: $truncation) { seed z score { logit } } }',
  'query ($z: [Latent!]) { sample(model: "tiny", z: $z) { seed image { dataUri url } } }',
  'query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) { ... on Score { logit } } }',
  'query ($waypoints: [Waypoint!]!, $steps: Int! = 4) { interpolate(model: "tiny", waypoints: $waypoints, steps: $steps) { frames { z } } }',
  'query ($size: Int) { sampleGrid(model: "tiny", seed: 1, size: $size) { dataUri } }',
  '{ ...F } fragment F on Query { models { name } }',
];

const GREY = png({ width: 8, height: 6 }, greyPixels(8, 6));

export const KINDS: Readonly<Record<string, Malformed>> = {
  'words in any order': (draw) =>
    graphql({ query: Array.from({ length: draw.below(60) }, () => draw.of(WORDS)).join(' ') }),
  'documents with damage': (draw) =>
    graphql({ query: draw.damaged(Buffer.from(draw.of(DOCUMENTS))).toString('latin1') }),
  'documents that nest or repeat': (draw) => {
    const times = draw.below(400);
    return graphql({
      query: draw.of([
        `${'{ models '.repeat(times)}${'}'.repeat(times)}`,
        `{ models { ${'name '.repeat(times)} } }`,
        `{ sample(model: "tiny", z: ${'['.repeat(times)}${']'.repeat(times)}) { seed } }`,
        `query { __typename ${'@skip(if: false) '.repeat(times)} }`,
        `fragment A on Query { ...B } fragment B on Query { ...A } { ...A }`,
        `{ ${Array.from({ length: times }, (_, i) => `a${i}: model(name: "${draw.text(8).replaceAll(/["\\\n\r]/g, '')}") { name }`).join(' ')} }`,
      ]),
    });
  },
  'variables of any kind': (draw) => {
    const names = ['seed', 'count', 'truncation', 'z', 'images', 'waypoints', 'steps', 'size', '__proto__'];
    const variables = Object.fromEntries(names.map((name) => [name, draw.json()]));
    return graphql({ query: draw.of(DOCUMENTS), variables: draw.below(5) === 0 ? draw.json() : variables });
  },
  'variables wrong many times': (draw) => {
    const wrong = Array.from({ length: draw.below(200) }, () => draw.json(1));
    return graphql({ query: draw.of(DOCUMENTS), variables: { z: wrong, images: wrong, waypoints: wrong } });
  },
  'bodies of any JSON': (draw) => post(JSON.stringify(draw.json(4))),
  'members of any kind': (draw) =>
    graphql({ query: draw.json(), variables: draw.json(), operationName: draw.json(), extensions: draw.json() }),
  'bodies that are not JSON': (draw) => post(draw.damaged(graphqlBody({ query: draw.of(DOCUMENTS) }))),
  'bodies of any bytes': (draw) => post(draw.bytes(400)),
  'other content types': (draw) =>
    post(
      graphqlBody({ query: draw.of(DOCUMENTS) }),
      draw.of([
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/graphql',
        'application/json; charset=utf-7',
        '',
        '/',
        'a/b;;;',
        draw.text(20),
      ]),
      draw.of([
        '',
        'content-encoding: gzip',
        'content-encoding: br',
        'transfer-encoding: identity',
        'expect: 200-maybe',
        'accept: nothing/else',
      ]),
    ),
  'uploads in several parts': (draw) => {
    const operations = JSON.stringify({ query: DOCUMENTS[3], variables: draw.of([{ images: [null] }, draw.json()]) });
    const map = JSON.stringify(draw.of([{ a: ['variables.images.0'] }, { a: [draw.text(9)] }, draw.json()]));
    const parts = draw.of([
      [part('operations', operations), part('map', map), part('a', draw.bytes(200), '../../a')],
      [part('map', map), part('operations', operations)],
      Array.from({ length: draw.below(40) }, () => part(draw.text(9), draw.bytes(20), draw.text(9))),
    ]);
    const body = Buffer.concat([...parts, Buffer.from(draw.of(['--x--\r\n', '', '--x']))]);
    return post(
      draw.of([body, draw.damaged(body)]),
      `multipart/form-data; boundary=${draw.of(['x', 'x', 'x y', '', draw.text(5)])}`,
      draw.of(['apollo-require-preflight: 1', '']),
      draw.of(['/graphql', '/graphql', '/images']),
    );
  },
  'images sent ahead': (draw) =>
    post(
      draw.of([() => draw.damaged(GREY), () => draw.bytes(300), () => Buffer.alloc(0)])(),
      draw.of(['image/png', 'application/octet-stream', 'image/', 'image/png; x', draw.text(9)]),
      '',
      '/images',
    ),
  'ids of images sent ahead': (draw) =>
    graphql(
      scoring(
        `upload:${draw.of(['', '../../etc/passwd', '%2e%2e', 'zzzzzzzz-1-00000000-'.padEnd(52, '0'), draw.text(80), '0'.repeat(9000)])}`,
      ),
    ),
  'names of documents': (draw) =>
    graphql({
      documentId: draw.json(),
      query: draw.of([undefined, draw.of(DOCUMENTS)]),
      extensions: draw.of([undefined, { persistedQuery: draw.json() }]),
    }),
  'images with damage': (draw) => graphql(scoring(draw.damaged(GREY).toString('base64'))),
  'images of any bytes': (draw) =>
    graphql(
      scoring(
        draw.of([
          () => draw.text(80),
          () => Buffer.concat([Buffer.from(draw.of(MAGIC), 'latin1'), draw.bytes(300)]).toString('base64'),
          () => `data:image/${draw.text(5)};base64,${draw.bytes(90).toString('base64')}`,
          () =>
            png({ width: draw.below(2 ** 31), height: draw.below(2 ** 31), interlaced: true }, draw.bytes(90)).toString(
              'base64',
            ),
        ])(),
      ),
    ),
  'addresses of images': (draw) => {
    const model = draw.of(['tiny', '..', '%2e%2e', '%00', '%', '%ff', 'a'.repeat(draw.below(4000)), draw.encoded(9)]);
    const version = draw.of(['1', '0', '-1', '99', '1e3', '4294967296', '']);
    const file = draw.of([
      '1.png',
      '42.gif',
      'latent.webp',
      'grid.png',
      'interpolation.gif',
      'interpolation.webp',
      '.png',
      '-1.png',
      '1.svg',
      '%2f.png',
    ]);
    const names = [
      'seed',
      'rows',
      'columns',
      'size',
      'z',
      'waypoints',
      'steps',
      'fps',
      'loop',
      'truncation',
      'method',
      'label',
      '__proto__',
    ];
    const query = Array.from(
      { length: draw.below(6) },
      () =>
        `${draw.of(names)}=${draw.of(['1', '-1', '9'.repeat(400), 'NaN', '', '1,2', 'z:AAAA', 'true', '%00', draw.encoded(9)])}`,
    );
    return get(`/images/${model}/${version}/${file}?${query.join('&')}`);
  },
  'addresses of any kind': (draw) =>
    get(
      draw.of([
        '/',
        '//',
        '/../../etc/passwd',
        '/%2e%2e/package.json',
        '/graphiql/../main.js',
        '/graphql?query=',
        '/graphql?query={',
        `/graphql?query=${encodeURIComponent(draw.of(DOCUMENTS))}&variables={`,
        '*',
        'http://other/',
        `/${draw.text(40).replaceAll(/[\r\n ]/g, '')}`,
      ]),
    ),
  'other methods': (draw) =>
    head(
      draw.of(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'CONNECT', 'PROPFIND', 'get', 'X']),
      draw.of(['/graphql', '/images/tiny/1/1.png', '/', '*']),
      ['content-length: 0'],
    ),
  'heads that are not HTTP': (draw) =>
    draw.of([
      () => draw.bytes(300),
      () => Buffer.from(`GET / HTTP/${draw.of(['1.2', '3.0', '', '11'])}\r\nhost: a\r\n\r\n`),
      () => head('GET', '/', [`${draw.text(9)}: ${draw.text(20)}`]),
      () => head('GET', '/', [`x: ${'y'.repeat(20_000)}`]),
      () =>
        head(
          'GET',
          '/',
          Array.from({ length: 3000 }, (_, i) => `x${i}: y`),
        ),
      () => Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      () =>
        head('POST', '/graphql', [
          'content-type: application/json',
          `content-length: ${draw.of(['-1', '1e9', '5, 6', '99999999999999999999', 'x'])}`,
        ]),
      () =>
        head(
          'POST',
          '/graphql',
          ['content-type: application/json', 'content-length: 4', 'transfer-encoding: chunked'],
          '{}',
        ),
      () =>
        head(
          'POST',
          '/graphql',
          ['content-type: application/json', 'transfer-encoding: chunked'],
          `${draw.of(['zz', '-1', 'ffffffffffffffff', '5;x=y'])}\r\n{"a":\r\n0\r\n\r\n`,
        ),
    ])(),
};

const MAGIC = [
  '\x89PNG\r\n\x1a\n',
  '\xff\xd8\xff',
  'RIFFxxxxWEBPVP8X',
  'GIF89a',
  'II*\0',
  'BM',
  '\0\0\0\x18ftypavif',
  '<svg',
  '<?xml',
];

function part(name: string, content: Buffer | string, file?: string): Buffer {
  const filename = file === undefined ? '' : `; filename="${file}"`;
  const head = `--x\r\ncontent-disposition: form-data; name="${name}"${filename}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(content as string), Buffer.from('\r\n')]);
}

function scoring(image: string): { query: string; variables: object } {
  return { query: DOCUMENTS[3]!, variables: { images: [image] } };
}

function graphqlBody(body: object): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function graphql(body: object): Buffer {
  return post(graphqlBody(body));
}

function post(body: Buffer | string, type = 'application/json', header = '', path = '/graphql'): Buffer {
  const bytes = Buffer.from(body as string);
  const headers = [`content-type: ${type}`, `content-length: ${bytes.length}`, ...(header ? [header] : [])];
  return Buffer.concat([head('POST', path, headers), bytes]);
}

function get(path: string): Buffer {
  return head('GET', path, []);
}

function head(method: string, path: string, headers: readonly string[], body = ''): Buffer {
  return Buffer.from(
    [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', 'connection: close', ...headers, '', body].join('\r\n'),
  );
}
