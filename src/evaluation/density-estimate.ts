// The density that samples were drawn from, at given places: a Gaussian is fitted to the samples around each place, the
// nearer ones counting more, and its height there is the estimate (local likelihood of degree 2 with a Gaussian kernel,
// Hjort and Jones 1996, Loader 1996, in closed form). It is exact where the density is a Gaussian, however wide the
// kernel, so the kernel may be wide, and millions of samples give ln q to some hundredths. One or two coordinates.

import { Cloud } from './cloud.js';
import { countOf, type Rows, rowAt, sliceRows } from './rows.js';

/** ln of a density at places, and how far that is known. */
export interface LogDensities {
  /** −∞ where there is none. */
  readonly values: Float64Array;
  /** The same, seen with half the resolution: what that changes is about what twice the resolution still would. */
  readonly coarser: Float64Array;
}

/** The kernel at a place is as wide as the distance of its so-many-th nearest sample. */
const NEAREST = 500;
/** Kernel widths beyond which a sample does not count: outside lies e^(−4²/2), 3 · 10⁻⁴ of the kernel. */
const REACH = 4;
/**
 * So many samples a kernel are plenty. Where there are more, as far from all of them, one of so many stands for all.
 */
const PLENTY = 100_000;
const THIN = 64;
/** Of a kernel, at least: where hundreds of samples are one, float32 has no more digits. */
const LEAST_WIDTH = 1e-7;

/** `coarser` is by kernels of twice the width. */
export function logDensities(samples: Rows, places: Rows): LogDensities {
  const few = sliceRows(samples, 0, Math.ceil(countOf(samples) / THIN));
  const clouds = { all: new Cloud(samples), few: new Cloud(few) };
  const [values, coarser] = [1, 2].map((times) =>
    Float64Array.from({ length: countOf(places) }, (_, i) => logDensityAt(rowAt(places, i), times, clouds)),
  );
  return { values: values!, coarser: coarser! };
}

interface Clouds {
  readonly all: Cloud;
  readonly few: Cloud;
}

function logDensityAt(place: Float32Array, times: number, { all, few }: Clouds): number {
  const about = few.distanceOf(Math.ceil((2 * NEAREST) / THIN), place); // more than enough, and no search
  const width = times * Math.max(all.distanceOf(NEAREST, place, about), LEAST_WIDTH);
  const isPlenty = THIN * few.within(place, REACH * width).length > PLENTY;
  const cloud = isPlenty ? few : all;
  const { data, size } = cloud.points;
  let [weight, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  for (const id of cloud.within(place, REACH * width)) {
    const u = data[id * size]! - place[0]!;
    const v = size > 1 ? data[id * size + 1]! - place[1]! : 0;
    const w = Math.exp(-(u * u + v * v) / (2 * width ** 2));
    weight += w;
    x += w * u;
    y += w * v;
    xx += w * u * u;
    xy += w * u * v;
    yy += w * v * v;
  }
  [x, y] = [x / weight, y / weight];
  const covariance = { xx: xx / weight - x * x, xy: xy / weight - x * y, yy: yy / weight - y * y };
  return Math.log(weight / cloud.count) + logHeight(size, { x, y }, covariance);
}

/** ln N(0; m, S): of kernel times density, which is a Gaussian where the density is one, the height at the place. */
function logHeight(
  size: number,
  m: { readonly x: number; readonly y: number },
  s: { readonly xx: number; readonly xy: number; readonly yy: number },
): number {
  const determinant = size > 1 ? s.xx * s.yy - s.xy ** 2 : s.xx;
  const square = size > 1 ? s.yy * m.x ** 2 - 2 * s.xy * m.x * m.y + s.xx * m.y ** 2 : m.x ** 2;
  return -(size * Math.log(2 * Math.PI) + Math.log(determinant) + square / determinant) / 2;
}
