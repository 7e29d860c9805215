// Where in the console a person is: the address behind `#`. `#/explore/mnist?seed=7` is the page "explore" of "mnist"
// with its settings, so that a link restores what it was copied from. Hash addresses work below any folder.

import { type Store, store, useStore } from './api/store';

export interface Place {
  /** "" before a page was chosen. */
  readonly page: string;
  /** What follows the page's name, such as a model. */
  readonly rest: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export function readPlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const [page = '', ...rest] = path.split('/').map(decoded);
  return { page, rest: rest.filter((part) => part !== ''), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a page: `href` of a link. Settings that are undefined are left out. */
export function hrefOf(page: string, rest: readonly string[] = [], query: Settings = {}): string {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const settings = new URLSearchParams(entries).toString();
  return `#/${[page, ...rest].map(encodeURIComponent).join('/')}${settings && `?${settings}`}`;
}

export type Settings = Readonly<Record<string, string | undefined>>;

const place: Store<Place> = store(readPlace(location.hash));

addEventListener('hashchange', () => {
  clearTimeout(writing);
  place.set(readPlace(location.hash));
});

export const usePlace = (): Place => useStore(place);

/** Changes settings of this page: at once for the page, and soon in the address, without a step of the history. */
export function setSettings(changed: Settings): void {
  const { page, rest, query } = place.get();
  const href = hrefOf(page, rest, { ...query, ...changed });
  place.set(readPlace(href));
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, '', href), WRITE_MS);
}

/** Browsers bound how often an address changes, and a slider changes faster. */
const WRITE_MS = 150;

let writing: ReturnType<typeof setTimeout> | undefined;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a person may type anything
  }
}
