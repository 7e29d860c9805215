// `npm run test:attack`: test/attack whole. `npm test` runs the same files with smaller numbers.
import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.js';

export default mergeConfig(
  { ...config, test: { ...config.test, include: ['test/attack/**/*.test.ts'] } },
  // One file at a time: each measures the memory and the time of a server.
  defineConfig({ test: { env: { ATTACK: 'long' }, testTimeout: 1_200_000, maxWorkers: 1 } }),
);
