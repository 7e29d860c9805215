// The data that Ganymede makes itself, by name. Nothing is stored: an example is a function of the seed and its index,
// so a set may be of any size, and its checksum is that of its definition.
import { createHash } from 'node:crypto';
import { expected } from '../errors.js';
import { byteImages } from './byte-images.js';
import { checkRead, type Dataset } from './dataset.js';
import type { Format } from './format.js';
import { drawGlyph, GLYPH_SIDE, glyphLabel } from './glyphs.js';
import { RowCache } from './row-cache.js';
import { GLYPHS } from './strokes.js';
import { VECTORS, type VectorSource } from './vectors.js';

export const BUILTIN_NAMES = [...(Object.keys(VECTORS) as (keyof typeof VECTORS)[]), 'glyphs'] as const;
export type BuiltinName = (typeof BUILTIN_NAMES)[number];

/** What each is, for a person who chooses. */
export const BUILTIN_DATA: Readonly<Record<BuiltinName, string>> = {
  glyphs: 'Grey images of 28×28: digits and capital letters of a drawn font, 36 classes.',
  ring8: 'Points of the plane: eight Gaussians on a circle.',
  grid25: 'Points of the plane: 5 × 5 Gaussians.',
  swissroll: 'Points of the plane: a spiral.',
  gaussian1d: 'Points of a line: one Gaussian.',
  'two-gaussians': 'Points of a line: two Gaussians.',
  segment: 'Points of the plane that all lie on one line.',
  dirac: 'Points of a line that are all 0.',
  gaussian64d: 'Points of 64 coordinates: one Gaussian.',
};

/** What a name means never changes while this number stays; tests hold samples of each. */
const DEFINITION = 1;

/** Of vectors and of glyphs, when `count` does not say. Glyphs: a thousand of each character. */
const COUNTS = { vectors: 100_000, glyphs: 36_000 } as const;

export const builtinData: Format = {
  what: 'built-in data (builtin:NAME)',
  recognises: ({ kind }) => kind === 'builtin',
  settings: () => ['count', 'seed'],
  open: async ({ path }, { range, settings }) => openBuiltin(path, { range, ...settings }),
  hasPart: () => false,
};

interface BuiltinOptions {
  readonly range: readonly [number, number];
  readonly count?: number;
  readonly seed?: number;
}

/** `range` matters to glyphs; vectors keep their values, and say in `range` which can occur. */
function openBuiltin(name: string, options: BuiltinOptions): Dataset {
  const { seed = 0, range } = options;
  if (!isBuiltin(name)) throw expected(`built-in data named ${BUILTIN_NAMES.join(', ')}`, name, 'DATASET_INVALID');
  const count = options.count ?? (name === 'glyphs' ? COUNTS.glyphs : COUNTS.vectors);
  const common = {
    name: `builtin:${name}`,
    count,
    sha256: createHash('sha256').update(`builtin ${name} ${DEFINITION} seed ${seed} count ${count}`).digest('hex'),
  };
  return name === 'glyphs' ? glyphs(common, seed, range) : vectors(common, VECTORS[name], seed);
}

function isBuiltin(name: string): name is BuiltinName {
  return (BUILTIN_NAMES as readonly string[]).includes(name);
}

type Identity = Pick<Dataset, 'name' | 'count' | 'sha256'>;

function glyphs(common: Identity, seed: number, range: readonly [number, number]): Dataset {
  const size = GLYPH_SIDE * GLYPH_SIDE;
  const cache = new RowCache(common.count, size);
  const row = new Uint8Array(size);
  return byteImages(
    {
      ...common,
      channels: 1,
      height: GLYPH_SIDE,
      width: GLYPH_SIDE,
      layout: 'chw',
      labels: Int32Array.from({ length: common.count }, (_, index) => glyphLabel(index)),
      classes: GLYPHS,
      rows(indices, use) {
        for (let position = 0; position < indices.length; position++) {
          const index = indices[position]!;
          const cached = cache.get(index);
          if (!cached) {
            drawGlyph(seed, index, row);
            cache.put(index, row);
          }
          use(position, cached ?? row);
        }
      },
    },
    range,
  );
}

/** All points are made at once: 100,000 of two numbers take 0.8 MB. */
function vectors(common: Identity, source: VectorSource, seed: number): Dataset {
  const size = source.shape[0]!;
  const points = new Float32Array(common.count * size);
  const labels = new Int32Array(common.count);
  for (let index = 0; index < common.count; index++) {
    labels[index] = source.sample(seed, index, points, index * size);
  }
  return {
    ...common,
    shape: source.shape,
    range: source.range,
    ...(source.logDensity ? { logDensity: source.logDensity } : {}),
    ...(source.mixture
      ? { mixture: source.mixture, labels, classes: source.mixture.centers.map((_, mode) => String(mode)) }
      : {}),
    async read(indices, out) {
      checkRead(common.name, common.count, size, indices, out);
      for (let row = 0; row < indices.length; row++) {
        const from = indices[row]! * size;
        for (let i = 0; i < size; i++) out[row * size + i] = points[from + i]!;
      }
    },
  };
}
