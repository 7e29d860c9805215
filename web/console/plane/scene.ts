// A game on the line or in the plane as this page draws it: of a training, or put together from a model that is served.

import type { BuiltinPoints, GameViewsSubscription } from '../gql/graphql';

export interface Scene {
  /** Numbers of a point: 1 or 2. */
  readonly size: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly data: Float32Array;
  readonly samples: Float32Array;
  /** What D says at places on each axis, x fastest and y upwards; null where nobody may ask. */
  readonly verdict: Verdict | null;
  readonly arrows: Arrows | null;
  readonly map: LatentMap | null;
}

export interface Verdict {
  readonly places: number;
  readonly values: Float32Array;
  /** How far each is to be believed, from 0 to 1; all of them wholly, if left out. */
  readonly weights?: Float32Array;
  /** The scale of the colours: surely made, as likely either, surely data. */
  readonly scale: readonly [low: number, middle: number, high: number];
  readonly name: string;
}

export interface Arrows {
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** What they show, for the legend. */
  readonly name: string;
}

export interface LatentMap {
  readonly columns: number;
  readonly latents: Float32Array;
  readonly points: Float32Array;
}

export function numbersOf(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

type View = GameViewsSubscription['jobViews'];

/** Arrows of so many samples can be told from each other. */
const ARROWS = 160;

/** Null of a view without a game. */
export function sceneOf({ game }: View, data: Float32Array): Scene | null {
  if (!game) return null;
  const { size, low, high, places, isProbability, boundary, map } = game;
  const samples = numbersOf(game.samples);
  const values = numbersOf(game.verdict);
  const scale = isProbability ? ([0, 0.5, 1] as const) : scaleAround(values, boundary);
  return {
    ...{ size, low, high, data, samples },
    verdict: { places, values, scale, name: isProbability ? 'D(x), how likely real' : 'D’s output' },
    arrows: {
      from: samples.subarray(0, ARROWS * size),
      to: numbersOf(game.pulls).subarray(0, ARROWS * size),
      name: 'where the generator’s loss falls',
    },
    map: map && { columns: map.columns, latents: numbersOf(map.latents), points: numbersOf(map.points) },
  };
}

function scaleAround(values: Float32Array, boundary: number | null): Verdict['scale'] {
  const middle = boundary ?? values.reduce((sum, value) => sum + value, 0) / values.length;
  const reach = Math.max(...values.map((value) => Math.abs(value - middle))) || 1;
  return [middle - reach, middle, middle + reach];
}

/** Nearly all of the data with room around it, a square in the plane. */
export function windowOf(data: Float32Array, size: number): Pick<Scene, 'low' | 'high'> {
  const sides = Array.from({ length: size }, (_, axis) => {
    const values = data.filter((_, i) => i % size === axis).toSorted();
    const rank = (share: number) => values[Math.round(share * (values.length - 1))]!;
    const [low, high] = [rank(0.005), rank(0.995)];
    const half = 0.65 * (high - low) || 2;
    return { middle: (low + high) / 2, half };
  });
  const half = Math.max(...sides.map((side) => side.half));
  return { low: sides.map(({ middle }) => middle - half), high: sides.map(({ middle }) => middle + half) };
}

/** Both ends are places; x runs fastest. */
export function placesIn({ low, high }: Pick<Scene, 'low' | 'high'>, count: number): number[][] {
  const size = low.length;
  return Array.from({ length: count ** size }, (_, i) =>
    low.map((least, axis) => least + ((Math.floor(i / count ** axis) % count) / (count - 1)) * (high[axis]! - least)),
  );
}

/** Below it what D says is no more than chance. */
export const BELIEVED = 0.05;

/** How what D says rises, at each third place where it is to be believed: differences of its neighbours. */
export function slopesOf({ places, values, weights }: Verdict, window: Pick<Scene, 'low' | 'high'>) {
  const [from, to]: [number[], number[]] = [[], []];
  const step = window.low.map((low, axis) => (window.high[axis]! - low) / (places - 1));
  const inner = Array.from({ length: Math.floor((places - 1) / 3) }, (_, i) => 1 + 3 * i);
  for (const y of window.low.length === 1 ? [0] : inner) {
    for (const x of inner) {
      if (weights && weights[x + places * y]! < BELIEVED) continue;
      const at = (dx: number, dy: number) => values[x + dx + places * (y + dy)]!;
      from.push(window.low[0]! + x * step[0]!);
      to.push((at(1, 0) - at(-1, 0)) / (2 * step[0]!));
      if (window.low.length === 1) continue;
      from.push(window.low[1]! + y * step[1]!);
      to.push((at(0, 1) - at(0, -1)) / (2 * step[1]!));
    }
  }
  return { from: Float32Array.from(from), to: Float32Array.from(to) };
}

/** Of a prior so many equal shares: their middles. */
export function sharesOf(kind: Known['prior'], count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const share = (i + 0.5) / count;
    return kind === 'normal' ? normalQuantile(share) : 2 * share - 1;
  });
}

/** Below which a share of a standard normal lies (Abramowitz and Stegun 26.2.23). */
function normalQuantile(share: number): number {
  if (share > 0.5) return -normalQuantile(1 - share);
  const t = Math.sqrt(-2 * Math.log(share));
  return (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
}

export interface Known {
  readonly name: string;
  readonly title: string;
  readonly points: BuiltinPoints;
  readonly size: 1 | 2;
  /** Of the model and the recipe of the same name. */
  readonly prior: 'normal' | 'uniform';
}

/** Data that has a recipe and a model of its own name. */
export const KNOWN: readonly Known[] = [
  { name: 'ring8', title: 'Ring of eight Gaussians', points: 'RING8', size: 2, prior: 'normal' },
  { name: 'grid25', title: 'Grid of 25 Gaussians', points: 'GRID25', size: 2, prior: 'normal' },
  { name: 'swissroll', title: 'Swiss roll', points: 'SWISSROLL', size: 2, prior: 'normal' },
  { name: 'gaussian1d', title: 'Gaussian on the line', points: 'GAUSSIAN1D', size: 1, prior: 'uniform' },
];
