import { expect, it } from 'vitest';
import { recipeTable } from '../../src/commands/recipes.js';

it('lists what each recipe is for, from how many examples, and its steps: faces see 400 and their mirror images in 32s, 480 times', async () => {
  const table = await recipeTable();
  expect(table.find((line) => line.startsWith('faces '))).toMatch(
    /^faces +64×64×1 +100 +12,000 +\d+[mh] \d\d[sm] +Faces from 400 photographs$/,
  );
  expect(table.join('\n')).toMatch(/Lessons .*dirac/);
});
