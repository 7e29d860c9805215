// The graphs of a version as files by their names.

import { join } from 'node:path';
import { writeAndSync } from '../files/atomic.js';
import type { PlainVersion } from './plain.js';

export async function writeOnnx({ graphs }: PlainVersion, folder: string): Promise<void> {
  for (const { capability, onnx } of graphs) await writeAndSync(join(folder, `${capability}.onnx`), onnx);
}
