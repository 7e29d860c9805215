// Gradients that TensorFlow.js lacks, or has wrong, and that second-order penalties need. Most kernels here are linear
// in each input, so their gradients are adjoints built from the same few kernels and can be differentiated any number
// of times. docs/engine.md lists them.

import { GanymedeError } from '../errors.js';
import * as tf from './tf.js';

let done = false;

/** Registers the gradients below, once, for every backend. */
export function registerMissingGradients(): void {
  if (done) return;
  done = true;
  for (const config of own()) tf.registerGradient(config);
}

/** The names of the kernels whose gradients come from here. */
export function ownGradients(): string[] {
  return own().map(({ kernelName }) => kernelName);
}

function own(): readonly tf.GradConfig[] {
  return [
    ...flat,
    ...pairs,
    ...convolutions,
    ...pools,
    ...resizes,
    ...recomputed,
    ...activations,
    ...moves,
    ...products,
  ];
}

type Attributes = tf.NamedAttrMap;

/** Piecewise constant: the derivative is zero almost everywhere. */
const flat: readonly tf.GradConfig[] = [
  ...[tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.Equal, tf.NotEqual, tf.LogicalAnd, tf.LogicalOr].map(
    (kernelName) => flatIn(kernelName, ['a', 'b']),
  ),
  ...[tf.LogicalNot, tf.All, tf.Any].map((kernelName) => flatIn(kernelName, ['x'])),
];

function flatIn(kernelName: string, inputs: string[]): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: inputs,
    gradFunc: (_dy, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => zerosFor(saved[i]!)])),
  };
}

/** Functions of a pair for which TensorFlow.js does not sum the gradient over the axes that were broadcast. */
const pairs: readonly tf.GradConfig[] = [
  ofPair(tf.Maximum, (dy, a, b) => [
    () => tf.mul(dy, tf.cast(tf.greaterEqual(a, b), 'float32')),
    () => tf.mul(dy, tf.cast(tf.less(a, b), 'float32')),
  ]),
  ofPair(tf.Minimum, (dy, a, b) => [
    () => tf.mul(dy, tf.cast(tf.lessEqual(a, b), 'float32')),
    () => tf.mul(dy, tf.cast(tf.greater(a, b), 'float32')),
  ]),
  ofPair(tf.SquaredDifference, (dy, a, b) => [
    () => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    () => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  ]),
  ofPair(tf.BatchMatMul, (dy, a, b, attributes) => {
    const { transposeA, transposeB } = attributes as unknown as tf.BatchMatMulAttrs;
    return [
      () => (transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB)),
      () => (transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false)),
    ];
  }),
];

function ofPair(
  kernelName: string,
  gradients: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, attributes: Attributes) => [() => tf.Tensor, () => tf.Tensor],
): tf.GradConfig {
  const summed = (gradient: tf.Tensor, like: tf.Tensor) => {
    const axes = tf.broadcast_util.getReductionAxes(like.shape, gradient.shape);
    return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), like.shape);
  };
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (grad, saved, attributes) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const [da, db] = gradients(grad as tf.Tensor, a, b, attributes);
      return { a: () => summed(da(), a), b: () => summed(db(), b) };
    },
  };
}

/**
 * A convolution y = x ∗ w is linear in x and in w. So are its adjoints dx(dy, w) and dw(x, dy), whose derivatives are
 * again members of the trio.
 */
const convolutions: readonly tf.GradConfig[] = [
  ...convolutionTrio(tf.Conv2D, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter),
  ...convolutionTrio(
    tf.DepthwiseConv2dNative,
    tf.DepthwiseConv2dNativeBackpropInput,
    tf.DepthwiseConv2dNativeBackpropFilter,
  ),
];

function convolutionTrio(forward: string, toInput: string, toFilter: string): tf.GradConfig[] {
  const y = (x: tf.Tensor, filter: tf.Tensor, attributes: Attributes) => {
    const { dilations = 1 } = attributes;
    return run(forward, { x, filter }, { ...attributes, dilations });
  };
  const dx = (dy: tf.Tensor, filter: tf.Tensor, like: tf.Tensor, attributes: Attributes) =>
    run(toInput, { dy, filter }, { ...differentiable(attributes, forward), inputShape: like.shape });
  const dw = (x: tf.Tensor, dy: tf.Tensor, like: tf.Tensor, attributes: Attributes) =>
    run(toFilter, { x, dy }, { ...differentiable(attributes, forward), filterShape: like.shape });
  return [
    bilinear(forward, ['x', 'filter'], (grad, [x, filter], attributes) => ({
      x: () => dx(grad, filter, x, attributes),
      filter: () => dw(x, grad, filter, attributes),
    })),
    bilinear(toInput, ['dy', 'filter'], (grad, [dy, filter], attributes) => ({
      dy: () => y(grad, filter, attributes),
      filter: () => dw(grad, dy, filter, attributes),
    })),
    bilinear(toFilter, ['x', 'dy'], (grad, [x, dy], attributes) => ({
      x: () => dx(dy, grad, x, attributes),
      dy: () => y(x, grad, attributes),
    })),
  ];
}

/** The other backends ignore `dilations` in these kernels and would answer wrongly. */
function differentiable(attributes: Attributes, kernel: string): Attributes {
  const dilated = [attributes['dilations'] ?? 1].flat().some((dilation) => dilation !== 1);
  if (dilated && tf.getBackend() !== 'onnx') {
    throw new GanymedeError(
      'TRACE_UNSUPPORTED',
      `Expected dilation 1 in the gradient of ${kernel} on backend "${tf.getBackend()}" but received [${attributes['dilations']}]. Compile the step, or dilate the filter with zeros.`,
    );
  }
  return attributes;
}

function bilinear(
  kernelName: string,
  inputsToSave: [string, string],
  gradients: (
    grad: tf.Tensor,
    saved: [tf.Tensor, tf.Tensor],
    attributes: Attributes,
  ) => Record<string, () => tf.Tensor>,
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave,
    gradFunc: (grad, saved, attributes) => gradients(grad as tf.Tensor, saved as [tf.Tensor, tf.Tensor], attributes),
  };
}

const pools: readonly tf.GradConfig[] = [
  {
    // Linear in dy; of `input` it takes only the shape.
    kernelName: tf.AvgPoolGrad,
    inputsToSave: ['input'],
    gradFunc: (grad, [x], attributes) => ({
      dy: () => run(tf.AvgPool, { x: grad as tf.Tensor }, attributes),
      input: () => zerosFor(x!),
    }),
  },
  {
    // dx puts dy where the maxima are; its adjoint reads from there. Where the maxima are does not change with x.
    kernelName: tf.MaxPoolGrad,
    inputsToSave: ['input', 'output'],
    gradFunc: (grad, [x, y], attributes) => {
      const { filterSize, strides, pad } = attributes as unknown as tf.MaxPoolGradAttrs;
      return {
        dy: () => {
          const { indexes } = tf.maxPoolWithArgmax(x as tf.Tensor4D, filterSize, strides, pad as 'same', true);
          return tf.gather(tf.reshape(grad as tf.Tensor, [-1]), tf.cast(indexes!, 'int32'));
        },
        input: () => zerosFor(x!),
        output: () => zerosFor(y!),
      };
    },
  },
];

const resizes: readonly tf.GradConfig[] = [
  adjointResize(tf.ResizeBilinearGrad, tf.ResizeBilinear),
  adjointResize(tf.ResizeNearestNeighborGrad, tf.ResizeNearestNeighbor),
];

function adjointResize(kernelName: string, forward: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['images'],
    gradFunc: (grad, [images], attributes) => ({
      dy: () => run(forward, { images: grad as tf.Tensor }, attributes),
      images: () => zerosFor(images!),
    }),
  };
}

/**
 * TensorFlow.js writes these gradients in terms of the output, and saves a copy of it that its tape cannot lead back to
 * the input: a second derivative would come out wrong, without a word. Here the output is computed again from the
 * input; in a graph that is the node that is there already.
 */
const recomputed: readonly tf.GradConfig[] = [
  fromInputs(tf.Elu, ['x']),
  fromInputs(tf.Exp, ['x']),
  fromInputs(tf.Pow, ['a', 'b']),
  fromInputs(tf.Sigmoid, ['x']),
  fromInputs(tf.Softmax, ['logits']),
  fromInputs(tf.Tanh, ['x']),
];

function fromInputs(kernelName: string, inputsToSave: string[]): tf.GradConfig {
  const original = tf.getGradient(kernelName);
  return {
    kernelName,
    inputsToSave,
    gradFunc: (grad, saved, attributes) => {
      const inputs = Object.fromEntries(inputsToSave.map((name, i) => [name, saved[i]!]));
      const wanted = (original.inputsToSave ?? []).map((name) => inputs[name]!);
      return original.gradFunc(grad, [...wanted, run(kernelName, inputs, attributes)], attributes);
    },
  };
}

const activations: readonly tf.GradConfig[] = [
  {
    // eluGrad(dy, y) = dy · (y ≥ 0 ? 1 : y + 1), where y = elu(x).
    kernelName: tf.EluGrad,
    inputsToSave: ['dy', 'y'],
    gradFunc: (grad, [dy, y]) => ({
      dy: () => run(tf.EluGrad, { dy: grad as tf.Tensor, y: y! }),
      y: () => tf.where(tf.less(y!, 0), tf.mul(grad as tf.Tensor, dy!), tf.zerosLike(y!)),
    }),
  },
];

/** Kernels that move elements: the adjoint moves them back and adds up those that came from one place. */
const moves: readonly tf.GradConfig[] = [
  {
    // TensorFlow.js slices and adds one repeat at a time, and gives up at rank 5.
    kernelName: tf.Tile,
    inputsToSave: ['x'],
    gradFunc: (grad, [x], attributes) => ({
      x: () => {
        const { reps } = attributes as unknown as tf.TileAttrs;
        // [s] repeated r times is [r, s]; where nothing repeats the axis stays whole.
        const split = x!.shape.map((size, i) => (reps[i] === 1 ? [size] : [reps[i]!, size]));
        const repeats = split.flatMap((part, i) => (part.length === 2 ? [split.slice(0, i).flat().length] : []));
        return tf.sum(tf.reshape(grad as tf.Tensor, split.flat()), repeats);
      },
    }),
  },
  {
    kernelName: tf.StridedSlice,
    inputsToSave: ['x'],
    gradFunc: (grad, [x], attributes) => ({
      x: () => {
        // Slice the positions themselves, then add each gradient at its position.
        const [dy, size] = [grad as tf.Tensor, x!.size];
        const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
          attributes as unknown as tf.StridedSliceAttrs;
        const positions = tf.reshape(tf.range(0, size, 1, 'int32'), x!.shape);
        const taken = tf.stridedSlice(
          positions,
          begin,
          end,
          strides,
          beginMask,
          endMask,
          ellipsisMask,
          newAxisMask,
          shrinkAxisMask,
        );
        return tf.reshape(
          tf.unsortedSegmentSum(tf.reshape(dy, [-1]), tf.reshape(taken, [-1]) as tf.Tensor1D, size),
          x!.shape,
        );
      },
    }),
  },
  {
    kernelName: tf.GatherNd,
    inputsToSave: ['params', 'indices'],
    gradFunc: (grad, [params, indices]) => ({
      params: () => tf.scatterND(indices!, grad as tf.Tensor, params!.shape),
      indices: () => zerosFor(indices!),
    }),
  },
  {
    kernelName: tf.ScatterNd,
    inputsToSave: ['indices'],
    gradFunc: (grad, [indices]) => ({
      updates: () => tf.gatherND(grad as tf.Tensor, indices!),
      indices: () => zerosFor(indices!),
    }),
  },
  {
    // Each value goes back to the place it was picked from.
    kernelName: tf.TopK,
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: (grads, [x, indices]) => ({
      x: () => {
        const dy = (grads as tf.Tensor[])[0]!;
        const places = tf.range(0, x!.shape.at(-1)!, 1, 'int32');
        const picks = tf.cast(tf.equal(tf.expandDims(indices!, -1), places), 'float32'); // [..., k, n]
        return tf.sum(tf.mul(picks, tf.expandDims(dy, -1)), -2);
      },
    }),
  },
  {
    // TensorFlow.js drops what the border reflects.
    kernelName: tf.MirrorPad,
    gradFunc: (grad, _saved, attributes) => ({
      x: () => {
        const { paddings, mode } = attributes as unknown as tf.MirrorPadAttrs;
        return paddings.reduce(
          (dy, [before, after], axis) => foldBorders(dy, axis, before, after, mode === 'reflect' ? 1 : 0),
          grad as tf.Tensor,
        );
      },
    }),
  },
  {
    // [N, H·b, W·b, C] → [N, H, W, b·b·C], blocks row by row.
    kernelName: tf.DepthToSpace,
    inputsToSave: ['x'],
    gradFunc: (grad, [x], attributes) => ({
      x: () => {
        const { blockSize } = attributes as unknown as tf.DepthToSpaceAttrs;
        const [n, h, w, c] = x!.shape as [number, number, number, number];
        const blocks = tf.reshape(grad as tf.Tensor, [n, h, blockSize, w, blockSize, c / blockSize ** 2]);
        return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), x!.shape);
      },
    }),
  },
  {
    kernelName: tf.Diag,
    inputsToSave: ['x'],
    gradFunc: (grad, [x]) => ({
      x: () => {
        const square = tf.reshape(grad as tf.Tensor, [x!.size, x!.size]);
        return tf.reshape(tf.sum(tf.mul(square, tf.eye(x!.size)), 1), x!.shape);
      },
    }),
  },
];

/** The adjoint of mirror padding along one axis; `skip` is 1 where the edge itself is not repeated. */
function foldBorders(dy: tf.Tensor, axis: number, before: number, after: number, skip: number): tf.Tensor {
  if (before === 0 && after === 0) return dy;
  const size = dy.shape[axis]! - before - after;
  const part = (from: number, length: number) =>
    tf.slice(
      dy,
      dy.shape.map((_, i) => (i === axis ? from : 0)),
      dy.shape.map((full, i) => (i === axis ? length : full)),
    );
  const placed = (border: tf.Tensor, at: number, length: number) =>
    tf.pad(
      tf.reverse(border, axis),
      dy.shape.map((_, i): [number, number] => (i === axis ? [at, size - at - length] : [0, 0])),
    );
  let folded = part(before, size);
  if (before > 0) folded = tf.add(folded, placed(part(0, before), skip, before));
  if (after > 0) folded = tf.add(folded, placed(part(before + size, after), size - skip - after, after));
  return folded;
}

const prodGradient = tf.getGradient(tf.Prod);

const products: readonly tf.GradConfig[] = [
  {
    // TensorFlow.js does not know axes counted from the end here.
    kernelName: tf.Prod,
    inputsToSave: ['x'],
    gradFunc: (grad, saved, attributes) => {
      const { axis } = attributes as unknown as { axis: number | number[] };
      return prodGradient.gradFunc(grad, saved, { ...attributes, axis: tf.util.parseAxisParam(axis, saved[0]!.shape) });
    },
  },
  {
    // TensorFlow.js transposes its answer once too often where the axis is not the last.
    kernelName: tf.Cumsum,
    gradFunc: (grad, _saved, attributes) => {
      const { axis, exclusive, reverse } = attributes as unknown as tf.CumsumAttrs;
      return { x: () => tf.cumsum(grad as tf.Tensor, axis, exclusive, !reverse) };
    },
  },
  {
    // As TensorFlow: exact where no element is zero.
    kernelName: tf.Cumprod,
    inputsToSave: ['x'],
    gradFunc: (grad, [x], attributes) => {
      const { axis, exclusive, reverse } = attributes as unknown as tf.CumprodAttrs;
      return {
        x: () => {
          const weighted = tf.mul(grad as tf.Tensor, tf.cumprod(x!, axis, exclusive, reverse));
          return tf.div(tf.cumsum(weighted, axis, exclusive, !reverse), x!);
        },
      };
    },
  },
  {
    // Two operands, or one. Each gradient is the sum over the indices of the output and of the other operand.
    kernelName: tf.Einsum,
    inputsToSave: ['0', '1'],
    saveAllInputs: true,
    gradFunc: (grad, saved, attributes) => {
      const [terms, output] = (attributes['equation'] as string).replaceAll(' ', '').split('->') as [string, string];
      const letters = terms.split(',');
      return Object.fromEntries(
        saved.map((x, i) => [
          i,
          () => {
            const others = saved.filter((_, k) => k !== i);
            const given = [output, ...letters.filter((_, k) => k !== i)];
            // An index of this operand alone was summed away: its gradient repeats along it.
            const kept = [...letters[i]!].filter((index) => given.join('').includes(index)).join('');
            const reduced = tf.einsum(`${given.join(',')}->${kept}`, grad as tf.Tensor, ...others);
            const shape = [...letters[i]!].map((index, axis) => (kept.includes(index) ? x.shape[axis]! : 1));
            return tf.broadcastTo(tf.reshape(reduced, shape), x.shape);
          },
        ]),
      );
    },
  },
];

function run(kernel: string, inputs: Record<string, tf.Tensor>, attributes: Attributes = {}): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, attributes);
}

function zerosFor(x: tf.Tensor): tf.Tensor {
  return tf.zeros(x.shape);
}
