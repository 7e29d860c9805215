// Pixels as a network made them, in files: NumPy's .npy, which tells its shape, and .f32, the numbers alone. Both are
// little-endian float32 in C order. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

export const TENSOR_FORMATS = ['npy', 'f32'] as const;

export type TensorFormat = (typeof TENSOR_FORMATS)[number];

export function isTensorFormat(format: string): format is TensorFormat {
  return (TENSOR_FORMATS as readonly string[]).includes(format);
}

/** `parts`, one after the other, are the values of an array of that shape. */
export function encodeTensor(format: TensorFormat, shape: readonly number[], parts: readonly Float32Array[]): Buffer {
  const values = parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return Buffer.concat(format === 'npy' ? [npyHeader(shape), ...values] : values);
}

const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1'); // version 1.0

/** Header and values begin at multiples of 64 bytes. */
const ALIGNMENT = 64;

function npyHeader(shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const before = MAGIC.length + 2;
  const whole = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(whole - before);
  return Buffer.concat([MAGIC, length, Buffer.from(`${text.padEnd(whole - before - 1)}\n`, 'latin1')]);
}
