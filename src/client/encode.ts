// The work of `ganymede encode`: latents of any number of pictures, as rows of a .npy file or in JSON lines, and
// pictures of what the model makes of them.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../files/atomic.js';
import { asks } from './asking.js';
import { bytesOfUri } from './data-uri.js';
import { askOfEach, type Picture, type PictureOptions } from './each-picture.js';
import { NpyFile } from './npy-file.js';
import type { Cell } from './table.js';

export interface EncodeOptions extends PictureOptions {
  /** Steps of refinement. */
  readonly refine?: number;
  /** A file of all latents, a row for each picture; NaN where there is none. */
  readonly npy?: string;
  /** A folder for the reconstructions. */
  readonly outdir?: string;
}

const ENCODE = `query Encode($model: String!, $version: Int, $images: [ImageSource!]!, $labels: [String!], $refine: Int,
                            $pictures: Boolean!) {
  encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {
    ... on Encoding {
      zBase64 label squaredError: error
      reconstruction @include(if: $pictures) { image(format: PNG) { dataUri } }
    }
    ... on ImageError { code message }
  }
}`;

interface Encoding {
  readonly zBase64: string;
  readonly label: string | null;
  readonly squaredError: number | null;
  readonly reconstruction?: { readonly image: { readonly dataUri: string } | null };
}

/** Each step runs the generator back and forth, so an answer should not have to wait for many pictures. */
const MOST_REFINED = 16;

export const encode = asks<EncodeOptions>(async (options, asked) => {
  const { refine, npy, outdir, format } = options;
  if (outdir !== undefined) await mkdir(outdir, { recursive: true });
  const file = npy === undefined ? undefined : await NpyFile.create(npy, asked.facts.latentSize);
  if (file) asked.report.atEnd(() => file.close());
  return askOfEach(options, asked, {
    phase: 'encoding',
    query: ENCODE,
    variables: { refine: refine ?? null, pictures: outdir !== undefined },
    takesLabels: true,
    ...(refine !== undefined && { most: MOST_REFINED }),
    columns: [
      'squared_error',
      'label',
      ...(outdir === undefined ? [] : ['reconstruction']),
      ...(format === 'jsonl' ? ['z'] : []),
    ],
    async cells({ zBase64, label, squaredError, reconstruction }: Encoding, picture) {
      const z = Buffer.from(zBase64, 'base64');
      await file?.append(z);
      const cells: Record<string, Cell> = { squared_error: squaredError, label };
      if (outdir !== undefined)
        cells['reconstruction'] = await written(outdir, picture, reconstruction?.image?.dataUri);
      if (format === 'jsonl') cells['z'] = floatsOf(z);
      return cells;
    },
    onFailed: async () => file?.append(null),
  });
});

/** Named by the picture's place in the table: names of pictures need not differ. */
async function written(outdir: string, { index }: Picture, uri: string | undefined): Promise<string | null> {
  if (uri === undefined) return null;
  const path = join(outdir, `${String(index).padStart(5, '0')}.png`);
  await writeFileAtomically(path, bytesOfUri(uri));
  return path;
}

function floatsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}
