// Plots as SVG: a panel has axes with numbers, and marks stand at coordinates of the data. Nothing here knows what the
// numbers mean. Colours are of Okabe and Ito (2008), which people who confuse red and green tell apart.

import { ticks } from 'd3-array';
import { type Anchor, outlines, type Weight } from './lettering.js';
import type { Pixels } from './pixels.js';
import { writePng } from './png.js';
import { drawSvg } from './sharp.js';

export const COLOURS = {
  ink: '#222222',
  faint: '#8a8a8a',
  line: '#cccccc',
  green: '#00735a',
  blue: '#0072b2',
  orange: '#e69f00',
  vermilion: '#d55e00',
} as const;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export type Point = readonly [x: number, y: number];

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: Anchor;
  readonly weight?: Weight;
  readonly colour?: string;
}

/** A rectangle of the picture, in pixels from its upper left corner, and what of the plane it shows; y goes upwards. */
export class Panel {
  constructor(
    readonly left: number,
    readonly top: number,
    readonly width: number,
    readonly height: number,
    readonly x: Interval,
    readonly y: Interval,
  ) {}

  get right(): number {
    return this.left + this.width;
  }

  get bottom(): number {
    return this.top + this.height;
  }

  /** Pixels. */
  at([x, y]: Point): Point {
    const across = (x - this.x.low) / (this.x.high - this.x.low);
    const up = (y - this.y.low) / (this.y.high - this.y.low);
    return [this.left + across * this.width, this.bottom - up * this.height];
  }

  holds([x, y]: Point): boolean {
    return x >= this.x.low && x <= this.x.high && y >= this.y.low && y <= this.y.high;
  }

  /** Its border, with numbers below and to the left. */
  axes({ across = 5, up = 5 }: { readonly across?: number; readonly up?: number } = {}): string {
    const below = ticks(this.x.low, this.x.high, across).map((x) => {
      const [px] = this.at([x, this.y.low]);
      return line([px, this.bottom], [px, this.bottom + 4]) + text(shown(x), px, this.bottom + 16, MIDDLE);
    });
    const beside = ticks(this.y.low, this.y.high, up).map((y) => {
      const [, py] = this.at([this.x.low, y]);
      return line([this.left - 4, py], [this.left, py]) + text(shown(y), this.left - 7, py + 4, END);
    });
    const border = `<rect x="${this.left}" y="${this.top}" width="${this.width}" height="${this.height}" fill="none" stroke="${COLOURS.faint}"/>`;
    return border + below.join('') + beside.join('');
  }

  /** Marks, of which what lies outside is cut off. */
  clipped(marks: string): string {
    const id = `clip-${this.left}-${this.top}`;
    const rectangle = `<rect x="${this.left}" y="${this.top}" width="${this.width}" height="${this.height}"/>`;
    return `<clipPath id="${id}">${rectangle}</clipPath><g clip-path="url(#${id})">${marks}</g>`;
  }

  /** Pixels that fill it. */
  image(pixels: Pixels): string {
    const data = Buffer.from(writePng(pixels)).toString('base64');
    const place = `x="${this.left}" y="${this.top}" width="${this.width}" height="${this.height}"`;
    return `<image ${place} preserveAspectRatio="none" href="data:image/png;base64,${data}"/>`;
  }
}

const MIDDLE: TextStyle = { anchor: 'middle', size: 11 };
const END: TextStyle = { anchor: 'end', size: 11 };

export function text(words: string, x: number, y: number, style: TextStyle = {}): string {
  const { size = 12, colour = COLOURS.ink, ...rest } = style;
  return `<path d="${outlines(words, x, y, size, rest)}" fill="${colour}"/>`;
}

export interface Stroke {
  readonly colour?: string;
  readonly width?: number;
  readonly dashes?: string;
}

export function line([x1, y1]: Point, [x2, y2]: Point, stroke: Stroke = {}): string {
  return `<path d="M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}"${stroked(stroke)}/>`;
}

export function curve(points: readonly Point[], stroke: Stroke = {}): string {
  return `<path d="M${points.map(([x, y]) => `${px(x)} ${px(y)}`).join('L')}"${stroked(stroke)}/>`;
}

export function dot([x, y]: Point, radius: number, colour: string, opacity = 1): string {
  return `<circle cx="${px(x)}" cy="${px(y)}" r="${radius}" fill="${colour}" fill-opacity="${opacity}"/>`;
}

/** From one point to another; one that is shorter than its head is all head. */
export function arrow(from: Point, to: Point, colour: string, width = 1.3): string {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length < 0.75) return dot(from, 0.75, colour);
  const head = Math.min(length, 3.5 * width);
  const [ux, uy] = [dx / length, dy / length];
  const neck: Point = [to[0] - head * ux, to[1] - head * uy];
  const side = head * 0.55;
  const corners: readonly Point[] = [
    to,
    [neck[0] - side * uy, neck[1] + side * ux],
    [neck[0] + side * uy, neck[1] - side * ux],
  ];
  const triangle = `<path d="M${corners.map(([x, y]) => `${px(x)} ${px(y)}`).join('L')}Z" fill="${colour}"/>`;
  return line(from, neck, { colour, width }) + triangle;
}

/** A white picture with marks on it, as a PNG file. */
export function drawn(width: number, height: number, marks: string): Promise<Uint8Array> {
  const paper = `<rect width="${width}" height="${height}" fill="#ffffff"/>`;
  return drawSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${paper}${marks}</svg>`);
}

/** A number as axes show it, with a minus that is as wide as a plus. */
export function shown(value: number): string {
  return `${Number(value.toPrecision(3))}`.replace('-', '−');
}

function stroked({ colour = COLOURS.faint, width = 1, dashes }: Stroke): string {
  return ` fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${dashes ? ` stroke-dasharray="${dashes}"` : ''}`;
}

function px(value: number): string {
  return value.toFixed(2);
}
