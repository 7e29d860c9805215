// What to do with data that cannot be trained on as it is: one size for images of many. The proposal depends on the
// data alone, so the same data opens the same way each time.
import { GanymedeError } from '../errors.js';
import { parseAddress } from './address.js';
import type { Dataset } from './dataset.js';
import { type OpenOptions, openDataset, takesSetting } from './open.js';
import { settingsFor } from './sizes.js';

export interface Proposed {
  readonly dataset: Dataset;
  /** The address that was opened: with the settings that were proposed, if any were. */
  readonly address: string;
  /** Why it is not the address that was given; null where it is. */
  readonly because: string | null;
}

export interface Wishes {
  /** The shape that the images must come to have, where one is known. */
  readonly shape?: readonly number[];
  /** Whether images of a shape can be left as they are; all can without it. */
  readonly fits?: (shape: readonly number[]) => boolean;
}

/** Opens data, and where its images have several sizes or kinds, or one that does not fit, opens it as proposed. */
export async function openAsProposed(
  address: string,
  options: OpenOptions = {},
  { shape, fits = () => true }: Wishes = {},
): Promise<Proposed> {
  const isFree = parseAddress(address).settings.resize === undefined && (await takesSetting(address, 'resize'));
  const wanted = isFree && shape?.length === 3 ? settingsOf(shape) : undefined;
  const opened = await openedOrProposed(address, options);
  if ('settings' in opened) return reopened(address, wanted ?? opened.settings, opened.because, options);
  const other = isFree && opened.shape.length === 3 ? otherSettings(opened.shape, shape, fits) : null;
  if (other === null) return { dataset: opened, address, because: null };
  return reopened(address, other, `the images are of ${opened.shape[2]}×${opened.shape[1]}`, options);
}

function otherSettings(
  found: readonly number[],
  wanted: readonly number[] | undefined,
  fits: NonNullable<Wishes['fits']>,
): string | null {
  if (wanted) return wanted.join() === found.join() ? null : settingsOf(wanted);
  const [, height, width] = found as [number, number, number];
  return fits(found) ? null : settingsFor([{ width, height, count: 1 }]);
}

/** What a reader proposes comes with its refusal. */
async function openedOrProposed(
  address: string,
  options: OpenOptions,
): Promise<Dataset | { readonly settings: string; readonly because: string }> {
  try {
    return await openDataset(address, options);
  } catch (error) {
    if (!(error instanceof GanymedeError)) throw error;
    const { settings, because } = error.details;
    if (typeof settings !== 'string' || typeof because !== 'string') throw error;
    return { settings, because };
  }
}

async function reopened(address: string, settings: string, because: string, options: OpenOptions): Promise<Proposed> {
  const proposed = `${address},${settings}`;
  return { dataset: await openDataset(proposed, options), address: proposed, because };
}

function settingsOf([channels, height, width]: readonly number[]): string {
  return `resize=${width}x${height},channels=${channels}`;
}
