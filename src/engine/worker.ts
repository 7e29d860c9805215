// A worker thread of the engine: holds sessions and runs them one request at a time. It stops only when asked, between
// runs: ending a thread inside native code would take the process with it.

import { parentPort, workerData } from 'node:worker_threads';
import { GanymedeError, messageOf } from '../errors.js';
import { buffersOf, type Reply, type Request, type WorkerSettings } from './protocol.js';
import { Session } from './session.js';

const port = parentPort;
if (!port)
  throw new GanymedeError(
    'ENGINE_FAILED',
    'Expected src/engine/worker to be started as a worker thread but it was run on its own.',
  );
const settings = workerData as WorkerSettings;
const sessions = new Map<number, Session>();

let last: Promise<void> = Promise.resolve();
port.on('message', (request: Request) => {
  last = last.then(() => answer(request));
});

async function answer(request: Request) {
  try {
    const reply = await handle(request);
    port!.postMessage(reply, reply.kind === 'ran' ? buffersOf(reply.outputs) : []);
    if (request.kind === 'stop') port!.close();
  } catch (error) {
    const code = error instanceof GanymedeError ? error.code : 'ENGINE_FAILED';
    port!.postMessage({ kind: 'failed', id: request.id, code, message: messageOf(error) } satisfies Reply);
  }
}

async function handle(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'load': {
      const session = await Session.load(request.onnx, settings);
      sessions.set(request.graph, session);
      return { kind: 'loaded', id: request.id, inputs: session.inputs, outputs: session.outputs };
    }
    case 'run': {
      const session = sessions.get(request.graph);
      if (!session)
        throw new GanymedeError('ENGINE_FAILED', `Expected graph ${request.graph} to be loaded but it was released.`);
      return { kind: 'ran', id: request.id, outputs: await session.run(request.feeds) };
    }
    case 'release':
      await sessions.get(request.graph)?.release();
      sessions.delete(request.graph);
      return { kind: 'done', id: request.id };
    case 'stop':
      for (const session of sessions.values()) await session.release();
      sessions.clear();
      return { kind: 'done', id: request.id };
    default:
      return request satisfies never;
  }
}
