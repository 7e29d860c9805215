import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The copy of graphql that Node gives to type-graphql and Apollo. Vite would pick its .mjs twin, a second copy whose
  // scalars the first does not recognise.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['test/**/*.test.ts'],
    // ONNX Runtime loads once per process and uses native threads: processes, not threads, isolate test files.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
