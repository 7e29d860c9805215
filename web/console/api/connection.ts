// Whether the server answers. Once it does not, it is asked every few seconds, and whoever waits is told when it is
// back.

import { type Store, store } from './store';

export const isLost: Store<boolean> = store(false);

/** Milliseconds between two tries: the first ones come soon. */
const WAITS = [500, 1000, 2000, 5000];

/** To be called when a request got no answer at all. */
export function noAnswer(): void {
  if (isLost.get()) return;
  isLost.set(true);
  void lookAgain();
}

async function lookAgain(): Promise<void> {
  for (let tries = 0; isLost.get(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, WAITS[Math.min(tries, WAITS.length - 1)]));
    if (await isThere()) isLost.set(false);
  }
}

async function isThere(): Promise<boolean> {
  try {
    return (await fetch('livez', { cache: 'no-store' })).ok;
  } catch {
    return false; // still away
  }
}
