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
  return descend(foldersOf(names), 0, { count: names.length, part, homes, home: null });
}

/** The splits that folders name; `train` alone where they name none. */
export function splitsOf(names: readonly string[]): ReadonlySet<Split> {
  const { images, others } = layoutOf(names, 'train');
  return new Set([...(images.length > 0 ? (['train'] as const) : []), ...others.keys()]);
}

/** The images that lie in a folder itself: a million of them are few objects. */
interface Folder {
  readonly path: readonly string[];
  readonly images: number[];
}

function foldersOf(names: readonly string[]): Folder[] {
  const folders = new Map<string, Folder>();
  for (const [index, name] of names.entries()) {
    const path = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    const folder = folders.get(path);
    if (folder) folder.images.push(index);
    else folders.set(path, { path: path === '' ? [] : path.split('/'), images: [index] });
  }
  return [...folders.values()];
}

interface Search {
  /** Of all names. */
  readonly count: number;
  readonly part: Part;
  readonly homes: ReadonlySet<string>;
  readonly home: string | null;
}

/** All of `folders` share the first `depth` names of their paths. */
function descend(folders: readonly Folder[], depth: number, search: Search): Layout {
  const here = folders[0]?.path.slice(0, depth).map((name) => `${name}/`) ?? [];
  const home = search.homes.has(here.join('')) ? here.join('') : search.home;
  const inside = folders.filter(({ path }) => path.length > depth);
  const loose = folders.filter(({ path }) => path.length === depth);
  const names = new Set(inside.map(({ path }) => nameOf(path[depth]!)));
  const within = { ...search, home };
  if (names.size === 0) return plain(folders, home);
  if ([...names].every((name) => splitOf(name))) return ofSplit(inside, loose, depth, within);
  if (countOf(loose) >= countOf(inside)) return plain(folders, home); // so many are not left over
  if (names.size === 1) return inOne(folders, inside, loose, depth, within);
  if (home !== null || inside.every(isNumbered)) return plain(folders, home);
  return ofClasses(inside, loose, depth, within);
}

function plain(folders: readonly Folder[], home: string | null): Layout {
  return { images: imagesOf(folders), classes: null, home, others: new Map(), beside: [] };
}

/** What a single folder holds counts, and not what lies beside it, if it tells anything apart. */
function inOne(
  folders: readonly Folder[],
  inside: readonly Folder[],
  loose: readonly Folder[],
  depth: number,
  search: Search,
): Layout {
  const found = descend(inside, depth + 1, search);
  const tells = found.classes !== null || found.others.size > 0 || found.home !== search.home;
  if (!tells && loose.length > 0) return plain(folders, search.home);
  return { ...found, beside: [...found.beside, ...imagesOf(loose)] };
}

/** Images beside the folders of splits are those of training, unless one of the folders is. */
function ofSplit(inside: readonly Folder[], loose: readonly Folder[], depth: number, search: Search): Layout {
  const groups = grouped(inside, ({ path }) => splitOf(nameOf(path[depth]!))!);
  const isNamed = groups.has('train');
  const found =
    search.part === 'train' && !isNamed
      ? plain(loose, search.home)
      : inFolders(groups.get(search.part) ?? [], depth, search);
  const counts = Array.from(groups, ([split, folders]) => [split, countOf(folders)] as const);
  const others = new Map<Split, number>(
    isNamed || loose.length === 0 ? counts : [['train', countOf(loose)], ...counts],
  );
  others.delete(search.part);
  return { ...found, others, beside: [...found.beside, ...(isNamed ? imagesOf(loose) : [])] };
}

/** A split may have several folders, such as train and training. */
function inFolders(folders: readonly Folder[], depth: number, search: Search): Layout {
  const names = new Set(folders.map(({ path }) => path[depth]));
  return names.size === 1 ? descend(folders, depth + 1, search) : plain(folders, search.home);
}

/** Classes may have their splits below them: cat/train, cat/test, dog/train, … */
function ofClasses(inside: readonly Folder[], loose: readonly Folder[], depth: number, search: Search): Layout {
  const groups = grouped(inside, ({ path }) => splitOf(nameOf(path[depth + 1] ?? '')));
  const isSplit = !groups.has(null);
  const wanted = isSplit ? (groups.get(search.part) ?? []) : inside;
  const counts = Array.from(groups, ([split, folders]) => [split, countOf(folders)] as const);
  const others = counts.filter((count): count is [Split, number] => isSplit && count[0] !== search.part);
  const classOf = new Array<string>(search.count);
  for (const { path, images } of wanted) for (const image of images) classOf[image] = path[depth]!;
  const images = imagesOf(wanted);
  return {
    images,
    classes: images.map((image) => classOf[image]!),
    home: search.home,
    others: new Map(others),
    beside: imagesOf(loose),
  };
}

/** In the order of the names. */
function imagesOf(folders: readonly Folder[]): number[] {
  return folders.flatMap(({ images }) => images).sort((a, b) => a - b);
}

function countOf(folders: readonly Folder[]): number {
  return folders.reduce((sum, { images }) => sum + images.length, 0);
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
function isNumbered({ path }: Folder): boolean {
  return /^\d{5}$/.test(path.at(-1) ?? '');
}

function grouped<Key>(folders: readonly Folder[], keyOf: (folder: Folder) => Key): Map<Key, Folder[]> {
  const groups = new Map<Key, Folder[]>();
  for (const folder of folders) {
    const key = keyOf(folder);
    const group = groups.get(key);
    if (group) group.push(folder);
    else groups.set(key, [folder]);
  }
  return groups;
}
