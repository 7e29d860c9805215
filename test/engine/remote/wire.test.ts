// Answers of the Open Inference Protocol that no server should give.

import { expect, test } from 'vitest';
import { answerOf } from '../../../src/engine/remote/wire.js';

test.each([
  ['as bytes', { parameters: { binary_data_size: 4 } }, Buffer.alloc(4)],
  ['in JSON', { data: [1] }, Buffer.alloc(0)],
])('no memory is set aside for numbers that have not come, %s', (_, form, bytes) => {
  const output = { name: 'y', datatype: 'FP32', shape: [1, 2 ** 40], ...form };
  const json = Buffer.from(JSON.stringify({ outputs: [output] }));
  const anySize = { y: { dtype: 'float32', shape: [-1, -1] } } as const;
  expect(() =>
    answerOf(Buffer.concat([json, bytes]), `${json.length}`, { rows: 1, outputs: anySize, version: 1 }),
  ).toThrow('Expected the 1099511627776 numbers of "y" from the inference server');
});
