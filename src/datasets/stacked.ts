// Grey images stacked three by three as the channels of one, as stacked MNIST has its digits (Metz et al. 2017,
// arXiv:1611.02163). Its modes can be counted: with ten digits in three channels there are 10³. Images are read from
// the data that is stacked, in an order of its own for each channel.
import { createHash } from 'node:crypto';
import { GanymedeError } from '../errors.js';
import { permutation, streamOf } from '../random/noise.js';
import type { Dataset } from './dataset.js';

const STACK = 3;

/**
 * As many stacks as there are images; each image is in three of them, once in each channel. They have no labels: which
 * digits a stack shows is for a classifier to read.
 */
export function stacked(data: Dataset): Dataset {
  const [channels, height, width] = data.shape;
  if (data.shape.length !== 3 || channels !== 1) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected grey images to stack but ${data.name} has examples of shape [${data.shape.join(', ')}].`,
    );
  }
  const orders = Array.from({ length: STACK }, (_, channel) => permutation(data.count, streamOf(0, 'stack', channel)));
  const { labels: _labels, classes: _classes, mixture: _mixture, ...rest } = data;
  return {
    ...rest,
    name: `${data.name} stacked`,
    shape: [STACK, height!, width!],
    sha256: createHash('sha256').update(`stack ${data.sha256}`).digest('hex'),
    // Channel by channel lies image by image: [N, 3, H, W] is [3N, 1, H, W].
    read: (indices, out) => data.read(Array.from(indices, (index) => orders.map((order) => order[index]!)).flat(), out),
  };
}
