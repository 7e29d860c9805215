// A stranger with nothing but the tarball installs, serves and trains, whether npm runs scripts of packages or not.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedVersion } from '../shipped.js';
import { emptyFolder, Installed, pack, ROOT, removeFolder, whyNoRegistry } from './helpers.js';

const noRegistry = await whyNoRegistry();
const home = await emptyFolder();
const { filename, files } = await pack(home);
const paths = files.map(({ path }) => path);
afterAll(() => removeFolder(home));

describe('the tarball', () => {
  it('holds the program, the command, the models and the pages', () => {
    const wanted = ['bin/ganymede.js', 'bin/before-install.js', 'dist/cli.js', 'dist/main.js', 'dist/engine/worker.js'];
    const read = [
      'dist/web/graphiql.html',
      'recipes/ring8.json',
      `checkpoints/mnist/${shippedVersion('mnist')}/generate.onnx`,
      'LICENSE',
    ];
    expect([...wanted, ...read].filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('holds nothing of a build of before, of tests, of benchmarks or for debuggers', () => {
    const built = paths.map((path) => /^dist\/(?!web\/)(.+?)\.(?:js|d\.ts)$/.exec(path)?.[1]).filter((path) => path);
    expect(built.length).toBeGreaterThan(100);
    expect(built.filter((path) => !existsSync(join(ROOT, `src/${path}.ts`)))).toEqual([]);
    expect(paths.filter((path) => /^(?:test|bench|src|web|dist\/bench)\/|\.map$/.test(path))).toEqual([]);
  });
});

const ways = [
  { scripts: 'run', options: [] },
  { scripts: 'do not run', options: ['--ignore-scripts'] },
];

describe.skipIf(noRegistry).each(ways)(`installed where scripts of packages $scripts${because()}`, ({ options }) => {
  let folder: string;
  let installed: Installed;

  beforeAll(async () => {
    folder = await emptyFolder();
    installed = await Installed.into(folder, join(home, filename), ...options);
  });
  afterAll(() => removeFolder(folder));

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(await installed.ganymede('--version')).toBe(`${version}\n`);
  });

  it('serves a picture, and ends when it is told to', async () => {
    const server = await installed.serve();
    try {
      const query = '{ sample(model: "mnist", seed: 42) { image(size: 56) { url } } }';
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
      const { data } = (await answer.json()) as { data: { sample: { image: { url: string } }[] } };
      const png = await (await fetch(data.sample[0]!.image.url)).arrayBuffer();
      expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 56, height: 56 });
      expect((await sharp(png).stats()).entropy).toBeGreaterThan(0.5); // not one grey
    } finally {
      await server.stop();
    }
  });

  it('trains, and serves what it trained', async () => {
    await installed.ganymede(
      ...['train', '--data', 'builtin:ring8', '--config', 'ring8', '--steps', '100'],
      ...['--out', 'models/ring8', '--threads', '1'],
    );
    const server = await installed.serve('--checkpoints', 'models');
    try {
      const asked = await fetch(`${server.url}/graphql?query={models{name,version}}`, {
        headers: { 'apollo-require-preflight': 'true' },
      });
      expect(await asked.json()).toEqual({ data: { models: [{ name: 'ring8', version: 1 }] } });
    } finally {
      await server.stop();
    }
  });

  it('has brought neither CUDA nor what only developers need', async () => {
    const names = await installed.packages();
    const unwanted = [
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-node',
      '@tensorflow/tfjs-node-gpu',
      'vite',
      'vitest',
      'react',
    ];
    expect(names.filter((name) => unwanted.includes(name))).toEqual([]);
    const others = (await installed.bytes('node_modules')) - (await installed.bytes('node_modules/onnxruntime-node'));
    // 296 now: 29 of them SQLite for Node 20, with its binaries for six systems, 25 what reads graph models of
    // TensorFlow.js (most of that are its bundles for pages), 26 the scorers of shipped models and the overview of the
    // one that completes.
    expect(others).toBeLessThan(305e6);
    expect(await installed.bytes('node_modules/onnxruntime-node')).toBeLessThan(350e6); // CUDA's would add 300 MB
  });
});

function because(): string {
  return noRegistry ? ` (skipped: ${noRegistry})` : '';
}
