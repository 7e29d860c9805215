// A small server of the Open Inference Protocol, written from its text and that of Triton's extensions, on Fastify and
// ONNX Runtime: what Triton does with our graphs, as far as a client sees. A test may take its place when it answers,
// and do everything wrong.

import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Session } from '../../../src/engine/session.js';
import type { HostTensors, TensorSpecs } from '../../../src/engine/tensor.js';

export interface OipOptions {
  readonly port?: number;
  /** Whether it knows the extension `binary_tensor_data`; MLServer does not. */
  readonly binary?: boolean;
  /** Asked of every request. */
  readonly key?: string;
}

/** An answer as it should go out. */
export interface GoodAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Answers instead of it, on the bare connection. */
export type Fault = (good: GoodAnswer, reply: FastifyReply['raw'], request: FastifyRequest) => void;

interface Served {
  readonly session: Session;
  readonly maxBatch: number | undefined;
  /** What it says of itself, where that is not what it is. */
  readonly says: { readonly inputs: TensorSpecs; readonly outputs: TensorSpecs };
}

const TYPES = { float32: 'FP32', int64: 'INT64', int32: 'INT32', uint8: 'UINT8', bool: 'BOOL' } as const;

export class OipServer {
  /** `POST …/infer` of each run, in order: form and rows. */
  readonly runs: { model: string; binary: boolean; rows: number }[] = [];
  ready = true;
  fault: Fault | undefined;
  readonly #models = new Map<string, Served>();
  readonly #app: FastifyInstance;
  readonly #binary: boolean;
  #held: Promise<void> | undefined;

  static async start(options: OipOptions = {}): Promise<OipServer> {
    const server = new OipServer(options);
    await server.#app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
    return server;
  }

  private constructor({ binary = true, key }: OipOptions) {
    this.#binary = binary;
    this.#app = fastify({ forceCloseConnections: true, bodyLimit: 64 * 2 ** 20 });
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => body);
    this.#app.setErrorHandler((error: Error, _, reply) => reply.code(400).send({ error: error.message }));
    if (key !== undefined) {
      this.#app.addHook('onRequest', async ({ headers }, reply) => {
        if (headers.authorization !== `Bearer ${key}`) return reply.code(401).send({ error: 'who are you?' });
        return undefined;
      });
    }
    this.#install();
  }

  get port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async add(
    model: string,
    version: number,
    onnx: Uint8Array,
    { maxBatch, says }: { maxBatch?: number; says?: Partial<Served['says']> } = {},
  ): Promise<void> {
    const session = await Session.load(onnx);
    const { inputs, outputs } = session;
    this.#models.set(`${model}/${version}`, { session, maxBatch, says: { inputs, outputs, ...says } });
  }

  remove(model: string, version: number): void {
    this.#models.delete(`${model}/${version}`);
  }

  /** Runs wait until the returned function is called. */
  hold(): () => void {
    let free = () => {};
    this.#held = new Promise((resolve) => {
      free = resolve;
    });
    return free;
  }

  async close(): Promise<void> {
    await this.#app.close();
    for (const { session } of this.#models.values()) await session.release();
    this.#models.clear();
  }

  #install(): void {
    const app = this.#app;
    app.get('/v2', () => ({ name: 'oip', version: '1', extensions: this.#binary ? ['binary_tensor_data'] : [] }));
    app.get('/v2/health/ready', (_, reply) => reply.code(this.ready ? 200 : 400).send('')); // as Triton: no body
    app.get('/v2/models/:model/versions/:version', (request) => {
      const { says } = this.#served(request);
      const told = (specs: TensorSpecs) =>
        Object.entries(specs).map(([name, { dtype, shape }]) => ({ name, datatype: TYPES[dtype], shape }));
      return { name: 'm', versions: ['1'], platform: 'x', inputs: told(says.inputs), outputs: told(says.outputs) };
    });
    app.get('/v2/models/:model/versions/:version/config', (request, reply) => {
      const { maxBatch } = this.#served(request);
      if (maxBatch === undefined) return reply.code(404).send({ error: 'no such address' });
      return reply.send({ max_batch_size: maxBatch });
    });
    app.post('/v2/models/:model/versions/:version/infer', async (request, reply) => {
      const good = await this.#infer(request);
      const { fault } = this;
      if (!fault) return reply.headers(good.headers).send(good.body);
      reply.hijack();
      fault(good, reply.raw, request);
      return reply;
    });
  }

  #served({ params }: FastifyRequest): Served {
    const { model, version } = params as { model: string; version: string };
    const served = this.#models.get(`${model}/${version}`);
    if (!served) throw new Error(`Request for unknown model: '${model}' version ${version} is not found`);
    return served;
  }

  async #infer(request: FastifyRequest): Promise<GoodAnswer> {
    const { session, maxBatch, says } = this.#served(request);
    const { version, model } = request.params as { model: string; version: string };
    const body = request.body as Buffer;
    const said = request.headers['inference-header-content-length'];
    if (said !== undefined && !this.#binary) throw new Error('Expecting value: line 1 column 1 (char 0)');
    const length = said === undefined ? body.length : Number(said);
    const { inputs, outputs } = JSON.parse(body.toString('utf8', 0, length));
    const feeds = reshaped(feedsOf(inputs, body.subarray(length)), says.inputs, session.inputs);
    const rows = Object.values(feeds)[0]!.shape[0]!;
    if (maxBatch !== undefined && rows > maxBatch) throw new Error(`batch-size must be <= ${maxBatch}`);
    this.runs.push({ model, binary: said !== undefined, rows });
    await this.#held;
    return answerOf(await session.run(feeds), outputs, { model_name: model, model_version: version });
  }
}

interface Sent {
  readonly name: string;
  readonly shape: number[];
  readonly data?: number[];
  readonly parameters?: { readonly binary_data_size: number };
}

function feedsOf(inputs: readonly Sent[], bytes: Buffer): HostTensors {
  let at = 0;
  const feeds: HostTensors = {};
  for (const { name, shape, data, parameters } of inputs) {
    const size = parameters?.binary_data_size ?? 0;
    const values = data
      ? Float32Array.from(data.flat(9))
      : new Float32Array(Uint8Array.from(bytes.subarray(at, at + size)).buffer);
    at += size;
    feeds[name] = { dtype: 'float32', shape, data: values };
  }
  if (at !== bytes.length) throw new Error(`unexpected additional input data for model`);
  return feeds;
}

function answerOf(
  made: HostTensors,
  asked: readonly { name: string; parameters?: { binary_data?: boolean } }[],
  head: object,
): GoodAnswer {
  const bytes: Buffer[] = [];
  const outputs = asked.map(({ name, parameters }) => {
    const { dtype, shape, data } = made[name]!;
    const form = { name, datatype: TYPES[dtype], shape };
    if (!parameters?.binary_data) return { ...form, data: Array.from(data as Float32Array) };
    bytes.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return { ...form, parameters: { binary_data_size: data.byteLength } };
  });
  const json = Buffer.from(JSON.stringify({ ...head, outputs }));
  if (bytes.length === 0) return { headers: { 'content-type': 'application/json' }, body: json };
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': `${json.length}` };
  return { headers, body: Buffer.concat([json, ...bytes]) };
}

/** As Triton does by "reshape": what it says of a number for each row is [N, 1], and nothing else is taken. */
function reshaped(feeds: HostTensors, says: TensorSpecs, takes: TensorSpecs): HostTensors {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const { shape } = tensor;
      if (says[name]?.shape.length !== 2 || takes[name]?.shape.length !== 1) return [name, tensor];
      if (shape.length !== 2) throw new Error(`unexpected shape for input '${name}'. Expected [-1,1], got [${shape}]`);
      return [name, { ...tensor, shape: shape.slice(0, 1) }];
    }),
  );
}
