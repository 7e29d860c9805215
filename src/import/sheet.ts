// A contact sheet of an imported generator: 64 samples, to be looked at before anybody else sees them. Of a conditional
// one the columns are classes.

import { encodeImage, grid, toPixels } from '../images/image.js';
import { resizeToHeight } from '../images/resize.js';
import type { Generator } from './generator.js';

const COLUMNS = 8;
/** Of one sample. */
const MOST_PIXELS = 160;

/** PNG; null for points, which have no pixels. */
export async function drawSheet({ form, range, samples, classes }: Generator): Promise<Uint8Array | null> {
  if (form.kind === 'point') return null;
  const { width, height, channels } = form;
  const shape = { width, height, channels, range };
  const tiles = samples.map((sample) => {
    const pixels = toPixels(sample, shape);
    return height > MOST_PIXELS ? resizeToHeight(pixels, MOST_PIXELS) : pixels;
  });
  const columns = classes !== undefined && classes <= 16 ? classes : COLUMNS;
  const whole = tiles.slice(0, Math.floor(tiles.length / columns) * columns);
  return encodeImage(grid(whole, columns, 2), { format: 'png' });
}
