// Every graph of the shipped models, exported, in other runtimes: ONNX Runtime of Python, OpenVINO, OpenCV and PyTorch
// (onnx2torch). Each that the interpreter lacks is skipped; PYTHON names one that has them, such as a virtual
// environment after: pip install onnxruntime openvino opencv-python-headless onnx onnx2torch torch

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import { Engine } from '../../src/engine/engine.js';
import type { HostTensors } from '../../src/engine/tensor.js';
import { openVersion } from '../../src/models/activate.js';
import { warmUpFeeds } from '../../src/models/warm-up.js';
import { INSTALLED, runPython, whyNoModule } from '../python.js';
import { exported, SHIPPED } from './exported.js';

const SCRIPT = fileURLToPath(new URL('runtimes.py', import.meta.url));

/** Of 1, or of the largest number that an output has: float32 has 6·10⁻⁸, and each runtime adds up in its own order. */
const TOLERANCE = 1e-5;

const MODULES = { onnxruntime: 'onnxruntime', openvino: 'openvino', opencv: 'cv2', onnx2torch: 'onnx2torch' } as const;
const why = Object.fromEntries(
  await Promise.all(
    Object.entries(MODULES).map(async ([runtime, name]) => [runtime, await whyNoModule(name)] as const),
  ),
);

const folder = await mkdtemp(join(tmpdir(), 'ganymede-runtimes-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeAll(async () => {
  if (Object.values(why).every((reason) => reason !== undefined)) return;
  for (const model of SHIPPED) await writeCases(model);
}, 300_000);

it.for(Object.keys(MODULES))(
  '%s gives for every graph what is served',
  { timeout: 300_000 },
  async (runtime, { skip }) => {
    if (why[runtime] !== undefined) return skip(why[runtime]);
    const told = JSON.parse(await runPython(INSTALLED, SCRIPT, folder, runtime)) as Record<
      string,
      Record<string, unknown>
    >;
    const wrong = Object.entries(told).filter(([, of]) => !(Number(of[runtime]) <= TOLERANCE));
    expect(wrong).toEqual([]);
    expect(Object.keys(told).length).toBeGreaterThan(3 * (SHIPPED.length - 1)); // generate, score and scorer, mostly
  },
);

/** The graphs of a model, each with what goes in and, from the served one, what has to come out. */
async function writeCases(name: string): Promise<void> {
  const checkpoint = await openVersion([SHIPPED_CHECKPOINTS], name);
  const engine = await Engine.start();
  const { graphs } = await exported(name, 'onnx', join(folder, name));
  for (const { capability, onnx } of graphs) {
    const served = await engine.load(capability, await checkpoint.graph(capability));
    const feeds = () => warmUpFeeds(served, checkpoint.manifest, [3, 4, 5]);
    const place = join(folder, `${name}.${capability}`);
    await writeFile(`${place}.onnx`, onnx);
    await writeFile(
      `${place}.json`,
      JSON.stringify({ inputs: json(feeds()), outputs: json(await served.run(feeds())) }),
    );
  }
  await engine.close();
}

function json(tensors: HostTensors) {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: [...data].map(Number) }]),
  );
}
