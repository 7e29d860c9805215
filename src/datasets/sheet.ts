// A contact sheet of data: each class by name with its count, and examples from all over it, so that a person sees at a
// glance what is there and what is called wrongly.
import { type Channels, type ImageShape, type Pixels, toPixels } from '../images/pixels.js';
import { drawn, Panel, text } from '../images/plot.js';
import { widthAtHeight } from '../images/resize.js';
import { type Dataset, placesEvenly } from './dataset.js';
import { invalid } from './refusal.js';

/** Pixels: of an image's height, between images, and of the names beside them. */
const HEIGHT = 64;
const GAP = 6;
const NAMES = 190;
const ACROSS = 10;
const MOST_CLASSES = 100;
/** Letters of a name that is shown. */
const MOST_LETTERS = 24;

/** A PNG file. @throws GanymedeError DATASET_INVALID for vectors */
export async function sheetOf(dataset: Dataset): Promise<Uint8Array> {
  if (dataset.shape.length !== 3) throw invalid(dataset.name, 'images for a sheet', 'vectors; --preview shows these');
  const [channels, height, width] = dataset.shape as [Channels, number, number];
  const shape = { channels, height, width };
  const across = widthAtHeight(shape, HEIGHT);
  const rows = rowsOf(dataset);
  const marks: string[] = [];
  for (const [row, { name, indices }] of rows.entries()) {
    const top = GAP + row * (HEIGHT + GAP);
    marks.push(text(name, GAP, top + HEIGHT / 2 + 4));
    const images = await imagesAt(dataset, indices, shape);
    for (const [column, image] of images.entries()) {
      marks.push(new Panel(NAMES + column * (across + GAP), top, across, HEIGHT, UNIT, UNIT).image(image));
    }
  }
  return drawn(NAMES + ACROSS * (across + GAP), GAP + rows.length * (HEIGHT + GAP), marks.join(''));
}

const UNIT = { low: 0, high: 1 };

interface Row {
  readonly name: string;
  readonly indices: readonly number[];
}

function rowsOf({ count, labels, classes }: Dataset): readonly Row[] {
  if (!labels || !classes) {
    const chosen = Array.from(placesEvenly(count, ACROSS * ACROSS));
    return Array.from({ length: Math.ceil(chosen.length / ACROSS) }, (_, row) => ({
      name: row === 0 ? `${count.toLocaleString('en-US')} images` : '',
      indices: chosen.slice(row * ACROSS, (row + 1) * ACROSS),
    }));
  }
  const members = classes.map(() => [] as number[]);
  for (const [index, label] of labels.entries()) members[label]!.push(index);
  return members.slice(0, MOST_CLASSES).map((own, label) => ({
    name: `${shortened(classes[label]!)} (${own.length.toLocaleString('en-US')})`,
    indices: Array.from(placesEvenly(own.length, ACROSS), (place) => own[place]!),
  }));
}

function shortened(name: string): string {
  return name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
}

async function imagesAt(dataset: Dataset, indices: readonly number[], shape: ImageShape): Promise<Pixels[]> {
  const size = shape.channels * shape.height * shape.width;
  const values = new Float32Array(indices.length * size);
  await dataset.read(indices, values);
  return indices.map((_, i) => toPixels(values.subarray(i * size, (i + 1) * size), { ...shape, range: dataset.range }));
}
