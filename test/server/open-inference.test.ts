// /v2 as clients of Triton, KServe and MLServer ask it: what graphs say of themselves, rows through them in JSON and in
// bytes, and every refusal in the protocol's own form.

import { describe, expect, it, test } from 'vitest';
import { CAPABILITIES } from '../../src/models/capabilities.js';
import { useServer } from './harness.js';
import { CLASSES, LATENT } from './tiny-graphs.js';

const server = useServer({ models: ['letters', 'whole', 'tiny.old'] });

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Answer {
  readonly error?: string;
  readonly code?: string;
  readonly outputs: readonly Tensor[];
  readonly [field: string]: unknown;
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const payload = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const reply = await server.current.app.inject({ method: 'POST', url, payload, headers });
  const json = reply.headers['content-type']?.toString().startsWith('application/json');
  return {
    status: reply.statusCode,
    headers: reply.headers,
    bytes: reply.rawPayload,
    ...((json ? reply.json() : {}) as Answer),
  };
}

async function get(url: string) {
  const reply = await server.current.app.inject({ url });
  return { status: reply.statusCode, ...(reply.json() as Answer) };
}

const latents = (rows: number, at: (i: number) => number = (i) => (i % 5) / 4): Tensor => ({
  name: 'z',
  datatype: 'FP32',
  shape: [rows, LATENT],
  data: Array.from({ length: rows * LATENT }, (_, i) => at(i)),
});

describe('what is there', () => {
  it('is said by the server, its health and its index', async () => {
    expect(await get('/v2')).toMatchObject({
      name: 'ganymede',
      extensions: ['binary_tensor_data', 'model_repository'],
    });
    expect(await get('/v2/health/live')).toEqual({ status: 200, live: true });
    expect(await get('/v2/health/ready')).toEqual({ status: 200, ready: true });
    const index = await server.current.app.inject({ method: 'POST', url: '/v2/repository/index' });
    const all = index.json() as { name: string; version: string }[];
    expect(all.filter(({ name }) => /^tiny\.[a-z]+$/.test(name))).toEqual([
      { name: 'tiny.generate', version: '1', state: 'READY', reason: '' },
      { name: 'tiny.score', version: '1', state: 'READY', reason: '' },
      { name: 'tiny.generate', version: '2', state: 'READY', reason: '' },
      { name: 'tiny.score', version: '2', state: 'READY', reason: '' },
    ]);
  });

  it('is said of each graph, with the class where it is told of one', async () => {
    expect(await get('/v2/models/letters.generate')).toEqual({
      status: 200,
      name: 'letters.generate',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [
        { name: 'z', datatype: 'FP32', shape: [-1, LATENT] },
        { name: 'label', datatype: 'FP32', shape: [-1, CLASSES] },
      ],
      outputs: [expect.objectContaining({ name: 'image', datatype: 'FP32' })],
    });
    expect(await get('/v2/models/tiny.old.score')).toMatchObject({ name: 'tiny.old.score', versions: ['1'] });
    expect(await get('/v2/models/tiny.score/versions/1')).toMatchObject({ versions: ['1', '2'] });
    expect(await get('/v2/models/tiny.score/versions/1/ready')).toMatchObject({ status: 200, ready: true });
  });
});

describe('rows through a graph', () => {
  it('give what GraphQL gives for the same latent and the same example', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "letters", seed: 3, label: "beta") { z tensor { data } score { logit } } }',
    );
    const { z, tensor, score } = data.sample[0] as unknown as {
      z: number[];
      tensor: { data: string };
      score: { logit: number };
    };
    const label = { name: 'label', datatype: 'FP32', shape: [1, CLASSES], data: [0, 1, 0] };
    const made = await post('/v2/models/letters.generate/infer', {
      id: 'mine',
      inputs: [{ name: 'z', datatype: 'FP32', shape: [1, LATENT], data: z }, label],
    });
    expect(made).toMatchObject({ status: 200, id: 'mine', model_name: 'letters.generate', model_version: '1' });
    const [image] = made.outputs as [Tensor];
    expect(tensor.data).toBe(Buffer.from(Float32Array.from(image.data).buffer).toString('base64'));
    const scored = await post('/v2/models/letters.score/infer', { inputs: [image, label] });
    expect(scored.outputs).toEqual([{ name: 'logit', datatype: 'FP32', shape: [1], data: [expect.any(Number)] }]);
    expect(Math.fround(scored.outputs[0]!.data[0]!)).toBe(score.logit);
  });

  it('may be lists in lists', async () => {
    const flat = latents(2);
    const nested = { ...flat, data: [flat.data.slice(0, LATENT), flat.data.slice(LATENT)] };
    const answers = await Promise.all(
      [flat, nested].map((z) => post('/v2/models/tiny.generate/infer', { inputs: [z] })),
    );
    expect(answers[1]!.outputs).toEqual(answers[0]!.outputs);
  });

  it('may come with what MLServer’s codecs say of them, and with nulls', async () => {
    const plain = await post('/v2/models/tiny.generate/infer', { inputs: [latents(2)] });
    const said = { parameters: { content_type: 'np' } };
    const told = await post('/v2/models/tiny.generate/infer', {
      ...{ id: null, ...said, inputs: [{ ...latents(2), ...said }], outputs: [{ name: 'image', ...said }] },
    });
    expect(told.outputs).toEqual(plain.outputs);
    const nulls = { id: null, parameters: null, outputs: null, inputs: [{ ...latents(2), parameters: null }] };
    expect((await post('/v2/models/tiny.generate/infer', nulls)).outputs).toEqual(plain.outputs);
  });

  it('are the same numbers as bytes, in either direction', async () => {
    const { data, ...z } = latents(3, (i) => Math.fround(Math.sin(i)));
    const inJson = await post('/v2/models/tiny.generate/infer', { inputs: [{ ...z, data }] });
    const bytes = Buffer.from(Float32Array.from(data).buffer);
    const head = Buffer.from(
      JSON.stringify({
        inputs: [{ ...z, parameters: { binary_data_size: bytes.length } }],
        outputs: [{ name: 'image', parameters: { binary_data: true } }],
      }),
    );
    const sent = Buffer.concat([head, bytes]);
    const answer = await post('/v2/models/tiny.generate/infer', sent, {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': `${head.length}`,
    });
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    const length = Number(answer.headers['inference-header-content-length']);
    const { outputs } = JSON.parse(answer.bytes.subarray(0, length).toString()) as Answer;
    const [image] = inJson.outputs as [Tensor];
    expect(outputs).toEqual([
      { name: 'image', datatype: 'FP32', shape: image.shape, parameters: { binary_data_size: 4 * image.data.length } },
    ]);
    const numbers = new Float32Array(Uint8Array.from(answer.bytes.subarray(length)).buffer);
    expect(Array.from(numbers)).toEqual(image.data.map(Math.fround));
  });

  it('join the batches of GraphQL', async () => {
    const { engine, query } = { engine: server.current.engine, query: server.current.query.bind(server.current) };
    const release = engine.hold();
    engine.forget();
    const asked = [
      query('{ sample(model: "tiny", seed: 1, count: 2) { image { bytes } } }'),
      post('/v2/models/tiny.generate/infer', { inputs: [latents(3)] }),
    ];
    try {
      await expect.poll(() => server.current.repository.get('tiny').stats().generate?.queued).toBe(5);
    } finally {
      release();
    }
    await Promise.all(asked);
    expect(engine.runs.map(({ rows }) => rows)).toContain(5);
  });

  it.each(CAPABILITIES)('pass every graph, such as %s', async (graph) => {
    const { inputs, outputs } = (await get(`/v2/models/whole.${graph}`)) as unknown as Record<string, Tensor[]>;
    const filled = inputs!.map(({ name, datatype, shape: [, ...row] }) => {
      const size = row.reduce((product, n) => product * n, 1);
      return { name, datatype, shape: [2, ...row], data: new Array<number>(2 * size).fill(1) };
    });
    const { status, outputs: made } = await post(`/v2/models/whole.${graph}/infer`, { inputs: filled });
    expect(status).toBe(200);
    expect(made.map(({ name }) => name)).toEqual(outputs!.map(({ name }) => name));
    for (const { shape, data } of made) expect(data).toHaveLength(shape.reduce((product, n) => product * n, 1));
  });
});

describe('is refused in the form of the protocol', () => {
  const z = latents(1);
  const ask = '/v2/models/tiny.generate/infer';
  test.each<[string, string, unknown, number, RegExp]>([
    ['another model', '/v2/models/none.generate/infer', { inputs: [z] }, 404, /none/],
    ['a model without its graph', '/v2/models/tiny/infer', { inputs: [z] }, 404, /tiny\.generate, tiny\.score/],
    ['a graph that it lacks', '/v2/models/tiny.encode/infer', { inputs: [z] }, 404, /encode/],
    ['another version', '/v2/models/tiny.generate/versions/9/infer', { inputs: [z] }, 404, /9/],
    ['an address of nothing', '/v2/models/tiny.generate/explain', {}, 404, /Open Inference Protocol/],
    ['no inputs', ask, { inputs: [] }, 400, /inputs/],
    ['an unknown input', ask, { inputs: [{ ...z, name: 'noise' }] }, 400, /inputs z once.*noise/],
    ['an input twice', ask, { inputs: [z, z] }, 400, /once/],
    ['another type', ask, { inputs: [{ ...z, datatype: 'FP64' }] }, 400, /FP32 \[n, .*FP64/],
    ['another shape', ask, { inputs: [{ ...z, shape: [LATENT] }] }, 400, /FP32 \[n,/],
    ['too few numbers', ask, { inputs: [{ ...z, data: [1] }] }, 400, /numbers of "z".*received "1"/],
    ['too many numbers', ask, { inputs: [{ ...z, data: new Array(99).fill(0) }] }, 400, /numbers of "z".*"99"/],
    ['text for numbers', ask, { inputs: [{ ...z, data: ['1'] }] }, 400, /data of "z" to be numbers/],
    ['null', ask, { inputs: [{ ...z, data: new Array(LATENT).fill(null) }] }, 400, /data of "z" to be numbers/],
    ['more than float32 holds', ask, { inputs: [latents(1, () => 1e39)] }, 400, /finite numbers of "z"/],
    ['no rows', ask, { inputs: [{ ...z, shape: [0, LATENT], data: [] }] }, 400, /shape/],
    ['another output', ask, { inputs: [z], outputs: [{ name: 'logit' }] }, 400, /outputs among image.*logit/],
    ['a sequence', ask, { inputs: [z], parameters: { sequence_id: 1 } }, 400, /parameters.*sequence_id/],
    ['shared memory', ask, { inputs: [{ ...z, parameters: { shared_memory_region: 'a' } }] }, 400, /parameters/],
    ['what is not JSON', ask, Buffer.from('{"inputs"'), 400, /JSON/],
    ['nothing', ask, Buffer.alloc(0), 400, /an empty body/],
  ])('%s', async (_, url, body, status, message) => {
    const refused = await post(url, body);
    expect(refused).toMatchObject({ status, error: expect.stringMatching(message), code: expect.any(String) });
    await server.current.expectAlive();
  });

  it('a length of JSON that is none, and bytes that are too few or too many', async () => {
    const head = (size: number) =>
      Buffer.from(JSON.stringify({ inputs: [{ ...z, data: undefined, parameters: { binary_data_size: size } }] }));
    const bytes = Buffer.alloc(4 * LATENT);
    const send = (body: Buffer, length: string) => post(ask, body, { 'inference-header-content-length': length });
    expect((await send(head(bytes.length), '9999999')).error).toMatch(/length of the body/);
    expect((await send(head(bytes.length), '-1')).error).toMatch(/length of the body/);
    const whole = head(bytes.length);
    const short = Buffer.concat([whole, bytes.subarray(4)]);
    expect((await send(short, `${whole.length}`)).error).toMatch(new RegExp(`${bytes.length} bytes of "z" behind`));
    const long = Buffer.concat([whole, bytes, Buffer.alloc(4)]);
    expect((await send(long, `${whole.length}`)).error).toMatch(/bytes of tensors behind the JSON/);
    const wrong = head(8);
    expect((await send(Buffer.concat([wrong, bytes]), `${wrong.length}`)).error).toMatch(/binary_data_size of "z"/);
  });

  it('more rows than a request may have, before their numbers are looked at', async () => {
    const refused = await post(ask, { inputs: [{ ...z, shape: [1025, LATENT], data: 'never read' }] });
    expect(refused).toMatchObject({
      status: 400,
      error: expect.stringContaining('at most 1024'),
      code: 'BAD_USER_INPUT',
    });
  });

  it('a body as pages of other sites send them, or compressed', async () => {
    const body = { inputs: [z] };
    expect((await post(ask, body, { 'content-type': 'text/plain' })).error).toMatch(/application\/json/);
    expect((await post(ask, body, { 'content-encoding': 'gzip' })).error).toMatch(/without compression/);
  });

  it('loading and unloading to those who are no admins', async () => {
    for (const what of ['load', 'unload']) {
      const refused = await post(`/v2/repository/models/tiny.generate/${what}`, {});
      expect(refused).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', error: expect.stringContaining('admin') });
    }
  });
});
