import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FeatureNet } from '../../../src/evaluation/features.js';
import { trainFeatureNet } from '../../../src/training/fit/feature-net.js';
import type { WorkEvent } from '../../../src/work.js';
import { idxBytes, lcg, temporaryFolder } from '../helpers.js';

describe('ganymede feature-net', () => {
  it('makes the epochs that were asked for, however few steps they have, and writes down how often it is right', async () => {
    const folder = await temporaryFolder();
    const side = 8;
    const random = lcg(5);
    // 700 images of a left or a right half lit; 600 train it, six batches of 100 an epoch.
    const images = Uint8Array.from({ length: 700 * side * side }, (_, i) => {
      const [image, column] = [Math.floor(i / side ** 2), i % side];
      return column < side / 2 === (image % 2 === 0) ? 160 + 90 * random() : 60 * random();
    });
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idxBytes(0x0803, [700, side, side], images));
    const labels = Uint8Array.from({ length: 700 }, (_, i) => i % 2);
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), idxBytes(0x0801, [700], labels));
    const out = join(folder, 'halves.onnx');
    const events: WorkEvent[] = [];
    const result = await trainFeatureNet(
      { data: folder, out, license: 'CC0-1.0', epochs: 2, validation: 100, threads: 1, run: join(folder, 'run') },
      { onEvent: (event) => events.push(event) },
    );
    const steps = events.flatMap((event) => (event.kind === 'progress' && event.unit === 'steps' ? [event] : []));
    expect(steps.at(-1)).toMatchObject({ done: 12, total: 12 });
    const net = await FeatureNet.open(out, 1);
    expect(net.accuracy).toBe(result!.accuracy);
    await net.close();
  });
});
