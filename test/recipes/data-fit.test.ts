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
    const { code, message, details } = refusalOf(recipe, { name: 'strips', count: 100, shape: [4, 30, 100] });
    expect(code).toBe('DATASET_INVALID');
    expect((details['faults'] as { path: string }[]).map(({ path }) => path)).toEqual([
      'batch',
      'the data',
      'conditional',
      'generator.network.kind',
      'discriminator.network.kind',
    ]);
    expect(message).toContain('at most the 10 examples to train on but received 32');
    expect(message).toContain('images of 1 or 3 channels, but received "shape [4, 30, 100]"');
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

  it('that fits is let through', () => {
    expect(() => checkFit(dcgan(), { name: 'faces', count: 400, shape: [3, 64, 64] })).not.toThrow();
  });
});

describe('the stages of a discriminator, which FreezeD counts', () => {
  it.each([
    [{ kind: 'dcgan-discriminator', width: 2 }, [1, 28, 28]],
    [{ kind: 'dcgan-discriminator', width: 2 }, [3, 64, 64]],
    [{ kind: 'dcgan-discriminator', width: 2 }, [1, 5, 5]],
    [{ kind: 'resnet-discriminator', width: 2 }, [3, 32, 32]],
    [{ kind: 'resnet-discriminator', width: 2, deepBlocks: 0 }, [3, 5, 5]],
  ])('of %j for %j are as many as the network that is built has', (config, shape) => {
    const parsed = discriminatorNetwork.parse(config);
    const built = buildNetwork(parsed, { name: 'discriminator', input: shape, output: [1] });
    expect(stagesOf(parsed, shape)).toBe(built.stages.length);
  });
});
