// A folder or zip of image files as a Dataset: which files are images, by their bytes, and which are left out.
// layout.ts tells splits and classes apart by the paths, images.ts reads and checks what they hold.

import { GanymedeError } from '../errors.js';
import { kindOf } from '../images/kind.js';
import { forEachConcurrently } from './concurrently.js';
import { type Dataset, numbered, type Part } from './dataset.js';
import type { FileSet } from './file-set.js';
import { openFolder } from './folder.js';
import { type Format, hasExtension, type OpenRequest } from './format.js';
import { type ImageLabels, labelsFromJson, labelsFromNames } from './image-labels.js';
import { IMAGE_SETTINGS, openImages } from './images.js';
import { isJunk, type Layout, layoutOf, splitsOf } from './layout.js';
import { invalid, someOf } from './refusal.js';
import { IMAGE_LIMITS, isZip, openZip, refuseUnlessZip } from './zip.js';

export const pictureZip: Format = {
  what: 'a zip of images',
  recognises: isZip,
  mayBeMeant: (place) => hasExtension(place, '.zip'),
  settings: () => [...IMAGE_SETTINGS, 'part'],
  async open(place, request) {
    refuseUnlessZip(place);
    return openPictureFiles(await openZip(place.path, IMAGE_LIMITS, request), request);
  },
  hasPart: async ({ path }, part) => picturesHavePart(await openZip(path), part),
};

/** Any folder may hold images, somewhere below. */
export const pictureFolder: Format = {
  what: 'a folder of images',
  recognises: () => false,
  mayBeMeant: (place) => place.kind === 'folder' && place.names.length > 0,
  settings: () => [...IMAGE_SETTINGS, 'part'],
  open: async ({ path }, request) => openPictureFiles(await openFolder(path, request), request),
  hasPart: async ({ path }, part) => picturesHavePart(await openFolder(path), part),
};

/** Where StyleGAN's dataset_tool.py writes classes. */
const LABELS = 'dataset.json';

/** What cameras write beside the JPEG of the same photograph; some are TIFF by their bytes. */
const RAW = /\.(cr2|cr3|crw|dng|nef|arw|raf|orf|rw2|pef|srw)$/i;

async function openPictureFiles(files: FileSet, request: OpenRequest): Promise<Dataset> {
  const { images, others } = await toldApart(files, request.signal);
  if (images.length === 0) {
    throw invalid(
      files.name,
      'PNG, JPEG or WebP images, or train-images-idx3-ubyte[.gz]',
      `${files.count} files, none of them an image${others.length > 0 ? ` (${someOf(others)})` : ''}`,
    );
  }
  const homes = new Set(others.filter((name) => fileOf(name) === LABELS).map((name) => name.slice(0, -LABELS.length)));
  const names = images.map((file) => files.nameAt(file));
  const layout = layoutOf(names, request.part, homes);
  if (layout.images.length === 0) {
    const found = [...layout.others.keys()].join(' and ') || 'none';
    throw invalid(files.name, `images of the ${request.part} split`, found === 'none' ? found : `those of ${found}`);
  }
  report(layout, names, others, request.onLeftOut);
  const labels = await labelsOf(files, layout, names, request);
  const which = (labels?.positions ?? layout.images).map((image) => images[image]!);
  return openImages(files, which, labels, request);
}

function report(
  { beside, others }: Layout,
  names: readonly string[],
  notImages: readonly string[],
  onLeftOut: OpenRequest['onLeftOut'],
): void {
  const unknown = notImages.filter((name) => fileOf(name) !== LABELS);
  for (const { what, names: found } of byWhat(unknown)) onLeftOut?.(found.length, what, found);
  if (beside.length > 0) {
    onLeftOut?.(
      beside.length,
      'beside the folders that tell splits or classes apart',
      beside.map((image) => names[image]!),
    );
  }
  const validation = others.get('validation');
  if (validation) onLeftOut?.(validation, 'of the split validation, which is neither train nor test', []);
}

/** What else lies among photographs, and how it is told of. */
const BESIDE: readonly (readonly [RegExp, string])[] = [
  [/\.(mov|mp4|m4v|avi|mkv|webm|3gp)$/i, 'of film, such as the moving half of a Live Photo'],
  [/\.(xmp|aae|thm)$/i, 'of notes that photo programs keep'],
  [/\.pdf$/i, 'of pages (PDF), which can be exported as PNG'],
  [RAW, 'of raw photographs, which can be exported as JPEG'],
  [/./, 'without an image in them'],
];

function byWhat(names: readonly string[]): { readonly what: string; readonly names: readonly string[] }[] {
  const kindOfFile = (name: string) => BESIDE.find(([pattern]) => pattern.test(fileOf(name)))?.[1];
  return BESIDE.map(([, what]) => ({ what, names: names.filter((name) => kindOfFile(name) === what) })).filter(
    (group) => group.names.length > 0,
  );
}

/** Of those images of the layout that have one, and which these are; null where nothing names classes. */
async function labelsOf(
  files: FileSet,
  { images, classes, home }: Layout,
  names: readonly string[],
  { settings, onSkipped }: OpenRequest,
): Promise<(ImageLabels & { readonly positions: readonly number[] }) | null> {
  if (home === null) return classes && { ...labelsFromNames(classes), positions: images };
  const from = `${home}${LABELS} of ${files.name}`;
  const json = await files.read(indexOf(files, `${home}${LABELS}`));
  const shown = images.map((image) => names[image]!);
  const read = labelsFromJson(
    json,
    from,
    shown.map((name) => name.slice(home.length)),
  );
  if (read === null) return null;
  const { labels: found, classes: named } = read;
  const missing = shown.filter((_, i) => found[i] === null);
  if (missing.length > 0) {
    if (settings.bad !== 'skip' || missing.length === shown.length) throw withoutLabel(from, missing);
    for (const name of missing) onSkipped?.(name, `The image ${name} has no label in ${from}.`);
  }
  const kept = images.filter((_, i) => found[i] !== null);
  return {
    ...numbered(
      found.filter((label) => label !== null),
      named,
    ),
    positions: kept,
  };
}

function withoutLabel(from: string, missing: readonly string[]): GanymedeError {
  return new GanymedeError(
    'DATASET_INVALID',
    `Expected a label for every image in ${from} but ${missing.length} have none, such as ${missing[0]}. Leave them out with bad=skip.`,
    { details: { missing: missing.slice(0, 10), count: missing.length } },
  );
}

async function picturesHavePart(files: FileSet, part: Part): Promise<boolean> {
  const images = await imagesOf(files);
  return splitsOf(images.map((file) => files.nameAt(file))).has(part);
}

/** Positions of the images, by name: an archive's order is its writer's accident. */
export async function imagesOf(files: FileSet): Promise<readonly number[]> {
  return (await toldApart(files)).images;
}

/**
 * Extensions of images, read or not: to leave those out that are not would change the data. JPEG under other names,
 * files without an extension and whatever else holds an image are told by their first bytes.
 */
const IMAGE = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic|jxl|svg)$/i;
const WIDTH = 16;

async function toldApart(
  files: FileSet,
  signal?: AbortSignal,
): Promise<{ readonly images: readonly number[]; readonly others: readonly string[] }> {
  const sorted = Array.from({ length: files.count }, (_, file) => file)
    .filter((file) => !isJunk(files.nameAt(file)))
    .sort((a, b) => (files.nameAt(a) < files.nameAt(b) ? -1 : 1));
  const isImage = sorted.map((file) => IMAGE.test(files.nameAt(file)));
  const unclear = sorted.flatMap((file, i) => (isImage[i] || isTold(files.nameAt(file)) ? [] : [i]));
  await files.whileOpen(() =>
    forEachConcurrently(unclear.length, WIDTH, async (n) => {
      signal?.throwIfAborted();
      const i = unclear[n]!;
      isImage[i] = await holdsImage(files, sorted[i]!);
    }),
  );
  return {
    images: sorted.filter((_, i) => isImage[i]),
    others: sorted.filter((_, i) => !isImage[i]).map((file) => files.nameAt(file)),
  };
}

/** By its name alone: no image of the data. */
function isTold(name: string): boolean {
  return fileOf(name) === LABELS || RAW.test(name);
}

/** What cannot be read at all is no image either: nothing says that it should be one. */
async function holdsImage(files: FileSet, file: number): Promise<boolean> {
  try {
    return kindOf(await files.start(file)) !== 'unknown';
  } catch (error) {
    if (error instanceof GanymedeError) return false;
    throw error;
  }
}

function fileOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function indexOf(files: FileSet, name: string): number {
  for (let file = 0; file < files.count; file++) if (files.nameAt(file) === name) return file;
  throw invalid(files.name, name, 'none');
}
