// The graphs of a version with a program that samples them in Python.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { writeAndSync } from '../files/atomic.js';
import { writeOnnx } from './onnx.js';
import type { PlainVersion } from './plain.js';

/** It reads what it has to know from the file of the graph, so it is the same for every model. */
const PROGRAM = new URL('../../examples/sample.py', import.meta.url);

/** @throws GanymedeError EXPORT_REFUSED */
export async function writePython(version: PlainVersion, folder: string): Promise<void> {
  if (version.graphs.every(({ capability }) => capability !== 'generate')) {
    const message =
      'Expected a version with the graph "generate", which the program samples, but received none. Export --for onnx.';
    throw new GanymedeError('EXPORT_REFUSED', message);
  }
  await writeOnnx(version, folder);
  await writeAndSync(join(folder, 'sample.py'), await readFile(PROGRAM));
}
