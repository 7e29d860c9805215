import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadRecipe } from '../../src/recipes/check-recipe.js';
import type { Progress } from '../../src/training/progress.js';
import { type Change, Watch } from '../../src/training/warnings.js';

/** Reports of a run of this program: bench/warning-runs.ts makes them again. */
interface Run {
  readonly recipe: string;
  readonly seed: number;
  readonly how: string;
  readonly ended: 'healthy' | 'collapsed' | 'missing modes' | 'vanished' | 'circling' | 'not as meant';
  readonly reports: Readonly<Record<string, readonly number[]>>;
}

const runs = JSON.parse(
  await readFile(new URL('../fixtures/warning-runs.json', import.meta.url), 'utf8'),
) as readonly Run[];

/** What a run was told, in order. */
async function heard({ recipe, reports }: Run): Promise<Change[]> {
  const watch = new Watch(await loadRecipe(recipe));
  return reports['step']!.flatMap((_, i) => {
    const report = Object.fromEntries(Object.entries(reports).map(([name, values]) => [name, values[i]!]));
    return watch.hear(report as unknown as Progress);
  });
}

async function share(ended: Run['ended'], holds: (names: readonly string[]) => boolean) {
  const those = runs.filter((run) => run.ended === ended);
  const held: Run[] = [];
  for (const run of those) if (holds((await heard(run)).map(({ name }) => name))) held.push(run);
  return { of: those.length, held };
}

describe('named warnings', () => {
  it('come in one of seventeen healthy runs, which reports five times as often as its recipe does', async () => {
    const { of, held } = await share('healthy', (names) => names.length > 0);
    expect(of).toBe(17);
    // mnist-mlp reported on every 20 steps instead of 100: the loss of its G does swing while it begins to learn.
    expect(held.map(({ recipe }) => recipe)).toEqual(['mnist-mlp']);
  });

  it('name three of four runs that miss modes, and the fourth, which is still finding more, not yet', async () => {
    const { of, held } = await share('missing modes', (names) => names.includes('missing-modes'));
    expect(of).toBe(4);
    expect(held.map(({ recipe, how }) => [recipe, how])).toEqual([
      ['ring8', 'weak discriminator'],
      ['ring8', 'small discriminator'],
      ['ring8', 'small discriminator'],
    ]);
  });

  it('name every collapse and every vanished gradient, and most of what circles', async () => {
    expect(await share('collapsed', (names) => names.includes('collapse'))).toMatchObject({
      of: 14,
      held: { length: 14 },
    });
    expect(await share('vanished', (names) => names.includes('vanishing-gradient'))).toMatchObject({
      of: 2,
      held: { length: 2 },
    });
    // That players circle is seen in 8 of the 16 runs that are made to; of the others 6 are named a collapse.
    const circling = runs.filter(({ how }) => how.includes('momentum'));
    let [oscillating, named] = [0, 0];
    for (const run of circling) {
      const names = (await heard(run)).map(({ name }) => name);
      if (names.includes('oscillation')) oscillating++;
      if (names.length > 0) named++;
    }
    expect([circling.length, oscillating, named]).toEqual([16, 8, 15]);
  });
});
