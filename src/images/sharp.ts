// The only file that imports sharp: reading untrusted images, and writing WebP, JPEG, AVIF and animations. What it lets
// through is decided from the header, before a pixel is decoded. It knows nothing of models, URLs or requests.

import sharp, { type Sharp } from 'sharp';
import { GanymedeError, messageOf } from '../errors.js';
import { ACCEPTED, type AcceptedKind, isAccepted, kindOf } from './kind.js';
import { MAX_PIXELS, MAX_SIDE } from './limits.js';
import { type Decoded, type Pixels, type ReadShape, withChannels } from './pixels.js';
import { MOST_SECONDS } from './turns.js';

/**
 * WebP is lossless for images up to this many pixels before enlarging, so that they keep every pixel; it then takes
 * fewer bytes than PNG. Larger ones are photographs as a rule: quality 90.
 */
export const LOSSLESS_WEBP_PIXELS = 128 * 128;

/** Lossless effort 1 of 6 takes a quarter of the time of the default 4, and for images this small no more bytes. */
const LOSSLESS_WEBP = { lossless: true, effort: 1 };
const LOSSY_WEBP = { quality: 90 };

/** Effort 3 of 10 finds the colours of a frame in a twelfth of the time of the default 7, for 2 % more bytes. */
const COLOUR_GIF = { effort: 3 };

const JPEG_QUALITY = 90;
const AVIF_QUALITY = 70;
const AVIF_EFFORT = 2; // of 9; higher ones take many times as long to save a few per cent

export interface AnimationFormat {
  readonly format: 'webp' | 'gif';
  /** Milliseconds that each frame shows. */
  readonly delays: readonly number[];
  /** Times that the animation plays; 0 = for ever. */
  readonly loop: number;
  readonly lossless: boolean;
}

// Only the readers of accepted formats exist in this process: no SVG, no PDF, no file paths (sharp's `block`).
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif'].map((format) => `VipsForeignLoad${format}Buffer`),
});
sharp.cache(false); // no image comes twice
sharp.concurrency(1); // one thread an image: the cores belong to the engine

/** What the header of an image says of it. */
export interface Header {
  readonly kind: AcceptedKind;
  /** Pixels, EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
}

/** Reads the header alone, and refuses what it announces. */
export async function readHeader(bytes: Uint8Array): Promise<Header> {
  const kind = kindOf(bytes);
  if (bytes.length === 0) throw invalid('0 bytes');
  if (kind === 'unknown') throw invalid(`${bytes.length} bytes that begin ${hex(bytes.subarray(0, 8))}`);
  if (!isAccepted(kind)) throw unsupported(withArticle(kind));
  return { kind, ...(await checkHeader(bytes, kind)) };
}

/**
 * Reads a still PNG, JPEG, WebP or AVIF image as 8-bit pixels of exactly `target`'s size and channels. An image that
 * viewers show in spite of a slip is read, and the slip told as `damage`; one whose pixels are damaged is refused.
 * - EXIF orientation is applied first, and an embedded ICC profile is converted to sRGB;
 * - 16 bits per channel are reduced to 8 by keeping the high byte;
 * - transparency is kept where there are 4 channels, else flattened on black, or as `target.alpha` says;
 * - CMYK is converted by its embedded ICC profile; without one its colours are not defined, and it is refused;
 * - another size is scaled with Lanczos to cover the target and cropped to its centre, so nothing is stretched;
 * - colour becomes grey by the luma of Rec. 601, as in Pillow's mode L; grey becomes R = G = B.
 */
export async function readImage(
  bytes: Uint8Array,
  { kind, width, height }: Header,
  target: ReadShape,
): Promise<Decoded> {
  const read = (image: Sharp) => decoded(image, width !== target.width || height !== target.height, target);
  const { got, damage } = await orInvalid(kind, forgiving(bytes, MAX_PIXELS, read));
  const { data, info } = got;
  const channels = target.channels === 4 ? 4 : 3;
  if (info.width !== target.width || info.height !== target.height || info.channels !== channels) {
    throw new Error(`Expected ${target.width}×${target.height}×${channels} from sharp: ${JSON.stringify(info)}`);
  }
  const pixels = withChannels({ width: info.width, height: info.height, channels, data }, target.channels);
  return damage === undefined ? pixels : { ...pixels, damage };
}

async function decoded(sent: Sharp, isScaled: boolean, target: ReadShape) {
  const { width, height } = target;
  let image = await withAlphaOf(sent, isScaled, target);
  // Asking for the size it has already would change nothing, but JPEG may take another decoding path.
  if (isScaled) image = image.resize(width, height, { fit: 'cover', position: 'centre', kernel: 'lanczos3' });
  return image.toColourspace('srgb').raw().timeout({ seconds: MOST_SECONDS }).toBuffer({ resolveWithObject: true });
}

/** Scaling counts colours by their alpha, so where it is dropped that is done by itself, before. */
async function withAlphaOf(sent: Sharp, isScaled: boolean, { channels, alpha = 'black' }: ReadShape): Promise<Sharp> {
  if (channels === 4) return sent.ensureAlpha();
  if (alpha !== 'drop') return sent.flatten({ background: alpha });
  const dropped = sent.removeAlpha();
  if (!isScaled) return dropped;
  const raw = dropped.toColourspace('srgb').raw().timeout({ seconds: MOST_SECONDS });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
}

/** `lossless` matters to WebP only. */
export async function writeImage(
  pixels: Pixels,
  format: 'webp' | 'jpeg' | 'avif',
  lossless: boolean,
): Promise<Uint8Array> {
  const image = fromRaw(pixels, {});
  switch (format) {
    case 'webp':
      return inTime(image.webp(lossless ? LOSSLESS_WEBP : LOSSY_WEBP));
    case 'jpeg':
      // JPEG knows no transparency: white is what most pages are.
      return inTime(image.flatten({ background: 'white' }).jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' }));
    case 'avif':
      return inTime(image.avif({ quality: AVIF_QUALITY, effort: AVIF_EFFORT, chromaSubsampling: '4:4:4' }));
  }
  return format satisfies never;
}

/**
 * `filmstrip` holds the frames one below the other. WebP may merge equal neighbours into one longer frame. GIF is not
 * dithered: the dots would flicker from frame to frame and blur the enlarged pixels.
 */
export async function writeAnimation(filmstrip: Pixels, animation: AnimationFormat): Promise<Uint8Array> {
  const { format, loop, lossless } = animation;
  const delay = [...animation.delays];
  const image = fromRaw(filmstrip, { pageHeight: filmstrip.height / delay.length });
  switch (format) {
    case 'webp':
      return inTime(image.webp({ ...(lossless ? LOSSLESS_WEBP : LOSSY_WEBP), delay, loop }));
    case 'gif':
      return inTime(
        image.gif({ delay, loop, dither: 0, keepDuplicateFrames: true, ...(filmstrip.channels !== 1 && COLOUR_GIF) }),
      );
  }
  return format satisfies never;
}

/**
 * Draws an SVG that this program wrote, never one that somebody sent: those are refused by their first bytes. Only a
 * process that draws has the reader of SVG. A PNG of up to 256 colours, a third as long as one of all colours.
 */
export async function drawSvg(svg: string): Promise<Uint8Array> {
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  return inTime(sharp(Buffer.from(svg)).flatten({ background: 'white' }).png({ palette: true, dither: 0, effort: 3 }));
}

/** libvips cannot be told to stop in the middle; it gives up by itself after the time that it is given. */
async function inTime(image: Sharp): Promise<Uint8Array> {
  try {
    return await image.timeout({ seconds: MOST_SECONDS }).toBuffer();
  } catch (cause) {
    throw isTimeout(cause) ? tookTooLong(cause) : cause;
  }
}

async function checkHeader(bytes: Uint8Array, kind: string): Promise<{ width: number; height: number }> {
  // Our own limit, below, can say the size that came; sharp's cannot.
  const { got: header } = await orInvalid(
    kind,
    forgiving(bytes, false, (image) => image.metadata()),
  );
  const { width, height } = header.autoOrient;
  if (width * height > MAX_PIXELS || width > MAX_SIDE || height > MAX_SIDE) {
    throw new GanymedeError(
      'IMAGE_TOO_LARGE',
      `Expected an image of at most ${MAX_PIXELS} pixels and ${MAX_SIDE} pixels a side ` +
        `but received ${width}×${height} (${kind}). Scale it down first.`,
      { details: { width, height, maxPixels: MAX_PIXELS, maxSide: MAX_SIDE } },
    );
  }
  if ((header.pages ?? 1) > 1) throw unsupported(`${withArticle(kind)} of ${header.pages} pages`);
  if (header.space === 'cmyk' && !hasCmykProfile(header.icc)) {
    throw unsupported(`a CMYK ${kind} without an ICC profile, whose colours are not defined`);
  }
  if (!['b-w', 'srgb', 'grey16', 'rgb16', 'cmyk'].includes(header.space)) {
    throw unsupported(`${withArticle(kind)} in colour space ${header.space}`);
  }
  return { width, height };
}

/**
 * What libjpeg and libpng warn of and every viewer shows as it was meant: no pixel hangs on it. All else is damage that
 * pixels may show, and refused. libvips has levels of failing; below `warning` it would let damaged pixels through.
 */
const HARMLESS =
  /Invalid SOS parameters for sequential JPEG|extraneous bytes before marker|JFIF revision|Adobe color transform|iCCP/;
const NO_END = /premature end of JPEG image/;

/** The marker of a JPEG's end, which some cameras leave out. */
const END = Buffer.of(0xff, 0xd9);

async function forgiving<T>(
  bytes: Uint8Array,
  limitInputPixels: number | false,
  read: (image: Sharp) => Promise<T>,
): Promise<{ readonly got: T; readonly damage?: string }> {
  const opened = (sent: Uint8Array, failOn: 'warning' | 'error') =>
    read(sharp(sent, { limitInputPixels, failOn, limitInputChannels: 5, autoOrient: true, animated: false }));
  try {
    return { got: await opened(bytes, 'warning') };
  } catch (error) {
    const words = messageOf(error);
    const damage = HARMLESS.exec(words)?.[0] ?? 'its end is missing';
    if (HARMLESS.test(words)) return { got: await opened(bytes, 'error'), damage };
    // With an end set behind it, what is cut off within its pixels is still told from what is whole.
    if (NO_END.test(words) && !END.equals(bytes.subarray(-2))) {
      return { got: await opened(Buffer.concat([bytes, END]), 'warning'), damage };
    }
    throw error;
  }
}

function fromRaw({ width, height, channels, data }: Pixels, options: { pageHeight?: number }): Sharp {
  return sharp(data, { raw: { width, height, channels, ...options } });
}

/** An ICC header names the colour space of its device in bytes 16 to 19. */
function hasCmykProfile(icc: Uint8Array | undefined): boolean {
  return icc !== undefined && Buffer.from(icc.subarray(16, 20)).toString('latin1') === 'CMYK';
}

/** sharp reports a damaged file by an Error with libvips' words, which are worth keeping as the cause. */
async function orInvalid<T>(kind: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (isTimeout(cause)) throw tookTooLong(cause);
    throw invalid(`${withArticle(kind)} that is damaged or truncated`, cause);
  }
}

/** sharp's words, "timeout: 42% complete", are all that tells it from damage. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout:');
}

function tookTooLong(cause: unknown): GanymedeError {
  return new GanymedeError(
    'DEADLINE_EXCEEDED',
    `Expected an image to be decoded or encoded within ${MOST_SECONDS} s but it was not. Try again when there is less load.`,
    { cause, details: { deadlineMs: MOST_SECONDS * 1000 } },
  );
}

function invalid(received: string, cause?: unknown): GanymedeError {
  return new GanymedeError('INVALID_IMAGE', `Expected ${ACCEPTED} but received ${received}.`, { cause });
}

function unsupported(received: string): GanymedeError {
  return new GanymedeError(
    'UNSUPPORTED_IMAGE',
    `Expected ${ACCEPTED} but received ${received}. Convert it to an sRGB PNG first.`,
  );
}

function withArticle(kind: string): string {
  return `${/^([AHae]|SVG)/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}
