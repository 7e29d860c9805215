// The style-based generator against loops that modulate the filter itself, as the paper writes it, where the network
// scales activations; and what training mixes.
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { buildNetwork } from '../../src/networks/build.js';
import type { Network, Styles } from '../../src/networks/network.js';
import { streamOf } from '../../src/random/noise.js';
import { generatorCondition, generatorNetwork } from '../../src/recipes/network-configs.js';
import { lcg, tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [SIDE, STYLE, LATENT] = [8, 3, 4];

function build(changes: object = {}, classes?: number): Network & { styles: Styles } {
  const config = generatorNetwork.parse({ kind: 'style-generator', width: 2, style: STYLE, ...changes });
  const network = buildNetwork(config, {
    name: 'generator',
    input: [LATENT],
    output: [1, SIDE, SIDE],
    ...(classes && { condition: { config: generatorCondition.parse({ kind: 'concat', size: 2 }), classes } }),
  });
  if (!network.styles) throw new Error('Expected a network with styles.');
  return { ...network, styles: network.styles };
}

/** Those of the mapping a hundred times as large: it divides by that. */
function weightsOf(network: Network): HostTensors {
  const random = lcg(3);
  return Object.fromEntries(
    Object.entries(network.init(streamOf(1))).map(([name, { shape }]) => [
      name,
      float32(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => (random() - 0.4) * (name.includes('/mapping') ? 100 : 1)),
      ),
    ]),
  );
}

/** [channel][row][column] */
type Maps = number[][][];

const leaky = (x: number) => (x < 0 ? 0.2 * x : x);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** One network and one style a layer, by the formulas of arXiv:1912.04958, section 2.2. */
class Reference {
  constructor(readonly weights: HostTensors) {}

  at(name: string): Float32Array {
    return this.weights[`generator/${name}`]!.data as Float32Array;
  }

  mapped(z: readonly number[]): number[] {
    return [1, 2].reduce(
      (h, layer) =>
        range(STYLE).map((o) =>
          leaky(
            0.01 *
              (this.at(`mapping${layer}/bias`)[o]! +
                sum(h.map((value, i) => value * this.at(`mapping${layer}/weight`)[i * STYLE + o]!))),
          ),
        ),
      [...z],
    );
  }

  /** The filter [to][from][k][k] of a layer for a style: w' = s_i · w, then each output divided by its norm. */
  filter(stage: string, from: number, to: number, kernel: number, w: readonly number[]): number[][][] {
    const scales = range(from).map(
      (i) =>
        1 +
        this.at(`${stage}/style/bias`)[i]! +
        sum(w.map((v, d) => v * this.at(`${stage}/style/weight`)[d * from + i]!)),
    );
    const up = stage.startsWith('up');
    const raw = (o: number, i: number, tap: number) =>
      this.at(`${stage}/filter`)[up ? (tap * to + o) * from + i : (tap * from + i) * to + o]! * scales[i]!;
    return range(to).map((o) => {
      const filter = range(from).map((i) => range(kernel ** 2).map((tap) => raw(o, i, tap)));
      if (stage === 'image') return filter;
      // Of a transposed convolution of stride 2 a quarter of the taps meets in a pixel.
      const norm = Math.sqrt(sum(filter.flat().map((value) => value ** 2)) / (up ? 4 : 1) + 1e-8);
      return filter.map((taps) => taps.map((value) => value / norm));
    });
  }

  layer(stage: string, x: Maps, to: number, w: readonly number[]): Maps {
    const kernel = stage === 'image' ? 1 : stage.startsWith('up') ? 4 : 3;
    const filter = this.filter(stage, x.length, to, kernel, w);
    const convolved = stage.startsWith('up') ? spread(x, filter) : gathered(x, filter, kernel);
    const settled = (value: number, o: number) => {
      const biased = stage === 'image' ? value : value * Math.SQRT2;
      const y = biased + this.at(`${stage}/bias`)[o]!;
      return stage === 'image' ? y : leaky(y);
    };
    return convolved.map((map, o) => map.map((row) => row.map((value) => settled(value, o))));
  }

  image(styles: readonly (readonly number[])[]): number[] {
    const first: Maps = range(4).map((c) =>
      range(4).map((y) => range(4).map((x) => this.at('constant')[(y * 4 + x) * 4 + c]!)),
    );
    const maps = [
      ['conv0', 4],
      ['up1', 2],
      ['image', 1],
    ].reduce((x, [stage, to], i) => this.layer(stage as string, x, to as number, styles[i]!), first);
    return maps.flat(2).map(Math.tanh);
  }
}

/** A convolution with zeros around. */
function gathered(x: Maps, filter: number[][][], kernel: number): Maps {
  const [side, pad] = [x[0]!.length, (kernel - 1) / 2];
  return filter.map((of) =>
    range(side).map((row) =>
      range(side).map((column) =>
        sum(
          of.flatMap((taps, i) =>
            taps.map((value, tap) => {
              const [y, at] = [row + Math.floor(tap / kernel) - pad, column + (tap % kernel) - pad];
              return value * (x[i]![y]?.[at] ?? 0);
            }),
          ),
        ),
      ),
    ),
  );
}

/** Its transpose with 4×4 taps and stride 2: each pixel adds to 16. */
function spread(x: Maps, filter: number[][][]): Maps {
  const side = 2 * x[0]!.length;
  return filter.map((filters) => {
    const out = range(side).map(() => range(side).map(() => 0));
    for (const [i, taps] of filters.entries())
      for (const [y, row] of x[i]!.entries())
        for (const [at, value] of row.entries())
          for (const [tap, weight] of taps.entries()) {
            const [r, c] = [2 * y + Math.floor(tap / 4) - 1, 2 * at + (tap % 4) - 1];
            if (out[r]?.[c] !== undefined) out[r]![c]! += value * weight;
          }
    return out;
  });
}

function expectClose(received: readonly number[], wanted: readonly number[], digits = 4): void {
  expect(received.length).toBe(wanted.length);
  received.forEach((value, i) => {
    expect(value, `at ${i}`).toBeCloseTo(wanted[i]!, digits);
  });
}

const Z = [
  [0.3, -0.2, 0.9, -1.1],
  [-0.7, 0.5, 0.1, 0.8],
  [1.2, 0.4, -0.6, 0.2],
];

describe('a style-based generator', () => {
  const network = build();
  const weights = weightsOf(network);
  const params = tensorsOf(weights);
  const reference = new Reference(weights);

  it('has a layer at the smallest size, two at each between, one at the largest and one for the image', () => {
    expect(network.styles).toMatchObject({ layers: 3, size: STYLE });
    const layersAt = (side: number) =>
      buildNetwork(generatorNetwork.parse({ kind: 'style-generator', width: 2 }), {
        name: 'generator',
        input: [LATENT],
        output: [3, side, side],
      }).styles!.layers;
    expect([4, 8, 16, 28, 64].map(layersAt)).toEqual([2, 3, 5, 5, 9]);
  });

  it('maps z to the same style for each layer', () => {
    const w = network.styles.map(params, tf.tensor2d(Z), {});
    expect(w.shape).toEqual([3, 3, STYLE]);
    expectClose(
      valuesOf(w),
      Z.flatMap((z) => [0, 1, 2].flatMap(() => reference.mapped(z))),
    );
  });

  it('makes of styles, equal ones or not, what loops over modulated filters make', () => {
    const random = lcg(8);
    const styles = range(3).map(() => range(3).map(() => range(STYLE).map(() => 2 * random() - 1)));
    expectClose(
      valuesOf(network.styles.synthesize(params, tf.tensor3d(styles))),
      styles.flatMap((each) => reference.image(each)),
    );
    expectClose(
      valuesOf(network.apply(params, tf.tensor2d(Z))),
      Z.flatMap((z) => reference.image([0, 1, 2].map(() => reference.mapped(z)))),
    );
  });

  it('begins with outputs whose size does not grow or shrink from layer to layer', () => {
    const deep = buildNetwork(generatorNetwork.parse({ kind: 'style-generator', width: 8, output: 'linear' }), {
      name: 'generator',
      input: [16],
      output: [1, 64, 64],
    });
    const z = tf.tensor2d(range(4).map((row) => range(16).map((i) => 2 * Math.sin(row * 16 + i))));
    const image = valuesOf(deep.apply(tensorsOf(deep.init(streamOf(2))), z));
    const size = Math.sqrt(sum(image.map((value) => value ** 2)) / image.length);
    expect(size).toBeGreaterThan(0.3);
    expect(size).toBeLessThan(3);
  });

  it('mixes while it trains: layers above a random one have the style of another z', () => {
    expect(network.noise).toEqual({ crossover: { kind: 'uniform', low: 0, high: 1, shape: [1] } });
    // Of three layers and a probability of 0.9: both layers above the first below 0.45, the last alone below 0.9.
    const crossover = tf.tensor2d([[0.44], [0.46], [0.91]]);
    const made = network.apply(params, tf.tensor2d(Z), { noise: { crossover } });
    const [own, other] = [Z, Z.toReversed()].map((all) => all.map((z) => reference.mapped(z)));
    expectClose(valuesOf(made), [
      ...reference.image([own![0]!, other![0]!, other![0]!]),
      ...reference.image([own![1]!, own![1]!, other![1]!]),
      ...reference.image([own![2]!, own![2]!, own![2]!]),
    ]);
    expect(build({ mixing: 0 }).noise).toEqual({});
  });

  it('learns its mapping a hundredth as fast as the rest, by weights a hundred times as large', () => {
    const started = network.init(streamOf(1))['generator/mapping2/weight']!.data as Float32Array;
    const deviation = Math.sqrt(sum([...started].map((value) => value ** 2)) / started.length);
    expect(deviation / (100 * Math.sqrt(2 / STYLE))).toBeGreaterThan(0.4); // of nine numbers
    expect(deviation / (100 * Math.sqrt(2 / STYLE))).toBeLessThan(1.8);
    const slope = (name: string) => {
      const loss = (weight: tf.Tensor) => tf.sum(network.apply({ ...params, [name]: weight }, tf.tensor2d(Z)));
      return valuesOf(tf.grad(loss)(params[name]!));
    };
    const byHand = (name: string, at: number) => {
      const data = Float32Array.from(weights[name]!.data as Float32Array);
      const total = (by: number) => {
        data[at]! = (weights[name]!.data as Float32Array)[at]! + by;
        const moved = new Reference({ ...weights, [name]: { ...weights[name]!, data } });
        return sum(Z.flatMap((z) => moved.image([0, 1, 2].map(() => moved.mapped(z)))));
      };
      return (total(0.5) - total(-0.5)) / 1;
    };
    const name = 'generator/mapping1/weight';
    const slopes = slope(name);
    for (const at of [0, 5, 11]) expect(slopes[at]).toBeCloseTo(byHand(name, at), 3);
  });

  it('keeps the class of an example where it mixes', () => {
    const told = build({}, 2);
    const own = tensorsOf(weightsOf(told));
    const label = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    const z = tf.tensor2d(Z.slice(0, 2));
    const made = told.apply(own, z, { label, noise: { crossover: tf.tensor2d([[0], [0]]) } });
    const [w, other] = [z, tf.reverse(z, 0)].map((each) => valuesOf(told.styles.map(own, each, { label })));
    const mixed = w!.map((value, i) => (Math.floor(i / STYLE) % 3 === 0 ? value : other![i]!));
    expectClose(valuesOf(made), valuesOf(told.styles.synthesize(own, tf.tensor3d(mixed, [2, 3, STYLE]))));
  });

  it('has no norms that could be told of a class', () => {
    const config = generatorNetwork.parse({ kind: 'style-generator', width: 2 });
    const condition = { config: generatorCondition.parse({ kind: 'norm' }), classes: 2 };
    expect(() => buildNetwork(config, { name: 'generator', input: [2], output: [1, 8, 8], condition })).toThrow(
      'Expected a generator with norms for a condition of kind norm but received style-generator without.',
    );
  });
});
