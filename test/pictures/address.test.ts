// Addresses hold all that a picture is made of: what is written is read back as it was, to the bit, and written again
// as the same text.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.js';
import { Batcher } from '../../src/models/batcher.js';
import { mixture } from '../../src/models/labels.js';
import { Model } from '../../src/models/model.js';
import { addressOf, readAddress } from '../../src/pictures/address.js';
import type { Label } from '../../src/pictures/label-choice.js';
import { mixOf, type StylePart } from '../../src/pictures/mixes.js';
import { checkFormat, type Format, type Path, type Picture, type Subject } from '../../src/pictures/picture.js';
import { manifestOf } from '../models/checkpoints.js';
import { FakeGraph } from '../models/fakes.js';

const CLASSES = 12;
const LAYERS = 5;

function modelOf(labels: boolean): Model {
  const float = (...shape: number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const inputs = { z: float(3), ...(labels && { label: float(CLASSES) }) };
  const graph = new FakeGraph('generate', inputs, { image: float(1, 2, 2) }, (feeds) => feeds);
  const manifest = manifestOf('many', 1, { 'generate.onnx': '' });
  if (labels) manifest.labels = Array.from({ length: CLASSES }, (_, i) => `c${i}`);
  manifest.styles = { layers: LAYERS, size: 1 };
  manifest.graphs = { ...manifest.graphs, map: { file: 'generate.onnx' }, synthesize: { file: 'generate.onnx' } };
  return new Model(manifest, async () => new Map([['generate', { graph, batcher: new Batcher(graph) }]]));
}

const [plain, conditional] = [modelOf(false), modelOf(true)];
const size = plain.manifest.latent.size;

const integer = (name: keyof typeof LIMITS) => fc.integer({ min: LIMITS[name].least, max: LIMITS[name].most });
const seed = integer('seed');
const z = fc.float32Array({ minLength: size, maxLength: size, noNaN: true, noDefaultInfinity: true });
const truncation = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0); // no −0
const share = fc.record({ label: fc.nat(CLASSES - 1), weight: fc.double({ min: 1e-3, max: 1e3, noNaN: true }) });
const label = fc
  .uniqueArray(share, { minLength: 1, maxLength: CLASSES, selector: (one) => one.label })
  .map((shares): Label => mixture(shares));
const place = fc.oneof(fc.record({ seed }), fc.record({ z: z.map((values) => new Float32Array(values)) }));

const someLayers = fc
  .uniqueArray(fc.nat(LAYERS - 1), { minLength: 1 })
  .map((layers) => layers.toSorted((a, b) => a - b));

const STYLES = { layers: LAYERS, size: 1 };

function isWhole([parts]: readonly [readonly StylePart[], number]): boolean {
  try {
    mixOf(parts, STYLES);
    return true;
  } catch {
    return false;
  }
}

function mixed([parts, truncated]: readonly [readonly StylePart[], number]): Subject {
  return { kind: 'mix', ...mixOf(parts, STYLES), truncation: truncated };
}

/** With the classes that the model has: none, or one for each place. */
function subjects(labels: fc.Arbitrary<Label>): fc.Arbitrary<Subject> {
  const waypoint = fc.tuple(place, labels).map(([where, of]) => ({ ...where, label: of }));
  const part = fc.record({ source: waypoint, layers: fc.option(someLayers, { nil: undefined }) });
  const common = fc.tuple(fc.array(place, { minLength: 2, maxLength: 8 }), labels);
  const path = fc
    .record<Path>({
      waypoints: fc.oneof(
        fc.array(waypoint, { minLength: 2, maxLength: 8 }),
        common.map(([places, of]) => places.map((where) => ({ ...where, label: of }))),
      ),
      steps: integer('steps'),
      method: fc.constantFrom('linear', 'slerp', 'cubic'),
      loop: fc.boolean(),
      truncation,
    })
    .map((drawn) => (drawn.waypoints.some((where) => 'seed' in where) ? drawn : { ...drawn, truncation: 1 }));
  return fc.oneof(
    fc.record({ kind: fc.constant('seed' as const), seed, truncation, label: labels }),
    fc.record({ kind: fc.constant('latent' as const), z: z.map((values) => new Float32Array(values)), label: labels }),
    fc.record({
      kind: fc.constant('grid' as const),
      seed: fc.nat(2 ** 31),
      rows: integer('rows'),
      columns: integer('columns'),
      truncation,
      label: labels,
    }),
    fc.tuple(path, integer('fps')).map(([of, fps]) => ({ kind: 'animation' as const, ...of, fps })),
    fc.tuple(path, integer('columns')).map(([of, columns]) => ({ kind: 'strip' as const, ...of, columns })),
    fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 8 }), truncation)
      .filter(isWhole)
      .map(mixed),
    fc.record({
      kind: fc.constant('mixes' as const),
      rows: fc.array(waypoint, { minLength: 1, maxLength: 4 }),
      columns: fc.array(waypoint, { minLength: 1, maxLength: 4 }),
      layers: someLayers,
      truncation,
      originals: fc.boolean(),
    }),
  );
}

function pictures(labels: fc.Arbitrary<Label>): fc.Arbitrary<Picture> {
  const formats: Format[] = ['png', 'webp', 'jpeg', 'avif', 'gif', 'apng', 'npy', 'f32'];
  return fc
    .record({ subject: subjects(labels), format: fc.constantFrom(...formats), size: fc.option(integer('size')) })
    .map(({ size: height, ...picture }): Picture => ({ ...picture, ...(height !== null && { size: height }) }))
    .filter(fits);
}

function fits(picture: Picture): boolean {
  try {
    checkFormat(picture);
    return true;
  } catch {
    return false;
  }
}

async function reads(picture: Picture, model: Model): Promise<void> {
  const address = addressOf(picture, model);
  const url = new URL(address, 'http://x');
  expect(url.pathname + url.search).toBe(address); // nothing in it has to be escaped
  const again = await readAddress(url.pathname.split('/').at(-1)!, Object.fromEntries(url.searchParams), model);
  expect(again).toEqual(picture);
  expect(addressOf(again, model)).toBe(address);
}

describe('an address', () => {
  test('of any picture of a model without classes is read as that picture', async () => {
    await fc.assert(fc.asyncProperty(pictures(fc.constant(null)), (picture) => reads(picture, plain)));
  });

  test('of any picture of a conditional model is read as that picture, mixtures and all', async () => {
    await fc.assert(fc.asyncProperty(pictures(label), (picture) => reads(picture, conditional)));
  });

  const waypoints = (text: string) => ({ waypoints: text, steps: '4', method: 'cubic', loop: 'false' });

  test.each([
    ['a class that only some waypoints have', '1@3,2', /the class of waypoints\[1\], as others have one/],
    ['one class told at each waypoint', '1@3,2@3', /one label for the path/],
    ['an unknown class', '1@3,2@12', /label to be an integer in \[0, 11\]/],
    ['two classes at one waypoint', '1@3@4,2@5', /the class of waypoints\[0\] to be an integer/],
    ['a mixture out of order', '1@4:0.5~3:0.5,2@5', /in order, whose weights add up to 1/],
    ['no class', '1@,2@5', /the class of waypoints\[0\] to be an integer/],
  ])('with %s is refused', async (_, text, message) => {
    const query = { ...waypoints(text), columns: '2' };
    await expect(readAddress('strip.png', query, conditional)).rejects.toThrow(message);
  });

  test('that tells a class both for the path and for its waypoints is refused', async () => {
    const query = { ...waypoints('1@3,2@4'), columns: '2', label: '3' };
    await expect(readAddress('strip.png', query, conditional)).rejects.toThrow(/only the query parameters/);
  });

  test('of a path has its own parameters and no others', async () => {
    const query = { ...waypoints('1,2'), fps: '12' };
    await expect(readAddress('strip.png', query, plain)).rejects.toThrow(/the query parameter columns once/);
    await expect(readAddress('interpolation.gif', { ...query, columns: '2' }, plain)).rejects.toThrow(
      /only the query parameters that this kind of image has but received "columns"/,
    );
    await expect(readAddress('strip.gif', { ...waypoints('1,2'), columns: '2' }, plain)).rejects.toThrow(
      /for a single image/,
    );
  });
});
