// What a person has set on the page Explore, as its address holds it.
//   #/explore/mnist-conditional/5?seed=7&truncation=0.7&class=3
//   …?mix=3:0.5~8:1                        a mixture of classes, by index and weight
//   …?directions=0:2.5,3:-1&method=PCA     moved along directions
//   …?pins=7@3,12@8,z:AACAPw…@3            waypoints of a morph, each a seed or a latent, and its class
//   …?corners=7,8,9&across=0.3&up=0.4      the plane through three samples

import type { EditInput, InterpolationMethod, LabelWeight, Waypoint } from '../gql/graphql';
import { setSettings as setPlace, usePlace } from '../place';

export const MAX_SEED = 2 ** 32 - 1;

/** Of which class samples are: each of that of its seed, all of one, or of a mixture, weight by index. */
export type Choice =
  | { readonly kind: 'drawn' }
  | { readonly kind: 'class'; readonly index: number }
  | { readonly kind: 'mix'; readonly weights: Readonly<Record<number, number>> };

export interface Pin {
  /** Exactly one of both. */
  readonly seed?: number;
  /** Base64 in the alphabet of addresses. */
  readonly z?: string;
  readonly choice: Choice;
}

export type Method = 'FACTORISED' | 'PCA';

export interface Settings {
  readonly seed: number;
  readonly truncation: number;
  readonly choice: Choice;
  readonly method: Method;
  /** Strength by index of a direction. */
  readonly directions: Readonly<Record<number, number>>;
  readonly pins: readonly Pin[];
  readonly corners: readonly [number, number, number];
  readonly across: number;
  readonly up: number;
  readonly path: InterpolationMethod;
  readonly loop: boolean;
  readonly frames: number;
  readonly styleSeed: number;
  /** Layers that have the style of `styleSeed`. */
  readonly layers: readonly number[];
}

export function useSettings(): Settings {
  return readSettings(usePlace().query);
}

export function readSettings(query: Readonly<Record<string, string | undefined>>): Settings {
  const seed = integer(query['seed'], 0, MAX_SEED) ?? 42;
  const corners = query['corners']?.split(',').map((text) => integer(text, 0, MAX_SEED));
  const [a = seed, b = next(seed, 1), c = next(seed, 2)] = corners ?? [];
  return {
    seed,
    truncation: number(query['truncation'], 0, 1) ?? 1,
    choice: readChoice(query['mix'] ?? query['class']),
    method: query['method'] === 'PCA' ? 'PCA' : 'FACTORISED',
    directions: readWeights(query['directions'], ','),
    pins: (query['pins'] ?? '').split(',').flatMap(readPin),
    corners: [a, b, c],
    across: number(query['across'], 0, 1) ?? 0.3,
    up: number(query['up'], 0, 1) ?? 0.3,
    path: PATHS.find((path) => path === query['path']) ?? 'SLERP',
    loop: query['loop'] === 'true',
    frames: integer(query['frames'], 2, 96) ?? 25,
    styleSeed: integer(query['style'], 0, MAX_SEED) ?? next(seed, 1),
    layers: (query['layers'] ?? '').split('.').flatMap((text) => integer(text, 0, 1000) ?? []),
  };
}

export const PATHS: readonly InterpolationMethod[] = ['SLERP', 'LINEAR', 'CUBIC'];

/** Changes some of them; the address follows. What is undefined goes back to what it is when nothing is set. */
export function set(changed: { readonly [K in keyof Settings]?: Settings[K] | undefined }): void {
  const texts = Object.entries(changed).flatMap(([name, value]) => textsOf(name as keyof Settings, value));
  setPlace(Object.fromEntries(texts));
}

function textsOf(name: keyof Settings, value: Settings[keyof Settings] | undefined): [string, string | undefined][] {
  switch (name) {
    case 'choice': {
      const choice = (value ?? { kind: 'drawn' }) as Choice;
      const text = choiceText(choice);
      return [
        ['class', choice.kind === 'class' ? text : undefined],
        ['mix', choice.kind === 'mix' ? text : undefined],
      ];
    }
    case 'directions':
      return [[name, weightsText((value ?? {}) as Settings['directions'], ',') || undefined]];
    case 'pins':
      return [[name, (value as Settings['pins'] | undefined)?.map(pinText).join(',') || undefined]];
    case 'layers':
      return [[name, (value as Settings['layers'] | undefined)?.join('.') || undefined]];
    case 'styleSeed':
      return [['style', value === undefined ? undefined : `${value}`]];
    default:
      return [[name, value === undefined ? undefined : `${value}`]];
  }
}

/** Arguments of a query, as the schema has them. */
export function classArguments(choice: Choice, labels: readonly string[] | null): ClassArguments {
  if (!labels || choice.kind === 'drawn') return {};
  if (choice.kind === 'class') return { label: labels[choice.index] ?? `${choice.index}` };
  const shares = Object.entries(choice.weights)
    .filter(([, weight]) => weight > 0)
    .map(([index, weight]) => ({ label: labels[Number(index)] ?? index, weight }));
  return shares.length === 0 ? {} : { labels: shares };
}

export interface ClassArguments {
  readonly label?: string;
  readonly labels?: LabelWeight[];
}

export const waypointOf = ({ seed, z, choice }: Pin, labels: readonly string[] | null): Waypoint => ({
  ...(z === undefined ? { seed: seed! } : { z: plainBase64(z) }),
  ...classArguments(choice, labels),
});

export function editsOf({ directions, method }: Pick<Settings, 'directions' | 'method'>): EditInput[] {
  return Object.entries(directions)
    .filter(([, strength]) => strength !== 0)
    .map(([index, strength]) => ({ direction: { method, index: Number(index) }, strengths: [strength] }));
}

/** As the address of a picture names a class, or as the API gave a mixture. */
export function choiceText(choice: Choice): string {
  if (choice.kind === 'drawn') return '';
  return choice.kind === 'class' ? `${choice.index}` : weightsText(choice.weights, '~');
}

export function readChoice(text: string | undefined): Choice {
  if (!text) return { kind: 'drawn' };
  if (text.includes(':')) return { kind: 'mix', weights: readWeights(text, '~') };
  const index = integer(text, 0, 1e6);
  return index === undefined ? { kind: 'drawn' } : { kind: 'class', index };
}

export const addressBase64 = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const plainBase64 = (text: string) =>
  text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .padEnd(4 * Math.ceil(text.length / 4), '=');

export const pinText = ({ seed, z, choice }: Pin) =>
  `${z === undefined ? seed : `z:${z}`}${choice.kind === 'drawn' ? '' : `@${choiceText(choice)}`}`;

function readPin(text: string): Pin[] {
  const [place = '', label] = text.split('@');
  const choice = readChoice(label);
  if (place.startsWith('z:')) return [{ z: place.slice(2), choice }];
  const seed = integer(place, 0, MAX_SEED);
  return seed === undefined ? [] : [{ seed, choice }];
}

function weightsText(weights: Readonly<Record<number, number>>, between: string): string {
  return Object.entries(weights)
    .filter(([, weight]) => weight !== 0)
    .map(([index, weight]) => `${index}:${weight}`)
    .join(between);
}

function readWeights(text: string | undefined, between: string): Record<number, number> {
  const pairs = (text ?? '').split(between).map((pair) => pair.split(':').map(Number));
  return Object.fromEntries(
    pairs.filter(([index, weight]) => Number.isInteger(index) && Number.isFinite(weight)) as [number, number][],
  );
}

export const next = (seed: number, by: number) => Math.min(MAX_SEED, seed + by);

function integer(text: string | undefined, least: number, most: number): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? number(text, least, most) : undefined;
}

/** Undefined where it is none of the range: a person may type anything into an address. */
function number(text: string | undefined, least: number, most: number): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return value >= least && value <= most ? value : undefined;
}
