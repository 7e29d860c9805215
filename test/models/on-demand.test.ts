import { expect, test } from 'vitest';
import { OnDemand } from '../../src/models/on-demand.js';

/** Counts what is opened and freed; each opening ends when the test says so. */
function counted(lasts?: (error: unknown) => boolean) {
  const openings: { resolve: (value: number) => void; reject: (error: Error) => void; signal: AbortSignal }[] = [];
  const freed: number[] = [];
  const thing = new OnDemand<number>({
    open: (signal) => new Promise((resolve, reject) => openings.push({ resolve, reject, signal })),
    free: async (value) => void freed.push(value),
    ...(lasts && { lasts }),
  });
  return { thing, openings, freed };
}

test('is opened once for all who ask before it is open, and after', async () => {
  const { thing, openings } = counted();
  const asked = [thing.get(), thing.get()];
  openings[0]!.resolve(7);
  expect(await Promise.all([...asked, thing.get()])).toEqual([7, 7, 7]);
  expect(openings).toHaveLength(1);
});

test('is tried anew after a failure, which all who waited are told', async () => {
  const { thing, openings } = counted();
  const asked = [thing.get(), thing.get()];
  openings[0]!.reject(new Error('died'));
  for (const one of asked) await expect(one).rejects.toThrow('died');
  const again = thing.get();
  openings[1]!.resolve(8);
  expect(await again).toBe(8);
});

test('keeps a failure that would come again', async () => {
  const { thing, openings } = counted(() => true);
  const asked = thing.get();
  openings[0]!.reject(new Error('lacks a recipe'));
  await expect(asked).rejects.toThrow('lacks a recipe');
  await expect(thing.get()).rejects.toThrow('lacks a recipe');
  expect(openings).toHaveLength(1);
});

test('freed while it opens is told so, freed once it is open, and opened again for the next', async () => {
  const { thing, openings, freed } = counted();
  const asked = thing.get();
  const freeing = thing.free();
  expect(openings[0]!.signal.aborted).toBe(true);
  openings[0]!.resolve(9);
  await freeing;
  expect([await asked, freed]).toEqual([9, [9]]);
  await thing.free();
  expect(freed).toEqual([9]);
  const again = thing.get();
  openings[1]!.resolve(10);
  expect(await again).toBe(10);
});
