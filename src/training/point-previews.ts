// Previews of models of points of the line or the plane: what the game looks like, in the pictures of line-picture.ts
// and plane-picture.ts. Data, latents and places are the same each time, so that two previews differ by training alone.
// Like all previews they show the averaged generator, against the newest discriminator.

import { mkdir } from 'node:fs/promises';
import { type Dataset, readAll, slice } from '../datasets/dataset.js';
import type { HostTensors } from '../engine/tensor.js';
import { writeFileAtomically } from '../files/atomic.js';
import type { Scale } from '../images/heat.js';
import type { Interval } from '../images/plot.js';
import type { Recipe } from '../recipes/recipe.js';
import { Field, type FieldValues } from './field.js';
import { linePicture } from './line-picture.js';
import { OBJECTIVES } from './objectives.js';
import { contoursOf, planePicture } from './plane-picture.js';
import {
  EXAMPLES,
  evenlyIn,
  feedsOf,
  intervalAround,
  isProbability,
  latentsOf,
  meanOfClasses,
  pointsOf,
  type Questions,
  squareAround,
} from './points.js';
import { previewPath } from './previews.js';
import type { Game } from './step.js';

export interface PointPreviewOptions {
  readonly recipe: Recipe;
  readonly game: Game;
  readonly data: Dataset;
  /** Parameters of both players. */
  readonly params: HostTensors;
  readonly folder: string;
  readonly threads: number;
}

/** Samples that are shown. */
const [SAMPLES_OF_LINE, SAMPLES_OF_PLANE] = [4096, 512];
/** Of the samples so many have arrows. */
const ARROWS = 160;
/** Places on each axis at which D is asked. */
const [PLACES_OF_LINE, PLACES_OF_PLANE] = [256, 64];
/** Latents at equal distances, whose way to x is shown. */
const MAPPED = 25;
/** Normal latents beyond are rare. */
const NORMAL_REACH = 2.5;

export class PointPreviews {
  private constructor(
    private readonly options: PointPreviewOptions,
    private readonly field: Field,
    private readonly draw: (values: FieldValues, step: number) => Promise<Uint8Array>,
  ) {}

  static async open(options: PointPreviewOptions): Promise<PointPreviews> {
    const { recipe, game, data, params, folder, threads } = options;
    await mkdir(folder, { recursive: true });
    const examples = slice(data, 0, Math.min(EXAMPLES, data.count));
    const values = await readAll(examples);
    const view = data.shape[0] === 1 ? lineView(options, values) : planeView(options, values);
    const field = await Field.open({
      generator: game.generator,
      discriminator: game.discriminator,
      objective: OBJECTIVES[recipe.objective],
      params,
      feeds: feedsOf(options, view, values),
      threads,
    });
    return new PointPreviews(options, field, view.draw);
  }

  /** Writes `step-000500.png` and returns its path. `params`: of both players. */
  async write(step: number, params: HostTensors): Promise<string> {
    const picture = await this.draw(await this.field.at(params), step);
    const path = previewPath(this.options.folder, step);
    await writeFileAtomically(path, picture);
    return path;
  }

  dispose(): Promise<void> {
    return this.field.dispose();
  }
}

/** What is asked of a game to be drawn, and how. */
interface View extends Questions {
  draw(values: FieldValues, step: number): Promise<Uint8Array>;
}

function planeView({ recipe }: PointPreviewOptions, data: Float32Array): View {
  const points = pointsOf(data);
  const window = squareAround(points);
  const contours = contoursOf(points, window);
  const count = PLACES_OF_PLANE;
  const middle = ({ low, high }: Interval, i: number) => low + ((i + 0.5) / count) * (high - low);
  const places = Array.from({ length: count ** 2 }, (_, i) => [
    middle(window.x, i % count),
    middle(window.y, count - 1 - Math.floor(i / count)),
  ]);
  return {
    latents: latentsOf(recipe, SAMPLES_OF_PLANE),
    places: Float32Array.from(places.flat()),
    draw: (values, step) => {
      const said = meanOfClasses(values.verdict, places.length);
      const scale = scaleOf(recipe, said);
      return planePicture({
        ...{ ...titlesOf(recipe, step), window, contours, verdictName: verdictName(recipe) },
        samples: pointsOf(values.points),
        pulls: pointsOf(values.pulls).slice(0, ARROWS),
        verdict: { values: said, columns: count, rows: count, scale },
      });
    },
  };
}

function lineView({ recipe }: PointPreviewOptions, data: Float32Array): View {
  const window = intervalAround(data);
  const { low, high } = window;
  const places = Array.from({ length: PLACES_OF_LINE }, (_, i) => low + (i / (PLACES_OF_LINE - 1)) * (high - low));
  const width = kernelWidth(data) || (high - low) / 100;
  const density = densityAt(places, data, width);
  const latents = reachOf(recipe);
  const mapped = recipe.latent.size === 1 ? evenlyIn(latents, MAPPED) : [];
  const drawn = latentsOf(recipe, SAMPLES_OF_LINE);
  return {
    latents: Float32Array.from([...mapped, ...drawn]),
    places: Float32Array.from(places),
    draw: ({ points, pulls, verdict }, step) => {
      const said = [...meanOfClasses(verdict, places.length)];
      return linePicture({
        ...{ ...titlesOf(recipe, step), window, places, latents, data: density },
        samples: densityAt(places, points.subarray(mapped.length), width),
        ...{ verdict: said, scale: scaleOf(recipe, said), verdictName: verdictName(recipe) },
        map: Array.from({ length: MAPPED }, (_, i) => ({ z: mapped[i] ?? null, x: points[i]!, pull: pulls[i]! })),
      });
    },
  };
}

function titlesOf({ title, objective }: Recipe, step: number) {
  return { title, subtitle: `step ${step.toLocaleString('en-US')} · ${objective}` };
}

function verdictName(recipe: Recipe): string {
  return isProbability(recipe) ? 'D(x)' : 'D’s output V(x)';
}

/** A probability has the same scale in all pictures; of raw outputs the middle is D's boundary, or else their mean. */
function scaleOf(recipe: Recipe, said: ArrayLike<number>): Scale {
  if (isProbability(recipe)) return { low: 0, middle: 0.5, high: 1 };
  const values = Array.from(said);
  const middle = OBJECTIVES[recipe.objective].boundary ?? values.reduce((sum, v) => sum + v, 0) / values.length;
  const reach = Math.max(...values.map((v) => Math.abs(v - middle))) || 1;
  return { low: middle - reach, middle, high: middle + reach };
}

function reachOf({ latent: { prior } }: Recipe): Interval {
  return prior.kind === 'uniform' ? prior : { low: -NORMAL_REACH, high: NORMAL_REACH };
}

/**
 * Six tenths of Silverman's rule for as many samples as are shown: a bell keeps its width within a hundredth. 0 where
 * all values are one.
 */
function kernelWidth(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return 0.6 * 1.06 * Math.sqrt(variance) * SAMPLES_OF_LINE ** -0.2;
}

/** Estimated with a Gaussian kernel. */
function densityAt(places: readonly number[], values: Float32Array, width: number): number[] {
  const factor = 1 / (values.length * width * Math.sqrt(2 * Math.PI));
  return places.map((place) => {
    let sum = 0;
    for (const value of values) sum += Math.exp(-0.5 * ((value - place) / width) ** 2);
    return sum * factor;
  });
}
