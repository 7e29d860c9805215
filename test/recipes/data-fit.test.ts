import { describe, expect, it } from 'vitest';
import type { GanymedeError } from '../../src/errors.js';
import { buildNetwork } from '../../src/networks/build.js';
import { checkRecipe } from '../../src/recipes/check-recipe.js';
import { checkFit, stagesOf } from '../../src/recipes/data-fit.js';
import { discriminatorNetwork } from '../../src/recipes/network-configs.js';
import type { Recipe } from '../../src/recipes/recipe.js';
import { barsRecipe } from '../training/bars.js';

const dcgan = (changes: object = {}): Recipe =>
  checkRecipe(
    {
      ...barsRecipe(),
      generator: { network: { kind: 'dcgan-generator', width: 4 } },
      discriminator: { network: { kind: 'dcgan-discriminator', width: 4 } },
      ...changes,
    },
    'small',
  );

function refusalOf(recipe: Recipe, data: Parameters<typeof checkFit>[1]): GanymedeError {
  try {
    checkFit(recipe, data);
  } catch (error) {
    return error as GanymedeError;
  }
  throw new Error('Expected a refusal but there was none.');
}

describe('data that does not fit a recipe', () => {
  it('is refused with every reason: size, channels, classes and count', () => {
    const recipe = dcgan({
      conditional: { generator: { kind: 'concat' }, discriminator: { kind: 'projection' } },
      data: { range: [-1, 1], validation: 90 },
    });
    const { code, message, details } = refusalOf(recipe, { name: 'strips', count: 100, shape: [5, 30, 100] });
    expect(code).toBe('DATASET_INVALID');
    expect((details['faults'] as { path: string }[]).map(({ path }) => path)).toEqual([
      'batch',
      'the data',
      'conditional',
      'generator.network.kind',
      'discriminator.network.kind',
    ]);
    expect(message).toContain('at most the 10 examples to train on but received 32');
    expect(message).toContain('images of 1, 3 or 4 channels, but received "shape [5, 30, 100]"');
    expect(message).toContain('labels of 2 or more classes, but received "data of no classes"');
    expect(message).toContain('resize=64x64');
  });

  it('is refused when an MLP makes examples of another size, and augmentation has no images', () => {
    const recipe = checkRecipe({ ...barsRecipe(), augment: { mirror: true } }, 'bars');
    expect(refusalOf(recipe, { name: 'ring', count: 1000, shape: [2] }).message.split('\n')).toEqual([
      expect.stringContaining('to be 2, the values of an example of shape [2],'),
      expect.stringContaining('Expected augment in the recipe bars for ring to be left out'),
    ]);
  });

  it('is refused when deconvolutions make another size, and maxout convolutions do not fit into it', () => {
    const recipe = checkRecipe(
      {
        ...barsRecipe(),
        generator: {
          network: {
            kind: 'deconvolution-generator',
            layers: [{ units: 32, activation: 'relu' }],
            maps: { height: 4, width: 4 },
            kernel: 5,
            stride: 3,
            irange: 0.1,
          },
        },
        discriminator: {
          network: {
            kind: 'maxout-discriminator',
            convolutions: [
              { channels: 2, pieces: 2, kernel: 8, irange: 0.1, pool: { size: 4, stride: 2 } },
              { channels: 2, pieces: 2, kernel: 6, irange: 0.1 },
            ],
            layers: [{ units: 1, activation: 'linear' }],
          },
        },
      },
      'convolutions',
    );
    // 14 = 3 · (4 − 1) + 5 pixels are made. Of 14 a kernel of 8 leaves 7, its pool ⌈(7 − 4)/2⌉ + 1 = 3.
    expect(refusalOf(recipe, { name: 'small', count: 1000, shape: [1, 14, 14] }).message).toContain(
      'Expected at least 1 pixels a side behind convolution 2 but received -2×-2.',
    );
    const { details } = refusalOf(recipe, { name: 'small', count: 1000, shape: [1, 32, 32] });
    expect((details['faults'] as { path: string }[]).map(({ path }) => path)).toEqual(['generator.network.maps']);
  });

  it('that fits is let through', () => {
    expect(() => checkFit(dcgan(), { name: 'faces', count: 400, shape: [3, 64, 64] })).not.toThrow();
  });
});

describe('the stages of a discriminator, which FreezeD counts', () => {
  it.each([
    [{ kind: 'dcgan-discriminator', width: 2 }, [1, 28, 28]],
    [{ kind: 'dcgan-discriminator', width: 2 }, [3, 64, 64]],
    [{ kind: 'dcgan-discriminator', width: 2 }, [1, 5, 5]],
    [{ kind: 'dcgan-discriminator', width: 2, depth: 3 }, [1, 28, 28]],
    [{ kind: 'resnet-discriminator', width: 2 }, [3, 32, 32]],
    [
      {
        kind: 'maxout-discriminator',
        convolutions: [{ channels: 2, pieces: 2, kernel: 3, irange: 0.1 }],
        layers: [{ units: 1, activation: 'linear' }],
      },
      [3, 9, 9],
    ],
    [{ kind: 'resnet-discriminator', width: 2, deepBlocks: 0 }, [3, 5, 5]],
  ])('of %j for %j are as many as the network that is built has', (config, shape) => {
    const parsed = discriminatorNetwork.parse(config);
    const built = buildNetwork(parsed, { name: 'discriminator', input: shape, output: [1] });
    expect(stagesOf(parsed, shape)).toBe(built.stages.length);
  });
});
