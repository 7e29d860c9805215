// A worker for test/engine/engine.test.ts that speaks the engine's protocol and does what each run's `command` says, so
// that crashes and delays happen exactly when a test wants them.
import { BroadcastChannel, parentPort } from 'node:worker_threads';

const spec = { dtype: 'int32', shape: [1] };
const loaded = new Set();
let runs = 0;

// One request at a time, as the real worker does.
let last = Promise.resolve();
parentPort.on('message', (request) => {
  last = last.then(() => handle(request));
});

async function handle({ kind, id, graph, feeds }) {
  const answer = (reply) => parentPort.postMessage({ id, ...reply });
  switch (kind) {
    case 'load':
      loaded.add(graph);
      return answer({ kind: 'loaded', inputs: { command: spec }, outputs: { runs: spec } });
    case 'release':
      loaded.delete(graph);
      return answer({ kind: 'done' });
    case 'stop':
      answer({ kind: 'done' });
      return parentPort.close();
    case 'run': {
      if (!loaded.has(graph)) return answer({ kind: 'failed', code: 'ENGINE_FAILED', message: 'not loaded here' });
      const command = feeds.command.data[0];
      if (command === 1) process.exit(7);
      if (command === 2) throw new Error('out of luck');
      if (command === 3 || command === 5) await told('go', () => report('held'));
      if (command === 5) process.exit(7);
      if (command === 4) return answer({ kind: 'failed', code: 'ENGINE_FAILED', message: 'the graph refused' });
      runs++;
      return answer({ kind: 'ran', outputs: { runs: { ...spec, data: Int32Array.of(runs) } } });
    }
  }
}

/** Waits for a word on the channel that the test shares. */
function told(word, ready) {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel('ganymede-test-worker');
    channel.onmessage = ({ data }) => {
      if (data !== word) return;
      channel.close();
      resolve();
    };
    ready();
  });
}

function report(word) {
  const channel = new BroadcastChannel('ganymede-test-worker');
  channel.postMessage(word);
  channel.close();
}
