// Pictures in lists that one request may hold: in number, in bytes, and in pixels that are to be decoded.

import { readImageHeader } from '../datasets/image-header.js';
import { GanymedeError } from '../errors.js';
import { decodedPixels } from '../images/costs.js';
import { isAccepted, kindOf } from '../images/kind.js';
import { MAX_PIXELS } from '../images/limits.js';
import { LIMITS, MAX_BODY_BYTES, MAX_DECODED_PIXELS_PER_REQUEST } from '../limits.js';
import type { PictureFile } from './pictures.js';

/** A picture that was read, or why it could not be. */
export type ReadPicture =
  | { readonly file: string; readonly bytes: Uint8Array }
  | { readonly file: string; readonly error: GanymedeError };

/** A quarter of what one request may hold: an answer comes sooner, while the next is under way. */
const MOST_PICTURES = LIMITS.images.most / 4;

/** base64 makes four bytes of three; the rest of the body is the query and the quotes around each picture. */
const MOST_BYTES = Math.floor((MAX_BODY_BYTES - 2 ** 16) * 0.75);

/** Half of what a request may have decoded: the estimate is made from headers that the server may read otherwise. */
const MOST_PIXELS = MAX_DECODED_PIXELS_PER_REQUEST / 2;

/** `most`: pictures of one batch, if it must have fewer than a request may. */
export async function* batches(
  pictures: AsyncIterable<PictureFile>,
  most: number = MOST_PICTURES,
): AsyncGenerator<readonly ReadPicture[]> {
  let batch: ReadPicture[] = [];
  let [bytes, pixels] = [0, 0];
  for await (const picture of pictures) {
    const read = await readPicture(picture);
    const [itsBytes, itsPixels] = 'bytes' in read ? [read.bytes.length, pixelsOf(read.bytes)] : [0, 0];
    const isFull = batch.length === most || bytes + itsBytes > MOST_BYTES || pixels + itsPixels > MOST_PIXELS;
    if (isFull && batch.length > 0) {
      yield batch;
      [batch, bytes, pixels] = [[], 0, 0];
    }
    batch.push(read);
    bytes += itsBytes;
    pixels += itsPixels;
  }
  if (batch.length > 0) yield batch;
}

async function readPicture(picture: PictureFile): Promise<ReadPicture> {
  const { file } = picture;
  try {
    const bytes = picture.read();
    return { file, bytes: bytes instanceof Promise ? await bytes : bytes };
  } catch (error) {
    if (error instanceof GanymedeError) return { file, error };
    throw error;
  }
}

/** What a server will count for it. Unknown headers of readable kinds count as an eighth of the largest image. */
function pixelsOf(bytes: Uint8Array): number {
  const kind = kindOf(bytes);
  if (!isAccepted(kind)) return 0; // refused without a look at its pixels
  try {
    return decodedPixels(readImageHeader(bytes), kind);
  } catch {
    return MAX_PIXELS / 8;
  }
}
