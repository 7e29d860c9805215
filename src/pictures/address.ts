// The address of a picture: /images/<model>/<version>/<name>.<format>?<how>. It holds all that the picture is made of,
// so the server keeps no state for it, and it is canonical: one picture, one address, which a cache may keep for ever.
//   /images/mnist/3/42.png?truncation=0.7&size=280        the sample of seed 42
//   /images/mnist/3/latent.webp?z=AACAPw…                 the sample of an explicit latent
//   /images/digits/1/42.png?label=7                       of class 7 of a conditional model; left out, that of the seed
//   /images/digits/1/42.png?labels=3:0.25~7:0.75          of a mixture of classes
//   /images/mnist/3/42.npy                                the values as the network made them, [C, H, W]; also .f32
//   /images/mnist/3/grid.png?seed=42&rows=4&columns=8
//   /images/mnist/3/interpolation.gif?waypoints=1,2,z:AACAPw…&steps=16&method=slerp&loop=false&fps=12
//   /images/digits/1/interpolation.webp?waypoints=1@3,1@8,2@3:0.5~8:0.5&…       from class to class
//   /images/mnist/3/strip.png?waypoints=1,2&steps=16&method=slerp&loop=false&columns=8
//   /images/styles/1/mix.png?sources=1@3,2@8&layers=0,0,1,1,1&truncation=0.7    layers 0 and 1 as seed 1 has them
//   /images/styles/1/mixes.png?rows=1@3,2@3&columns=5@7&layers=0,1&originals=true

import { fromBase64, toBase64 } from '../base64.js';
import { expected, type GanymedeError } from '../errors.js';
import { FORMATS } from '../images/image.js';
import { checkInteger, checkLength, checkTruncation } from '../limits.js';
import { isMixture, type LabelMixture, type LabelShare } from '../models/labels.js';
import { INTERPOLATION_METHODS, type Latent } from '../models/latent.js';
import type { Model } from '../models/model.js';
import { stylesOf } from '../models/styles.js';
import { type AskedLabel, type Label, type LabelChoice, labelChoice, labelOf } from './label-choice.js';
import { checkSeeds, pathSeed, readLatent } from './latents.js';
import { checkLayers } from './mixes.js';
import {
  checkFormat,
  drawOf,
  type Format,
  type MixesSubject,
  type MixSubject,
  type Path,
  type Picture,
  type Subject,
  type Waypoint,
  type WaypointPlace,
} from './picture.js';
import { explicitTruncation, pathTruncation, truncationFor } from './truncation.js';

export function addressOf({ subject, format, size }: Picture, model: Model): string {
  const { name, query } = parts(subject);
  if (size !== undefined) query.push(['size', `${size}`]);
  const suffix = query.length === 0 ? '' : `?${query.map(([key, value]) => `${key}=${value}`).join('&')}`;
  return `/images/${encodeURIComponent(model.name)}/${model.version}/${name}.${FORMATS[format].extension}${suffix}`;
}

/** The picture of an address whose model was found. `file` is "<name>.<format>"; unknown parameters are refused. */
export async function readAddress(
  file: string,
  query: Readonly<Record<string, unknown>>,
  model: Model,
): Promise<Picture> {
  const dot = file.lastIndexOf('.');
  const format = formatOf(file.slice(dot + 1));
  if (dot < 1 || format === undefined) throw expected(`a file name ending in one of ${EXTENSIONS}`, file);
  const parameters = new Parameters(query);
  const subject = await readSubject(file.slice(0, dot), parameters, model);
  const size = parameters.has('size') ? checkInteger('size', parameters.integer('size')) : undefined;
  parameters.refuseOthers();
  const picture = { subject, format, ...(size !== undefined && { size }) };
  checkFormat(picture);
  return picture;
}

function parts(subject: Subject): { name: string; query: [string, string][] } {
  switch (subject.kind) {
    case 'seed':
      return { name: `${subject.seed}`, query: [...truncated(subject.truncation), ...labelled(subject.label)] };
    case 'latent':
      return {
        name: 'latent',
        query: [
          ['z', toBase64(subject.z, 'base64url')],
          ...truncated(subject.truncation ?? 1),
          ...labelled(subject.label),
        ],
      };
    case 'grid':
      return {
        name: 'grid',
        query: [
          ['seed', `${subject.seed}`],
          ['rows', `${subject.rows}`],
          ['columns', `${subject.columns}`],
          ...truncated(subject.truncation),
          ...labelled(subject.label),
        ],
      };
    case 'animation':
      return { name: 'interpolation', query: pathParts(subject, ['fps', `${subject.fps}`]) };
    case 'strip':
      return { name: 'strip', query: pathParts(subject, ['columns', `${subject.columns}`]) };
    case 'mix': {
      const { sources, layers, truncation } = subject;
      return { name: 'mix', query: [['sources', sourcesText(sources)], layersPart(layers), ...truncated(truncation)] };
    }
    case 'mixes': {
      const { rows, columns, layers, truncation, originals } = subject;
      return {
        name: 'mixes',
        query: [
          ['rows', sourcesText(rows)],
          ['columns', sourcesText(columns)],
          layersPart(layers),
          ['originals', `${originals}`],
          ...truncated(truncation),
        ],
      };
    }
    default:
      return subject satisfies never;
  }
}

function sourcesText(sources: readonly Waypoint[]): string {
  return sources
    .map((source) => placeText(source) + (source.label === null ? '' : `@${labelText(source.label)}`))
    .join(',');
}

function layersPart(layers: readonly number[]): [string, string] {
  return ['layers', layers.join(',')];
}

function placeText(place: WaypointPlace): string {
  return 'z' in place ? `z:${toBase64(place.z, 'base64url')}` : `${place.seed}`;
}

/** A class that all waypoints have is told once, else each waypoint tells its own. */
function pathParts({ waypoints, steps, method, loop, truncation }: Path, own: [string, string]): [string, string][] {
  const places = waypoints.map(placeText);
  const label = commonLabel(waypoints);
  const texts = label === undefined ? places.map((place, i) => `${place}@${labelText(waypoints[i]!.label)}`) : places;
  return [
    ['waypoints', texts.join(',')],
    ['steps', `${steps}`],
    ['method', method],
    ['loop', `${loop}`],
    own,
    ...truncated(truncation),
    ...labelled(label ?? null),
  ];
}

async function readSubject(name: string, parameters: Parameters, model: Model): Promise<Subject> {
  if (name === 'interpolation') {
    const path = await readPath(parameters, model);
    return { kind: 'animation', ...path, fps: checkInteger('fps', parameters.integer('fps')) };
  }
  if (name === 'strip') {
    const path = await readPath(parameters, model);
    return { kind: 'strip', ...path, columns: checkInteger('columns', parameters.integer('columns')) };
  }
  if (name === 'mix') return readMix(parameters, model);
  if (name === 'mixes') return readMixes(parameters, model);
  const choice = await labelChoice(readLabel(parameters), model);
  switch (name) {
    case 'latent':
      return {
        kind: 'latent',
        ...drawOf(
          latentOf(parameters.text('z'), model, 'z'),
          labelOf(choice, undefined, model),
          explicitTruncation(readTruncation(parameters), model),
          model,
        ),
      };
    case 'grid': {
      const rows = checkInteger('rows', parameters.integer('rows'));
      const columns = checkInteger('columns', parameters.integer('columns'));
      const seed = checkSeeds(parameters.integer('seed'), rows * columns);
      const truncation = truncationFor(model.manifest, readTruncation(parameters));
      return { kind: 'grid', seed, rows, columns, truncation, label: choice };
    }
    default: {
      const seed = checkInteger('seed', toInteger('the name of the file', name));
      const truncation = truncationFor(model.manifest, readTruncation(parameters));
      return { kind: 'seed', seed, truncation, label: labelOf(choice, seed, model) };
    }
  }
}

async function readMix(parameters: Parameters, model: Model): Promise<MixSubject> {
  const shape = stylesOf(model);
  const sources = await readSources('sources', parameters, model);
  const layers = readLayers(parameters);
  const truncation = readTruncation(parameters);
  const firsts = sources.map((_, source) => layers.indexOf(source));
  const isOne = // address of the mix: as `mixOf` gives it
    layers.length === shape.layers &&
    layers.every((source) => source < sources.length) &&
    firsts.every((layer, i) => layer > (firsts[i - 1] ?? -1)) &&
    new Set(sources.map((source) => sourcesText([source]))).size === sources.length;
  if (isOne) return { kind: 'mix', sources, layers, truncation };
  throw expected(
    `layers with the source of each of the ${shape.layers} by index, and different sources in the order of their first layers`,
    `layers ${layers.join()} of ${sources.length} sources`,
  );
}

async function readMixes(parameters: Parameters, model: Model): Promise<MixesSubject> {
  const shape = stylesOf(model);
  const rows = await readSources('rows', parameters, model);
  const columns = await readSources('columns', parameters, model);
  const asked = readLayers(parameters);
  const layers = checkLayers(asked, shape, 'layers');
  if (layers.join() !== asked.join()) throw expected('layers in ascending order', asked.join());
  const originals = parameters.oneOf('originals', ['true', 'false']) === 'true';
  return { kind: 'mixes', rows, columns, layers, truncation: readTruncation(parameters), originals };
}

/** The class of a source that tells none is drawn from its seed. */
async function readSources(
  name: 'sources' | 'rows' | 'columns',
  parameters: Parameters,
  model: Model,
): Promise<Waypoint[]> {
  const texts = parameters.text(name).split(',');
  checkInteger(name === 'sources' ? 'styles' : name, texts.length, `the number of ${name}`);
  return Promise.all(
    texts.map(async (text, i) => {
      const [where = '', ...told] = text.split('@');
      const place = readPlace(where, model, `${name}[${i}]`);
      const asked = told.length === 0 ? undefined : readLabelText(told.join('@'), `the class of ${name}[${i}]`);
      const seed = 'seed' in place ? place.seed : undefined;
      return { ...place, label: labelOf(await labelChoice(asked, model), seed, model) };
    }),
  );
}

function readLayers(parameters: Parameters): number[] {
  return parameters
    .text('layers')
    .split(',')
    .map((text) => toInteger('layers', text));
}

async function readPath(parameters: Parameters, model: Model): Promise<Path> {
  const texts = checkLength('waypoints', parameters.text('waypoints').split(','));
  const places = texts.map((text, i) => readPlace(text.split('@', 1)[0]!, model, `waypoints[${i}]`));
  const steps = checkInteger('steps', parameters.integer('steps'));
  const method = parameters.oneOf('method', INTERPOLATION_METHODS);
  const loop = parameters.oneOf('loop', ['true', 'false']) === 'true';
  const truncation = pathTruncation(readTruncation(parameters), places, model);
  const labels = texts.some((text) => text.includes('@'))
    ? await ownLabels(texts, model)
    : await commonLabels(parameters, places, model);
  return { waypoints: places.map((place, i) => ({ ...place, label: labels[i]! })), steps, method, loop, truncation };
}

/** Different ones: those of a path of one class are told by `label`, once. */
async function ownLabels(texts: readonly string[], model: Model): Promise<Label[]> {
  const labels = await Promise.all(
    texts.map(async (text, i) => {
      const name = `the class of waypoints[${i}]`;
      const own = text.slice(text.indexOf('@') + 1);
      if (own === text) throw expected(`${name}, as others have one,`, text);
      return labelOf(await labelChoice(readLabelText(own, name), model), undefined, model);
    }),
  );
  if (commonLabel(labels.map((label) => ({ label }))) === undefined) return labels;
  throw expected('one label for the path, as its waypoints are of one class,', texts.join(','));
}

async function commonLabels(parameters: Parameters, places: readonly WaypointPlace[], model: Model): Promise<Label[]> {
  const label = labelOf(await labelChoice(readLabel(parameters), model), pathSeed(places), model);
  return places.map(() => label);
}

/** Undefined where they differ. */
function commonLabel(waypoints: readonly { readonly label: Label }[]): Label | undefined {
  const [first, ...others] = waypoints.map(({ label }) => labelText(label));
  return others.every((text) => text === first) ? waypoints[0]!.label : undefined;
}

function readPlace(text: string, model: Model, name: string): WaypointPlace {
  if (text.startsWith('z:')) return { z: latentOf(text.slice(2), model, name) };
  return { seed: checkInteger('seed', toInteger(name, text)) };
}

function readTruncation(parameters: Parameters): number {
  return parameters.has('truncation') ? checkTruncation(parameters.number('truncation')) : 1;
}

function truncated(truncation: number): [string, string][] {
  return truncation === 1 ? [] : [['truncation', `${truncation}`]];
}

/**
 * A class drawn from the seed is named too, so that its picture has one address; only a grid of many has no one class.
 */
function labelled(label: LabelChoice): [string, string][] {
  if (label === null || label === 'drawn') return [];
  return [[typeof label === 'number' ? 'label' : 'labels', labelText(label)]];
}

function labelText(label: Label): string {
  return typeof label === 'object' && label !== null
    ? label.map(({ label: index, weight }) => `${index}:${weight}`).join('~')
    : `${label}`;
}

function readLabel(parameters: Parameters): AskedLabel {
  if (!parameters.has('labels')) return parameters.has('label') ? parameters.integer('label') : undefined;
  return readMixture(parameters.text('labels'), 'labels');
}

function readLabelText(text: string, name: string): AskedLabel {
  return text.includes(':') ? readMixture(text, name) : toInteger(name, text);
}

function readMixture(text: string, name: string): LabelMixture {
  const shares = text.split('~').map((share): LabelShare => {
    const [label = '', weight = ''] = share.split(':');
    return { label: toInteger(`a class in ${name}`, label), weight: toNumber(`a weight in ${name}`, weight) };
  });
  // The mixture itself, written as it would be written here; anything else would be a second address of one picture.
  if (isMixture(shares) && labelText(shares) === text) return shares;
  throw expected(
    `${name} as class:weight~class:weight, of two classes or more in order, whose weights add up to 1`,
    text,
  );
}

/** In the alphabet that URLs leave alone, and in no other: a latent under many addresses would defeat caches. */
function latentOf(text: string, model: Model, name: string): Latent {
  const z = fromBase64(text);
  if (z === undefined || toBase64(z, 'base64url') !== text) {
    throw expected(`${name} to be float32 numbers as base64url`, text, 'INVALID_LATENT');
  }
  return readLatent(z, model, name);
}

const EXTENSIONS = Object.values(FORMATS)
  .map(({ extension }) => `.${extension}`)
  .join(', ');

function formatOf(extension: string): Format | undefined {
  return (Object.keys(FORMATS) as Format[]).find((format) => FORMATS[format].extension === extension);
}

/** "042" and "4.2e1" are not integers here, so that each picture has one address. */
function toInteger(name: string, text: string): number {
  if (/^(0|[1-9]\d{0,15})$/.test(text)) return Number(text);
  throw expected(`${name} to be an integer without leading zeros`, text);
}

function toNumber(name: string, text: string): number {
  const value = Number(text);
  if (`${value}` === text) return value;
  throw expected(`${name} to be a number in its shortest form`, text);
}

class Parameters {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** Each parameter is there exactly once: a repeated one arrives as a list. */
  text(name: string): string {
    this.#read.add(name);
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw expected(`the query parameter ${name} once`, value);
  }

  integer(name: string): number {
    return toInteger(name, this.text(name));
  }

  number(name: string): number {
    return toNumber(name, this.text(name));
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T {
    const text = this.text(name);
    const found = allowed.find((one) => one === text);
    if (found !== undefined) return found;
    throw expected(`${name} to be one of ${allowed.join(', ')}`, text);
  }

  refuseOthers(): void {
    const unknown = Object.keys(this.#values).find((name) => !this.#read.has(name));
    if (unknown !== undefined) throw notAParameter(unknown);
  }
}

function notAParameter(name: string): GanymedeError {
  return expected('only the query parameters that this kind of image has', name);
}
