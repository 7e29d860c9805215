// /v2: every graph of every version by the Open Inference Protocol, which Triton, KServe and MLServer share, so that
// their clients work here unchanged. Rows join the batches of GraphQL's own requests. A model of that protocol is one
// graph here: `mnist.generate` is the graph "generate" of the model mnist.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Role, requireRole } from '../access/role.js';
import type { GraphEngine } from '../engine/engine.js';
import { sizeOf, type TensorSpecs } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { CAPABILITIES, type Capability, publishedName } from '../models/capabilities.js';
import type { Model } from '../models/model.js';
import type { RequestScope } from '../resolvers/scope.js';
import { VERSION } from '../version.js';
import { installErrorHandler } from './errors.js';
import { readVersion } from './images.js';
import {
  type AskedOutputs,
  answerBytes,
  DATATYPE,
  JSON_LENGTH,
  parseBody,
  readInferRequest,
  writeInferAnswer,
} from './inference-tensors.js';
import type { PathHider } from './paths.js';

interface GraphRoute {
  Params: { model: string; version?: string };
  Body: Buffer | undefined;
}

export interface OpenInferenceParts {
  readonly scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope;
  readonly engine: Pick<GraphEngine, 'healthy'>;
  readonly isDraining: () => boolean;
  readonly hidePaths: PathHider;
}

/** Whoever sends examples takes more of the server than a latent does, as in GraphQL. */
const ROLE_OF_GRAPH: Readonly<Record<Capability, Role>> = {
  generate: 'viewer',
  map: 'viewer',
  synthesize: 'viewer',
  score: 'scorer',
  scorer: 'scorer',
  features: 'scorer',
  encode: 'scorer',
  classify: 'scorer',
  inpaint: 'scorer',
};

export async function installOpenInference(app: FastifyInstance, parts: OpenInferenceParts): Promise<void> {
  const { scopeOf, engine, isDraining, hidePaths } = parts;
  const requireReady = (): void => {
    if (!engine.healthy)
      throw new GanymedeError(
        'ENGINE_FAILED',
        'Expected an engine that works but its workers failed, or the server that runs the graphs is not ready.',
      );
    if (isDraining()) throw new GanymedeError('SHUTTING_DOWN', 'Expected a server that is ready but it is stopping.');
  };
  const install = async (v2: FastifyInstance) => {
    v2.removeAllContentTypeParsers();
    // Clients of Triton send JSON without saying so.
    v2.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => body);
    installErrorHandler(v2, hidePaths, ({ message, extensions }) => ({ error: message, ...extensions }));
    v2.setNotFoundHandler(({ method, url }) => {
      throw expected('an address of the Open Inference Protocol', `${method} ${url.slice(0, 200)}`, 'NOT_FOUND');
    });
    v2.addHook('preValidation', async (request) => refuseOtherBodies(request));

    v2.get('', () => ({ name: 'ganymede', version: VERSION, extensions: ['binary_tensor_data', 'model_repository'] }));
    v2.get('/health/live', () => ({ live: true }));
    v2.get('/health/ready', () => {
      requireReady();
      return { ready: true };
    });

    for (const address of ['/models/:model', '/models/:model/versions/:version']) {
      v2.get<GraphRoute>(address, async (request, reply) => {
        const scope = scopeOf(request, reply);
        const { name, model, capability } = graphOf(request, scope);
        const versions = scope.repository.versions(model.name).filter((one) => one.has(capability));
        scope.account.spend({ rows: 1 }); // it may have to be loaded
        scope.charge();
        const { inputs, outputs } = await model.specsOf(capability);
        return {
          name,
          versions: versions.map(({ version }) => `${version}`),
          platform: 'onnx_onnxv1',
          inputs: told(inputs),
          outputs: told(outputs),
        };
      });
      v2.get<GraphRoute>(`${address}/ready`, async (request, reply) => {
        const { name } = graphOf(request, scopeOf(request, reply));
        requireReady();
        return { name, ready: true };
      });
      v2.post<GraphRoute>(`${address}/infer`, async (request, reply) => infer(request, reply, scopeOf(request, reply)));
    }

    v2.post<{ Body: Buffer | undefined }>('/repository/index', async (request, reply) => {
      const { repository } = scopeOf(request, reply);
      const state = engine.healthy ? 'READY' : 'UNAVAILABLE';
      return repository.list().flatMap(({ name }) =>
        repository.versions(name).flatMap(({ capabilities, version }) =>
          capabilities.map((graph) => ({
            name: publishedName(name, graph),
            version: `${version}`,
            state,
            reason: '',
          })),
        ),
      );
    });
    v2.post<GraphRoute>('/repository/models/:model/load', async (request, reply) => {
      const { model } = graphOf(request, scopeOf(request, reply));
      refuseParameters(request.body);
      await model.load();
      return {};
    });
    v2.post<GraphRoute>('/repository/models/:model/unload', async (request, reply) => {
      const { model } = graphOf(request, scopeOf(request, reply));
      await model.unload();
      return {};
    });
  };
  await app.register(install, { prefix: '/v2' });
}

async function infer(
  request: FastifyRequest<GraphRoute>,
  reply: FastifyReply,
  scope: RequestScope,
): Promise<FastifyReply> {
  const { name, model, capability } = graphOf(request, scope);
  requireRole(scope.actor, ROLE_OF_GRAPH[capability], `the graph "${capability}"`);
  const { inputs: wanted, outputs: given } = await model.specsOf(capability);
  const said = request.headers[JSON_LENGTH];
  const body = request.body ?? Buffer.alloc(0);
  const { account } = scope;
  const asked = readInferRequest(body, said?.toString(), { inputs: wanted, outputs: given }, (rows, outputs) =>
    account.spend({ rows, bytes: bytesOf(outputs, (name) => rows * knownSize(given[name]!.shape)) }),
  );
  scope.charge();
  const { id, inputs, outputs, deadlineMs } = asked;
  const made = await model.run(capability, inputs, { signal: scope.signal, deadlineMs });
  // Of some outputs only a run tells the shape.
  const unknown = outputs.filter(({ name }) => knownSize(given[name]!.shape) === 0);
  account.spend({ bytes: bytesOf(unknown, (name) => made[name]!.data.length) });
  await scope.turn();
  const head = { model_name: name, model_version: `${model.version}`, ...(id !== undefined && { id }) };
  const answer = writeInferAnswer(head, outputs, made);
  if (answer.jsonLength === undefined) return reply.type('application/json; charset=utf-8').send(answer.body);
  return reply.header(JSON_LENGTH, `${answer.jsonLength}`).type('application/octet-stream').send(answer.body);
}

function bytesOf(outputs: AskedOutputs, numbersOf: (name: string) => number): number {
  return outputs.reduce((sum, { name, binary }) => sum + answerBytes(numbersOf(name), binary), 0);
}

/** Numbers of a row of [−1, …]; 0 where that is not known before. */
function knownSize([, ...row]: readonly number[]): number {
  return row.includes(-1) ? 0 : sizeOf(row);
}

/** @throws GanymedeError MODEL_NOT_FOUND, VERSION_NOT_FOUND, CAPABILITY_MISSING, BAD_USER_INPUT */
function graphOf(
  { params }: FastifyRequest<GraphRoute>,
  { repository }: RequestScope,
): { readonly name: string; readonly model: Model; readonly capability: Capability } {
  const at = params.model.lastIndexOf('.'); // there may be more in the name of the model
  const name = at < 0 ? params.model : params.model.slice(0, at);
  const capability = CAPABILITIES.find((one) => params.model === publishedName(name, one));
  const model = repository.get(name, params.version === undefined ? undefined : readVersion(params.version));
  if (capability) {
    model.require(capability);
    return { name: params.model, model, capability };
  }
  const graphs = model.capabilities.map((one) => publishedName(name, one)).join(', ');
  throw expected(`a model and its graph, one of ${graphs}`, params.model, 'MODEL_NOT_FOUND');
}

function told(specs: TensorSpecs): { name: string; datatype: string; shape: readonly number[] }[] {
  return Object.entries(specs).map(([name, { shape }]) => ({ name, datatype: DATATYPE, shape }));
}

/** A page of another site can send a form as text without asking first. */
function refuseOtherBodies({ headers }: FastifyRequest): void {
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  if (type !== undefined && !/^application\/(json|octet-stream)\s*(;|$)/i.test(type)) {
    throw expected('a body of application/json or application/octet-stream', type);
  }
  if (encoding !== undefined && encoding !== 'identity') throw expected('a body without compression', encoding);
}

const loadSchema = z.object({ parameters: z.record(z.string(), z.unknown()).optional() });

/** Triton's clients can send another configuration, or files. */
function refuseParameters(body: Buffer | undefined): void {
  if (!body || body.length === 0) return;
  const { parameters = {} } = parseBody(body.toString(), loadSchema);
  const [first] = Object.keys(parameters);
  if (first !== undefined) throw expected('no parameters: a version is loaded as it lies in its folder', first);
}
