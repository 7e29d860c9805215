// Stderr is the log's, one line of JSON an entry. Native code prints there past every stream of Node, so a process of
// its own shows what comes.

import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { graph, message, model, node, value } from './onnx-bytes.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const io = { inputs: [value('x', [4])], outputs: [value('y', [4])] };
const integers = (name: string, ...numbers: number[]) =>
  message([1, numbers.length], [2, 7], [8, name], [9, new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer)]);
const tooShort = message([1, 4], [2, 1], [8, 'w'], [9, new Uint8Array(3)]);

const GRAPHS: Readonly<Record<string, Uint8Array>> = {
  'no graph at all': Uint8Array.of(1, 2, 3),
  'weights that are too short': model(
    graph({ nodes: [node({ op: 'Add', inputs: ['x', 'w'] })], initializers: [tooShort], ...io }),
  ),
  'an unknown operator': model(graph({ nodes: [node({ op: 'Nope', inputs: ['x'] })], ...io })),
  'an output of another rank': model(
    graph({ nodes: [node({ op: 'Relu', inputs: ['x'] })], inputs: io.inputs, outputs: [value('y', [5, 6])] }),
  ),
  'an index out of range': model(
    graph({ nodes: [node({ op: 'Gather', inputs: ['x', 'i'] })], initializers: [integers('i', 99)], ...io }),
  ),
  'a shape that does not fit': model(
    graph({ nodes: [node({ op: 'Reshape', inputs: ['x', 's'] })], initializers: [integers('s', -1, 7)], ...io }),
  ),
};

const PROGRAM = `
  import { Session } from '${pathToFileURL(`${ROOT}dist/engine/session.js`)}';
  const outcomes = [];
  for (const bytes of JSON.parse(process.argv[1])) {
    const x = { dtype: 'float32', shape: [3, 4], data: new Float32Array(12) };
    const work = Session.load(Uint8Array.from(bytes)).then((session) => session.run({ x }));
    outcomes.push(await work.then(() => 'ran', (error) => error.code));
  }
  process.stdout.write(JSON.stringify(outcomes));
`;

test('graphs that cannot be loaded or run are refused by an error and by nothing on stderr', () => {
  const graphs = JSON.stringify(Object.values(GRAPHS).map((bytes) => [...bytes]));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, graphs], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const failed = ['ENGINE_FAILED', 'ENGINE_FAILED', 'ENGINE_FAILED', 'ran', 'ENGINE_FAILED', 'ENGINE_FAILED'];
  expect(JSON.parse(stdout)).toEqual(failed);
});
