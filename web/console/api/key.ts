// The key that is sent with each request, for as long as the tab is open.

import { type Store, store } from './store';

const NAME = 'ganymede-key';

/** Null: none is sent. */
export const key: Store<string | null> = store(sessionStorage.getItem(NAME));

key.watch(() => {
  const value = key.get();
  if (value === null) sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, value);
});

export function authorization(): Readonly<Record<string, string>> {
  const value = key.get();
  return value === null ? {} : { authorization: `Bearer ${value}` };
}
