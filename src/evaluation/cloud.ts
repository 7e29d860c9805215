// Points of one or two coordinates, so laid out that those near a place are found without looking at all.
import KDBush from 'kdbush';
import { expected } from '../errors.js';
import { countOf, type Rows, rowAt, squaredDistance } from './rows.js';

export class Cloud {
  readonly count: number;
  private readonly index: KDBush;
  /** Where the search for neighbours begins: about as far as those of the place before were. */
  private radius = 1e-3;

  constructor(readonly points: Rows) {
    this.count = countOf(points);
    if (points.size > 2) throw expected('points of one or two coordinates', points.size);
    this.index = new KDBush(this.count, 64, Float32Array);
    for (let i = 0; i < this.count; i++) this.index.add(...onPlane(rowAt(points, i)));
    this.index.finish();
  }

  /** Points no farther from the place than that, by number. */
  within(place: Float32Array, radius: number): number[] {
    return this.index.within(...onPlane(place), radius);
  }

  /** How far the `rank`-th nearest is; `about`, if that is known. */
  distanceOf(rank: number, place: Float32Array, about = this.radius): number {
    if (rank > this.count) throw expected(`at least ${rank} points`, this.count);
    this.radius = about;
    let near = this.within(place, this.radius);
    for (; near.length < rank; near = this.within(place, this.radius)) this.radius *= 2;
    const squares = Float64Array.from(near, (id) => squaredDistance(place, rowAt(this.points, id))).sort();
    const distance = Math.sqrt(squares[rank - 1]!);
    this.radius = Math.max(1.2 * distance, 1e-6);
    return distance;
  }
}

function onPlane(point: Float32Array): [number, number] {
  return [point[0]!, point[1] ?? 0];
}
