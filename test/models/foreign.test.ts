// Graphs from elsewhere, through the repository: what must not be served is refused before the runtime sees it or when
// it warms up, each with what to do.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { Manifest } from '../../src/models/manifest.js';
import { ModelRepository } from '../../src/models/repository.js';
import { constant, external, graph, message, model, node, renamed, subgraph, value } from '../engine/onnx-bytes.js';
import { temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine } from './fakes.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

interface Form {
  readonly latent: number;
  readonly image: readonly [channels: 1 | 3, height: number, width: number];
}

async function write(name: string, generate: Uint8Array, { latent, image }: Form): Promise<void> {
  const [channels, height, width] = image;
  const edit = (manifest: Manifest) => {
    Object.assign(manifest.latent, { size: latent });
    Object.assign(manifest, { image: { width, height, channels, range: [-1, 1] } });
  };
  await writeCheckpoint(folder.path, name, 1, { graphs: { generate }, edit });
}

describe('a graph that reads a file of the server', () => {
  const z = value('z', [4]);
  const form: Form = { latent: 4, image: [1, 28, 28] };

  it.each<[string, Uint8Array]>([
    ['as an initializer', graph({ initializers: [external('w', 'package.json')], inputs: [z] })],
    [
      'as a constant',
      graph({ nodes: [node({ op: 'Constant', attributes: [constant('value', external('w', '/etc/passwd'))] })] }),
    ],
    [
      'in the body of a loop',
      graph({
        nodes: [node({ op: 'Loop', attributes: [subgraph('body', graph({ initializers: [external('w', 'x')] }))] })],
      }),
    ],
  ])('%s is refused before the engine is given it, and the log says what to do', async (_, content) => {
    await write('leak', model(content), form);
    await writeFile(join(folder.path, 'leak', '1', 'x'), 'beside the manifest, but not in its list');
    const engine = new FakeEngine();
    const warnings: unknown[] = [];
    const log = { info: () => {}, warn: (details: object) => void warnings.push(details) };
    const repository = await ModelRepository.open(folder.path, engine, { log });
    expect(engine.loads).toEqual([]);
    expect(repository.list()).toEqual([]);
    expect(warnings).toEqual([
      {
        path: join(folder.path, 'leak', '1'),
        code: 'CHECKPOINT_INVALID',
        reason: expect.stringMatching(
          /generate\.onnx to hold a graph that is safe to load but received tensor "w" with its values in another file.*Export with the weights inside/,
        ),
      },
    ]);
  });

  it('names all that is wrong with a graph', async () => {
    const content = graph({
      nodes: [node({ op: 'RandomNormal', name: 'noise' }), node({ op: 'Gelu', name: 'gelu', domain: 'com.microsoft' })],
      initializers: [external('w', 'package.json')],
    });
    await write('leak', model(content, [25, message([1, 'Relu'], [10, ''])]), form);
    const [problem] = (await ModelRepository.open(folder.path, new FakeEngine())).problems;
    for (const part of ['tensor "w"', 'node "noise"', 'node "gelu"', 'a function']) {
      expect(problem!.error.message).toContain(part);
    }
  });
});

const data = process.env['GANYMEDE_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const foreign = join(data, 'foreign');
const missing = !existsSync(foreign);
const title = missing
  ? `graphs of other tools (skipped: no folder ${foreign}; set GANYMEDE_DATA to one that holds foreign/)`
  : 'graphs of other tools';

describe.skipIf(missing)(title, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.start();
  });
  afterAll(() => engine.close());

  const dcgan: Form = { latent: 100, image: [3, 64, 64] };
  const asCheckpoint = (onnx: Uint8Array) =>
    renamed(onnx, { input: 'input', takes: [100, 1, 1], output: 'output' }, dcgan.latent, dcgan.image);
  const read = (file: string) => readFile(join(foreign, file));

  async function serve(generate: Uint8Array, form: Form): Promise<ModelRepository> {
    await write('foreign', generate, form);
    return ModelRepository.open(folder.path, engine);
  }

  it.each([
    { file: 'external-leak.onnx', latent: 4, says: 'tensor "secret" with its values in another file, "package.json"' },
    { file: 'noisy-g.onnx', latent: 16, says: 'RandomNormalLike, which draws random numbers' },
    { file: 'trap-batch-statistics.onnx', latent: 64, says: 'a row the same output alone as among others' },
  ])('$file is refused', async ({ file, latent, says }) => {
    const { problems } = await serve(await read(file), { latent, image: [1, 28, 28] });
    expect(problems.map(({ error }) => error.code)).toEqual(['CHECKPOINT_INVALID']);
    expect(problems[0]!.error.message).toContain(says);
  });

  it('trainmode-g.onnx is refused, and says how to export it', async () => {
    const { problems } = await serve(asCheckpoint(await read('trainmode-g.onnx')), dcgan);
    expect(problems[0]!.error.message).toContain('Call model.eval() before exporting');
  });

  it.each(['dcgan-g.legacy.onnx', 'dcgan-g.dynamo.onnx', 'dcgan-g.opset23.onnx'])('%s is served', async (file) => {
    const repository = await serve(asCheckpoint(await read(file)), dcgan);
    expect(repository.problems).toEqual([]);
    const served = repository.get('foreign');
    expect(await served.generate(served.latents({ seed: 0, count: 2 }))).toHaveLength(2);
  });

  it('nan-g.onnx, which gives no finite sample at all, is refused', async () => {
    const { problems } = await serve(asCheckpoint(await read('nan-g.onnx')), dcgan);
    expect(problems[0]!.error.message).toContain('to give finite values but received NaN');
  });
});
