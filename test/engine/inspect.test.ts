import { describe, expect, it } from 'vitest';
import { faultsOf } from '../../src/engine/inspect.js';
import {
  constant,
  external,
  graph,
  integer,
  message,
  model,
  type NodeFields,
  no,
  node,
  subgraph,
  tensor,
  yes,
} from './onnx-bytes.js';

const leak = external('secret', 'package.json');
const noise = node({ op: 'RandomNormalLike', name: 'noise' });
const relu = node({ op: 'Relu', inputs: ['x'] });
const attribute = (field: number, value: Uint8Array) =>
  node({ op: 'Any', attributes: [message([1, 'a'], [field, value])] });
const branch = (content: Uint8Array) => node({ op: 'If', attributes: [subgraph('then_branch', content)] });
const functionOf = (domain: string, name: string, ...nodes: Uint8Array[]) =>
  message([1, name], [4, 'x'], [5, 'y'], ...nodes.map((each) => [7, each] as const), [10, domain]);
const withNodes = (...nodes: Uint8Array[]) => model(graph({ nodes }));

describe('a graph that may be loaded', () => {
  it.each<[string, Uint8Array]>([
    ['has standard operators', withNodes(relu, node({ op: 'Tanh', domain: 'ai.onnx' }))],
    ['has branches', withNodes(branch(graph({ nodes: [relu] })))],
    ['has weights', model(graph({ initializers: [tensor('w', 1, new Uint8Array(4))] }))],
    [
      'normalises by what training saw',
      withNodes(node({ op: 'BatchNormalization', attributes: [integer('training_mode', 0)] })),
    ],
    [
      'has a function of standard operators',
      model(graph({ nodes: [node({ op: 'F', domain: 'mine' })] }), [25, functionOf('mine', 'F', relu)]),
    ],
    ['drops nothing out by default', withNodes(node({ op: 'Dropout', inputs: ['x', 'ratio'] }))],
    ['leaves the mode of Dropout out', withNodes(node({ op: 'Dropout', inputs: ['x', 'ratio', ''] }))],
    [
      'switches Dropout off by an initializer',
      model(graph({ nodes: [node({ op: 'Dropout', inputs: ['x', 'r', 'mode'] })], initializers: [no('mode')] })),
    ],
    [
      'switches Dropout off by a number without raw bytes',
      model(
        graph({
          nodes: [node({ op: 'Dropout', inputs: ['x', 'r', 'mode'] })],
          initializers: [message([2, 9], [5, Uint8Array.of(0)], [8, 'mode'])],
        }),
      ),
    ],
    [
      'switches Dropout off by a constant outside the branch that it is in',
      withNodes(
        node({ op: 'Constant', outputs: ['mode'], attributes: [constant('value', no(''))] }),
        branch(graph({ nodes: [node({ op: 'Dropout', inputs: ['x', 'r', 'mode'] })] })),
      ),
    ],
  ])('%s', (_, onnx) => {
    expect(faultsOf(onnx)).toEqual([]);
  });
});

describe('values in another file are found', () => {
  it.each<[string, Uint8Array]>([
    ['in an initializer', model(graph({ initializers: [leak] }))],
    ['in a sparse initializer', model(message([15, message([1, leak])]))],
    ['in the indices of one', model(message([15, message([2, leak])]))],
    ['in the value of a constant', withNodes(attribute(5, leak))],
    ['in a list of tensors', withNodes(attribute(10, leak))],
    ['in a sparse value', withNodes(attribute(22, message([1, leak])))],
    ['in a list of sparse values', withNodes(attribute(23, message([2, leak])))],
    ['in a branch', withNodes(branch(graph({ initializers: [leak] })))],
    ['in one of several subgraphs', withNodes(attribute(11, graph({ initializers: [leak] })))],
    ['in a branch of a branch', withNodes(branch(graph({ nodes: [branch(graph({ initializers: [leak] }))] })))],
    ['in a function', model(graph({}), [25, functionOf('mine', 'F', attribute(5, leak))])],
    [
      'in the default of a function’s attribute',
      model(graph({}), [25, message([1, 'F'], [10, 'mine'], [11, message([5, leak])])]),
    ],
    ['in training info', model(graph({}), [20, message([1, graph({ initializers: [leak] })])])],
    ['in the algorithm of training info', model(graph({}), [20, message([2, graph({ initializers: [leak] })])])],
    [
      'in the first of two graphs, which the runtime joins',
      message([7, graph({ initializers: [leak] })], [7, graph({})]),
    ],
    ['where only the place is given', model(graph({ initializers: [message([8, 'secret'], [14, 1])] }))],
    [
      'where only the file is given',
      model(graph({ initializers: [message([8, 'secret'], [13, message([1, 'location'], [2, 'package.json'])])] })),
    ],
    [
      'behind a number of many bytes',
      model(graph({ initializers: [Uint8Array.of(0x42, 1, 0x73, 0x70, 0x81, 0x80, 0x80, 0x80, 0x10)] })),
    ],
  ])('%s', (_, onnx) => {
    expect(faultsOf(onnx)).toEqual([expect.stringMatching(/^tensor "s(ecret)?" with its values in another file, /)]);
  });

  it('with what to do', () => {
    expect(faultsOf(model(graph({ initializers: [leak] })))).toEqual([
      'tensor "secret" with its values in another file, "package.json". Export with the weights inside: ' +
        'torch.onnx.export(…, external_data=False), or onnx.load and onnx.save',
    ]);
  });
});

describe('operators that must not be served are found', () => {
  const refusals: [string, NodeFields, string][] = [
    ...['RandomNormal', 'RandomUniform', 'RandomNormalLike', 'RandomUniformLike', 'Multinomial', 'Bernoulli'].map(
      (op): [string, NodeFields, string] => [op, { op, name: 'n' }, `node "n", ${op}, which draws random numbers.`],
    ),
    [
      'one of a foreign domain',
      { op: 'Gelu', name: 'n', domain: 'com.microsoft' },
      'node "n", "com.microsoft.Gelu", which is not a standard',
    ],
    [
      'one of another part of ONNX',
      { op: 'Scaler', name: 'n', domain: 'ai.onnx.ml' },
      'node "n", "ai.onnx.ml.Scaler", which is not',
    ],
    ['one without a name, by its output', { op: 'Gelu', domain: 'x' }, 'node "y", "x.Gelu"'],
    [
      'statistics of the batch',
      { op: 'BatchNormalization', name: 'n', attributes: [integer('training_mode', 1)] },
      'in training mode',
    ],
    [
      'statistics of the batch if a caller says so',
      { op: 'BatchNormalization', name: 'n', attributes: [message([1, 'training_mode'], [21, 'mode'])] },
      'in training mode',
    ],
    [
      'statistics of the batch as old opsets ask for them',
      { op: 'BatchNormalization', name: 'n', outputs: ['y', 'mean'] },
      'in training mode',
    ],
    [
      'dropout by a value that the graph computes',
      { op: 'Dropout', name: 'n', inputs: ['x', 'r', 'computed'] },
      'in training mode',
    ],
  ];
  const places: [string, (content: Uint8Array) => Uint8Array][] = [
    ['', (content) => withNodes(content)],
    [' in a branch', (content) => withNodes(branch(graph({ nodes: [content] })))],
    [' in a function', (content) => model(graph({}), [25, functionOf('mine', 'F', content)])],
  ];
  for (const [place, put] of places) {
    it.each(refusals)(`%s${place}`, (_, fields, says) => {
      const [first, ...others] = faultsOf(put(node(fields)));
      expect(others).toEqual([]);
      expect(first).toContain(
        place === ' in a function' ? says.replace(/^(node "\w"), /, '$1 in function "mine.F", ') : says,
      );
    });
  }

  it.each<[string, Uint8Array[], Uint8Array[]]>([
    ['the constant true', [node({ op: 'Constant', outputs: ['mode'], attributes: [constant('value', yes(''))] })], []],
    ['true as an initializer', [], [yes('mode')]],
    ['true or false, where two branches give the name', [branch(graph({ initializers: [yes('mode')] }))], [no('mode')]],
    ['an input that is false unless given', [], [no('mode')]],
  ])('dropout switched by %s', (name, nodes, initializers) => {
    const inputs = name.startsWith('an input') ? [message([1, 'mode'])] : [];
    const dropout = node({ op: 'Dropout', name: 'd', inputs: ['x', 'r', 'mode'] });
    expect(faultsOf(model(graph({ nodes: [...nodes, dropout], initializers, inputs })))).toEqual([
      expect.stringContaining('node "d", Dropout, in training mode'),
    ]);
  });

  it('each of them, not only the first, and each once', () => {
    const faults = faultsOf(
      model(graph({ nodes: [noise, noise, node({ op: 'Gelu', domain: 'x' })], initializers: [leak] })),
    );
    expect(faults).toHaveLength(3);
  });
});

describe('functions', () => {
  const calling = (domain: string) => node({ op: 'F', domain });

  it.each(['', 'ai.onnx', 'com.microsoft'])(
    'in the domain "%s" could take the place of an operator, and are refused',
    (domain) => {
      expect(faultsOf(model(graph({ nodes: [] }), [25, functionOf(domain, 'Relu', relu)]))[0]).toContain(
        'under the name of an operator',
      );
    },
  );

  it('that call functions are refused, since a few lines could stand for more nodes than there is memory', () => {
    const bomb = model(
      graph({ nodes: [calling('mine')] }),
      [25, functionOf('mine', 'F', node({ op: 'G', domain: 'mine' }), node({ op: 'G', domain: 'mine' }))],
      [25, functionOf('mine', 'G', calling('mine'))],
    );
    expect(faultsOf(bomb).join()).toContain(
      'node "y" in function "mine.F", "mine.G", which is not a standard ONNX operator',
    );
  });

  it('count as many nodes as they stand for', () => {
    const long = functionOf('mine', 'F', ...Array.from({ length: 2000 }, () => relu));
    const faults = faultsOf(model(graph({ nodes: Array.from({ length: 60 }, () => calling('mine')) }), [25, long]));
    expect(faults).toEqual([expect.stringContaining('120060 nodes, functions written out. At most 100000')]);
  });
});

describe('bytes that are not a model are refused', () => {
  const nested = (depth: number): Uint8Array =>
    depth === 0 ? graph({}) : graph({ nodes: [branch(nested(depth - 1))] });
  const sound = withNodes(relu);
  it.each<[string, Uint8Array, string]>([
    ['none', new Uint8Array(), 'no graph'],
    ['text', Buffer.from('not a graph'), 'not an ONNX model'],
    ['a model cut short', sound.subarray(0, sound.length - 3), 'not an ONNX model'],
    ['a part longer than what it lies in', message([7, Uint8Array.of(0x0a, 100)]), 'after what it lies in'],
    ['subgraphs nested past what the runtime reads', model(nested(5000)), 'more than 100 parts within each other'],
    [
      'more parts than any model has',
      model(new Uint8Array(4_100_000).map((_, i) => (i % 2 ? 0 : 0x0a))),
      'more than 2000000 parts',
    ],
    [
      'the runtime’s own format, which would pass all checks by',
      Buffer.from('\x12\x10\0\0ORTM', 'latin1'),
      'ORT format',
    ],
  ])('%s', (_, onnx, says) => {
    expect(faultsOf(onnx)).toEqual([expect.stringContaining(says)]);
  });
});
