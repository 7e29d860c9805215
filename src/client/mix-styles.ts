// The work of `ganymede mix-styles`: each of some seeds mixed with each of others, layer by layer, as one picture.

import { mkdir } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { expected } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { FORMATS } from '../images/image.js';
import { type Asking, asks, imageOf } from './asking.js';
import { bytesOfUri } from './data-uri.js';

export interface MixStylesOptions extends Asking {
  readonly rows: readonly number[];
  readonly cols: readonly number[];
  /** Layers that have the styles of the columns; left out, the first half. */
  readonly styles?: readonly number[];
  /** Its extension names the format. */
  readonly out: string;
  readonly trunc: number;
  readonly class?: string;
  readonly size?: number;
}

const MIX = `query MixStyles($model: String!, $version: Int, $rows: [StyleSource!]!, $columns: [StyleSource!]!, $layers: [Int!],
                      $trunc: Float!, $format: StillFormat!, $size: Int) {
  mixStylesGrid(model: $model, version: $version, rows: $rows, columns: $columns, layers: $layers, truncation: $trunc,
                format: $format, size: $size) { dataUri }
}`;

export const mixStyles = asks<MixStylesOptions>(async (options, { client, facts, report, variables }) => {
  imageOf(facts, options);
  const { rows, cols, styles, out, trunc, size } = options;
  const sources = (seeds: readonly number[]) => seeds.map((seed) => ({ seed, label: options.class ?? null }));
  const { data, errors } = await client.ask<{ mixStylesGrid: { dataUri: string } | null }>(MIX, {
    ...{ ...variables, trunc },
    rows: sources(rows),
    columns: sources(cols),
    layers: styles ?? null,
    format: formatOf(out),
    size: size ?? null,
  });
  if (!data.mixStylesGrid) throw errors[0]!.error;
  await mkdir(dirname(out), { recursive: true });
  await writeFileAtomically(out, bytesOfUri(data.mixStylesGrid.dataUri));
  report.picture(out);
  return { done: 1, failed: 0 };
});

function formatOf(path: string): string {
  const extension = extname(path).slice(1).toLowerCase();
  const still = Object.entries(FORMATS).filter(([name]) => name !== 'gif' && name !== 'apng');
  const found = still.find(([, format]) => format.extension === extension);
  if (found) return found[0].toUpperCase();
  throw expected(`--out to end in one of ${still.map(([, format]) => `.${format.extension}`).join(', ')}`, path);
}
