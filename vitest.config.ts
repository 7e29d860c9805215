import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The copy of graphql that Node gives to type-graphql and Apollo. Vite would pick its .mjs twin, a second copy whose
  // scalars the first does not recognise.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/leaves-nothing.ts'],
    // ONNX Runtime loads once per process and uses native threads: processes, not threads, isolate test files.
    pool: 'forks',
    maxWorkers: 2,
    // A machine that does other work meanwhile takes many times as long; a test that hangs still ends.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 120_000, // the minute of leaves-nothing.ts is part of it; Vitest would leave without its verdict
    expect: { poll: { timeout: 60_000 } },
    // `npm run coverage`. Worker threads and the programs that tests start run from dist/ and are not counted: that
    // main.ts, cli.ts and engine/worker.ts work is what the end-to-end tests show.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/main.ts', 'src/cli.ts', 'src/engine/worker.ts', 'src/server/print-schema.ts'],
      reportOnFailure: true,
      thresholds: { statements: 95, branches: 88, functions: 95, lines: 95 },
      reporter: ['text-summary', 'html', 'json-summary'],
    },
  },
});
