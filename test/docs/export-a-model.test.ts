// docs/export-a-model.md as it is typed: its commands write what it says.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runExample } from '../examples/serving.js';
import { shippedVersion } from '../shipped.js';

const text = await readFile('docs/export-a-model.md', 'utf8');
const commands = [...text.matchAll(/^npx ganymede (export .*)$/gm)].map(([, command]) => {
  const shipped = command!.replace(/(\S+)@\d+/, (_, model) => `${model}@${shippedVersion(model)}`);
  return shipped.split(' ');
});
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
