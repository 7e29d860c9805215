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

/** As `counted`, made of what `stamp` says. */
function stamped() {
  let stamp = 'a';
  const freed: string[] = [];
  const thing = new OnDemand<string>({
    open: async () => `made of ${stamp}`,
    free: async (value) => void freed.push(value),
    stamp: async () => stamp,
  });
  return { thing, freed, become: (other: string) => (stamp = other) };
}

test('is opened anew once it is made of something else, and what was open is freed', async () => {
  const { thing, freed, become } = stamped();
  expect([await thing.get(), await thing.get()]).toEqual(['made of a', 'made of a']);
  become('b');
  expect(await Promise.all([thing.get(), thing.get()])).toEqual(['made of b', 'made of b']);
  await thing.free();
  expect(freed).toEqual(['made of a', 'made of b']);
});

test('a failure to free what was replaced is told to whoever frees the rest', async () => {
  let stamp = 1;
  const thing = new OnDemand<number>({
    open: async () => stamp,
    free: async (value) => {
      if (value === 1) throw new Error('stuck');
    },
    stamp: async () => `${stamp}`,
  });
  await thing.get();
  stamp = 2;
  expect(await thing.get()).toBe(2);
  await expect(thing.free()).rejects.toThrow('stuck');
});
