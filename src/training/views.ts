// What a run shows of itself to whoever watches, as numbers: how it went since the view before, and of data on the line
// or in the plane the whole game. Unlike previews, which show the averaged generator, a view shows the one that plays.

import { toBase64 } from '../base64.js';
import { type Dataset, readAll, slice } from '../datasets/dataset.js';
import type { HostTensors } from '../engine/tensor.js';
import { type GameView, type Pace, SHOWN, waitsAt } from '../pace.js';
import type { Recipe } from '../recipes/recipe.js';
import type { Reporter } from '../work.js';
import { Field } from './field.js';
import type { Meter } from './meter.js';
import { OBJECTIVES } from './objectives.js';
import {
  areDrawnAsGame,
  EXAMPLES,
  feedsOf,
  intervalAround,
  isProbability,
  latentsOf,
  meanOfClasses,
  pointsOf,
  squareAround,
} from './points.js';
import { type Game, OUTPUTS } from './step.js';

export interface Watched {
  readonly recipe: Recipe;
  readonly game: Game;
  readonly data: Dataset;
  readonly threads: number;
}

export class Views {
  readonly #of: Watched;
  readonly #meter: Meter;
  readonly #report: Pick<Reporter, 'view'>;
  /** Opened when somebody watches. */
  #opened: Promise<GameWatch> | undefined;
  /** The newest view: its step, whether the run waited, and whether somebody saw the game. */
  #shown: { readonly step: number; readonly waiting: boolean; readonly isSeen: boolean } | undefined;
  #heard = 0;

  /** `meter` is read by nobody else. */
  constructor(of: Watched, { meter, report }: { meter: Meter; report: Pick<Reporter, 'view'> }) {
    this.#of = of;
    this.#meter = meter;
    this.#report = report;
  }

  /** What steps gave. */
  heard(outputs: HostTensors): void {
    this.#meter.add(outputs);
    this.#heard++;
  }

  /** Where it is due, and once: each so many steps, at the beginning, where the run waits, and at its end. */
  async show({ step, steps }: { step: number; steps: number }, pace: Pace, params: () => HostTensors): Promise<void> {
    const waiting = step < steps && waitsAt(step, pace);
    const isSeen = pace.showEvery !== null;
    const before = this.#shown;
    const due = isSeen && (!before || step % pace.showEvery === 0 || step >= steps);
    const isNew = before?.step !== step || (isSeen && !before.isSeen) || (waiting && !before.waiting);
    if (!isNew || !(due || waiting)) return;
    this.#shown = { step, waiting, isSeen };
    const game = isSeen && areDrawnAsGame(this.#of.data) ? await this.#game(params()) : null;
    this.#report.view({ at: step, waiting, values: this.#values(step), game });
  }

  async dispose(): Promise<void> {
    await (await this.#opened)?.dispose();
  }

  async #game(params: HostTensors): Promise<GameView> {
    this.#opened ??= GameWatch.open(this.#of, params);
    return (await this.#opened).at(params);
  }

  #values(step: number): Readonly<Record<string, number>> {
    if (this.#heard === 0) return {};
    this.#heard = 0;
    const averages = this.#meter.take(step);
    return Object.fromEntries(OUTPUTS.map((name) => [name, averages[name]]));
  }
}

/** A game on the line or in the plane, asked the same each time. */
class GameWatch {
  private constructor(
    private readonly field: Field,
    private readonly still: Omit<GameView, 'verdict' | 'samples' | 'pulls' | 'map'>,
    private readonly map: LatentGrid | null,
  ) {}

  static async open({ recipe, game, data, threads }: Watched, params: HostTensors): Promise<GameWatch> {
    const examples = await readAll(slice(data, 0, Math.min(EXAMPLES, data.count)));
    const size = data.shape[0]!;
    const { low, high } = cornersOf(examples, size);
    const places = size === 1 ? SHOWN.places.line : SHOWN.places.plane;
    const map = latentGrid(recipe, size === 1 ? 1 : 2);
    const latents = Float32Array.from([...(map?.whole ?? []), ...latentsOf(recipe, SHOWN.samples)]);
    const feeds = feedsOf({ game, data }, { latents, places: placesIn({ low, high }, places) }, examples);
    const { generator, discriminator } = game;
    const objective = OBJECTIVES[recipe.objective];
    const field = await Field.open({ generator, discriminator, objective, params, feeds, threads });
    const { boundary } = objective;
    const shown = toBase64(examples.subarray(0, SHOWN.examples * size));
    const still = { size, low, high, places, boundary: isProbability(recipe) ? 0.5 : boundary, data: shown };
    return new GameWatch(field, { ...still, isProbability: isProbability(recipe) }, map);
  }

  async at(params: HostTensors): Promise<GameView> {
    const { size, places } = this.still;
    const { points, pulls, verdict } = await this.field.at(params);
    const mapped = size * (this.map?.count ?? 0);
    return {
      ...this.still,
      verdict: toBase64(meanOfClasses(verdict, places ** size)),
      samples: toBase64(points.subarray(mapped)),
      pulls: toBase64(pulls.subarray(mapped)),
      map: this.map && {
        columns: this.map.columns,
        latents: toBase64(this.map.latents),
        points: toBase64(points.subarray(0, mapped)),
      },
    };
  }

  dispose(): Promise<void> {
    return this.field.dispose();
  }
}

interface Corners {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

function cornersOf(examples: Float32Array, size: number): Corners {
  const sides = size === 1 ? [intervalAround(examples)] : Object.values(squareAround(pointsOf(examples)));
  return { low: sides.map(({ low }) => low), high: sides.map(({ high }) => high) };
}

/** Both ends are places; x runs fastest. */
function placesIn({ low, high }: Corners, count: number): Float32Array<ArrayBuffer> {
  const size = low.length;
  const places = new Float32Array(count ** size * size);
  for (let i = 0; i < count ** size; i++) {
    for (let axis = 0; axis < size; axis++) {
      const along = (Math.floor(i / count ** axis) % count) / (count - 1);
      places[i * size + axis] = low[axis]! + along * (high[axis]! - low[axis]!);
    }
  }
  return places;
}

interface LatentGrid {
  readonly columns: number;
  readonly count: number;
  /** As many numbers of each as a point has. */
  readonly latents: Float32Array<ArrayBuffer>;
  /** With the other numbers, if there are more: they stay in the middle of the prior. */
  readonly whole: Float32Array<ArrayBuffer>;
}

/** Between two neighbours the prior has the same share everywhere, so that wide cells show where samples are rare. */
function latentGrid({ latent: { size, prior } }: Recipe, axes: 1 | 2): LatentGrid | null {
  if (size < axes) return null;
  const columns = SHOWN.latents[axes];
  const at = (share: number) =>
    prior.kind === 'normal' ? normalQuantile(share) : prior.low + share * (prior.high - prior.low);
  const axis = Array.from({ length: columns }, (_, i) => at((i + 0.5) / columns));
  const latents = axes === 1 ? axis.map((z) => [z]) : axis.flatMap((second) => axis.map((first) => [first, second]));
  const middle = prior.kind === 'normal' ? 0 : (prior.low + prior.high) / 2;
  const others = new Array<number>(size - axes).fill(middle);
  return {
    columns,
    count: latents.length,
    latents: Float32Array.from(latents.flat()),
    whole: Float32Array.from(latents.flatMap((z) => [...z, ...others])),
  };
}

/** Below which a share of a standard normal lies; to 5e-4, enough to be drawn (Abramowitz and Stegun 26.2.23). */
function normalQuantile(share: number): number {
  if (share > 0.5) return -normalQuantile(1 - share);
  const t = Math.sqrt(-2 * Math.log(share));
  return (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
}
