import fc from 'fast-check';
import { Kind, parseValue } from 'graphql';
import { describe, expect, test } from 'vitest';
import { shortDecimal } from '../../src/resolvers/numbers.js';
import { LatentScalar, SeedScalar } from '../../src/resolvers/scalars.js';

describe('shortDecimal', () => {
  test('reads back to the same float32, whatever that is', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(shortDecimal(value))).toBe(value);
      }),
      { numRuns: 5000 },
    );
  });

  test('takes at most 9 significant digits where latents lie', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1 / 64), max: 16, noNaN: true }), (value) => {
        expect(`${shortDecimal(value)}`.replace(/^0?\.?0*|\./g, '').length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 5000 },
    );
  });

  test('gives 0.1 for the float32 nearest to 0.1', () => {
    expect(shortDecimal(Math.fround(0.1))).toBe(0.1);
    expect(shortDecimal(Math.fround(-1.7320508))).toBe(-1.7320508);
  });
});

describe('Latent', () => {
  test('goes out as a plain list of numbers', () => {
    expect(JSON.stringify(LatentScalar.serialize(Float32Array.from([0.5, -2, 0.1])))).toBe('[0.5,-2,0.1]');
  });

  test('comes in with NaN for what is not a number, so that the check of latents can refuse it', () => {
    expect(LatentScalar.parseValue([1, '2', null])).toEqual({ values: [1, Number.NaN, Number.NaN] });
    expect(LatentScalar.parseLiteral(parseValue('[1, -2.5e0, "3"]'))).toEqual({ values: [1, -2.5, Number.NaN] });
  });

  test('comes in as base64 of float32 numbers, with the very bits', () => {
    const text = 'AACAPwAAAAABAACA//9/fw=='; // 1, 0, the smallest below 0, the largest, little-endian
    const values = Float32Array.of(1, 0, -(2 ** -149), (2 - 2 ** -23) * 2 ** 127);
    expect(LatentScalar.parseValue(text)).toEqual({ values });
    expect(LatentScalar.parseLiteral(parseValue(`"${text}"`))).toEqual({ values });
    expect(LatentScalar.parseValue('AACAPwAAAAABAACA__9_fw')).toEqual({ values }); // the alphabet of addresses
    expect(LatentScalar.parseValue('AACAPwAAAAAB\nAACA//9/fw==\n')).toEqual({ values }); // in lines, as MIME has it
  });

  test.each(['AAAA', 'AACAPw===', '[1]', '1, 2', 'AACAPx=='])('refuses the text %j', (text) => {
    expect(() => LatentScalar.parseValue(text)).toThrow(
      `Expected a list of numbers, or float32 numbers as base64 but received "${text}".`,
    );
  });

  test('refuses what is not a list', () => {
    expect(() => LatentScalar.parseValue(1)).toThrow('Expected a list of numbers, or float32 numbers as base64');
    expect(() => LatentScalar.parseLiteral({ kind: Kind.INT, value: '1' })).toThrow('Expected a list of numbers');
  });
});

describe('Seed', () => {
  test('takes any integer that a double holds exactly: its range is checked with the field', () => {
    expect(SeedScalar.parseValue(4294967295)).toBe(4294967295);
    expect(SeedScalar.parseLiteral(parseValue('4294967296'))).toBe(4294967296);
  });

  test.each([1.5, '1', Number.NaN, 2 ** 53, null])('refuses %j', (value) => {
    expect(() => SeedScalar.parseValue(value)).toThrow('Expected an integer');
  });
});
