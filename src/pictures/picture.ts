// A picture: what an image shows and how it is to be encoded, as plain data. The GraphQL fields and the HTTP addresses
// both end here, so that both return the same bytes. Making its frames is the caller's work; nothing here runs a graph.

import { expected, type GanymedeError } from '../errors.js';
import { encodedPixels, tensorPixels } from '../images/costs.js';
import {
  type AnimationFormat,
  encodeAnimation,
  encodeImage,
  encodeTensor,
  FORMATS,
  grid,
  isTensorFormat,
  type StillFormat,
  type Turn,
  toPixels,
} from '../images/image.js';
import { MAX_SIDE } from '../images/limits.js';
import { type ImageSpec, imageOf } from '../models/example.js';
import { blend } from '../models/labels.js';
import { type InterpolationMethod, interpolation, type Latent, placesAlong } from '../models/latent.js';
import type { Model } from '../models/model.js';
import { truncationOf } from '../models/truncation.js';
import { inRounds } from '../rounds.js';
import { type Label, type LabelChoice, labelOf } from './label-choice.js';

export type Subject =
  | { readonly kind: 'seed'; readonly seed: number; readonly truncation: number; readonly label: Label }
  | ({ readonly kind: 'latent' } & Draw)
  | GridSubject
  | AnimationSubject
  | StripSubject
  | MixedSubject;

/** What needs a generator in layers of styles. */
export type MixedSubject = MixSubject | MixesSubject;

/** What a generator takes for one example. */
export interface Draw {
  readonly z: Latent;
  readonly label: Label;
  /** Where the generator takes it; 1 without it. */
  readonly truncation?: number;
}

/** Seeds `seed`, `seed + 1`, … row by row. */
export interface GridSubject {
  readonly kind: 'grid';
  readonly seed: number;
  readonly truncation: number;
  readonly rows: number;
  readonly columns: number;
  readonly label: LabelChoice;
}

/** Frames on the way through waypoints. Classes go from one waypoint's to the next's along a straight line. */
export interface Path {
  readonly waypoints: readonly Waypoint[];
  readonly steps: number;
  readonly method: InterpolationMethod;
  readonly loop: boolean;
  readonly truncation: number;
}

export type Waypoint = WaypointPlace & { readonly label: Label };

export type WaypointPlace = { readonly seed: number } | { readonly z: Latent };

export interface AnimationSubject extends Path {
  readonly kind: 'animation';
  readonly fps: number;
}

/** The frames of a path side by side, row by row. */
export interface StripSubject extends Path {
  readonly kind: 'strip';
  readonly columns: number;
}

/** One example whose layers have styles of several. */
export interface MixSubject {
  readonly kind: 'mix';
  /** Different ones, in the order in which the layers first have their styles. */
  readonly sources: readonly Waypoint[];
  /** Of each layer the source of its style, by index. */
  readonly layers: readonly number[];
  /** Draws styles toward their mean. */
  readonly truncation: number;
}

/** Each row mixed with each column, whose styles the layers that are named have. */
export interface MixesSubject {
  readonly kind: 'mixes';
  readonly rows: readonly Waypoint[];
  readonly columns: readonly Waypoint[];
  /** In ascending order. */
  readonly layers: readonly number[];
  readonly truncation: number;
  /** Whether columns stand above and rows before their mixes, as they are. The corner between them is black. */
  readonly originals: boolean;
}

export type Format = keyof typeof FORMATS;

export interface Picture {
  readonly subject: Subject;
  readonly format: Format;
  /** Height in pixels; left out, the size that the model makes. */
  readonly size?: number;
}

/** A picture as far as its size and its price depend on it. */
export type Outline = Pick<Picture, 'format' | 'size'> & { readonly subject: Layout };

/** A subject as far as they do. */
export type Layout =
  | { readonly kind: 'seed' | 'latent' | 'mix' }
  | Pick<GridSubject, 'kind' | 'rows' | 'columns'>
  | Pick<AnimationSubject, 'kind' | 'steps'>
  | Pick<StripSubject, 'kind' | 'steps' | 'columns'>
  | (Pick<MixesSubject, 'kind' | 'originals'> & {
      readonly rows: ArrayLike<unknown>;
      readonly columns: ArrayLike<unknown>;
    });

/** Black pixels between the samples of a grid or a strip, before it is enlarged. */
const GRID_GAP = 2;

/** What its frames are made from, in order. Pure. */
export function drawsOf(subject: Exclude<Subject, MixedSubject>, model: Model): Draw[] {
  switch (subject.kind) {
    case 'seed':
      return model.latents({ ...subject, count: 1 }).map((z) => drawOf(z, subject.label, subject.truncation, model));
    case 'latent':
      return [subject];
    case 'grid': {
      const { seed, rows, columns, truncation, label } = subject;
      const latents = model.latents({ seed, count: rows * columns, truncation });
      return latents.map((z, i) => drawOf(z, labelOf(label, seed + i, model), truncation, model));
    }
    case 'animation':
    case 'strip':
      return drawsAlong(subject, model);
    default:
      return subject satisfies never;
  }
}

export function drawsAlong({ waypoints, steps, method, loop, truncation }: Path, model: Model): Draw[] {
  const passed = waypoints.map((waypoint) => latentOf(waypoint, model, truncation));
  const places = placesAlong(waypoints.length, steps, loop);
  return interpolation(passed, steps, method, loop).map((z, frame) => {
    const { segment, t } = places[frame]!;
    const [from, to] = [waypoints[segment]!.label, waypoints[(segment + 1) % waypoints.length]!.label];
    return drawOf(z, from === null || to === null ? null : blend(from, to, t), truncation, model);
  });
}

/** `truncation` is applied to z already where it is about z. */
export function drawOf(z: Latent, label: Label, truncation: number, { manifest }: Model): Draw {
  return { z, label, ...(truncation !== 1 && truncationOf(manifest) === 'input' && { truncation }) };
}

export function latentOf(place: WaypointPlace, model: Model, truncation = 1): Latent {
  return 'z' in place ? place.z : one(model.latents({ seed: place.seed, count: 1, truncation }));
}

/** Size in pixels, known before anything is made. Refuses what would be too wide. */
export function dimensionsOf({ subject, size, format }: Outline, model: Model): { width: number; height: number } {
  if (isTensorFormat(format)) return imageOf(model.manifest); // of each sample
  let { width, height } = madeBy(subject, model);
  if (size !== undefined) {
    width = Math.max(1, Math.round((width * size) / height)); // as encodeImage rounds it
    height = size;
  }
  if (width > MAX_SIDE) throw expected(`an image at most ${MAX_SIDE} pixels wide`, width);
  if (height > MAX_SIDE) throw expected(`an image at most ${MAX_SIDE} pixels tall`, height);
  return { width, height };
}

/** What encoding costs, in pixels of PNG, all frames counted. */
export function encodingPrice(picture: Outline, model: Model): number {
  const { subject, format } = picture;
  if (isTensorFormat(format)) return tensorPixels(arrayShape(subject, model).reduce((size, length) => size * length));
  const made = { ...madeBy(subject, model), channels: imageOf(model.manifest).channels };
  const frames = subject.kind === 'animation' ? subject.steps : undefined;
  return encodedPixels({ format, made, shown: dimensionsOf(picture, model), ...(frames && { frames }) });
}

/** The size before it is enlarged or reduced. */
function madeBy(subject: Layout, model: Model): { width: number; height: number } {
  const { width, height } = imageOf(model.manifest);
  const columns = columnsOf(subject);
  if (columns === undefined) return { width, height };
  const rows = Math.ceil(cellsOf(subject) / columns);
  return { width: columns * (width + GRID_GAP) - GRID_GAP, height: rows * (height + GRID_GAP) - GRID_GAP };
}

/** [C, H, W] of one sample, [N, C, H, W] of several: row by row of a grid, frame by frame of a path. */
function arrayShape(subject: Layout, model: Model): readonly number[] {
  const { channels, height, width } = imageOf(model.manifest);
  const one = [channels, height, width];
  return columnsOf(subject) === undefined && subject.kind !== 'animation' ? one : [cellsOf(subject), ...one];
}

/** Samples side by side; undefined where they are not. */
function columnsOf(subject: Layout): number | undefined {
  if (subject.kind === 'mixes') return subject.columns.length + Number(subject.originals);
  return 'columns' in subject ? Math.min(subject.columns, cellsOf(subject)) : undefined; // as grid() lays them out
}

/** Samples in all, or frames. */
export function cellsOf(subject: Layout): number {
  switch (subject.kind) {
    case 'grid':
      return subject.rows * subject.columns;
    case 'animation':
    case 'strip':
      return subject.steps;
    case 'mixes': {
      const more = Number(subject.originals);
      return (subject.rows.length + more) * (subject.columns.length + more);
    }
    default:
      return 1;
  }
}

/** Refuses a still format for an animation and the other way round: before frames are made, not after. */
export function checkFormat({ subject, format, size }: Picture): void {
  if (isTensorFormat(format) && size !== undefined) {
    throw sizeBeside(format, size);
  }
  const animated = subject.kind === 'animation';
  if (animated ? isAnimated(format) : isStill(format)) return;
  throw expected(
    animated ? 'webp, gif, apng, npy or f32 for an animation' : 'png, webp, jpeg, avif, npy or f32 for a single image',
    format,
  );
}

/**
 * `made`: [C, H, W] each, as the model made them from `drawsOf`, or from `mixingOf` of mixes.ts. With a signal the work
 * leaves its queue on it.
 */
export async function encodePicture(
  picture: Picture,
  model: Model,
  made: readonly Float32Array[],
  turn: Turn = {},
): Promise<Uint8Array> {
  checkFormat(picture);
  const { subject, format, size } = picture;
  const shape = imageOf(model.manifest);
  const frames = subject.kind === 'mixes' && subject.originals ? [black(shape), ...made] : made;
  if (isTensorFormat(format)) return encodeTensor(format, arrayShape(subject, model), frames);
  const pixels = await inRounds(frames, (frame) => toPixels(frame, shape));
  const sized = size === undefined ? {} : { size };
  if (subject.kind === 'animation') {
    // A looped path plays for ever; one that ends plays once and stays on its last frame.
    const loop = subject.loop ? 0 : 1;
    return encodeAnimation(pixels, { format: format as AnimationFormat, fps: subject.fps, loop, ...sized, ...turn });
  }
  const columns = columnsOf(subject);
  const image = columns === undefined ? one(pixels) : grid(pixels, columns, GRID_GAP);
  return encodeImage(image, { format: format as StillFormat, ...sized, ...turn });
}

function black({ channels, height, width, range }: ImageSpec): Float32Array {
  return new Float32Array(channels * height * width).fill(range[0]);
}

/** One image [C, H, W] that no address describes. */
export async function encodeFrame(
  { format, size }: { readonly format: Exclude<Format, 'gif' | 'apng'>; readonly size?: number },
  model: Model,
  frame: Float32Array,
  turn: Turn = {},
): Promise<Uint8Array> {
  const image = imageOf(model.manifest);
  if (!isTensorFormat(format)) {
    return encodeImage(toPixels(frame, image), { format, ...(size !== undefined && { size }), ...turn });
  }
  if (size !== undefined) throw sizeBeside(format, size);
  return encodeTensor(format, [image.channels, image.height, image.width], [frame]);
}

function sizeBeside(format: Format, size: number): GanymedeError {
  return expected(`no size beside ${format}, which has the values that the network made,`, size);
}

function isAnimated(format: Format): format is AnimationFormat {
  return FORMATS[format].animated;
}

function isStill(format: Format): format is StillFormat {
  return format !== 'gif' && format !== 'apng';
}

function one<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new RangeError('Expected one element but received none.');
  return first;
}
