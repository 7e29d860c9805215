// Kernels that move elements (reshape, transpose, slice, pad, concat, gather, tile, one-hot, …), with their gradients,
// against the TensorFlow.js cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep } from '../../src/engine/step.js';
import * as tf from '../../src/engine/tf.js';
import { agrees, type Case, gradientCase, mulberry32, operand, shapes, ticket, variedTicket } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** f applied to one operand of `shape`, or its gradient; `out` is the shape of f(x). */
function moved(
  label: string,
  shape: readonly number[],
  f: (x: tf.Tensor) => tf.Tensor,
  { t, dt, gradient }: { t: Parameters<typeof operand>[0]; dt: Parameters<typeof operand>[0]; gradient: boolean },
): Case {
  const x = operand(t, shape);
  const name = `${label} of ${t.form} [${shape}]`;
  if (!gradient) return { label: name, operands: [x], run: (a) => f(a!) };
  const out = tf.tidy(() => f(tf.zeros([...shape])).shape);
  return gradientCase((a) => f(a!), operand(dt, out), [x], name);
}

const draws = fc.record({ t: ticket, dt: ticket, gradient: fc.boolean() });
const anySeed = fc.nat();

describe('reshaping', () => {
  const reshapes = fc.tuple(shapes(0, 5), shapes(0, 4), anySeed, draws).map(([shape, extra, seed, draw]) => {
    const random = mulberry32(seed);
    const size = shape.reduce((a, b) => a * b, 1);
    // Another factorisation of the same size, with ones strewn in.
    const target: number[] = [];
    let rest = size;
    for (const factor of [...extra, 2, 3]) {
      if (rest % factor === 0 && target.length < 4) {
        target.push(factor);
        rest /= factor;
      }
    }
    target.push(rest);
    if (random() < 0.5) target.splice(Math.floor(random() * target.length), 0, 1);
    const free = target.map((n, i) => (i === 0 && random() < 0.5 ? -1 : n));
    return moved(`reshape to [${free}]`, shape, (x) => tf.reshape(x, free), draw);
  });
  agrees('to any shape of the same size', reshapes, { count: 50, runs: 3 });

  const permutations = shapes(0, 5).chain((shape) => {
    const axes = shape.map((_, axis) => axis);
    return fc.tuple(fc.shuffledSubarray(axes, { minLength: axes.length }), draws, fc.nat(5)).map(([perm, draw, at]) => {
      const f = (x: tf.Tensor) => {
        const turned = tf.transpose(x, perm);
        const lifted = tf.expandDims(turned, Math.min(at, turned.rank));
        return tf.mul(tf.squeeze(lifted), 2);
      };
      return moved(`transpose [${perm}], expand, squeeze`, shape, f, draw);
    });
  });
  agrees('transpose, expand and squeeze', permutations, { count: 40, runs: 2 });

  const tiles = shapes(1, 5, 3).chain((shape) =>
    fc
      .tuple(fc.array(fc.constantFrom(1, 1, 2, 3), { minLength: shape.length, maxLength: shape.length }), draws)
      .map(([reps, draw]) => moved(`tile [${reps}]`, shape, (x) => tf.tile(x, reps), draw)),
  );
  agrees('tile', tiles, { count: 30, runs: 2 });

  const spreads = shapes(1, 4, 3).chain((shape) =>
    fc.tuple(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }), draws).map(([lead, draw]) => {
      const target = [...lead, ...shape.map((size) => (size === 1 ? 2 : size))];
      return moved(`broadcast to [${target}]`, shape, (x) => tf.broadcastTo(x, target), draw);
    }),
  );
  agrees('broadcast', spreads, { count: 30, runs: 2 });
});

describe('cutting and joining', () => {
  const slices = fc.tuple(shapes(1, 5), anySeed, draws).map(([shape, seed, draw]) => {
    const random = mulberry32(seed);
    const begin = shape.map((size) => Math.floor(random() * size));
    const size = shape.map((full, i) => 1 + Math.floor(random() * (full - begin[i]!)));
    const open = size.map((n, i) => (random() < 0.3 ? -1 : n + 0 * i));
    // TensorFlow.js also takes a number for the first axis alone, with the rest left whole.
    if (random() < 0.2) {
      const [from, count] = [begin[0]!, open[0]!];
      return moved(`slice ${from} of size ${count}`, shape, (x) => tf.slice(x, from, count), draw);
    }
    return moved(`slice [${begin}] of size [${open}]`, shape, (x) => tf.slice(x, begin, open), draw);
  });
  agrees('slice', slices, { count: 50, runs: 2 });

  const strided = fc.tuple(shapes(1, 4, 6), anySeed, draws).map(([shape, seed, draw]) => {
    const random = mulberry32(seed);
    const plain = random() < 0.3;
    const strides = shape.map(() => (plain ? 1 : [1, 2, 3, -1, -2][Math.floor(random() * 5)]!));
    const begin = shape.map((size, i) => (strides[i]! > 0 ? 0 : size - 1));
    const end = shape.map((size, i) => (strides[i]! > 0 ? size : -size - 1));
    const bits = () => Math.floor(random() * 2 ** shape.length);
    const masks = [bits(), bits()] as const;
    // One element of the first axis, whose axis then goes. The cpu backend mixes up the axes if any stride is not 1.
    const shrink = shape.length > 1 && strides.every((stride) => stride === 1) ? 1 : 0;
    return moved(
      `strided slice by [${strides}], masks ${masks}, shrink ${shrink}`,
      shape,
      (x) => tf.stridedSlice(x, begin, end, strides, masks[0], masks[1], 0, 0, shrink),
      draw,
    );
  });
  agrees('strided slice, forwards and backwards', strided, { count: 40, runs: 2 });

  const pads = fc
    .tuple(shapes(1, 4), anySeed, draws, fc.constantFrom('zero', 'constant', 'reflect', 'symmetric'))
    .map(([shape, seed, draw, mode]) => {
      const random = mulberry32(seed);
      const limit = mode === 'reflect' ? -1 : mode === 'symmetric' ? 0 : 2;
      const amount = (size: number) => Math.floor(random() * (1 + Math.max(0, Math.min(3, size + limit))));
      const paddings = shape.map((size): [number, number] => [amount(size), amount(size)]);
      const f = (x: tf.Tensor) => {
        if (mode === 'zero') return tf.pad(x, paddings);
        return mode === 'constant' ? tf.pad(x, paddings, 0.7) : tf.mirrorPad(x, paddings, mode as 'reflect');
      };
      return moved(`${mode} pad [${paddings}]`, shape, f, draw);
    });
  agrees('pad with a constant or a mirror', pads, { count: 50, runs: 2 });

  const joins = fc
    .tuple(
      shapes(1, 4),
      fc.nat(3),
      fc.tuple(ticket, ticket, ticket),
      ticket,
      fc.boolean(),
      fc.constantFrom('concat', 'stack'),
      fc.boolean(),
    )
    .map(([shape, at, tickets, dt, gradient, kind, fromEnd]): Case => {
      const axis = at % shape.length;
      const operands = tickets.map((t, i) =>
        operand(t, kind === 'stack' ? shape : shape.map((size, k) => (k === axis ? size + i : size))),
      );
      const f = (...x: tf.Tensor[]) =>
        kind === 'stack' ? tf.stack(x, axis) : tf.concat(x, fromEnd ? axis - shape.length : axis);
      const label = `${kind} of [${shape}] … along ${axis}`;
      const out =
        kind === 'stack'
          ? [...shape.slice(0, axis), 3, ...shape.slice(axis)]
          : shape.map((size, k) => (k === axis ? 3 * size + 3 : size));
      return gradient ? gradientCase(f, operand(dt, out), operands, label) : { label, operands, run: f };
    });
  agrees('concat and stack', joins, { count: 40, runs: 2 });

  const splits = fc
    .tuple(shapes(1, 4), fc.nat(3), draws, fc.boolean())
    .map(([shape, at, { t, dt, gradient }, even]): Case => {
      const axis = at % shape.length;
      const whole = shape.map((size, i) => (i === axis ? (even ? 2 * size : size + 3) : size));
      const parts = (x: tf.Tensor) => tf.split(x, even ? 2 : [1, shape[axis]!, 2], axis - shape.length);
      const x = operand(t, whole);
      const label = `split of ${t.form} [${whole}] along ${axis}`;
      if (!gradient) return { label, operands: [x], run: (a) => [...parts(a!), ...tf.unstack(a!, axis)] };
      const f = (a: tf.Tensor) => tf.concat([...parts(a).reverse(), tf.stack(tf.unstack(a, axis), axis)], axis);
      const out = whole.map((size, i) => (i === axis ? 2 * size : size));
      return gradientCase((a) => f(a!), operand(dt, out), [x], label);
    });
  agrees('split and unstack', splits, { count: 40, runs: 2 });
});

describe('indexing', () => {
  const gathers = fc
    .tuple(shapes(1, 4), shapes(0, 2), fc.nat(3), draws, anySeed)
    .map(([shape, indexShape, at, { t, dt, gradient }, seed]): Case => {
      const axis = at % shape.length;
      const x = operand(t, shape);
      const indices = operand({ seed, form: 'plain' }, indexShape, { dtype: 'int32', low: 0, high: shape[axis]! });
      const label = `gather ${t.form} [${shape}] at [${indexShape}] along ${axis}`;
      const f = (a: tf.Tensor, i: tf.Tensor) => tf.gather(a, i as tf.Tensor1D, seed % 2 ? axis - shape.length : axis);
      if (!gradient) return { label, operands: [x, indices], run: (a, i) => f(a!, i!) };
      const dy = operand(dt, [...shape.slice(0, axis), ...indexShape, ...shape.slice(axis + 1)]);
      return {
        label: `gradient of ${label}`,
        operands: [x, indices, dy],
        run: (a, i, seedDy) => tf.grad((v) => f(v, i!))(a!, seedDy),
      };
    });
  agrees('gather, as an embedding does, with its gradient', gathers, { count: 40, runs: 2 });

  const batched = fc
    .tuple(shapes(2, 4), shapes(1, 2), fc.nat(3), variedTicket, anySeed)
    .map(([shape, tail, at, t, seed]): Case => {
      const axis = 1 + (at % (shape.length - 1));
      const indexShape = [shape[0]!, ...tail];
      const indices = operand({ seed, form: 'plain' }, indexShape, { dtype: 'int32', low: 0, high: shape[axis]! });
      return {
        label: `gather [${shape}] at [${indexShape}] along ${axis}, one batch axis`,
        operands: [operand(t, shape), indices],
        run: (a, i) => tf.gather(a!, i as tf.Tensor1D, axis, 1),
      };
    });
  agrees('gather in a batch', batched, { count: 30, runs: 2 });

  const nd = fc
    .tuple(
      shapes(1, 4),
      fc.nat(3),
      fc.integer({ min: 1, max: 5 }),
      draws,
      anySeed,
      fc.constantFrom('gather', 'scatter'),
    )
    .map(([shape, at, count, { t, dt, gradient }, seed, kind]): Case => {
      const depth = 1 + (at % shape.length);
      const random = mulberry32(seed);
      const places = Array.from({ length: count }, () =>
        shape.slice(0, depth).map((size) => Math.floor(random() * size)),
      );
      const picked = [count, ...shape.slice(depth)];
      const gather = (x: tf.Tensor) => tf.gatherND(x, tf.tensor2d(places, [count, depth], 'int32'));
      const scatter = (x: tf.Tensor) => tf.scatterND(tf.tensor2d(places, [count, depth], 'int32'), x, shape);
      const [from, to, f] = kind === 'gather' ? [shape, picked, gather] : [picked, shape, scatter];
      const label = `${kind} ${t.form} [${shape}] at ${JSON.stringify(places)}`;
      const x = operand(t, from);
      if (!gradient) return { label, operands: [x], run: (a) => f(a!) };
      return gradientCase((a) => f(a!), operand(dt, to), [x], label);
    });
  agrees('gatherND and scatterND', nd, { count: 40, runs: 2 });

  const segments = fc
    .tuple(shapes(1, 3), draws, anySeed, fc.integer({ min: 1, max: 4 }))
    .map(([shape, { t, dt, gradient }, seed, count]): Case => {
      const x = operand(t, shape);
      const ids = operand({ seed, form: 'plain' }, [shape[0]!], { dtype: 'int32', low: -1, high: count });
      const label = `segment sum of ${t.form} [${shape}] into ${count}`;
      const f = (a: tf.Tensor, i: tf.Tensor) => tf.unsortedSegmentSum(a, i as tf.Tensor1D, count);
      if (!gradient) return { label, operands: [x, ids], run: (a, i) => f(a!, i!) };
      return {
        label: `gradient of ${label}`,
        operands: [x, ids, operand(dt, [count, ...shape.slice(1)])],
        run: (a, i, dy) => tf.grad((v) => f(v, i!))(a!, dy),
      };
    });
  agrees('segment sums drop negative segments', segments, { count: 30, runs: 2 });

  it('adds up what several threads bring to the same places', async () => {
    const count = 300_000;
    const step = await compileStep(
      (_, { x, at }) => {
        const places = tf.reshape(tf.cast(at!, 'int32'), [count, 1]);
        return { state: {}, outputs: { sums: tf.scatterND(places, x!, [100_000]) } };
      },
      {
        state: {},
        inputs: { x: { dtype: 'float32', shape: [count] }, at: { dtype: 'float32', shape: [count] } },
        threads: 4,
      },
    );
    const at = Float32Array.from({ length: count }, (_, i) => i % 3);
    for (let run = 0; run < 10; run++) {
      const { sums } = await step.run({ x: new Float32Array(count).fill(1), at });
      expect(Array.from(sums!.data.subarray(0, 4), Number)).toEqual([count / 3, count / 3, count / 3, 0]);
    }
    await step.dispose();
  });

  const hot = fc.tuple(shapes(0, 3), fc.integer({ min: 2, max: 5 }), ticket, fc.boolean()).map(
    ([shape, depth, t, shifted]): Case => ({
      label: `one-hot of ${t.form} [${shape}] in ${depth}`,
      operands: [operand(t, shape, { dtype: 'int32', low: -1, high: depth + 1 })],
      run: (i) => (shifted ? tf.oneHot(i!, depth, 2.5, -1, 'float32') : tf.oneHot(i!, depth)),
    }),
  );
  agrees('one-hot', hot, { count: 30, runs: 2 });

  const updates = fc.tuple(shapes(2, 3), variedTicket, variedTicket, fc.nat()).map(
    ([shape, t, u, at]): Case => ({
      label: `update of row ${at % shape[0]!} of [${shape}]`,
      operands: [operand(t, shape), operand(u, [1, ...shape.slice(1)])],
      run: (x, row) => tf.tensorScatterUpdate(x!, [[at % shape[0]!]], row!),
    }),
  );
  agrees('scatter that replaces', updates, { count: 10, runs: 2 });
});

describe('blocks', () => {
  const depth = fc
    .tuple(
      fc.tuple(...Array<fc.Arbitrary<number>>(4).fill(fc.integer({ min: 1, max: 3 }))),
      fc.integer({ min: 2, max: 3 }),
      draws,
    )
    .map(([[n, h, w, c], block, draw]) =>
      moved(
        `depth to space by ${block}`,
        [n!, h!, w!, c! * block * block],
        (x) => tf.depthToSpace(x as tf.Tensor4D, block),
        draw,
      ),
    );
  agrees('depth to space (pixel shuffle), with its gradient', depth, { count: 20, runs: 2 });

  const space = fc
    .tuple(
      fc.tuple(...Array<fc.Arbitrary<number>>(4).fill(fc.integer({ min: 1, max: 3 }))),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      draws,
    )
    .map(([[n, h, w, c], a, b, draw]) => {
      // Padding brings each axis to a whole number of blocks.
      const edge = (size: number, block: number): [number, number] => [1, (block - ((size + 1) % block)) % block];
      const paddings = [edge(h!, a), edge(w!, b)];
      const there = (x: tf.Tensor) => tf.spaceToBatchND(x, [a, b], paddings);
      const f = (x: tf.Tensor) => tf.batchToSpaceND(tf.mul(there(x), there(x)), [a, b], paddings);
      return moved(`space to batch and back by ${a}×${b}`, [n!, h!, w!, c!], f, draw);
    });
  agrees('space to batch and back', space, { count: 20, runs: 2 });
});

describe('constants', () => {
  const made = fc.tuple(shapes(1, 3), draws, fc.integer({ min: 1, max: 6 })).map(
    ([shape, { t }, count]): Case => ({
      label: `constants beside ${t.form} [${shape}]`,
      operands: [operand(t, shape)],
      run: (x) => [
        tf.add(x!, tf.ones(shape)),
        tf.mul(tf.zerosLike(x!), tf.onesLike(x!)),
        tf.fill(shape, 3.5),
        tf.linspace(-1, 2, count),
        tf.range(0, count, 2, 'int32'),
        tf.range(1, -count, -0.5),
        tf.eye(count),
        tf.diag(tf.reshape(x!, [-1])),
        tf.image.flipLeftRight(tf.reshape(x!, [1, 1, -1, 1])),
        tf.clone(x!),
      ],
    }),
  );
  agrees('fill, ranges, identity and diagonal', made, { count: 15, runs: 2 });

  const diagonals = fc
    .tuple(shapes(1, 2), draws)
    .map(([shape, draw]) => moved('diag', shape, (x) => tf.diag(x), { ...draw, gradient: true }));
  agrees('the gradient of a diagonal', diagonals, { count: 10, runs: 2 });
});
