// Who knows nothing: the other end of the scale on which real data is one. Its samples have each value's mean and
// deviation in the data, and nothing of what goes together.
import { fillStream, streamOf } from '../random/noise.js';
import { deviationRow, meanRow, type Rows } from './rows.js';

/**
 * `count` rows of independent normal numbers, with the mean and deviation that each value has among the rows of `like`,
 * kept within `range` where there is one.
 */
export function noiseLike(like: Rows, count: number, seed: number, range?: readonly [number, number]): Rows {
  const { size } = like;
  const means = meanRow(like);
  const deviations = deviationRow(like, means);
  const data = new Float32Array(count * size);
  fillStream(data, streamOf(seed, 'evaluation/noise'), { kind: 'normal', shape: [size] });
  const [low, high] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < data.length; i++) {
    const value = means[i % size]! + deviations[i % size]! * data[i]!;
    data[i] = Math.min(high, Math.max(low, value));
  }
  return { data, size };
}
