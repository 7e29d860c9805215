import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimals, Numbers, stringify } from '../../src/resolvers/numbers.js';

const expectSame = (values: Float32Array): void => {
  expect(stringify({ z: new Numbers(values) })).toBe(JSON.stringify({ z: decimals(values) }));
};

describe('latents as JSON', () => {
  it('have the very text that JSON.stringify gives their decimals', () => {
    const any = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 40 });
    fc.assert(fc.property(any, expectSame), { numRuns: 3000 });
    const usual = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { maxLength: 100 });
    fc.assert(
      fc.property(usual, (values) => expectSame(Float32Array.from(values))),
      { numRuns: 3000 },
    );
  });

  it('read back as the same float32', () => {
    const values = Float32Array.from({ length: 5000 }, (_, i) => Math.tan(i));
    const read = JSON.parse(stringify(new Numbers(values)));
    expect(Float32Array.from(read)).toEqual(values);
  });

  it.each([0, -0, 1, -1, 10, 0.5, 0.125, 1e-6, 9.99e-7, 1e-7, 1e-45, 99_999_999, 1e8, 3.4e38, 1 / 64, -1.7320508])(
    'of %d',
    (value) => expectSame(Float32Array.of(value)),
  );

  it('stand where they belong among everything else', () => {
    const two = {
      a: [new Numbers(Float32Array.of(1, 2.5))],
      text: 'z: "[]"',
      b: { z: new Numbers(new Float32Array(0)) },
      no: null,
    };
    expect(stringify(two)).toBe('{"a":[[1,2.5]],"text":"z: \\"[]\\"","b":{"z":[]},"no":null}');
    expect(stringify({ nothing: 'here' })).toBe('{"nothing":"here"}');
  });

  it('are lists to any other writer of JSON, also after one that failed', () => {
    const circle: Record<string, unknown> = { z: new Numbers(Float32Array.of(1)) };
    circle['self'] = circle;
    expect(() => stringify(circle)).toThrow(TypeError);
    expect(JSON.stringify(new Numbers(Float32Array.of(0.25)))).toBe('[0.25]');
  });
});
