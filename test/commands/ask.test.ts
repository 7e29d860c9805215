// The commands that ask a model, as a script runs them: in a process of their own, with models of their own and of a
// server, which must come to the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedList } from '../../src/commands/ask.js';
import { Session } from '../../src/engine/session.js';
import { float32 } from '../../src/engine/tensor.js';
import { readManifest } from '../../src/models/manifest.js';
import { scorerOf } from '../../src/models/scoring.js';
import { ROOT, type Served, startServer } from '../examples/serving.js';
import { zipOf } from '../fixtures/datasets/archives.js';
import { shippedFolder } from '../shipped.js';

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

async function ganymede(args: readonly string[], stdin = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    env: { ...process.env, THREADS: '1' },
  });
  child.stdin.end(stdin);
  const [out, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, out, errors };
}

let server: Served;
let folder: string;
let digits: readonly string[];

/** Good pictures of three kinds, a zip, and what a folder holds besides. */
beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'ask-'));
  const made = await ganymede(['sample', '--model', 'mnist', '--seeds', '0-3,7', '--outdir', folder]);
  expect(made).toMatchObject({ status: 0, out: '' });
  digits = ['seed0000.png', 'seed0001.png', 'seed0002.png', 'seed0003.png', 'seed0007.png'];
  expect(await readdir(folder)).toEqual(digits);
  const seed0 = await readFile(join(folder, 'seed0000.png'));
  await mkdir(join(folder, 'mixed'));
  const mixed: Readonly<Record<string, Uint8Array>> = {
    'a.png': seed0,
    'b.jpg': await sharp(seed0).jpeg({ quality: 95 }).toBuffer(),
    'c broken.png': seed0.subarray(0, 400),
    'd, text.png': Buffer.from('hello'),
    'large.png': await sharp(seed0).resize(100, 100).png().toBuffer(),
    'notes.txt': Buffer.from('no picture'),
    'z.webp': await sharp(seed0).webp({ lossless: true }).toBuffer(),
  };
  for (const [name, bytes] of Object.entries(mixed)) await writeFile(join(folder, 'mixed', name), bytes);
  await writeFile(join(folder, 'digits.zip'), zipOf([{ name: 'in/seed0.png', data: seed0 }]));
}, 60_000);

afterAll(() => server.stop());

/** logit of each picture by the graph that answers, without a class; pixels by sharp. */
async function logitsOf(files: readonly string[]): Promise<number[]> {
  const shipped = shippedFolder('mnist');
  const scorer = scorerOf(await readManifest(shipped))!;
  const graph = await Session.load(await readFile(join(shipped, `${scorer.graph}.onnx`)));
  const logits: number[] = [];
  for (const file of files) {
    const { data } = await sharp(file).resize(28, 28).greyscale().raw().toBuffer({ resolveWithObject: true });
    const image = float32(
      [1, 1, 28, 28],
      Float32Array.from(data, (level) => level / 255),
    );
    const { logit } = await graph.run({ image });
    logits.push((logit!.data as Float32Array)[0]!);
  }
  await graph.release();
  return logits;
}

const COLUMNS = [
  ...['file', 'logit', 'probability', 'log_density_ratio', 'calibrated_probability', 'calibrated_log_density_ratio'],
  ...['familiarity', 'label', 'label_probability', 'label_matches', 'error'],
];
const LABEL = COLUMNS.indexOf('label');
const ERROR = COLUMNS.indexOf('error');

/** Without quotes within quotes, which these tables do not have. */
function cells(line: string): string[] {
  return Array.from(line.matchAll(/("([^"]*)"|[^,]*)(?:,|$)/g), ([, plain, quoted]) => quoted ?? plain!).slice(
    0,
    COLUMNS.length,
  );
}

/** Both ways to ask. */
const WAYS = [
  ['in this process', () => []],
  ['of a server', () => ['--server', server.url]],
] as const;

describe.each(WAYS)('score %s', (_, way) => {
  it('says of each picture what the graph says, in order', async () => {
    const files = digits.map((name) => join(folder, name));
    const { status, out } = await ganymede(['score', ...files, '--model', 'mnist', ...way()]);
    expect(status).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toBe(COLUMNS.join(','));
    expect(rows.map((row) => cells(row)[0])).toEqual(files);
    for (const [i, logit] of (await logitsOf(files)).entries()) {
      const [, got, probability, ratio] = cells(rows[i]!).map(Number);
      expect(got).toBeCloseTo(logit, 4);
      expect(probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
      expect(ratio).toBe(got);
    }
  });

  it('gives a bad file a row of its own, scores the others, names it and ends with 1', async () => {
    const args = ['score', join(folder, 'mixed'), join(folder, 'digits.zip'), join(folder, 'missing.png')];
    const { status, out, errors } = await ganymede([...args, '--model', 'mnist', '--jsonl', ...way()]);
    expect(status).toBe(1);
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string | number | null>);
    const codes = rows.map(({ file, error }) => [String(file).slice(folder.length + 1), String(error).split(':')[0]]);
    expect(codes).toEqual([
      ['mixed/a.png', 'null'],
      ['mixed/b.jpg', 'null'],
      ['mixed/c broken.png', 'INVALID_IMAGE'],
      ['mixed/d, text.png', 'INVALID_IMAGE'],
      ['mixed/large.png', 'null'],
      ['mixed/z.webp', 'null'],
      ['digits.zip/in/seed0.png', 'null'],
      ['missing.png', 'INVALID_IMAGE'],
    ]);
    const [logit] = await logitsOf([join(folder, 'seed0000.png')]);
    for (const i of [0, 5, 6]) expect(rows[i]!['logit']).toBeCloseTo(logit!, 4); // the same pixels
    const [jpeg] = await logitsOf([join(folder, 'mixed', 'b.jpg')]);
    expect(rows[1]!['logit']).toBeCloseTo(jpeg!, 4);
    for (const name of ['c broken.png', 'd, text.png', 'missing.png'])
      expect(errors).toContain(`${name}: INVALID_IMAGE`);
    expect(errors).toContain('5 of 8 done, 3 failed.');
  });

  it('takes names from stdin and writes a file', async () => {
    const csv = join(folder, `out-${way().length}.csv`);
    const stdin = digits.map((name) => `${join(folder, name)}\n`).join('');
    const { status, out } = await ganymede(['score', '-', '--model', 'mnist', '--csv', csv, ...way()], stdin);
    expect({ status, out }).toEqual({ status: 0, out: '' });
    expect((await readFile(csv, 'utf8')).trimEnd().split('\n')).toHaveLength(6);
  });

  it('takes the class from a folder, and fails those in a folder that names none', async () => {
    for (const name of ['3', 'other']) {
      await mkdir(join(folder, 'classes', name), { recursive: true });
      await writeFile(join(folder, 'classes', name, 'x.png'), await readFile(join(folder, digits[0]!)));
    }
    const args = ['score', join(folder, 'classes'), '--model', 'mnist-conditional', ...way()];
    const byFolder = await ganymede([...args, '--class-by-folder']);
    const rows = byFolder.out.trimEnd().split('\n').slice(1).map(cells);
    expect(byFolder.status).toBe(1);
    expect(rows.map((row) => row[LABEL])).toEqual(['3', '']);
    expect(rows[1]![ERROR]).toContain('Expected a folder named after a class');
    const named = await ganymede([...args, '--class', '3']);
    expect(named.status).toBe(0);
    expect(cells(named.out.split('\n')[1]!)[1]).toBe(rows[0]![1]);
  });

  it('refuses a wrong model before it reads anything', async () => {
    const { status, out, errors } = await ganymede(['score', folder, '--model', 'nosuch', ...way()]);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(errors).toMatch(/^MODEL_NOT_FOUND: .*mnist/);
  });
});

describe.each(WAYS)('sample %s', (_, way) => {
  it('writes what the same seed is everywhere', async () => {
    const outdir = join(folder, `sample-${way().length}`);
    await ganymede(['sample', '--model', 'mnist', '--seeds', '7,0', '--outdir', outdir, ...way()]);
    expect(await readdir(outdir)).toEqual(['seed0000.png', 'seed0007.png']);
    for (const name of await readdir(outdir)) {
      expect(await readFile(join(outdir, name))).toEqual(await readFile(join(folder, name)));
    }
  });

  it('writes the numbers as the network made them', async () => {
    const outdir = join(folder, `numbers-${way().length}`);
    const args = ['sample', '--model', 'mnist', '--seeds', '7', '--format', 'f32', '--outdir', outdir, ...way()];
    expect((await ganymede(args)).status).toBe(0);
    const values = new Float32Array(Uint8Array.from(await readFile(join(outdir, 'seed0007.f32'))).buffer);
    const levels = await sharp(join(folder, 'seed0007.png')).greyscale().raw().toBuffer();
    expect([...values].map((value) => Math.round(255 * value))).toEqual([...levels]);
  });

  it('draws a class, a size, a format, and a grid of seeds in a row', async () => {
    const outdir = join(folder, `grid-${way().length}`);
    const args = [
      'sample',
      '--model',
      'mnist-conditional',
      '--outdir',
      outdir,
      '--class',
      '4',
      '--size',
      '56',
      ...way(),
    ];
    expect((await ganymede([...args, '--seeds', '5', '--format', 'jpeg'])).status).toBe(0);
    expect((await ganymede([...args, '--seeds', '0-5', '--grid', '3x2'])).status).toBe(0);
    expect(await readdir(outdir)).toEqual(['seed0005.jpg', 'seeds0000-0005.png']);
    expect(await sharp(join(outdir, 'seed0005.jpg')).metadata()).toMatchObject({ format: 'jpeg', height: 56 });
    const wrong = await ganymede([...args, '--seeds', '0,2', '--grid', '2x1']);
    expect(wrong).toMatchObject({ status: 1, errors: expect.stringContaining('2 seeds in a row') });
  });
});

it.each(WAYS)('interpolate %s writes an animation by the name of its file', async (_, way) => {
  const out = join(folder, `path-${way().length}.gif`);
  const args = [
    'interpolate',
    '--model',
    'mnist',
    '--seeds',
    '1,2,3',
    '--steps',
    '8',
    '--loop',
    '--out',
    out,
    ...way(),
  ];
  expect((await ganymede(args)).status).toBe(0);
  expect(await sharp(out).metadata()).toMatchObject({ format: 'gif', pages: 8, loop: 0 });
  const wrong = await ganymede([...args, '--out', join(folder, 'path.mov')]);
  expect(wrong).toMatchObject({ status: 1, errors: expect.stringContaining('.webp, .gif') });
});

it.each(WAYS)('mix-styles %s writes a grid, with the samples of its rows and columns', async (_, way) => {
  const out = join(folder, `mixes-${way().length}.f32`);
  const args = ['mix-styles', '--model', 'mnist-styles', '--rows', '1,2', '--cols', '5-7', '--class', '3', ...way()];
  expect(await ganymede([...args, '--styles', '0-4', '--trunc', '0.7', '--out', out])).toMatchObject({ status: 0 });
  const bytes = await readFile(out);
  const image = (cell: number) => bytes.subarray(cell * 4 * 28 * 28, (cell + 1) * 4 * 28 * 28);
  expect(bytes.length).toBe(12 * 4 * 28 * 28);
  // All layers are the columns', so that below each stands what stands above it.
  for (const cell of [1, 2, 3]) {
    expect(image(cell + 4).equals(image(cell))).toBe(true);
    expect(image(cell + 8).equals(image(cell))).toBe(true);
  }
  expect(image(4).equals(image(8))).toBe(false);
  const refused = async (...more: string[]) => (await ganymede([...args, ...more])).errors;
  expect(await refused('--styles', '5', '--out', out)).toContain('layers to be integers in [0, 4]');
  expect(await refused('--out', join(folder, 'mixes.gif'))).toContain('--out to end in one of .png, .webp');
  expect(await refused('--out', out, '--model', 'mnist')).toContain('CAPABILITY_MISSING');
});

/** Rows of one input of a graph of mnist-conditional, by the graph itself. */
async function graphOf(name: string, files: readonly string[], label?: number): Promise<Float32Array[]> {
  const graph = await Session.load(await readFile(join(shippedFolder('mnist-conditional'), `${name}.onnx`)));
  const rows: Float32Array[] = [];
  for (const file of files) {
    const levels = await sharp(file).greyscale().raw().toBuffer();
    const image = float32(
      [1, 1, 28, 28],
      Float32Array.from(levels, (level) => low + (level / 255) * (high - low)),
    );
    const oneHot = Float32Array.from({ length: 10 }, (_, i) => (i === label ? 1 : 0));
    const output = await graph.run({ image, ...(label !== undefined && { label: float32([1, 10], oneHot) }) });
    rows.push(Object.values(output)[0]!.data as Float32Array);
  }
  await graph.release();
  return rows;
}

const { range } = JSON.parse(readFileSync(join(shippedFolder('mnist-conditional'), 'manifest.json'), 'utf8')).image;
const [low, high] = range as [number, number];

describe.each(WAYS)('of a model that holds more graphs, %s,', (_, way) => {
  it('classify says what its classifier says, the likeliest classes first', async () => {
    const files = digits.map((name) => join(folder, name));
    const bad = join(folder, 'mixed', 'c broken.png');
    const args = ['classify', ...files, bad, '--model', 'mnist-conditional', '--top', '2', ...way()];
    const { status, out } = await ganymede(args);
    expect(status).toBe(1);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toBe('file,label,probability,label_2,probability_2,error');
    for (const [i, logits] of (await graphOf('classify', files)).entries()) {
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
      const [, label, probability, second] = cells(rows[i]!);
      expect([label, second]).toEqual([String(order[0]), String(order[1])]);
      expect(Number(probability)).toBeCloseTo(Math.exp(logits[order[0]!]!) / sum, 4);
    }
    expect(rows.at(-1)).toContain('c broken.png,,,,,"INVALID_IMAGE');
  });

  it('encode gives the latents of its encoder, as rows of a .npy file and in JSON, and what becomes of them', async () => {
    const files = digits.map((name) => join(folder, name));
    const [npy, outdir] = [join(folder, `z-${way().length}.npy`), join(folder, `made-${way().length}`)];
    const places = [files[0]!, join(folder, 'missing.png'), files[1]!];
    const args = ['encode', ...places, '--model', 'mnist-conditional', '--class', '3', '--jsonl', ...way()];
    const { status, out } = await ganymede([...args, '--npy', npy, '--outdir', outdir]);
    expect(status).toBe(1);
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const bytes = await readFile(npy);
    expect(bytes.toString('latin1', 10, 100)).toContain("'descr': '<f4', 'fortran_order': False, 'shape': (3, 100)");
    const values = new Float32Array(Uint8Array.from(bytes.subarray(128)).buffer);
    expect(values).toHaveLength(300);
    expect(values.subarray(100, 200).every(Number.isNaN)).toBe(true);
    for (const [k, z] of (await graphOf('encode', files.slice(0, 2), 3)).entries()) {
      const row = 2 * k;
      expect(rows[row].z).toEqual([...values.subarray(100 * row, 100 * row + 100)]);
      for (const [i, value] of z.entries()) expect(rows[row].z[i]).toBeCloseTo(value, 4);
      const [was, made] = await Promise.all(
        [files[k]!, rows[row].reconstruction].map((path) => sharp(path).greyscale().raw().toBuffer()),
      );
      const error = [...was!].reduce((sum, level, i) => sum + ((level - made![i]!) / 255) ** 2, 0) / was!.length;
      expect(rows[row].squared_error).toBeCloseTo(error, 2);
    }
    expect(await readdir(outdir)).toEqual(['00000.png', '00002.png']);
  });

  it('inpaint leaves the known half as it was and writes a file for each seed', async () => {
    const outdir = join(folder, `whole-${way().length}`);
    const file = join(folder, digits[0]!);
    const args = ['inpaint', file, file, '--model', 'mnist-conditional', '--outdir', outdir, ...way()];
    expect((await ganymede([...args, '--mask', 'right', '--count', '2', '--seed', '5'])).status).toBe(0);
    const names = [
      'seed0000-2-seed0005.png',
      'seed0000-2-seed0006.png',
      'seed0000-seed0005.png',
      'seed0000-seed0006.png',
    ];
    expect(await readdir(outdir)).toEqual(names);
    const was = await sharp(file).greyscale().raw().toBuffer();
    for (const name of names) {
      const made = await sharp(join(outdir, name)).greyscale().raw().toBuffer();
      expect(made.filter((_, i) => i % 28 < 14)).toEqual(was.filter((_, i) => i % 28 < 14));
    }
    expect(await readFile(join(outdir, names[0]!))).toEqual(await readFile(join(outdir, names[2]!)));
    const rectangle = await ganymede([...args, '--mask', '0,0,28,14']);
    expect(rectangle.status).toBe(0);
    const wrong = await ganymede([...args, '--mask', 'middle']);
    expect(wrong).toMatchObject({ status: 1, errors: expect.stringContaining('--mask to be left') });
  });

  it('a model without the graph is refused once, not picture by picture', async () => {
    const { status, out, errors } = await ganymede(['classify', folder, '--model', 'mnist', ...way()]);
    expect(status).toBe(1);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(errors).toContain('CAPABILITY_MISSING: ');
  });
});

describe('a script', () => {
  it('may take less than all: a closed pipe is no fault', async () => {
    const command = `"${process.execPath}" dist/cli.js score ${`"${folder}" `.repeat(400)} --model mnist | head -n 2`;
    const child = spawn('bash', ['-c', `set -o pipefail; ${command}`], { cwd: ROOT });
    const [out, errors, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    expect(out.split('\n')).toHaveLength(3);
    expect(errors).not.toContain('EPIPE');
    expect(status).toBe(0);
  });

  it('may stop it by Ctrl-C: what was written is whole lines, and the status says so', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), 'score', '-', '--model', 'mnist'], { cwd: ROOT });
    const errors = text(child.stderr);
    let out = '';
    child.stdin.on('error', () => {}); // it ends while names are still coming
    const name = `${join(folder, digits[0]!)}\n`;
    child.stdin.write(name.repeat(500));
    child.stdout.on('data', (chunk) => {
      if (!out.includes('seed0000')) child.kill('SIGINT');
      out += chunk;
      child.stdin.write(name.repeat(500));
    });
    const [status] = (await once(child, 'close')) as [number | null];
    expect(status).toBe(130);
    expect(await errors).toContain('Stopped.');
    expect(out.endsWith('\n')).toBe(true);
  });
});

describe('options of which one would not be heeded', () => {
  it.each([
    [
      'folders of models, where a server is asked',
      ['--server', 'http://127.0.0.1:9', '--checkpoints', 'x'],
      '--checkpoints',
    ],
    ['a key, where none is', ['--key', 'abc'], '--key'],
  ])('are refused: %s', async (_, options, named) => {
    const asked = ['sample', '--model', 'mnist', '--seeds', '0', '--outdir', '/nowhere'];
    const { status, errors } = await ganymede([...asked, ...options]);
    expect(status).toBe(1);
    expect(errors).toContain(`option '${named}`);
  });
});

describe('--seeds', () => {
  it('takes numbers and ranges, as the tools of StyleGAN do', () => {
    expect(seedList('0,1,5-8')).toEqual([0, 1, 5, 6, 7, 8]);
    expect(seedList('3')).toEqual([3]);
  });

  it.each(['', '5-1', '1,,2', 'a', '-1', '1.5', '0-99999999'])('refuses %j', (list) => {
    expect(() => seedList(list)).toThrow('Expected');
  });
});
