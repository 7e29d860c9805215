// docs/export-a-model.md as it is typed: its commands write what it says, and its table counts every shipped graph.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import { openVersion } from '../../src/models/activate.js';
import { runExample } from '../examples/serving.js';
import { SHIPPED } from '../export/exported.js';

const text = await readFile('docs/export-a-model.md', 'utf8');
const commands = [...text.matchAll(/^npx ganymede (export .*)$/gm)].map(([, command]) => command!.split(' '));
const folder = await mkdtemp(join(tmpdir(), 'ganymede-export-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(commands)('npx ganymede %s %s %s %s %s %s', async (...words: string[]) => {
  const out = words.at(-1)!;
  const told = await runExample(process.execPath, 'dist/cli.js', ...words.slice(0, -1), join(folder, out));
  expect(told).toMatchObject({ status: 0 });
  expect(told.output).toMatch(/generate .* MB, gives what is served to the bit/);
  expect((await readdir(join(folder, out))).join()).toMatch(/generate/);
});

test('refuses a model and a version that are not there', async () => {
  const refusal = (model: string) =>
    runExample(process.execPath, 'dist/cli.js', 'export', model, '--for', 'onnx', '--out', join(folder, 'none'));
  expect(await refusal('nobody')).toMatchObject({ status: 1, output: expect.stringMatching(/^MODEL_NOT_FOUND: /) });
  expect(await refusal('mnist@999')).toMatchObject({
    status: 1,
    output: expect.stringMatching(/^VERSION_NOT_FOUND: /),
  });
  expect((await refusal('mnist@0')).output).toContain('as in mnist@2');
});

test('leaves a folder that holds something as it is', async () => {
  const told = await runExample(process.execPath, 'dist/cli.js', 'export', 'ring8', '--for', 'onnx', '--out', 'docs');
  expect(told).toMatchObject({ status: 1, output: expect.stringContaining('FILE_UNUSABLE: ') });
  expect(await readFile('docs/export-a-model.md', 'utf8')).toBe(text);
});

test('its table counts every graph of the shipped models', async () => {
  const manifests = await Promise.all(SHIPPED.map((model) => openVersion([SHIPPED_CHECKPOINTS], model)));
  const count = manifests.reduce((sum, { manifest }) => sum + Object.keys(manifest.graphs).length, 0);
  const rows = [...text.matchAll(/\| (\d+) of (\d+) \|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [, agree, of] of rows) expect([Number(agree), Number(of)]).toEqual([count, count]);
});
