// `npm run test:faults`: test/faults whole. `npm test` runs the same files with smaller numbers.
import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.js';

export default mergeConfig(
  { ...config, test: { ...config.test, include: ['test/faults/**/*.test.ts'] } },
  defineConfig({ test: { env: { FAULTS: 'long' }, testTimeout: 1_200_000, maxWorkers: 1 } }),
);
