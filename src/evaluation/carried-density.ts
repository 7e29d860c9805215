// The density of what a generator makes that has as many latents as its examples have coordinates, one or two, by the
// change of variables: q(x) = Σ p(z) / |det ∂G/∂z| over all z with G(z) = x. The latents are cut into segments or
// triangles, and those that are carried near a place are halved again and again, until G is as good as linear on each:
// of a perceptron of relu units it is so but at its kinks. However finely G folds the plane, no sample has to show it.
import KDBush from 'kdbush';
import type { Prior } from '../models/latent.js';
import type { LogDensities } from './density-estimate.js';
import { countOf, type Rows, rowAt } from './rows.js';

export interface Carrier {
  readonly prior: Prior;
  /** The examples that latents are carried to, row by row. */
  readonly carry: (latents: Rows) => Promise<Rows>;
}

/** Where a normal prior ends: beyond lie 2 · 10⁻⁹ of each coordinate. */
const REACH = 6;
/** Cells along an axis at first, of a line and of a square. */
const CELLS = [10_000, 600] as const;
/** Of a cell: corners but the outermost are set aside by so much, lest a place at a round number be one. */
const ASIDE = 0.3819;
/** Times that the cells near a place are halved. */
const HALVINGS = 3;
/** How far beyond its corners, in its own sizes, what a cell is carried to may bulge. */
const BULGE = 0.5;

/** Segments or triangles by the numbers of their corners, two or three each. */
interface Mesh {
  readonly latents: Rows;
  readonly carried: Rows;
  readonly cells: Uint32Array;
}

/** `coarser` is by cells of twice the length. */
export async function carriedLogDensities({ prior, carry }: Carrier, places: Rows): Promise<LogDensities> {
  const search = searchAmong(places);
  let mesh = await firstMesh(places.size, prior, carry);
  for (let halving = 1; halving < HALVINGS; halving++) mesh = await halvedNear(mesh, search, carry);
  const coarser = densities(mesh, places, prior, search).map(Math.log);
  mesh = await halvedNear(mesh, search, carry);
  return { values: densities(mesh, places, prior, search).map(Math.log), coarser };
}

/** Equal segments of a line, or triangles of a square. */
async function firstMesh(size: number, prior: Prior, carry: Carrier['carry']): Promise<Mesh> {
  const [low, high] = prior.kind === 'uniform' ? [prior.low, prior.high] : [-REACH, REACH];
  const count = CELLS[size - 1]!;
  const side = count + 1;
  const at = (i: number) => low + ((high - low) * (i % count === 0 ? i : i + ASIDE)) / count;
  const points = Array.from({ length: side ** size }, (_, i) =>
    [at(i % side), at(Math.floor(i / side))].slice(0, size),
  );
  const latents = { data: Float32Array.from(points.flat()), size };
  const first = Array.from({ length: points.length - side ** (size - 1) }, (_, i) => i).filter((i) => i % side < count);
  const cells = first.flatMap((i) => (size === 1 ? [i, i + 1] : [i, i + 1, i + side, i + side + 1, i + side, i + 1]));
  return { latents, carried: await carry(latents), cells: Uint32Array.from(cells) };
}

/** The sides of a segment or triangle by its corners, and its halves or quarters by those and the sides' middles. */
const SIDES = [
  [0, 1],
  [0, 1, 1, 2, 2, 0],
] as const;
const PARTS = [
  [0, 2, 2, 1],
  [0, 3, 5, 3, 1, 4, 5, 4, 2, 3, 4, 5],
] as const;

async function halvedNear(mesh: Mesh, search: Search, carry: Carrier['carry']): Promise<Mesh> {
  const { latents, carried } = mesh;
  const { size } = latents;
  const cells = cellsNear(mesh, search);
  const [corners, sides, parts] = [size + 1, SIDES[size - 1]!, PARTS[size - 1]!];
  const known = countOf(latents);
  const middles = new Float32Array((cells.length / corners) * (sides.length / 2) * size);
  const halves = new Uint32Array((cells.length / corners) * parts.length);
  let [middle, half] = [0, 0];
  for (let cell = 0; cell < cells.length; cell += corners) {
    const numbers = [...cells.subarray(cell, cell + corners)];
    for (let side = 0; side < sides.length; side += 2, middle++) {
      const [from, to] = [rowAt(latents, numbers[sides[side]!]!), rowAt(latents, numbers[sides[side + 1]!]!)];
      for (let axis = 0; axis < size; axis++) middles[middle * size + axis] = (from[axis]! + to[axis]!) / 2;
      numbers.push(known + middle);
    }
    for (const part of parts) halves[half++] = numbers[part]!;
  }
  const added = { data: middles, size };
  return { latents: joined(latents, added), carried: joined(carried, await carry(added)), cells: halves };
}

function joined(one: Rows, other: Rows): Rows {
  const data = new Float32Array(one.data.length + other.data.length);
  data.set(one.data);
  data.set(other.data, one.data.length);
  return { data, size: one.size };
}

/** Which places lie in the box about some points, made larger by so many times its own sizes on each side. */
type Search = (corners: readonly Float32Array[], bulge: number) => number[];

function searchAmong(places: Rows): Search {
  const index = new KDBush(countOf(places), 16, Float32Array);
  for (let i = 0; i < countOf(places); i++) index.add(rowAt(places, i)[0]!, rowAt(places, i)[1] ?? 0);
  index.finish();
  return (corners, bulge) => {
    const [x0, x1, y0, y1] = [...boundsOf(corners, 0, bulge), ...boundsOf(corners, 1, bulge)] as const;
    return index.range(x0!, y0!, x1!, y1!);
  };
}

function boundsOf(corners: readonly Float32Array[], axis: number, bulge: number): readonly number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const corner of corners) {
    low = Math.min(low, corner[axis] ?? 0);
    high = Math.max(high, corner[axis] ?? 0);
  }
  return [low - bulge * (high - low), high + bulge * (high - low)];
}

function cornersOf(rows: Rows, cells: Uint32Array, cell: number): Float32Array[] {
  return Array.from(cells.subarray(cell, cell + rows.size + 1), (corner) => rowAt(rows, corner));
}

function cellsNear({ carried, cells }: Mesh, search: Search): Uint32Array {
  const corners = carried.size + 1;
  const kept = new Uint32Array(cells.length);
  let count = 0;
  for (let cell = 0; cell < cells.length; cell += corners) {
    if (search(cornersOf(carried, cells, cell), BULGE).length === 0) continue;
    kept.set(cells.subarray(cell, cell + corners), count);
    count += corners;
  }
  return kept.subarray(0, count);
}

/** At each place the sum, over all cells whose image holds it, of the prior's density times how much they shrank. */
function densities({ latents, carried, cells }: Mesh, places: Rows, prior: Prior, search: Search) {
  const sums = new Float64Array(countOf(places));
  for (let cell = 0; cell < cells.length; cell += places.size + 1) {
    const to = cornersOf(carried, cells, cell);
    const found = search(to, 0);
    if (found.length === 0) continue;
    const from = cornersOf(latents, cells, cell);
    const shrunk = Math.abs(volumeOf(from) / volumeOf(to));
    for (const place of found) {
      const shares = sharesOf(rowAt(places, place), to);
      if (shares) sums[place]! += shrunk * densityAt(between(from, shares), prior);
    }
  }
  return sums;
}

/** With its sign: of a segment its length, of a triangle twice its area. */
function volumeOf([a, b, c]: readonly ArrayLike<number>[]): number {
  const [x, y] = [b![0]! - a![0]!, b![1]! - a![1]!];
  return c ? x * (c[1]! - a![1]!) - y * (c[0]! - a![0]!) : x;
}

/** How much of each corner makes the point (its barycentric coordinates); null of one outside, or of a flat cell. */
function sharesOf(point: Float32Array, corners: readonly Float32Array[]): number[] | null {
  const whole = volumeOf(corners);
  const shares = corners.map((_, i) => volumeOf(corners.with(i, point)) / whole);
  return shares.every((share) => share >= 0) ? shares : null;
}

function between(corners: readonly Float32Array[], shares: readonly number[]): number[] {
  return Array.from(corners[0]!, (_, axis) => shares.reduce((sum, share, i) => sum + share * corners[i]![axis]!, 0));
}

function densityAt(z: readonly number[], prior: Prior): number {
  if (prior.kind === 'uniform') return (prior.high - prior.low) ** -z.length;
  return Math.exp(-z.reduce((sum, value) => sum + value ** 2, 0) / 2) / (2 * Math.PI) ** (z.length / 2);
}
