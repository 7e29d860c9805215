// The repository that `export --for triton` writes: what lies where, and its configurations read by Triton's own
// protobuf, as PyPI has it. That part is skipped where there is no Python or nothing can be installed for it.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlainGraph } from '../../src/export/plain.js';
import { tritonConfig } from '../../src/export/triton.js';
import { parseManifest } from '../../src/models/manifest.js';
import { type Python, pythonWith } from '../python.js';
import { shippedVersion } from '../shipped.js';
import { exported, withFolder } from './exported.js';

const SCRIPT = fileURLToPath(new URL('triton.py', import.meta.url));

describe('a repository for Triton', () => {
  it('has a folder for each graph, named as /v2 names it, with the versions that were exported', async () => {
    await withFolder(async (folder) => {
      await exported('ring8', 'triton', folder);
      await exported('grid25', 'triton', folder); // is added
      expect((await readdir(folder)).sort()).toEqual(
        ['grid25', 'ring8'].flatMap((model) => ['generate', 'score', 'scorer'].map((graph) => `${model}.${graph}`)),
      );
      const version = `${shippedVersion('ring8')}`;
      expect((await readdir(join(folder, 'ring8.score'))).sort()).toEqual([version, 'config.pbtxt']);
      expect(await readdir(join(folder, 'ring8.score', version))).toEqual(['model.onnx']);
    });
  });

  it('is the same when it is written again', async () => {
    await withFolder(async (folder) => {
      const files = ['config.pbtxt', `${shippedVersion('ring8')}/model.onnx`].map((file) =>
        join(folder, 'ring8.scorer', file),
      );
      const read = () => Promise.all(files.map((file) => readFile(file)));
      await exported('ring8', 'triton', folder);
      const first = await read();
      await exported('ring8', 'triton', folder);
      expect(await read()).toEqual(first);
    });
  });
});

describe('its configurations, read by Triton’s protobuf', () => {
  let python: Python | undefined;
  let why: string | undefined;
  beforeAll(async () => {
    const found = await pythonWith('tritonclient[grpc]==2.60.0');
    if ('why' in found) why = found.why;
    else python = found;
  }, 300_000);
  afterAll(() => python?.remove());

  const read = async (folder: string) => JSON.parse(await python!.run(SCRIPT, folder));

  it('say inputs and outputs without the batch, how rows wait, first runs, and what one has to know', {
    timeout: 60_000,
  }, async ({ skip }) => {
    if (!python) return skip(why!);
    await withFolder(async (folder) => {
      await exported('mnist-conditional', 'triton', folder);
      const configs = await read(folder);
      expect(Object.keys(configs)).toHaveLength(7);
      expect(configs['mnist-conditional.score']).toMatchObject({
        ...{ name: 'mnist-conditional.score', backend: 'onnxruntime', max_batch_size: 64 },
        input: [
          { name: 'image', data_type: 'TYPE_FP32', dims: ['1', '28', '28'] },
          { name: 'label', data_type: 'TYPE_FP32', dims: ['10'] },
        ],
        output: [{ name: 'logit', data_type: 'TYPE_FP32', dims: ['1'], reshape: {} }],
        version_policy: { all: {} },
        dynamic_batching: { default_queue_policy: { max_queue_size: 4096, default_timeout_microseconds: '30000000' } },
        model_warmup: [{ batch_size: 1 }, { batch_size: 64, inputs: { image: { zero_data: true }, label: {} } }],
      });
      expect(configs['mnist-conditional.classify'].output[0].label_filename).toBe('labels.txt');
      const labels = await readFile(join(folder, 'mnist-conditional.classify', 'labels.txt'), 'utf8');
      expect(labels).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
      const { prior, labels: names } = configs['mnist-conditional.generate'].parameters;
      expect(JSON.parse(prior.string_value)).toEqual({ kind: 'normal' });
      expect(JSON.parse(names.string_value)).toHaveLength(10);
    });
  });

  it('hold any text of a manifest as it is', async ({ skip }) => {
    if (!python) return skip(why!);
    const text = await readFile('docs/checkpoints.md', 'utf8');
    const manifest = parseManifest(/```json\n([\s\S]*?)```/.exec(text)![1]!, 'docs/checkpoints.md');
    const title = 'A "title" \\ of\ntwo lines\t– “größer” 数字 #1 \u{1f600} }';
    const graph: PlainGraph = {
      ...{ capability: 'generate', onnx: new Uint8Array(), difference: 0, outputs: {} },
      inputs: { 'an "input"': { dtype: 'float32', shape: [-1, 3] }, truncation: { dtype: 'float32', shape: [-1] } },
    };
    await withFolder(async (folder) => {
      const { mkdir, writeFile } = await import('node:fs/promises');
      await mkdir(join(folder, 'odd'));
      await writeFile(join(folder, 'odd', 'config.pbtxt'), tritonConfig(graph, { ...manifest, title }));
      const { odd } = await read(folder);
      expect(odd.input).toEqual([
        { name: 'an "input"', data_type: 'TYPE_FP32', dims: ['3'] },
        { name: 'truncation', data_type: 'TYPE_FP32', dims: ['1'], reshape: {} },
      ]);
      expect(odd.model_warmup[1].inputs.truncation).toMatchObject({ dims: ['1'] });
      expect(odd.parameters.title.string_value).toBe(title.replace('\t', ' '));
    });
  });
});
