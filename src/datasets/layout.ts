// What the images of a folder or an archive are to a training, told by their paths alone: which belong to the split
// that is asked for, which class each is of, and what is left over. Folders that everything lies in mean nothing;
// folders named train, test, val are splits; the first other level with several folders holds the classes. Pure.
import type { Part } from './dataset.js';

export interface Layout {
  /** Positions among the names, in the order of these. */
  readonly images: readonly number[];
  /** The class of each of `images`; null where folders tell none. */
  readonly classes: readonly string[] | null;
  /** The innermost folder with a `dataset.json` that all of `images` lie in, "" or "a/b/"; null where there is none. */
  readonly home: string | null;
  /** Splits that folders name, besides the one asked for, and how many images of each are left out. */
  readonly others: ReadonlyMap<Split, number>;
  /** Positions of images that lie outside of what is told apart, and are left out. */
  readonly beside: readonly number[];
}

export type Split = Part | 'validation';

/**
 * Files that systems leave behind: hidden ones, resource forks of macOS (`._x.png`), thumbnails of Windows and of NAS.
 */
export function isJunk(name: string): boolean {
  return name.split('/').some((part) => part.startsWith('.') || JUNK.test(part));
}

const JUNK = /^(__MACOSX|thumbs\.db|desktop\.ini|ehthumbs\.db|@eadir|\$recycle\.bin|system volume information)$/i;

/** `homes`: folders that hold a `dataset.json`, "" or "a/b/". */
export function layoutOf(names: readonly string[], part: Part, homes: ReadonlySet<string> = new Set()): Layout {
  const images = names.map((name, index) => ({ index, folders: name.split('/').slice(0, -1) }));
  return descend(images, 0, { part, homes, home: null });
}

/** The splits that folders name; `train` alone where they name none. */
export function splitsOf(names: readonly string[]): ReadonlySet<Split> {
  const { images, others } = layoutOf(names, 'train');
  return new Set([...(images.length > 0 ? (['train'] as const) : []), ...others.keys()]);
}

interface Image {
  readonly index: number;
  readonly folders: readonly string[];
}

interface Search {
  readonly part: Part;
  readonly homes: ReadonlySet<string>;
  readonly home: string | null;
}

/** All of `images` share their first `depth` folders. */
function descend(images: readonly Image[], depth: number, search: Search): Layout {
  const here = images[0]?.folders.slice(0, depth).map((folder) => `${folder}/`) ?? [];
  const home = search.homes.has(here.join('')) ? here.join('') : search.home;
  const inside = images.filter(({ folders }) => folders.length > depth);
  const loose = images.filter(({ folders }) => folders.length === depth);
  const names = new Set(inside.map(({ folders }) => nameOf(folders[depth]!)));
  const within = { ...search, home };
  if (names.size === 0) return plain(images, home);
  if ([...names].every((name) => splitOf(name))) return ofSplit(inside, loose, depth, within);
  if (loose.length >= inside.length) return plain(images, home); // so many are not left over
  if (names.size === 1) return inOne(images, inside, loose, depth, within);
  if (home !== null || inside.every(isNumbered)) return plain(images, home);
  return ofClasses(inside, loose, depth, within);
}

function plain(images: readonly Image[], home: string | null): Layout {
  return { images: images.map(({ index }) => index), classes: null, home, others: new Map(), beside: [] };
}

/** What a single folder holds counts, and not what lies beside it, if it tells anything apart. */
function inOne(
  images: readonly Image[],
  inside: readonly Image[],
  loose: readonly Image[],
  depth: number,
  search: Search,
): Layout {
  const found = descend(inside, depth + 1, search);
  const tells = found.classes !== null || found.others.size > 0 || found.home !== search.home;
  if (!tells && loose.length > 0) return plain(images, search.home);
  return { ...found, beside: [...found.beside, ...loose.map(({ index }) => index)] };
}

/** Images beside the folders of splits are those of training, unless one of the folders is. */
function ofSplit(inside: readonly Image[], loose: readonly Image[], depth: number, search: Search): Layout {
  const groups = grouped(inside, ({ folders }) => splitOf(nameOf(folders[depth]!))!);
  const isNamed = groups.has('train');
  const found =
    search.part === 'train' && !isNamed
      ? plain(loose, search.home)
      : inFolders(groups.get(search.part) ?? [], depth, search);
  const counts = Array.from(groups, ([split, { length }]) => [split, length] as const);
  const others = new Map<Split, number>(isNamed || loose.length === 0 ? counts : [['train', loose.length], ...counts]);
  others.delete(search.part);
  return { ...found, others, beside: [...found.beside, ...(isNamed ? loose.map(({ index }) => index) : [])] };
}

/** A split may have several folders, such as train and training. */
function inFolders(images: readonly Image[], depth: number, search: Search): Layout {
  const folders = new Set(images.map(({ folders }) => folders[depth]));
  return folders.size === 1 ? descend(images, depth + 1, search) : plain(images, search.home);
}

/** Classes may have their splits below them: cat/train, cat/test, dog/train, … */
function ofClasses(inside: readonly Image[], loose: readonly Image[], depth: number, search: Search): Layout {
  const groups = grouped(inside, ({ folders }) => splitOf(nameOf(folders[depth + 1] ?? '')));
  const isSplit = !groups.has(null);
  const wanted = isSplit ? (groups.get(search.part) ?? []) : inside;
  const counts = Array.from(groups, ([split, { length }]) => [split, length] as const);
  const others = counts.filter((count): count is [Split, number] => isSplit && count[0] !== search.part);
  return {
    images: wanted.map(({ index }) => index),
    classes: wanted.map(({ folders }) => folders[depth]!),
    home: search.home,
    others: new Map(others),
    beside: loose.map(({ index }) => index),
  };
}

/** As names are compared: é is one letter, however it is written. */
function nameOf(folder: string): string {
  return folder.normalize('NFC');
}

const SPLITS: readonly (readonly [Split, RegExp])[] = [
  ['train', /^train(ing)?([-_ ]?(set|data|images))?$/i],
  ['test', /^test(ing)?([-_ ]?(set|data|images))?$/i],
  ['validation', /^val(id|idation)?([-_ ]?(set|data|images))?$/i],
];

function splitOf(name: string): Split | null {
  return SPLITS.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

/** As StyleGAN's dataset_tool.py numbers folders: a thousand images each, and no meaning. */
function isNumbered({ folders }: Image): boolean {
  return /^\d{5}$/.test(folders.at(-1) ?? '');
}

function grouped<Key>(images: readonly Image[], keyOf: (image: Image) => Key): Map<Key, Image[]> {
  const groups = new Map<Key, Image[]>();
  for (const image of images) {
    const key = keyOf(image);
    const group = groups.get(key);
    if (group) group.push(image);
    else groups.set(key, [image]);
  }
  return groups;
}
