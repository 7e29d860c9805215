// A thread that enlarges and writes large pictures, for threads.ts. One job at a time; what it makes is given away.

import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import { writeApng } from './apng.js';
import type { Drawing, Drawn } from './drawing.js';
import { stack } from './pixels.js';
import { writePng } from './png.js';
import { resizeToHeight } from './resize.js';

/** On Linux niceness is each thread's own: what answers small requests goes first when all cores are busy. */
const NICENESS = 10;
if (process.platform === 'linux') setPriority(0, NICENESS);

parentPort?.on('message', (drawing: Drawing) => {
  try {
    const drawn = draw(drawing);
    parentPort?.postMessage(drawn, [drawn.kind === 'file' ? drawn.bytes.buffer : drawn.pixels.data.buffer]);
  } catch (error) {
    parentPort?.postMessage({ kind: 'failed', message: messageOf(error) } satisfies Drawn);
  }
});

function draw({ frames, height, as }: Drawing): Exclude<Drawn, { kind: 'failed' }> {
  const sized = frames.map((frame) => resizeToHeight(frame, height));
  if (typeof as === 'object') return { kind: 'file', bytes: writeApng(sized, as) };
  const pixels = stack(sized);
  return as === 'png' ? { kind: 'file', bytes: writePng(pixels) } : { kind: 'pixels', pixels };
}
