// Points of known distributions, made here so that everything runs without a download: mixtures of Gaussians, a spiral,
// bell curves, and data of fewer dimensions than the space they lie in. Point i of a seed is the same whatever else is
// read, on every machine.
import { fillStream, streamOf } from '../random/noise.js';
import type { Mixture } from './dataset.js';

export interface VectorSource {
  readonly shape: readonly number[];
  /** Holds every value that can occur: normal draws stay within 6.67 standard deviations (see random/philox.ts). */
  readonly range: readonly [low: number, high: number];
  readonly mixture?: Mixture;
  /** ln of the density at a point, where it has a closed form. */
  logDensity?(point: ArrayLike<number>): number;
  /** Writes point `index` to out[at…] and returns its mode, 0 where there are none. */
  sample(seed: number, index: number, out: Float32Array, at: number): number;
}

const REACH = 6.67;

/** scikit-learn's make_swiss_roll: angles from 1.5π to 4.5π, the radius growing with them to 1. */
function onSpiral(along: number): readonly [number, number] {
  const angle = 1.5 * Math.PI * (1 + 2 * along);
  const radius = angle / (4.5 * Math.PI);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Nodes for the integral along it, a tenth of its noise apart: their sum is right to all digits. */
const SPIRAL = Array.from({ length: 4000 }, (_, i) => onSpiral((i + 0.5) / 4000));

export const VECTORS = {
  /** Eight Gaussians on the unit circle, σ 0.01: PacGAN's setting (arXiv:1712.04086). */
  ring8: mixtureOf('ring8', ringCenters(), 0.01),
  /** A 5 × 5 grid of Gaussians 2 apart, σ 0.05: PacGAN's setting. */
  grid25: mixtureOf('grid25', gridCenters(), 0.05),
  /** A spiral of one and a half turns, scaled into [−1, 1], with noise of σ 0.02. */
  swissroll: {
    shape: [2],
    range: [-1.2, 1.2],
    sample(seed, index, out, at) {
      const [along] = draw('swissroll/along', seed, index, 'uniform', 1);
      const noise = draw('swissroll/noise', seed, index, 'normal', 2);
      const [x, y] = onSpiral(along!);
      out[at] = x + 0.02 * noise[0]!;
      out[at + 1] = y + 0.02 * noise[1]!;
      return 0;
    },
    logDensity: (point) => logMeanOfNormals(point, SPIRAL, 0.02),
  },
  /** The standard normal, one number a point: the picture that the paper begins with. */
  gaussian1d: standardNormal('gaussian1d', 1),
  /** The standard normal of 64 numbers: so much room that a few hundred points lie far apart. */
  gaussian64d: standardNormal('gaussian64d', 64),
  /** Two Gaussians on the line at −2 and 2, σ 0.5, equally likely: mean 0, standard deviation √4.25. */
  'two-gaussians': {
    shape: [1],
    range: [-2 - 0.5 * REACH, 2 + 0.5 * REACH],
    sample(seed, index, out, at) {
      const [choice] = draw('two-gaussians/mode', seed, index, 'uniform', 1);
      const [noise] = draw('two-gaussians/noise', seed, index, 'normal', 1);
      out[at] = (choice! < 0.5 ? -2 : 2) + 0.5 * noise!;
      return 0;
    },
    logDensity: (point) => logMeanOfNormals(point, [[-2], [2]], 0.5),
  },
  /** (x, 0) with x uniform in [−1, 1]: a line in the plane, of no area (example 1 of arXiv:1701.07875, lying down). */
  segment: {
    shape: [2],
    range: [-1, 1],
    sample(seed, index, out, at) {
      out[at] = 2 * draw('segment', seed, index, 'uniform', 1)[0]! - 1;
      out[at + 1] = 0;
      return 0;
    },
  },
  /** Every point is 0: the data of the Dirac-GAN (Mescheder et al. 2018, arXiv:1801.04406, definition 2.1). */
  dirac: {
    shape: [1],
    range: [-1, 1],
    sample(_seed, _index, out, at) {
      out[at] = 0;
      return 0;
    },
  },
} as const satisfies Record<string, VectorSource>;

function standardNormal(name: string, size: number): VectorSource {
  return {
    shape: [size],
    range: [-REACH, REACH],
    logDensity: (point) => logMeanOfNormals(point, [new Array<number>(size).fill(0)], 1),
    sample(seed, index, out, at) {
      out.set(draw(name, seed, index, 'normal', size), at);
      return 0;
    },
  };
}

function mixtureOf(name: string, centers: readonly (readonly [number, number])[], sigma: number): VectorSource {
  const farthest = Math.max(...centers.flat().map(Math.abs));
  const bound = farthest + REACH * sigma;
  return {
    shape: [2],
    range: [-bound, bound],
    mixture: { centers, sigma },
    logDensity: (point) => logMeanOfNormals(point, centers, sigma),
    sample(seed, index, out, at) {
      const [choice] = draw(`${name}/mode`, seed, index, 'uniform', 1);
      const noise = draw(`${name}/noise`, seed, index, 'normal', 2);
      const mode = Math.min(Math.floor(choice! * centers.length), centers.length - 1);
      const center = centers[mode]!;
      out[at] = center[0] + sigma * noise[0]!;
      out[at + 1] = center[1] + sigma * noise[1]!;
      return mode;
    },
  };
}

/** Counter-clockwise from (1, 0), an eighth of a turn apart. */
function ringCenters(): (readonly [number, number])[] {
  const d = Math.SQRT1_2;
  return [
    [1, 0],
    [d, d],
    [0, 1],
    [-d, d],
    [-1, 0],
    [-d, -d],
    [0, -1],
    [d, -d],
  ];
}

/** (−4, −4), (−2, −4), … (4, 4): rows from below. */
function gridCenters(): (readonly [number, number])[] {
  return Array.from({ length: 25 }, (_, i) => [2 * (i % 5) - 4, 2 * Math.floor(i / 5) - 4] as const);
}

/** ln of the mean of the densities N(centre, sigma²), by the nearest one, so that nothing underflows. */
function logMeanOfNormals(point: ArrayLike<number>, centers: readonly (readonly number[])[], sigma: number): number {
  const logs = centers.map(
    (center) => -center.reduce((sum, value, i) => sum + (point[i]! - value) ** 2, 0) / (2 * sigma ** 2),
  );
  const most = logs.reduce((a, b) => Math.max(a, b));
  const mean = logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / centers.length;
  return most + Math.log(mean) - (centers[0]!.length / 2) * Math.log(2 * Math.PI * sigma ** 2);
}

/** Uniform in [0, 1) or standard normal; a pure function of its arguments. */
function draw(name: string, seed: number, index: number, kind: 'uniform' | 'normal', count: number): Float32Array {
  const out = new Float32Array(count);
  const noise = kind === 'uniform' ? ({ kind, low: 0, high: 1, shape: [] } as const) : ({ kind, shape: [] } as const);
  fillStream(out, streamOf(seed, `builtin/${name}`, index), noise);
  return out;
}
