#!/usr/bin/env node
// The command `ganymede`. It lies outside dist/ so that npx finds it before the first build.
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('Expected a build in dist/ but found none. Run: npm run build\n');
  process.exitCode = 1;
}
