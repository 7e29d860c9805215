// A folder or zip of image files as a Dataset: which files are images, of which split, and where their labels come
// from. images.ts reads and checks them.
import type { Dataset, Part } from './dataset.js';
import type { FileSet } from './file-set.js';
import { openFolder } from './folder.js';
import { type Format, hasExtension, type OpenRequest } from './format.js';
import { labelsFromFolders, labelsFromJson } from './image-labels.js';
import { IMAGE_SETTINGS, openImages } from './images.js';
import { invalid } from './refusal.js';
import { isZip, openZip, refuseUnlessZip } from './zip.js';

export const pictureZip: Format = {
  what: 'a zip of images',
  recognises: isZip,
  mayBeMeant: (place) => hasExtension(place, '.zip'),
  settings: () => [...IMAGE_SETTINGS, 'part'],
  async open(place, request) {
    refuseUnlessZip(place);
    return openPictureFiles(await openZip(place.path), request);
  },
  hasPart: async ({ path }, part) => picturesHavePart(await openZip(path), part),
};

/** Any folder may hold images, somewhere below. */
export const pictureFolder: Format = {
  what: 'a folder of images',
  recognises: () => false,
  mayBeMeant: (place) => place.kind === 'folder' && place.names.length > 0,
  settings: () => [...IMAGE_SETTINGS, 'part'],
  open: async ({ path }, request) => openPictureFiles(await openFolder(path), request),
  hasPart: async ({ path }, part) => picturesHavePart(await openFolder(path), part),
};

/** Extensions of images. Those that are not read are bad images: to leave them out silently would change the data. */
const IMAGE = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic|jxl|svg)$/i;

/** Folders at the top that are splits and not classes. */
const SPLIT = /^(train|training|test|testing|val|valid|validation)$/i;

async function openPictureFiles(files: FileSet, request: OpenRequest): Promise<Dataset> {
  const { part } = request;
  const all = imagesOf(files);
  if (all.length === 0) {
    throw invalid(
      files.name,
      'PNG, JPEG or WebP images, or train-images-idx3-ubyte[.gz]',
      `${files.count} files, none of them an image`,
    );
  }
  const which = ofPart(files, all, part);
  if (which.length === 0) throw invalid(files.name, `images of the ${part} split`, 'none');
  const names = which.map((file) => files.nameAt(file));
  const json = indexOf(files, 'dataset.json');
  const labels =
    json === null
      ? labelsFromFolders(names)
      : labelsFromJson(await files.read(json), `dataset.json of ${files.name}`, names);
  return openImages(files, which, labels, request);
}

function picturesHavePart(files: FileSet, part: Part): boolean {
  return ofPart(files, imagesOf(files), part).length > 0;
}

/** Positions of the images, by name: an archive's order is its writer's accident. */
export function imagesOf(files: FileSet): number[] {
  const images: number[] = [];
  for (let file = 0; file < files.count; file++) {
    const name = files.nameAt(file);
    if (IMAGE.test(name) && !name.startsWith('__MACOSX/')) images.push(file);
  }
  return images.sort((a, b) => (files.nameAt(a) < files.nameAt(b) ? -1 : 1));
}

/** When all folders at the top are splits, those images that lie in the one asked for; otherwise all are `train`. */
function ofPart(files: FileSet, images: readonly number[], part: Part): number[] {
  const folderOf = (file: number) => /^([^/]+)\//.exec(files.nameAt(file))?.[1] ?? '';
  const inSplits = images.every((file) => SPLIT.test(folderOf(file)));
  if (inSplits) return images.filter((file) => folderOf(file).toLowerCase().startsWith(part));
  return part === 'train' ? [...images] : [];
}

function indexOf(files: FileSet, name: string): number | null {
  for (let file = 0; file < files.count; file++) if (files.nameAt(file) === name) return file;
  return null;
}
