import { describe, expect, it } from 'vitest';
import type { GanymedeError } from '../../src/errors.js';
import { checkRecipe, loadRecipe, RECIPE_NAME } from '../../src/recipes/check-recipe.js';
import { listRecipes } from '../../src/recipes/list.js';
import { barsRecipe } from '../training/bars.js';

function refusalOf(work: () => unknown): GanymedeError {
  try {
    work();
  } catch (error) {
    return error as GanymedeError;
  }
  throw new Error('Expected a refusal but there was none.');
}

const pathsOf = ({ details }: GanymedeError) => (details['faults'] as { path: string }[]).map(({ path }) => path);

describe('a recipe', () => {
  it('with many faults is refused with all of them, those of one section and those between sections', () => {
    const bars = barsRecipe();
    const wrong = {
      ...bars,
      bathc: 5,
      batch: 0,
      latent: { size: 8, prior: { kind: 'uniform', low: 1, high: -1 } },
      objective: 'non-saturated',
      ema: { decay: 0.9, everySteps: 15 },
      updates: { ...bars.updates, order: 'simultaneous', discriminatorSteps: 2 },
    };
    const refusal = refusalOf(() => checkRecipe(wrong, 'bars'));
    expect(refusal.code).toBe('CONFIG_INVALID');
    expect(pathsOf(refusal).sort()).toEqual(
      ['', 'batch', 'ema.everySteps', 'latent.prior', 'objective', 'updates.discriminatorSteps'].sort(),
    );
    expect(refusal.message).toContain('Expected the recipe bars to be without unknown keys but received "bathc".');
    expect(refusal.message).toContain('Expected batch in the recipe bars to be at least 1 but received 0.');
    expect(refusal.message).toContain('"minimax" or "non-saturating"');
  });

  it('is refused when a player has the network of the other', () => {
    const bars = barsRecipe();
    const swapped = { ...bars, generator: { network: { kind: 'dcgan-discriminator', width: 4 } } };
    expect(pathsOf(refusalOf(() => checkRecipe(swapped, 'bars')))).toContain('generator.network.kind');
  });

  it('asks for a verdict of one number, and for a norm where the class comes in by norms', () => {
    const bars = barsRecipe();
    const layers = [{ units: 3, activation: 'linear' }];
    const wrong = {
      ...bars,
      discriminator: { network: { kind: 'mlp', layers }, freeze: 1 },
      conditional: { generator: { kind: 'norm' }, discriminator: { kind: 'projection' } },
    };
    expect(pathsOf(refusalOf(() => checkRecipe(wrong, 'bars')))).toEqual([
      'generator.network.norm',
      'discriminator.network.layers.0.units',
      'discriminator.freeze',
    ]);
  });

  it('says where the last bias starts by a number for each unit of an MLP that has one', () => {
    const layers = [{ units: 2, activation: 'linear' }];
    const told = (outputBias: unknown, last: object = {}) =>
      pathsOf(
        refusalOf(() => {
          const network = { kind: 'mlp', layers: [{ ...layers[0], ...last }] };
          return checkRecipe({ ...barsRecipe(), generator: { network, outputBias } }, 'bars');
        }),
      );
    expect(told([1, 2, 3])).toEqual(['generator.outputBias']);
    expect(told([1, 2], { bias: false })).toEqual(['generator.network.layers.0.bias']);
    expect(told('marginals', { bias: false })).toEqual(['generator.network.layers.0.bias']);
    expect(told([1, 2], { irange: 0.1, diagonal: 1 })).toContain('generator.network.layers.0');
    const convolutions = { network: { kind: 'dcgan-generator', width: 4 }, outputBias: [1] };
    const refusal = refusalOf(() => checkRecipe({ ...barsRecipe(), generator: convolutions }, 'bars'));
    expect(pathsOf(refusal)).toEqual(['generator.network.kind']);
    const sound = { network: { kind: 'mlp', layers }, outputBias: [1, 2] };
    expect(checkRecipe({ ...barsRecipe(), generator: sound }, 'bars').generator.outputBias).toEqual([1, 2]);
  });

  it.each([null, 7, 'text', []])('that is %j is refused, not run into', (json) => {
    expect(refusalOf(() => checkRecipe(json, 'x')).code).toBe('CONFIG_INVALID');
  });
});

describe('an override', () => {
  it('replaces a setting by its path, and leaves the recipe it came from as it was', async () => {
    const recipe = await loadRecipe('mnist-mlp', { batch: 64, 'generator.network.layers.0.units': 30 });
    expect(recipe.batch).toBe(64);
    expect(recipe.generator.network).toMatchObject({ layers: [{ units: 30 }, { units: 1200 }, { units: 784 }] });
    expect((await loadRecipe('mnist-mlp')).batch).toBe(100);
  });

  it('may add a section that the recipe left out', () => {
    const recipe = checkRecipe(barsRecipe(), 'bars', { 'augment.mirror': true });
    expect(recipe.augment).toEqual({ mirror: true, differentiable: [], probability: 1 });
  });

  it('that is wrong is refused with all others that are', () => {
    const refusal = refusalOf(() => checkRecipe(barsRecipe(), 'bars', { batch: 1.5, epochs: -1, lerning: 2 }));
    expect(refusal.message).toContain('Expected batch in the recipe bars to be an integer but received 1.5.');
    expect(refusal.message).toContain('Expected epochs in the recipe bars to be more than 0 but received -1.');
    expect(refusal.message).toContain('lerning');
  });

  it.each(['batch.size', 'generator.network.layers.99.units', '', '__proto__.polluted', 'constructor.prototype.x'])(
    'of "%s" leads nowhere and is refused by name',
    (path) => {
      const refusal = refusalOf(() => checkRecipe(barsRecipe(), 'bars', { [path]: 1 }));
      expect(refusal.code).toBe('CONFIG_INVALID');
      expect(refusal.message).toContain(`received ${path}.`);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );
});

describe('a recipe that comes with Ganymede', () => {
  it('is found by its name, in a folder too, and is named after its file', async () => {
    const listed = await listRecipes();
    const names = listed.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['ring8', 'lessons/dirac']));
    expect(names).toEqual(names.toSorted());
    for (const { name, title, description } of listed) {
      const recipe = await loadRecipe(name);
      expect(recipe.name).toBe(name.split('/').at(-1));
      expect({ title: recipe.title, description: recipe.description }).toEqual({ title, description });
    }
  });

  it.each(['../package', 'lessons/../ring8', 'lessons//dirac', 'lessons/dirac/', '/recipes/ring8', 'Lessons/dirac'])(
    'has no name such as %s, which an order would be refused for',
    (name) => {
      expect(RECIPE_NAME.test(name)).toBe(false);
    },
  );

  it('is looked for among recipes only: a file in a folder is named with its ending', async () => {
    await expect(loadRecipe('test/nothing')).rejects.toThrow('No recipe named test/nothing in recipes/.');
    expect((await loadRecipe('recipes/lessons/dirac.json')).name).toBe('dirac');
  });
});
