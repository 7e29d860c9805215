// A picture at the size that a model sees, as levels of red, green and blue, and what a person may do to it: draw,
// erase, hide. A picture is never changed; each change gives a new one.

export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha, [0, 255], row by row; alpha is 255. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function blank({ width, height }: Size): Raster {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width, height, data };
}

/** Where something is hidden or not, a number a pixel: 1 where it is. */
export type Mask = Uint8Array<ArrayBuffer>;

/** A point of a picture, in pixels from its upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** With pixels near to the way from one point to another made lighter or darker; a soft brush, as a pen has it. */
export function stroked(
  raster: Raster,
  from: Point,
  to: Point,
  { radius, level }: { radius: number; level: number },
): Raster {
  const data = raster.data.slice();
  for (let y = 0; y < raster.height; y++) {
    for (let x = 0; x < raster.width; x++) {
      const cover = Math.min(1, Math.max(0, radius + 0.5 - distance({ x: x + 0.5, y: y + 0.5 }, from, to)));
      if (cover === 0) continue;
      const at = 4 * (y * raster.width + x);
      for (let c = at; c < at + 3; c++)
        data[c] = level > 0 ? Math.max(data[c]!, cover * level) : data[c]! * (1 - cover);
    }
  }
  return { ...raster, data };
}

/** With pixels near to the way marked, or no longer. */
export function marked(mask: Mask, { width, height }: Size, from: Point, to: Point, radius: number, mark: 0 | 1): Mask {
  const changed = mask.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (distance({ x: x + 0.5, y: y + 0.5 }, from, to) <= radius) changed[y * width + x] = mark;
    }
  }
  return changed;
}

/** From a point to the way between two others. */
function distance({ x, y }: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length));
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

const lightAt = ({ data }: Raster, pixel: number) =>
  (data[4 * pixel]! + data[4 * pixel + 1]! + data[4 * pixel + 2]!) / 3;

export const isBlank = (raster: Raster): boolean => raster.data.every((level, i) => i % 4 === 3 || level === 0);

export function inverted(raster: Raster): Raster {
  return { ...raster, data: raster.data.map((level, i) => (i % 4 === 3 ? level : 255 - level)) };
}

/** Of the side of the data's pictures, what is drawn there takes: MNIST's digits lie in 20 × 20 of 28 × 28. */
const DRAWN = 20 / 28;

/**
 * Brought to where MNIST has its digits: as large as fits the middle, and then with its centre of mass in the centre
 * (LeCun et al. 1998). Of a drawing on black.
 */
export function centred(raster: Raster): Raster {
  const box = boxOf(raster);
  if (!box) return raster;
  const { width, height } = raster;
  const scale = (DRAWN * Math.min(width, height)) / Math.max(box.width, box.height);
  const scaled = mapped(raster, {
    scale,
    from: { x: box.x + box.width / 2, y: box.y + box.height / 2 },
    to: { x: width / 2, y: height / 2 },
  });
  const mass = centreOfMass(scaled);
  return mapped(scaled, { scale: 1, from: mass, to: { x: width / 2, y: height / 2 } });
}

function boxOf(raster: Raster): (Point & Size) | null {
  let [left, top, right, bottom] = [raster.width, raster.height, -1, -1];
  for (let y = 0; y < raster.height; y++) {
    for (let x = 0; x < raster.width; x++) {
      if (lightAt(raster, y * raster.width + x) < 32) continue;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function centreOfMass(raster: Raster): Point {
  let [mass, x, y] = [0, 0, 0];
  for (let pixel = 0; pixel < raster.width * raster.height; pixel++) {
    const light = lightAt(raster, pixel);
    mass += light;
    x += light * ((pixel % raster.width) + 0.5);
    y += light * (Math.floor(pixel / raster.width) + 0.5);
  }
  return { x: x / mass, y: y / mass };
}

/** Scaled about a point that moves to another. Each pixel is the mean of 3 × 3 looks at where it comes from. */
function mapped(raster: Raster, { scale, from, to }: { scale: number; from: Point; to: Point }): Raster {
  const made = blank(raster);
  const { width, height } = raster;
  const looks = [1 / 6, 1 / 2, 5 / 6];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const v of looks) {
          for (const u of looks)
            sum += smooth(raster, (x + u - to.x) / scale + from.x, (y + v - to.y) / scale + from.y, c);
        }
        made.data[at + c] = sum / 9;
      }
    }
  }
  return made;
}

/** Bilinear, and black beyond the edges. */
function smooth({ width, height, data }: Raster, x: number, y: number, channel: number): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [u, v] = [x - 0.5 - left, y - 0.5 - top];
  const level = (px: number, py: number) =>
    px < 0 || py < 0 || px >= width || py >= height ? 0 : data[4 * (py * width + px) + channel]!;
  return (
    (1 - v) * ((1 - u) * level(left, top) + u * level(left + 1, top)) +
    v * ((1 - u) * level(left, top + 1) + u * level(left + 1, top + 1))
  );
}

/** How far two pictures lie apart: black at 0 and white at 1, as the server measures it. */
export function difference(a: Raster, b: Raster): Raster {
  return { ...a, data: a.data.map((level, i) => (i % 4 === 3 ? 255 : Math.abs(level - b.data[i]!))) };
}

/** White where pixels are hidden. */
export function maskRaster(mask: Mask, size: Size): Raster {
  const raster = blank(size);
  for (const [pixel, isHidden] of mask.entries()) if (isHidden) raster.data.fill(255, 4 * pixel, 4 * pixel + 3);
  return raster;
}

export async function pngOf(raster: Raster): Promise<Blob> {
  const canvas = new OffscreenCanvas(raster.width, raster.height);
  canvas.getContext('2d')!.putImageData(new ImageData(raster.data, raster.width, raster.height), 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Scaled to cover the size and cropped to the centre, as the server does it. @throws where it is no picture */
export async function rasterOf(file: Blob, { width, height }: Size): Promise<Raster> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This file is no picture that the browser can read. PNG, JPEG, WebP and AVIF are.');
  });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.fillRect(0, 0, width, height); // transparent is black
  const scale = Math.max(width / bitmap.width, height / bitmap.height);
  const [w, h] = [bitmap.width * scale, bitmap.height * scale];
  context.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h);
  bitmap.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer> };
}
