// Loops of foreign graphs: those of a known number of turns are served, those that may never end are refused unrun.

import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  attribute,
  decodeProto,
  encodeProto,
  graphProto,
  node,
  tensor,
  valueInfo,
} from '../../src/engine/onnx-proto.js';
import { float32 } from '../../src/engine/tensor.js';
import { expectClose, floats, type Graph, input, integers, onnx, Site, step } from './graphs.js';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
});
afterEach(() => site.close());

/** tanh of z, doubled in each turn; without a number of turns it goes on while its condition says so, which is ever. */
function looped(turns: number | null): Uint8Array {
  const graph: Graph = {
    inputs: [input('z', [-1, 12])],
    outputs: [input('picture', [-1, 3, 2, 2])],
    nodes: [step('Tanh', ['z'], 'a'), step('Identity', ['a'], 'b'), step('Reshape', ['b', 'shape'], 'picture')],
    constants: { shape: integers(-1, 3, 2, 2), two: floats([], [2]) },
  };
  const model = decodeProto(onnx(graph));
  const body = graphProto({
    name: 'turn',
    input: [valueInfo('turn', 7, []), valueInfo('goes', 9, []), valueInfo('before', 1, [-1, 12])],
    output: [valueInfo('on', 9, []), valueInfo('after', 1, [-1, 12])],
    node: [
      node({ opType: 'Identity', input: ['goes'], output: ['on'] }),
      node({ opType: 'Mul', input: ['before', 'two'], output: ['after'] }),
    ],
  });
  const [bytes, ever] = [new Uint8Array(BigInt64Array.of(BigInt(turns ?? 0)).buffer), Uint8Array.of(1)];
  model.graph.initializer.push(
    tensor({ name: 'turns', dims: [], dataType: 7, rawData: bytes }),
    tensor({ name: 'ever', dims: [], dataType: 9, rawData: ever }),
  );
  model.graph.node[1] = node({
    opType: 'Loop',
    input: [turns === null ? '' : 'turns', 'ever', 'a'],
    output: ['b'],
    attribute: [attribute({ name: 'body', type: 5, g: body })],
  });
  return encodeProto(model);
}

it('a loop of a known number of turns is served', async () => {
  const imported = await site.import(looped(3), { range: [-8, 8] });
  const z = Array.from({ length: 12 }, (_, i) => (i - 6) / 4);
  const { image } = await site.run(imported, 'generate', { z: float32([1, 12], z) });
  expectClose(
    image!,
    z.map((value) => 8 * Math.tanh(value)),
  );
});

it.each([
  ['by a condition alone', null],
  ['after more turns than anybody waits for', 2 ** 40],
])('a loop that ends %s is refused before it runs', async (_, turns) => {
  await expect(site.import(looped(turns), { range: [-8, 8] })).rejects.toMatchObject({
    code: 'GRAPH_REFUSED',
    message: expect.stringContaining('Write its turns out'),
  });
});
