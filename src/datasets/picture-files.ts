// A folder or zip of image files as a Dataset: which files are images, of which split, and where their labels come from.
// Reading and checking them is images.ts' work.
import { invalid } from './bytes.js';
import type { Dataset, Part } from './dataset.js';
import type { Entries } from './entries.js';
import { type ImageOptions, openImages } from './images.js';
import { labelsFromFolders, labelsFromJson } from './labels.js';

/** Extensions of images. Those that are not read are bad images: to leave them out silently would change the data. */
const IMAGE = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic|jxl|svg)$/i;

/** Folders at the top that are splits and not classes. */
const SPLIT = /^(train|training|test|testing|val|valid|validation)$/i;

export async function openPictureFiles(entries: Entries, part: Part, options: ImageOptions): Promise<Dataset> {
  const all = imagesOf(entries);
  if (all.length === 0) {
    throw invalid(
      entries.name,
      'PNG, JPEG or WebP images, or train-images-idx3-ubyte[.gz]',
      `${entries.count} files, none of them an image`,
    );
  }
  const which = ofPart(entries, all, part);
  if (which.length === 0) throw invalid(entries.name, `images of the ${part} split`, 'none');
  const names = which.map((entry) => entries.nameAt(entry));
  const json = indexOf(entries, 'dataset.json');
  const labels =
    json === null
      ? labelsFromFolders(names)
      : labelsFromJson(await entries.read(json), `dataset.json of ${entries.name}`, names);
  return openImages(entries, which, labels, options);
}

export function picturesHavePart(entries: Entries, part: Part): boolean {
  return ofPart(entries, imagesOf(entries), part).length > 0;
}

/** Entries that are images, by name: an archive's order is its writer's accident. */
function imagesOf(entries: Entries): number[] {
  const images: number[] = [];
  for (let entry = 0; entry < entries.count; entry++) {
    const name = entries.nameAt(entry);
    if (IMAGE.test(name) && !name.startsWith('__MACOSX/')) images.push(entry);
  }
  return images.sort((a, b) => (entries.nameAt(a) < entries.nameAt(b) ? -1 : 1));
}

/** When all folders at the top are splits, those images that lie in the one asked for; otherwise all are `train`. */
function ofPart(entries: Entries, images: readonly number[], part: Part): number[] {
  const folderOf = (entry: number) => /^([^/]+)\//.exec(entries.nameAt(entry))?.[1] ?? '';
  const inSplits = images.every((entry) => SPLIT.test(folderOf(entry)));
  if (inSplits) return images.filter((entry) => folderOf(entry).toLowerCase().startsWith(part));
  return part === 'train' ? [...images] : [];
}

function indexOf(entries: Entries, name: string): number | null {
  for (let entry = 0; entry < entries.count; entry++) if (entries.nameAt(entry) === name) return entry;
  return null;
}
