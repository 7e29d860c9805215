import { describe, expect, it } from 'vitest';
import type { HostTensors } from '../../src/engine/tensor.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import { decodeState, encodeState } from '../../src/training/checkpoint.js';
import { barsRecipe } from '../training/bars.js';

const TENSORS: HostTensors = {
  weight: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -2, Number.MIN_VALUE, 3e38) },
  mask: { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 0, 255) },
  step: { dtype: 'int64', shape: [], data: BigInt64Array.of(-5n) },
  ['__proto__']: { dtype: 'int32', shape: [1], data: Int32Array.of(7) },
};

/** A file with the header given as it stands. */
function fileOf(header: unknown, dataBytes: number, length?: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const out = Buffer.alloc(8 + json.length + dataBytes);
  out.writeBigUInt64LE(BigInt(length ?? json.length), 0);
  json.copy(out, 8);
  return out;
}

const tensor = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('safetensors files', () => {
  it('give back every tensor and the metadata, bit for bit', () => {
    const bytes = encodeSafetensors({ tensors: TENSORS, metadata: { step: '5' } });
    expect(decodeSafetensors(bytes, 'test')).toEqual({ tensors: TENSORS, metadata: { step: '5' } });
  });

  it('have the same bytes whatever order the tensors were made in', () => {
    const reversed = Object.fromEntries(Object.entries(TENSORS).reverse());
    expect(encodeSafetensors({ tensors: reversed, metadata: {} })).toEqual(
      encodeSafetensors({ tensors: TENSORS, metadata: {} }),
    );
  });

  it('are laid out as the format says: length, JSON, then values in little-endian order', () => {
    const bytes = encodeSafetensors({
      tensors: { a: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } },
      metadata: {},
    });
    const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
    const header: unknown = JSON.parse(Buffer.from(bytes).toString('utf8', 8, 8 + length));
    expect(header).toEqual({ __metadata__: {}, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
    expect(Array.from(bytes.subarray(8 + length))).toEqual([0, 0, 0x80, 0x3f]);
  });

  it.each([
    ['too short for a length', new Uint8Array(5), 'at least 8 bytes'],
    ['a header over a megabyte', fileOf({}, 0, 1_000_001), 'a header of at most 1000000 bytes'],
    ['a header longer than the file', fileOf({}, 0, 50), 'a header of 50 bytes'],
    ['a header that is no JSON', fileOf('{', 0), 'a JSON header'],
    ['a header that is a list', fileOf([], 0), 'a JSON object'],
    ['a hole between tensors', fileOf({ a: tensor(0, 4), b: tensor(8, 12) }, 12), 'tensor b to begin at byte 4'],
    ['tensors that overlap', fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, 12), 'tensor b to begin at byte 8'],
    ['a shape of another size', fileOf({ a: tensor(0, 4, [2]) }, 4), '8 bytes for tensor a'],
    ['an unknown type', fileOf({ a: tensor(0, 4, [1], 'F8') }, 4), 'as the type of tensor a'],
    ['a truncated file', fileOf({ a: tensor(0, 8) }, 4), 'the file is truncated'],
    ['bytes that no tensor owns', fileOf({ a: tensor(0, 4) }, 9), 'bytes that no tensor owns'],
    ['a negative size', fileOf({ a: tensor(0, 4, [-1]) }, 4), 'dtype, shape and offsets of tensor a'],
    ['metadata of numbers', fileOf({ __metadata__: { step: 5 } }, 0), 'metadata of strings'],
  ])('are refused as CHECKPOINT_INVALID: %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'state.safetensors')).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_INVALID', message: expect.stringContaining(message) }),
    );
  });
});

describe('the training state of a run', () => {
  const training = {
    recipe: barsRecipe(),
    seed: 7,
    step: 40,
    dataset: { name: 'bars', count: 160, shape: [1, 8, 8], sha256: 'ab' },
    state: { 'generator/layer1/bias': { dtype: 'float32', shape: [1], data: Float32Array.of(1) } } as HostTensors,
    ema: { 'generator/layer1/bias': { dtype: 'float32', shape: [1], data: Float32Array.of(2) } } as HostTensors,
  };

  it('comes back as it was saved, the average apart from the weights', () => {
    expect(decodeState(encodeState(training), 'test')).toEqual(training);
  });

  it.each([
    ['another format', { format: '2' }],
    ['a dataset that is no JSON', { dataset: '{' }],
    ['a dataset without its digest', { dataset: '{"name":"bars","count":1,"shape":[1]}' }],
    ['a step that is no number', { step: 'ten' }],
  ])('is refused as CHECKPOINT_INVALID with %s', (_, change) => {
    const { tensors, metadata } = decodeSafetensors(encodeState(training), 'test');
    const bytes = encodeSafetensors({ tensors, metadata: { ...metadata, ...change } });
    expect(() => decodeState(bytes, 'state.safetensors')).toThrow(
      expect.objectContaining({
        code: 'CHECKPOINT_INVALID',
        message: expect.stringContaining('Expected the training state of a run in state.safetensors'),
      }),
    );
  });
});
