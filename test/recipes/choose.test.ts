import { describe, expect, it } from 'vitest';
import { loadRecipe, recipeNames } from '../../src/recipes/check-recipe.js';
import { choose } from '../../src/recipes/choose.js';
import { completed, isOf, worded } from '../../src/recipes/complete.js';
import { checkFit } from '../../src/recipes/data-fit.js';
import { recipeSchema } from '../../src/recipes/recipe.js';

/** So many images of a size, in classes of equal size if there are any. */
function images(count: number, shape: readonly number[], classes = 0) {
  return {
    ...{ name: 'photos', count, shape, sha256: 'a'.repeat(64) },
    ...(classes > 0
      ? {
          classes: Array.from({ length: classes }, (_, i) => `class${i}`),
          labels: Array.from({ length: count }, (_, i) => i % classes),
        }
      : {}),
  };
}

describe('{} as a recipe', () => {
  it('is whole by itself', () => {
    const recipe = recipeSchema.parse({});
    expect(recipe).toMatchObject({ objective: 'non-saturating', batch: 32, license: 'not stated' });
    expect(recipeSchema.parse(recipe)).toEqual(recipe);
  });

  it.each([
    ['few photographs in colour', images(120, [3, 64, 64], 3)],
    ['a dozen', images(12, [3, 64, 64])],
    ['one', images(1, [1, 32, 32])],
    ['many small grey ones', images(60_000, [1, 28, 28], 10)],
    ['large ones', images(500, [3, 128, 128])],
    ['a size that convolutions do not pass through', images(300, [1, 15, 15])],
    ['points of the plane', { ...images(5000, [2]) }],
    ['a few numbers', { ...images(3, [1]) }],
  ])('fits %s', (_, data) => {
    const { recipe, why } = completed({}, 'chosen', data);
    expect(() => checkFit(recipe, data)).not.toThrow();
    expect(why.length).toBeGreaterThan(2);
  });

  it('draws classes that have examples enough, and overlooks those that have not', () => {
    expect(completed({}, 'chosen', images(60, [3, 64, 64], 3)).recipe.conditional).toBeDefined();
    const few = completed({}, 'chosen', images(57, [3, 64, 64], 3));
    expect(few.recipe.conditional).toBeUndefined();
    expect(few.why).toContain(
      'the 3 classes are not told apart: the smallest has 19 of the 20 examples that one needs',
    );
  });

  it('holds out a tenth, a thousand at most, and augments where images are few', () => {
    const [few, many] = [images(9999, [3, 32, 32]), images(10_000, [3, 32, 32])].map(
      (data) => completed({}, 'chosen', data).recipe,
    );
    expect(few).toMatchObject({ data: { validation: 999 }, augment: { mirror: false } });
    expect(many).toMatchObject({ data: { validation: 1000 } });
    expect(many!.augment).toBeUndefined();
  });

  it('holds none out of very few, and says so', () => {
    const { sections, why } = choose(images(5, [3, 32, 32]));
    expect(sections).toMatchObject({ data: { validation: 0 } });
    expect(why.join('\n')).toContain('none of 5 images held out: they are too few');
  });

  it('makes about as many steps whatever the count: 12,000 of 108 images take 4,000 epochs of 3', () => {
    expect(choose(images(120, [3, 64, 64])).sections).toMatchObject({ batch: 32, epochs: 4000 });
  });
});

describe('what a recipe leaves out', () => {
  const data = images(120, [3, 64, 64], 3);

  it('is chosen, and what it says stays', () => {
    const json = { batch: 4, title: 'Toys', data: { validation: 5 } };
    const { recipe } = completed(json, 'toys.json', data, { 'augment.mirror': true });
    expect(recipe).toMatchObject({ batch: 4, title: 'Toys', data: { validation: 5 }, augment: { mirror: true } });
    expect(recipe.conditional).toBeDefined();
    expect(recipe.penalties).toMatchObject([{ kind: 'r1', examples: 4 }]);
  });

  it('means what it meant where networks are its own: no classes, no augmentation', () => {
    const { generator, discriminator } = recipeSchema.parse({});
    const { recipe } = completed({ generator, discriminator }, 'own.json', data);
    expect(recipe.conditional ?? recipe.augment ?? recipe.penalties).toBeUndefined();
    expect(recipe.data.validation).toBe(12);
  });

  it('is nothing in a recipe that is shipped', async () => {
    for (const name of await recipeNames()) {
      const recipe = await loadRecipe(name);
      expect(completed(recipe, name, data).recipe).toEqual(recipe);
    }
  });
});

describe('the words of a recipe', () => {
  it('are kept for its own data, and neutral for other', async () => {
    const recipe = await loadRecipe('faces');
    const own = { ...images(400, [1, 64, 64]), sha256: recipe.data.of!.digests[0]! };
    expect([isOf(recipe, own), isOf(recipe, images(120, [1, 64, 64]))]).toEqual([true, false]);
    expect(worded(recipe, own, true)).toEqual({ recipe, notices: [] });

    const { recipe: other, notices } = worded(recipe, { ...own, name: 'shapes.zip[0:108]' }, false);
    expect(other).toMatchObject({
      title: 'Grey images',
      description: 'Grey images of 64×64 pixels.',
      license: 'not stated',
    });
    expect(notices).toEqual([
      expect.stringContaining(
        'speaks of other data ("Faces from 400 photographs"), so the model is called "Grey images"',
      ),
      expect.stringContaining('licence of what the model makes is not stated'),
    ]);
  });

  it('know built-in data by its name, of whatever count', async () => {
    const glyphs = await loadRecipe('glyphs');
    const named = (name: string) => isOf(glyphs, { ...images(7200, [1, 28, 28]), name });
    expect([named('builtin:glyphs'), named('builtin:glyphs[0:10]'), named('builtin:ring8')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('give way to what is said', async () => {
    const recipe = await loadRecipe('glyphs');
    const said = { title: 'Runes', license: 'CC0-1.0' };
    const result = worded(recipe, images(120, [1, 28, 28], 3), false, said);
    expect(result.recipe).toMatchObject({
      ...said,
      description: expect.stringMatching(/^Grey images of 28×28 pixels/),
    });
    expect(result.notices).toEqual([]);
  });

  it('name the classes of a model that draws them', () => {
    const data = images(120, [3, 64, 64], 3);
    const { recipe } = completed({}, 'chosen', data);
    expect(worded(recipe, data, true).recipe.title).toBe('Images of 3 classes');
  });
});
