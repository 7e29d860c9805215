import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { completer, toldOfMask } from '../../src/networks/completer.js';
import { dcganDiscriminator } from '../../src/networks/dcgan.js';
import { streamOf } from '../../src/random/noise.js';
import { dcganDiscriminatorConfig } from '../../src/recipes/network-configs.js';
import { lcg, tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const IMAGE = [1, 8, 8];
const network = completer({ name: 'generator', latent: 3, image: IMAGE, range: [0, 1], width: 4 });
const params = () => tensorsOf(network.init(streamOf(1)));

function random(size: number, seed: number): number[] {
  const next = lcg(seed);
  return Array.from({ length: size }, next);
}

/** Upper half known. */
const MASK = Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 0));

function complete(image: readonly number[], z: readonly number[], mask: readonly number[] = MASK): number[] {
  const given = { image: tf.tensor([...image], [1, ...IMAGE]), mask: tf.tensor([...mask], [1, 1, 8, 8]) };
  return valuesOf(network.apply(params(), tf.tensor([...z], [1, 3]), { given }));
}

describe('a completing generator', () => {
  const image = random(64, 1).map(Math.fround);

  it('gives known pixels back bit for bit, and hidden ones within the range', () => {
    const made = complete(image, [1, -1, 0.5]);
    expect(made.slice(0, 32)).toEqual(image.slice(0, 32));
    expect(made.slice(32)).not.toEqual(image.slice(32));
    expect(Math.min(...made.slice(32))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...made.slice(32))).toBeLessThanOrEqual(1);
    expect(complete(image, [1, -1, 0.5], Array(64).fill(1))).toEqual(image);
  });

  it('never sees what is hidden, but what is known, where, and z', () => {
    const other = [...image.slice(0, 32), ...random(32, 2)];
    const made = complete(image, [1, -1, 0.5]);
    expect(complete(other, [1, -1, 0.5])).toEqual(made);
    expect(complete(image, [0, 2, 0.5]).slice(32)).not.toEqual(made.slice(32));
    const darker = image.map((value, i) => (i === 0 ? value / 2 : value));
    expect(complete(darker, [1, -1, 0.5]).slice(32)).not.toEqual(made.slice(32));
  });

  it('lets what is known at one end decide what is drawn at the other, however far, once its overview is not nothing', () => {
    const long = [1, 64, 8];
    const tall = completer({ name: 'generator', latent: 3, image: long, range: [0, 1], width: 2 });
    const fresh = tall.init(streamOf(1));
    const lastRow = (params: HostTensors, first: number) => {
      const image = tf.tensor([first, ...Array(511).fill(0)], [1, ...long]);
      const mask = tf.tensor([1, ...Array(511).fill(0)], [1, ...long]);
      return valuesOf(tall.apply(tensorsOf(params), tf.zeros([1, 3]), { given: { image, mask } })).slice(-8);
    };
    expect(lastRow(fresh, 1)).toEqual(lastRow(fresh, 0));
    const name = 'generator/overview2/weight';
    const { shape } = fresh[name]!;
    const trained = { ...fresh, [name]: float32(shape, Float32Array.from(random(sizeOf(shape), 4))) };
    expect(lastRow(trained, 1)).not.toEqual(lastRow(trained, 0));
  });

  it('refuses images that it cannot halve, and to run without a mask', () => {
    expect(() => completer({ name: 'generator', latent: 3, image: [1, 4, 4], range: [0, 1], width: 4 })).toThrow(
      'Expected images of at least 8 pixels a side to complete but received 4×4.',
    );
    expect(() => network.apply(params(), tf.zeros([1, 3]))).toThrow('Expected images and masks for the generator');
  });
});

describe('a discriminator told of the mask', () => {
  it('says of one image under two masks what its inner network says of the image with each as one more channel', () => {
    const config = dcganDiscriminatorConfig.parse({ kind: 'dcgan-discriminator', width: 2 });
    const inner = dcganDiscriminator(config, { name: 'discriminator', input: [2, 8, 8], output: [1] });
    const told = toldOfMask(inner);
    expect(told.input).toEqual(IMAGE);
    const weights = tensorsOf(inner.init(streamOf(2)));
    const image = random(64, 3);
    for (const mask of [MASK, MASK.map((value) => 1 - value)]) {
      const given = { image: tf.zeros([1, ...IMAGE]), mask: tf.tensor(mask, [1, 1, 8, 8]) };
      const wanted = valuesOf(inner.apply(weights, tf.tensor([...image, ...mask], [1, 2, 8, 8])));
      expect(valuesOf(told.apply(weights, tf.tensor(image, [1, ...IMAGE]), { given }))).toEqual(wanted);
    }
  });
});
