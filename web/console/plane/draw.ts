// Draws a scene on a canvas: the plane as colours of D with samples, data and arrows on it; the line as Figure 1 of
// Goodfellow et al. 2014, with densities, D and, below them, the map from z to x.

import { type Arrows, BELIEVED, type LatentMap, type Scene, type Verdict } from './scene';

export interface Layers {
  readonly verdict: boolean;
  readonly data: boolean;
  readonly samples: boolean;
  readonly arrows: boolean;
  readonly map: boolean;
}

export type LayerName = keyof Layers;

/** Orange and blue are told apart by eyes of all kinds (Okabe and Ito 2008). */
export interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly faint: string;
}

type Rgb = readonly [number, number, number];
const MADE: Rgb = [213, 94, 0];
const REAL: Rgb = [0, 114, 178];
export const DATA_COLOUR = '#009e73';
const ARROW_COLOUR = '#cc3d7f';

const css = ([red, green, blue]: Rgb) => `rgb(${red} ${green} ${blue})`;
export const [MADE_COLOUR, REAL_COLOUR] = [css(MADE), css(REAL)];

/** Canvas pixels of a side. */
export const SIDE = 480;

export function drawScene(context: CanvasRenderingContext2D, scene: Scene, layers: Layers, colours: Colours): void {
  context.clearRect(0, 0, SIDE, SIDE);
  context.lineWidth = 1;
  if (scene.size === 1) drawLine(context, scene, layers, colours);
  else drawPlane(context, scene, layers, colours);
}

function drawPlane(context: CanvasRenderingContext2D, scene: Scene, layers: Layers, colours: Colours): void {
  const { low, high, verdict, arrows, map } = scene;
  const x = (value: number) => ((value - low[0]!) / (high[0]! - low[0]!)) * SIDE;
  const y = (value: number) => SIDE - ((value - low[1]!) / (high[1]! - low[1]!)) * SIDE;
  if (layers.verdict && verdict) drawHeat(context, verdict, colours);
  if (layers.map && map) drawNet(context, map, x, y, colours);
  if (layers.data) dots(context, scene.data, x, y, DATA_COLOUR, 1.5);
  if (layers.samples) dots(context, scene.samples, x, y, colours.ink, 2);
  if (layers.arrows && arrows) drawArrows(context, arrows, x, y);
}

/** Interpolated between the places, which are at its corners and edges, too. */
function drawHeat(context: CanvasRenderingContext2D, verdict: Verdict, { paper }: Colours): void {
  const { places, values, weights, scale } = verdict;
  const small = document.createElement('canvas');
  small.width = small.height = places;
  const inner = small.getContext('2d')!;
  const pixels = inner.createImageData(places, places);
  const middle = rgbOf(paper);
  for (let i = 0; i < values.length; i++) {
    const row = places - 1 - Math.floor(i / places);
    pixels.data.set([...mixed(values[i]!, weights?.[i] ?? 1, scale, middle), 255], 4 * (row * places + (i % places)));
  }
  inner.putImageData(pixels, 0, 0);
  const cell = SIDE / (places - 1); // from the middle of one pixel to the next
  context.imageSmoothingEnabled = true;
  context.drawImage(small, -cell / 2, -cell / 2, SIDE + cell, SIDE + cell);
}

function mixed(value: number, weight: number, [low, middle, high]: Verdict['scale'], paper: Rgb): Rgb {
  const share = value < middle ? (middle - value) / (middle - low) : (value - middle) / (high - middle);
  const end = value < middle ? MADE : REAL;
  const strength = 0.75 * weight * Math.min(1, Math.max(0, share));
  return [0, 1, 2].map((i) => paper[i]! + strength * (end[i]! - paper[i]!)) as unknown as Rgb;
}

function rgbOf(colour: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(colour.trim());
  return (hex ? hex.slice(1).map((part) => Number.parseInt(part, 16)) : [255, 255, 255]) as unknown as Rgb;
}

type Axis = (value: number) => number;

function dots(context: CanvasRenderingContext2D, rows: Float32Array, x: Axis, y: Axis, colour: string, radius: number) {
  context.fillStyle = colour;
  context.globalAlpha = 0.75;
  for (let i = 0; i + 1 < rows.length; i += 2) {
    context.beginPath();
    context.arc(x(rows[i]!), y(rows[i + 1]!), radius, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** A grid of latents, each line of it bent as the generator bends it. */
function drawNet(
  context: CanvasRenderingContext2D,
  { columns, points }: LatentMap,
  x: Axis,
  y: Axis,
  colours: Colours,
) {
  context.strokeStyle = colours.faint;
  for (let line = 0; line < columns; line++) {
    for (const index of [(i: number) => line * columns + i, (i: number) => i * columns + line]) {
      context.beginPath();
      for (let i = 0; i < columns; i++) context.lineTo(x(points[2 * index(i)]!), y(points[2 * index(i) + 1]!));
      context.stroke();
    }
  }
}

/** Canvas pixels of the longest arrow. */
const REACH = 36;

function drawArrows(context: CanvasRenderingContext2D, { from, to }: Arrows, x: Axis, y: Axis): void {
  let longest = 1e-12;
  for (let i = 0; i + 1 < to.length; i += 2) longest = Math.max(longest, Math.hypot(to[i]!, to[i + 1]!));
  context.strokeStyle = ARROW_COLOUR;
  for (let i = 0; i + 1 < to.length; i += 2) {
    const [left, top] = [x(from[i]!), y(from[i + 1]!)];
    arrow(context, left, top, (REACH * to[i]!) / longest, (-REACH * to[i + 1]!) / longest);
  }
}

function arrow(context: CanvasRenderingContext2D, x: number, y: number, dx: number, dy: number): void {
  const length = Math.hypot(dx, dy);
  if (length < 1) return;
  const [ux, uy] = [(4 * dx) / length, (4 * dy) / length];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
  context.moveTo(x + dx - ux - uy / 2, y + dy - uy + ux / 2);
  context.lineTo(x + dx, y + dy);
  context.lineTo(x + dx - ux + uy / 2, y + dy - uy - ux / 2);
  context.stroke();
}

/** Canvas pixels from the top: where curves end, the line of x, and that of z. */
const [FOOT, LINE_X, LINE_Z] = [330, 352, 452];
const PLACES = 160;

function drawLine(context: CanvasRenderingContext2D, scene: Scene, layers: Layers, colours: Colours): void {
  const [low, high] = [scene.low[0]!, scene.high[0]!];
  const x = (value: number) => ((value - low) / (high - low)) * SIDE;
  const at = Array.from({ length: PLACES }, (_, i) => low + (i / (PLACES - 1)) * (high - low));
  const width = kernelWidth(scene.data);
  const data = densityOf(scene.data, at, width);
  const top = Math.max(...data) / 0.6; // room above, where samples heap up
  const density = (values: readonly number[]) =>
    values.map((value, i) => [x(at[i]!), FOOT * (1 - value / top)] as const);
  if (layers.data) stroke(context, density(data), DATA_COLOUR, [2, 4]);
  if (layers.samples) stroke(context, density(densityOf(scene.samples, at, width)), colours.ink, []);
  const { verdict, map, arrows } = scene;
  if (layers.verdict && verdict) drawVerdict(context, verdict);
  stroke(
    context,
    [
      [0, LINE_X],
      [SIDE, LINE_X],
    ],
    colours.ink,
    [],
  );
  if (layers.map && map) drawRays(context, map, x, colours);
  if (layers.arrows && arrows) drawPushes(context, arrows, x);
}

/** Where it is to be believed. */
function drawVerdict(context: CanvasRenderingContext2D, { places, values, weights, scale }: Verdict): void {
  const [least, , most] = scale;
  let part: (readonly [number, number])[] = [];
  for (let i = 0; i <= places; i++) {
    const isShown = i < places && (weights?.[i] ?? 1) >= BELIEVED;
    if (isShown) part.push([(i / (places - 1)) * SIDE, FOOT * (1 - (values[i]! - least) / (most - least))]);
    else if (part.length > 0) {
      stroke(context, part, REAL_COLOUR, [8, 5]);
      part = [];
    }
  }
}

/** From the line of z up to that of x. */
function drawRays(context: CanvasRenderingContext2D, { latents, points }: LatentMap, x: Axis, colours: Colours): void {
  const [first, last] = [latents[0]!, latents.at(-1)!];
  stroke(
    context,
    [
      [0, LINE_Z],
      [SIDE, LINE_Z],
    ],
    colours.ink,
    [],
  );
  for (let i = 0; i < latents.length; i += 2) {
    const z = 8 + ((latents[i]! - first) / (last - first)) * (SIDE - 16);
    stroke(
      context,
      [
        [z, LINE_Z],
        [x(points[i]!), LINE_X],
      ],
      colours.faint,
      [],
    );
  }
  context.fillStyle = colours.ink;
  context.font = '16px system-ui';
  context.fillText('x', 4, LINE_X - 4);
  context.fillText('z', 4, LINE_Z + 20);
}

function drawPushes(context: CanvasRenderingContext2D, { from, to }: Arrows, x: Axis): void {
  const longest = Math.max(1e-12, ...to.map(Math.abs));
  context.strokeStyle = ARROW_COLOUR;
  for (let i = 0; i < to.length; i += 2) arrow(context, x(from[i]!), LINE_X - 8, (REACH * to[i]!) / longest, 0);
}

function stroke(
  context: CanvasRenderingContext2D,
  points: readonly (readonly [number, number])[],
  colour: string,
  dashes: number[],
): void {
  context.strokeStyle = colour;
  context.lineWidth = points.length > 2 ? 2 : 1;
  context.setLineDash(dashes);
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1;
}

/** Six tenths of Silverman's rule, as the previews of a training have it. */
function kernelWidth(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return 0.6 * 1.06 * Math.sqrt(variance) * values.length ** -0.2 || 0.01;
}

/** Estimated with a Gaussian kernel. */
function densityOf(values: Float32Array, places: readonly number[], width: number): number[] {
  const factor = 1 / (values.length * width * Math.sqrt(2 * Math.PI));
  return places.map((place) => {
    let sum = 0;
    for (const value of values) sum += Math.exp(-0.5 * ((value - place) / width) ** 2);
    return sum * factor;
  });
}
