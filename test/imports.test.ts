// Who may import whom. Imports point down the list of layers; a few packages come in through one door each.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Folder or file of src → what of ours it may import besides itself. `main` and `cli` may import everything. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  commands: [
    ...[
      'client',
      'jobs',
      'access',
      'export',
      'import',
      'training',
      'evaluation',
      'networks',
      'datasets',
      'models',
      'recipes',
    ],
    ...['engine', 'images', 'random', 'files', 'work', 'config', 'errors'],
  ],
  client: [
    ...['resolvers', 'datasets', 'models', 'engine', 'images', 'files'],
    ...['work', 'limits', 'config', 'version', 'errors'],
  ],
  server: [
    ...['resolvers', 'pictures', 'jobs', 'access', 'catalog', 'models', 'engine', 'images'],
    ...['limits', 'violations', 'config', 'measures', 'rounds', 'version', 'errors'],
  ],
  resolvers: [
    ...['pictures', 'jobs', 'access', 'catalog', 'datasets', 'models', 'recipes', 'images'],
    ...['work', 'pace', 'limits', 'base64', 'measures', 'rounds', 'errors'],
  ],
  pictures: ['models', 'images', 'limits', 'base64', 'rounds', 'errors'],
  jobs: [
    'catalog',
    'training',
    'evaluation',
    'datasets',
    'models',
    'recipes',
    'engine',
    'files',
    'work',
    'pace',
    'errors',
  ],
  catalog: ['datasets', 'images', 'files', 'errors'],
  export: ['import', 'models', 'engine', 'files', 'work', 'version', 'errors'],
  import: ['training', 'datasets', 'models', 'engine', 'images', 'files', 'work', 'version', 'errors'],
  training: [
    ...['evaluation', 'networks', 'datasets', 'models', 'recipes'],
    ...['engine', 'images', 'random', 'files', 'work', 'pace', 'base64', 'version', 'errors'],
  ],
  evaluation: ['datasets', 'models', 'engine', 'images', 'random', 'files', 'work', 'errors'],
  networks: ['recipes', 'engine', 'random', 'errors'],
  datasets: ['images', 'random', 'files', 'work', 'errors'],
  models: ['engine', 'images', 'random', 'files', 'violations', 'measures', 'errors'],
  recipes: ['violations', 'errors'],
  access: ['files', 'errors'],
  files: ['engine', 'errors'],
  engine: ['measures', 'errors'],
  images: ['measures', 'errors'],
  random: ['errors'],
  limits: ['models', 'images', 'errors'],
  config: ['access', 'errors'],
  violations: [],
  work: ['pace', 'errors'],
  pace: [],
  base64: [],
  measures: [],
  version: [],
  rounds: [],
  errors: [],
};

/** Package → the files that may import it. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  '@photostructure/sqlite': ['jobs/sqlite.ts'],
  bullmq: ['jobs/redis/queues.ts'],
  ioredis: ['jobs/redis/connection.ts'],
  'onnxruntime-node': ['engine/session.ts'],
  sharp: ['images/sharp.ts'],
  '@cornerstonejs/codec-libjpeg-turbo-8bit': ['images/plain-jpeg.ts'],
  'prom-client': ['server/metrics.ts'],
  jose: ['access/tokens.ts'],
  '@tensorflow/tfjs-core': ['engine/tf.ts'],
  '@tensorflow/tfjs-converter': ['import/tfjs.ts'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased by the compiler: it loads nothing. */
  readonly typeOnly: boolean;
  /** Loaded when the line is reached. */
  readonly lazy: boolean;
}

async function allImports(): Promise<Import[]> {
  const entries = await readdir(src, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  const lists = await Promise.all(
    files.map(async (file) => {
      const path = join(file.parentPath, file.name);
      const text = await readFile(path, 'utf8');
      return importsOf(text).map(({ to, ...how }) => ({
        from: relative(src, path),
        to: to.startsWith('.') ? relative(src, join(dirname(path), to)).replace(/\.js$/, '.ts') : to,
        ...how,
      }));
    }),
  );
  return lists.flat();
}

/** Static and dynamic imports and re-exports of a file's text. */
function importsOf(text: string): Pick<Import, 'to' | 'typeOnly' | 'lazy'>[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?['"]([^'"]+)['"];/gm);
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...Array.from(statements, ([, type, to]) => ({ to: to as string, typeOnly: type !== undefined, lazy: false })),
    ...Array.from(dynamic, ([, to]) => ({ to: to as string, typeOnly: false, lazy: true })),
  ];
}

function layerOf(file: string): string {
  return (file.split('/')[0] as string).replace(/\.ts$/, '');
}

/** Each circle of files once, as the path that closes it. */
function circlesAmong(edges: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (path.includes(file) || done.has(file)) return;
    for (const to of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return circles;
}

const imports = await allImports();
const ours = imports.filter(({ to }) => to.endsWith('.ts'));

describe('imports', () => {
  test('point down the layers', () => {
    const upward = ours
      .filter(({ from, to }) => {
        const [layer, target] = [layerOf(from), layerOf(to)];
        if (layer === 'main' || layer === 'cli' || layer === target) return false;
        return !LAYERS[layer]?.includes(target);
      })
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(upward).toEqual([]);
  });

  test('see every layer, so that a new folder must take its place among them', () => {
    const known = [...Object.keys(LAYERS), 'main', 'cli'];
    expect(imports.map(({ from }) => layerOf(from)).filter((layer) => !known.includes(layer))).toEqual([]);
    for (const layer of Object.keys(LAYERS).filter((name) => (LAYERS[name] ?? []).length > 1)) {
      expect(ours.some(({ from }) => layerOf(from) === layer)).toBe(true);
    }
  });

  test('run in no circle, types included', () => {
    expect(circlesAmong(ours)).toEqual([]);
  });

  test.each(Object.entries(DOORS))('%s comes in through one door', (name, doors) => {
    const users = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`)).map(({ from }) => from);
    expect([...new Set(users)].sort()).toEqual([...doors]);
  });

  test('recipes are checked without loading TensorFlow.js', () => {
    const outside = imports.filter(({ from, typeOnly }) => layerOf(from) === 'recipes' && !typeOnly);
    const packages = outside.map(({ to }) => to).filter((to) => !to.endsWith('.ts') && !to.startsWith('node:'));
    expect([...new Set(packages)]).toEqual(['zod']);
  });

  test('the engine of Redis is loaded where somebody wants it, and not before', () => {
    const entering = ours.filter(({ from, to }) => to.startsWith('jobs/redis/') && !from.startsWith('jobs/redis/'));
    expect([...new Set(entering.filter(({ lazy, typeOnly }) => !lazy && !typeOnly))]).toEqual([]);
    expect(entering.filter(({ lazy }) => lazy).map(({ from }) => from)).toContain('jobs/desk.ts');
  });

  test('the server starts without loading TensorFlow.js', () => {
    const loaded = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { from, to, typeOnly } of imports) {
        if (from !== file || typeOnly) continue;
        if (to.endsWith('.ts')) visit(to);
        else packages.add(to);
      }
    };
    visit('main.ts');
    expect(loaded).toContain('resolvers/sample.resolver.ts');
    expect(loaded).toContain('models/model.ts');
    expect([...packages].filter((name) => name.startsWith('@tensorflow/'))).toEqual([]);
  });
});
