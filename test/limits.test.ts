import { describe, expect, test } from 'vitest';
import { FRAMES, FRAMES_PER_SECOND, SIZE } from '../src/images/limits.js';
import { checkInteger, LIMITS, MAX_ENCODED_PIXELS_PER_REQUEST } from '../src/limits.js';
import { INTERPOLATION_METHODS, MAX_SEED } from '../src/models/latent.js';
import { InterpolationMethod } from '../src/resolvers/scalars.js';

describe('a limit of the API that another room owns', () => {
  test('is the very range of that room', () => {
    expect(LIMITS.size).toBe(SIZE);
    expect(LIMITS.fps).toBe(FRAMES_PER_SECOND);
    expect(LIMITS.seed.most).toBe(MAX_SEED);
  });

  test('never lets through what the encoder would refuse', () => {
    expect(LIMITS.steps.most).toBeLessThanOrEqual(FRAMES.most);
    expect(LIMITS.size.most ** 2).toBeLessThanOrEqual(MAX_ENCODED_PIXELS_PER_REQUEST);
  });
});

test('the methods of interpolation are those that latents know', () => {
  expect(Object.values(InterpolationMethod)).toEqual(INTERPOLATION_METHODS);
  expect(InterpolationMethod.SLERP).toBe('slerp');
});

test('both ends of a range are inside it', () => {
  expect(checkInteger('size', 1)).toBe(1);
  expect(checkInteger('size', 1024)).toBe(1024);
  expect(() => checkInteger('size', 1025)).toThrow(/\[1, 1024\]/);
});
