// Whole networks: what training differentiates, what is exported, and how classes come in. Small enough for the eager
// backend.
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportGraph } from '../../src/engine/export.js';
import { readWeights } from '../../src/engine/onnx.js';
import { Session } from '../../src/engine/session.js';
import { compileStep } from '../../src/engine/step.js';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { buildNetwork } from '../../src/networks/build.js';
import { frozen } from '../../src/networks/frozen.js';
import type { Network, Pass, Tensors } from '../../src/networks/network.js';
import { streamOf } from '../../src/random/noise.js';
import { halvings } from '../../src/recipes/image-sizes.js';
import {
  dcganGeneratorConfig,
  discriminatorCondition,
  discriminatorNetwork,
  generatorCondition,
  generatorNetwork,
} from '../../src/recipes/network-configs.js';
import { lcg, tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const IMAGE = [1, 8, 8];
const LATENT = [3];
const CLASSES = 3;

interface Built {
  readonly network: Network;
  readonly label: boolean;
}

function build(kind: string, changes: object = {}, condition?: object): Built {
  const generator = kind.endsWith('generator');
  const config = (generator ? generatorNetwork : discriminatorNetwork).parse({ kind, width: 2, ...changes });
  const network = buildNetwork(config, {
    name: generator ? 'generator' : 'discriminator',
    input: generator ? LATENT : IMAGE,
    output: generator ? IMAGE : [1],
    ...(condition
      ? {
          condition: {
            config: (generator ? generatorCondition : discriminatorCondition).parse(condition),
            classes: CLASSES,
          },
        }
      : {}),
  });
  return { network, label: condition !== undefined };
}

const BUILDS: Record<string, () => Built> = {
  'DCGAN generator with batch norm': () => build('dcgan-generator'),
  'DCGAN generator with instance norm, told of a class': () =>
    build('dcgan-generator', { norm: 'instance' }, { kind: 'concat', size: 2 }),
  'DCGAN discriminator with spectral norm': () => build('dcgan-discriminator', { spectral: true }),
  'DCGAN discriminator with two convolutions of each size': () =>
    build('dcgan-discriminator', { depth: 2, norm: 'batch', spectral: true }),
  'DCGAN discriminator with minibatch deviation and projection': () =>
    build('dcgan-discriminator', { minibatchDeviation: true, norm: 'layer' }, { kind: 'projection', spectral: true }),
  'DCGAN discriminator with batch norm and a plane of the class': () =>
    build('dcgan-discriminator', { norm: 'batch' }, { kind: 'concat' }),
  'DCGAN generator whose norms are told of a class': () =>
    build('dcgan-generator', { norm: 'batch' }, { kind: 'norm' }),
  'residual generator whose norms are told of a class': () => build('resnet-generator', {}, { kind: 'norm' }),
  'style-based generator': () => build('style-generator', { style: 3 }),
  'style-based generator, told of a class': () =>
    build('style-generator', { style: 3, mapping: 1 }, { kind: 'concat', size: 2 }),
  'residual generator': () => build('resnet-generator'),
  'residual discriminator': () => build('resnet-discriminator', { deepBlocks: 1 }),
};
const NAMES = Object.keys(BUILDS);

/**
 * Weights far from their small beginnings, so that every path matters; running values above 0; singular values found.
 */
function weightsOf(network: Network): HostTensors {
  const random = lcg(3);
  const drawn: HostTensors = Object.fromEntries(
    Object.entries(network.init(streamOf(1))).map(([name, { shape }]) => [
      name,
      float32(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () =>
          name.endsWith('/variance') || name.endsWith('/deviation') ? 0.5 + random() : random() - 0.4,
        ),
      ),
    ]),
  );
  let tensors = tensorsOf(drawn);
  for (let i = 0; i < 5; i++) tensors = { ...tensors, ...network.advance?.(tensors) };
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, float32(t.shape, Float32Array.from(valuesOf(t)))]),
  );
}

function rows(shape: readonly number[], count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = lcg(seed);
  return Float32Array.from({ length: count * sizeOf(shape) }, () => 2 * random() - 1);
}

const N = 3;
const labels = Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0);

function feedsOf({ network, label }: Built) {
  const specs = {
    x: { dtype: 'float32' as const, shape: [N, ...network.input] },
    ...(label ? { label: { dtype: 'float32' as const, shape: [N, CLASSES] } } : {}),
  };
  return { specs, feeds: { x: rows(network.input, N, 9), ...(label ? { label: labels } : {}) } };
}

function passOf(inputs: Tensors, running?: Tensors): Pass {
  return { ...(inputs['label'] ? { label: inputs['label'] } : {}), ...(running ? { running } : {}) };
}

describe.each(NAMES)('the %s', (name) => {
  const built = BUILDS[name]!();
  const { network } = built;
  const params = weightsOf(network);

  it('has traced gradients that agree with finite differences', async () => {
    const trained = Object.keys(params).filter((each) => network.fate(each) === 'trained');
    const { specs, feeds } = feedsOf(built);
    const random = lcg(4);
    const weights = Array.from({ length: N * sizeOf(network.output) }, () => random() - 0.5);
    const step = await compileStep(
      (state, inputs) => {
        const loss = (...tensors: tf.Tensor[]) => {
          const running: Tensors = {};
          const all = { ...state, ...Object.fromEntries(trained.map((each, i) => [each, tensors[i]!])) };
          const y = network.apply(all, inputs['x']!, passOf(inputs, running));
          tf.dispose(running);
          return tf.sum(tf.mul(y, tf.tensor(weights, [N, ...network.output]))) as tf.Scalar;
        };
        const { value, grads } = tf.valueAndGrads(loss)(trained.map((each) => state[each]!));
        return { state: {}, outputs: { value, ...Object.fromEntries(trained.map((each, i) => [each, grads[i]!])) } };
      },
      { state: params, inputs: specs },
    );
    const gradients = await step.run(feeds);
    const lossWith = async (tensor: string, at: number, by: number) => {
      const data = Float32Array.from(params[tensor]!.data as Float32Array);
      data[at]! += by;
      step.setState({ ...params, [tensor]: { ...params[tensor]!, data } });
      return Number((await step.run(feeds))['value']!.data[0]);
    };
    const h = 1e-3;
    const here = await lossWith(trained[0]!, 0, 0);
    for (const tensor of trained) {
      const size = params[tensor]!.data.length;
      for (const at of new Set([0, Math.floor(size / 2), size - 1])) {
        // On one of the two sides, because a relu's kink may lie on the other.
        const slopes = [((await lossWith(tensor, at, h)) - here) / h, (here - (await lossWith(tensor, at, -h))) / h];
        const gradient = Number(gradients[tensor]!.data[at]);
        const error = Math.min(...slopes.map((slope) => Math.abs(gradient - slope) / (1 + Math.abs(slope))));
        expect(error, `${tensor}[${at}]: ${gradient} and ${slopes}`).toBeLessThan(0.02);
      }
    }
    await step.dispose();
  });

  it('is exported so that one example gives the same value alone and in a batch, which is the eager one', async () => {
    const { specs, feeds } = feedsOf(built);
    const bytes = exportGraph((p, inputs) => ({ y: network.apply(p, inputs['x']!, passOf(inputs)) }), {
      params,
      inputs: Object.fromEntries(
        Object.entries(specs).map(([each, { dtype, shape }]) => [each, { dtype, shape: [-1, ...shape.slice(1)] }]),
      ),
      name: 'network',
    });
    const session = await Session.load(bytes);
    const first = (count: number) =>
      Object.fromEntries(
        Object.entries(specs).map(([each, { shape }]) => {
          const row = sizeOf(shape.slice(1));
          return [each, float32([count, ...shape.slice(1)], feeds[each as 'x'].slice(0, count * row))];
        }),
      );
    const together = Array.from((await session.run(first(N)))['y']!.data as Float32Array);
    const alone = Array.from((await session.run(first(1)))['y']!.data as Float32Array);
    alone.forEach((value, i) => {
      expect(value, `at ${i}`).toBeCloseTo(together[i]!, 5);
    });
    const eager = valuesOf(network.apply(tensorsOf(params), tensorsOf(first(N))['x']!, passOf(tensorsOf(first(N)))));
    together.forEach((value, i) => {
      expect(value, `at ${i}`).toBeCloseTo(eager[i]!, 4);
    });
    const weights = readWeights(bytes);
    const used = Object.keys(params).filter((each) => each in weights);
    expect(used.length).toBeGreaterThan(4);
    for (const each of used) expect(weights[each], each).toEqual({ ...params[each], shape: params[each]!.shape });
    const unread = Object.keys(params).filter((each) => !(each in weights));
    expect(unread.filter((each) => network.fate(each) === 'trained')).toEqual([]);
    expect(new Set(together.map((value) => value.toFixed(5))).size).toBeGreaterThan(1);
    await session.release();
  });
});

describe('sizes', () => {
  it('halve down to 4 … 7, so that 28 begins at 7 and 64 at 4', () => {
    const image = (height: number, width = height) => ({ channels: 1, height, width });
    expect([halvings(image(28)), halvings(image(64)), halvings(image(4)), halvings(image(32, 48))]).toEqual([
      2, 4, 0, 3,
    ]);
    expect(() => halvings(image(30))).toThrow('but received 30×30, which stops at 15×15');
  });

  it('need not be equal: both are halved together until the shorter has 4 to 7 pixels', () => {
    const image = (width: number, height: number) => ({ channels: 1, height, width });
    expect(
      [image(64, 32), image(32, 64), image(48, 24), image(96, 32), image(256, 32), image(40, 24)].map(halvings),
    ).toEqual([3, 3, 2, 3, 3, 2]);
    expect(() => halvings(image(64, 30))).toThrow('but received 64×30, which stops at 32×15');
  });

  it.each([[28], [32], [64]])(
    'of %i are made and judged without a trace of the concrete size in the recipe',
    (side) => {
      const shape = [3, side, side];
      const generator = buildNetwork(dcganGeneratorConfig.parse({ kind: 'dcgan-generator', width: 4, most: 8 }), {
        name: 'generator',
        input: LATENT,
        output: shape,
      });
      const shapes = Object.entries(generator.init(streamOf(1))).map(([name, { shape: s }]) => [name, s.join()]);
      const ups = side === 28 ? 2 : Math.log2(side / 4);
      expect(shapes.filter(([name]) => name!.endsWith('/filter')).length).toBe(ups);
      expect(Object.fromEntries(shapes)['generator/image/filter']).toBe('4,4,3,4');
      expect(Object.fromEntries(shapes)['generator/dense/weight']).toBe(`3,${8 * (side / 2 ** ups) ** 2}`);
    },
  );
});

describe('classes', () => {
  it('reach the generator as an embedding after z: the same as an unconditional network of a wider z', () => {
    const { network } = build('dcgan-generator', { norm: 'none' }, { kind: 'concat', size: 2 });
    const params = tensorsOf(weightsOf(network));
    const table = valuesOf(params['generator/label/embedding']!);
    const plain = buildNetwork(dcganGeneratorConfig.parse({ kind: 'dcgan-generator', width: 2, norm: 'none' }), {
      name: 'generator',
      input: [5],
      output: IMAGE,
    });
    const z = [0.3, -0.2, 0.9];
    const told = network.apply(params, tf.tensor2d([z]), { label: tf.tensor2d([[0, 0, 1]]) });
    expect(valuesOf(told)).toEqual(valuesOf(plain.apply(params, tf.tensor2d([[...z, ...table.slice(4, 6)]]))));
  });

  it('add the product of the features with the vector of the class to what a projecting discriminator says', () => {
    const { network } = build('dcgan-discriminator', {}, { kind: 'projection' });
    const { network: plain } = build('dcgan-discriminator');
    const params = tensorsOf(weightsOf(network));
    const x = tf.tensor(rows(IMAGE, 1, 6), [1, ...IMAGE]);
    const features = valuesOf(plain.trunk!.features(params, x, {}));
    const table = valuesOf(params['discriminator/label/projection']!);
    const product = features.reduce((sum, f, i) => sum + f * table[features.length + i]!, 0);
    const told = valuesOf(network.apply(params, x, { label: tf.tensor2d([[0, 1, 0]]) }))[0]!;
    expect(told).toBeCloseTo(valuesOf(plain.apply(params, x))[0]! + product, 5);
  });

  it('cannot reach norms that a network does not have', () => {
    expect(() => build('dcgan-generator', { norm: 'none' }, { kind: 'norm' })).toThrow(
      'Expected a generator with norms for a condition of kind norm but received dcgan-generator without.',
    );
  });

  it('must be given to a network that was built for them', () => {
    const { network } = build('dcgan-generator', {}, { kind: 'concat' });
    expect(() => network.apply(tensorsOf(weightsOf(network)), tf.zeros([1, 3]))).toThrow(
      'Expected a class for each input of the generator but received none.',
    );
  });
});

describe('a frozen discriminator', () => {
  it('holds the tensors of its first layers, running ones too, and moves the rest', () => {
    const { network } = build('dcgan-discriminator', { width: 2, norm: 'batch', spectral: true });
    const held = frozen(network, 1);
    const fates = Object.keys(held.init(streamOf(1))).map((name) => [name, held.fate(name)] as const);
    expect(fates.filter(([name]) => name.startsWith('discriminator/conv1/')).map(([, fate]) => fate)).toEqual(
      Array(4).fill('frozen'), // filter, its two vectors, bias
    );
    expect(Object.fromEntries(fates)).toMatchObject({
      'discriminator/head/weight': 'trained',
      'discriminator/head/weight/left': 'following',
    });
  });

  it('must keep a layer that learns', () => {
    const { network } = build('dcgan-discriminator');
    expect(network.stages).toEqual(['discriminator/conv1/', 'discriminator/features/', 'discriminator/head/']);
    expect(() => frozen(network, 3)).toThrow('Expected to freeze fewer layers than the 3 of the discriminator');
  });
});
