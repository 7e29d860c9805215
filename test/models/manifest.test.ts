import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GanymedeError } from '../../src/errors.js';
import { fileDigest } from '../../src/models/files.js';
import { type Manifest, parseManifest, readManifest, writeManifest } from '../../src/models/manifest.js';
import { manifestOf, temporaryFolder } from './checkpoints.js';

const good = (): Manifest => manifestOf('mnist', 3, { 'generate.onnx': 'g', 'score.onnx': 's' });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function refusal(value: unknown): GanymedeError {
  try {
    parseManifest(JSON.stringify(value), 'checkpoint/manifest.json');
  } catch (error) {
    return error as GanymedeError;
  }
  throw new Error('Expected a refusal but received none.');
}

describe('manifest', () => {
  it('comes back as it was written, and leaves no other file behind', async () => {
    const manifest: Manifest = {
      ...good(),
      labels: ['zero', 'one'],
      training: {
        recipe: { k: 1 },
        seed: 1,
        step: 10,
        kimg: 0.5,
        dataset: { name: 'mnist' },
        figures: { nested: [1, null] },
      },
      evaluations: [
        { protocol: 'parzen', seed: 1, dataset: {}, figures: { mean: 225 }, date: '2026-01-02T03:04:05+02:00' },
      ],
    };
    await writeManifest(folder.path, manifest);
    await writeManifest(folder.path, manifest); // over an older one
    expect(await readManifest(folder.path)).toEqual(manifest);
    expect(await readdir(folder.path)).toEqual(['manifest.json']);
    const text = await readFile(join(folder.path, 'manifest.json'), 'utf8');
    expect(text.startsWith('{\n  "format": 1,\n  "model": "mnist",\n')).toBe(true); // for people to read
  });

  it('takes styles, map and synthesize together with generate, or none of them', () => {
    const files = { 'generate.onnx': 'g', 'map.onnx': 'm', 'synthesize.onnx': 's' };
    const [map, synthesize] = [{ file: 'map.onnx' }, { file: 'synthesize.onnx' }];
    const styles = { layers: 5, size: 64 };
    const bare = manifestOf('styled', 1, files);
    const { generate } = bare.graphs;
    const whole = { ...bare, styles, graphs: { generate, map, synthesize } };
    expect(parseManifest(JSON.stringify(whole), 'manifest.json').styles).toEqual(styles);
    const paths = (manifest: object) =>
      (refusal(manifest).details!['violations'] as { path: string }[]).map(({ path }) => path);
    expect(paths({ ...whole, styles: undefined })).toEqual(['styles']);
    expect(paths({ ...whole, graphs: { generate, map } })).toEqual(['graphs.synthesize']);
    expect(paths({ ...whole, graphs: { map, synthesize } })).toEqual(['graphs.generate']);
    expect(paths({ ...whole, graphs: { generate } })).toEqual(['graphs.map', 'graphs.synthesize']);
    expect(paths({ ...whole, styles: { layers: 1, size: 64 } })).toEqual(['styles.layers']);
  });

  it('refuses to write what it would refuse to read, and keeps the old text', async () => {
    await writeManifest(folder.path, good());
    const broken = {
      ...good(),
      evaluations: [
        { protocol: 'p', seed: 1, dataset: {}, figures: { mean: Number.NaN }, date: '2026-01-02T03:04:05Z' },
      ],
    };
    await expect(writeManifest(folder.path, broken)).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining('Expected evaluations.0.figures.mean to be a JSON value but received NaN.'),
    });
    expect(await readManifest(folder.path)).toEqual(good());
  });

  it('leaves no temporary file when it cannot be put in place', async () => {
    await mkdir(join(folder.path, 'manifest.json', 'in-the-way'), { recursive: true });
    await expect(writeManifest(folder.path, good())).rejects.toThrow(/rename/);
    expect(await readdir(folder.path)).toEqual(['manifest.json']);
  });

  it('needs no evaluations', () => {
    const { evaluations: _, ...rest } = good();
    expect(parseManifest(JSON.stringify(rest), 'm').evaluations).toEqual([]);
  });

  it.each<[string, (m: Record<string, unknown> & Manifest) => void, string]>([
    [
      'an unknown format',
      (m) => Object.assign(m, { format: 2 }),
      'Expected format to be 1 but received 2. It may need a newer release.',
    ],
    [
      'a missing field',
      (m) => Reflect.deleteProperty(m, 'title'),
      'Expected title to be a string but received nothing.',
    ],
    [
      'an unknown key',
      (m) => Object.assign(m, { titel: 'x' }),
      'Expected the manifest to be without unknown keys but received "titel".',
    ],
    [
      'an unknown key deep inside',
      (m) => Object.assign(m.image!, { depth: 8 }),
      'Expected image to be without unknown keys but received "depth".',
    ],
    [
      'a name with a path',
      (m) => Object.assign(m, { model: '../mnist' }),
      'Expected model to be a name of lower-case letters',
    ],
    ['version 0', (m) => Object.assign(m, { version: 0 }), 'Expected version to be at least 1 but received 0.'],
    [
      'a fractional version',
      (m) => Object.assign(m, { version: 1.5 }),
      'Expected version to be an integer but received 1.5.',
    ],
    [
      'a time without a zone',
      (m) => Object.assign(m, { created: '2026-01-02' }),
      'Expected created to be an ISO 8601 time with its zone',
    ],
    [
      'an unknown prior',
      (m) => Object.assign(m.latent, { prior: { kind: 'cauchy' } }),
      'Expected latent.prior.kind to be "uniform" or "normal" but received "cauchy".',
    ],
    [
      'an empty interval',
      (m) => Object.assign(m.latent, { prior: { kind: 'uniform', low: 1, high: 1 } }),
      'Expected latent.prior.high to be low < high but received 1.',
    ],
    [
      'two channels',
      (m) => Object.assign(m.image!, { channels: 2 }),
      'Expected image.channels to be 1 or 3 or 4 but received 2.',
    ],
    [
      'a range upside down',
      (m) => Object.assign(m.image!, { range: [1, 0] }),
      'Expected image.range to be [low, high], low < high but received [1,0].',
    ],
    ['equal labels', (m) => Object.assign(m, { labels: ['a', 'a'] }), 'Expected labels to be different names'],
    ['no graph', (m) => Object.assign(m, { graphs: {} }), 'Expected graphs to be at least one graph'],
    [
      'an unknown capability',
      (m) => Object.assign(m.graphs, { dream: { file: 'score.onnx' } }),
      'Expected graphs to be without unknown keys but received "dream".',
    ],
    [
      'an unknown density ratio',
      (m) => Object.assign(m.graphs.score!, { densityRatio: 'log' }),
      'Expected graphs.score.densityRatio to be "logit" or "kl"',
    ],
    [
      'a graph whose file is not listed',
      (m) => Object.assign(m.graphs.generate!, { file: 'other.onnx' }),
      'Expected graphs.generate.file to be a name listed under "files" but received "other.onnx".',
    ],
    [
      'a graph file outside the folder',
      (m) => Object.assign(m.graphs.generate!, { file: '../../secret.onnx' }),
      'Expected graphs.generate.file to be a plain file name',
    ],
    [
      'a listed file outside the folder',
      (m) => Object.assign(m.files, { '../x': { bytes: 1, sha256: '0'.repeat(64) } }),
      'Expected files to be keyed by a plain file name inside the checkpoint, without folders but received "../x".',
    ],
    [
      'an absolute path',
      (m) => Object.assign(m.files, { '/etc/passwd': { bytes: 1, sha256: '0'.repeat(64) } }),
      'received "/etc/passwd".',
    ],
    [
      'a short digest',
      (m) => Object.assign(m.files['score.onnx']!, { sha256: 'abc' }),
      'Expected files.score.onnx.sha256 to be 64 lower-case hexadecimal digits',
    ],
    [
      'a classifier without labels',
      (m) => Object.assign(m.graphs, { classify: { file: 'score.onnx' } }),
      'Expected labels to be the names of the classes',
    ],
  ])('refuses %s, naming the field, what was expected and what came', (_, edit, says) => {
    const manifest = good() as Record<string, unknown> & Manifest;
    edit(manifest);
    const error = refusal(manifest);
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.message).toContain('checkpoint/manifest.json: ');
    expect(error.message).toContain(says);
    expect(error.details['file']).toBe('checkpoint/manifest.json');
  });

  it('refuses text that is not JSON, a list, and a file of many megabytes', async () => {
    expect(refusal([]).message).toContain('Expected the manifest to be an object but received [].');
    const file = join(folder.path, 'manifest.json');
    await writeFile(file, '{"format": 1,');
    await expect(readManifest(folder.path)).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining(`Expected ${file} to hold JSON`),
    });
    await writeFile(file, ' '.repeat(5 * 1024 * 1024));
    await expect(readManifest(folder.path)).rejects.toThrow(
      'to have at most 4194304 bytes but received 5242880 bytes.',
    );
  });

  it('names every violation, and lists them in its details', () => {
    const error = refusal({ ...good(), title: 1, version: 0 });
    expect(error.message).toBe(
      'checkpoint/manifest.json: Expected version to be at least 1 but received 0. ' +
        'Expected title to be a string but received 1.',
    );
    expect(error.details['violations']).toEqual([
      { path: 'version', expected: 'at least 1' },
      { path: 'title', expected: 'a string' },
    ]);
  });
});

it('a message of thousands of violations stays short, and says how many there are', () => {
  const { message } = refusal({ ...good(), labels: Array.from({ length: 3000 }, () => 1) });
  expect(message).toMatch(/ And 2980 more\.$/);
});

describe('fileDigest', () => {
  it('is the size and SHA-256 of a file, here longer than one read', async () => {
    const text = 'ganymede'.repeat(50_000);
    const path = join(folder.path, 'x');
    await writeFile(path, text);
    expect(await fileDigest(path)).toEqual({ bytes: 400_000, sha256: createHash('sha256').update(text).digest('hex') });
  });
});
