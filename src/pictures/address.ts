// The address of a picture: /images/<model>/<version>/<name>.<format>?<how>. It holds all that the picture is made of,
// so the server keeps no state for it, and it is canonical: one picture, one address, which a cache may keep for ever.
//   /images/mnist/3/42.png?truncation=0.7&size=280        the sample of seed 42
//   /images/mnist/3/latent.webp?z=AACAPw…                 the sample of an explicit latent
//   /images/digits/1/42.png?label=7                       of class 7 of a conditional model; left out, that of the seed
//   /images/digits/1/42.png?labels=3:0.25~7:0.75          of a mixture of classes
//   /images/mnist/3/42.npy                                the values as the network made them, [C, H, W]; also .f32
//   /images/mnist/3/grid.png?seed=42&rows=4&columns=8
//   /images/mnist/3/interpolation.gif?waypoints=1,2,z:AACAPw…&steps=16&method=slerp&loop=false&fps=12

import { fromBase64, toBase64 } from '../base64.js';
import { expected, type GanymedeError } from '../errors.js';
import { FORMATS } from '../images/image.js';
import { checkInteger, checkLength, checkTruncation } from '../limits.js';
import { isMixture, type LabelShare } from '../models/labels.js';
import { INTERPOLATION_METHODS, type Latent } from '../models/latent.js';
import type { Model } from '../models/model.js';
import { type AskedLabel, type LabelChoice, labelChoice, labelOf } from './label-choice.js';
import { checkSeeds, pathSeed, readLatent } from './latents.js';
import { checkFormat, type Format, type Picture, type Subject, type Waypoint } from './picture.js';

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
  const choice = await labelChoice(readLabel(parameters), model);
  const subject = readSubject(file.slice(0, dot), parameters, model, choice);
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
      return { name: 'latent', query: [['z', toBase64(subject.z, 'base64url')], ...labelled(subject.label)] };
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
      return {
        name: 'interpolation',
        query: [
          [
            'waypoints',
            subject.waypoints.map((w) => ('z' in w ? `z:${toBase64(w.z, 'base64url')}` : `${w.seed}`)).join(','),
          ],
          ['steps', `${subject.steps}`],
          ['method', subject.method],
          ['loop', `${subject.loop}`],
          ['fps', `${subject.fps}`],
          ...truncated(subject.truncation),
          ...labelled(subject.label),
        ],
      };
    default:
      return subject satisfies never;
  }
}

function readSubject(name: string, parameters: Parameters, model: Model, choice: LabelChoice): Subject {
  const truncation = () => (parameters.has('truncation') ? checkTruncation(parameters.number('truncation')) : 1);
  switch (name) {
    case 'latent':
      return {
        kind: 'latent',
        z: latentOf(parameters.text('z'), model, 'z'),
        label: labelOf(choice, undefined, model),
      };
    case 'grid': {
      const rows = checkInteger('rows', parameters.integer('rows'));
      const columns = checkInteger('columns', parameters.integer('columns'));
      const seed = checkSeeds(parameters.integer('seed'), rows * columns);
      return { kind: 'grid', seed, rows, columns, truncation: truncation(), label: choice };
    }
    case 'interpolation': {
      const waypoints = checkLength('waypoints', parameters.text('waypoints').split(',')).map((text, i) =>
        readWaypointText(text, model, `waypoints[${i}]`),
      );
      return {
        kind: 'animation',
        waypoints,
        steps: checkInteger('steps', parameters.integer('steps')),
        method: parameters.oneOf('method', INTERPOLATION_METHODS),
        loop: parameters.oneOf('loop', ['true', 'false']) === 'true',
        fps: checkInteger('fps', parameters.integer('fps')),
        truncation: truncation(),
        label: labelOf(choice, pathSeed(waypoints), model),
      };
    }
    default: {
      const seed = checkInteger('seed', toInteger('the name of the file', name));
      return { kind: 'seed', seed, truncation: truncation(), label: labelOf(choice, seed, model) };
    }
  }
}

function readWaypointText(text: string, model: Model, name: string): Waypoint {
  if (text.startsWith('z:')) return { z: latentOf(text.slice(2), model, name) };
  return { seed: checkInteger('seed', toInteger(name, text)) };
}

function truncated(truncation: number): [string, string][] {
  return truncation === 1 ? [] : [['truncation', `${truncation}`]];
}

/**
 * A class drawn from the seed is named too, so that its picture has one address; only a grid of many has no one class.
 */
function labelled(label: LabelChoice): [string, string][] {
  if (label === null || label === 'drawn') return [];
  if (typeof label === 'number') return [['label', `${label}`]];
  return [['labels', label.map(({ label: index, weight }) => `${index}:${weight}`).join('~')]];
}

function readLabel(parameters: Parameters): AskedLabel {
  if (!parameters.has('labels')) return parameters.has('label') ? parameters.integer('label') : undefined;
  const text = parameters.text('labels');
  const shares = text.split('~').map((share): LabelShare => {
    const [label = '', weight = ''] = share.split(':');
    return { label: toInteger('a class of labels', label), weight: toNumber('a weight of labels', weight) };
  });
  // The mixture itself, written as it would be written here; anything else would be a second address of one picture.
  if (isMixture(shares) && labelled(shares)[0]![1] === text) return shares;
  throw expected(
    'labels as class:weight~class:weight, of two classes or more in order, whose weights add up to 1',
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
