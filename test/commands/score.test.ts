// `ganymede score` of a model with a fitted scorer, in a process of its own, alone and against a server: the hand-made
// graphs of tiny-graphs.ts say what every column has to hold.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, type Served, startServer } from '../examples/serving.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { HEIGHT, tinyLogit, tinyScores, WIDTH } from '../server/tiny-graphs.js';

let folder: string;
let server: Served;
/** Pixels of each picture, by its file. */
const pictures = new Map<string, Float32Array>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-score-'));
  for (const model of ['judged-letters', 'tiny']) await writeTinyGan(join(folder, 'models'), { model });
  for (const [name, level] of [
    ['alpha/1.png', 51],
    ['gamma/2.png', 204],
  ] as const) {
    const levels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, p) => (p % 3 ? level : 255));
    const file = join(folder, 'pictures', name);
    await mkdir(join(file, '..'), { recursive: true });
    await sharp(levels, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
      .png()
      .toFile(file);
    pictures.set(
      file,
      Float32Array.from(levels, (value) => value / 255),
    );
  }
  server = await startServer({ CHECKPOINTS: join(folder, 'models') });
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function score(...args: readonly string[]): Promise<{ status: number | null; out: string; errors: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), 'score', ...args], {
    env: { ...process.env, THREADS: '1', CHECKPOINTS: join(folder, 'models') },
  });
  const [out, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, out, errors };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** What a row has to hold; without a class where `asked` is null. */
function rowOf(file: string, asked: number | null): Record<string, unknown> {
  const { logit, given, classes, familiarity } = tinyScores(pictures.get(file)!);
  const ratio = asked === null ? logit![0]! : given![asked]!;
  return {
    file,
    logit: expect.closeTo(ratio, 4),
    probability: expect.closeTo(sigmoid(ratio), 5),
    log_density_ratio: expect.closeTo(ratio, 4),
    calibrated_probability: null,
    calibrated_log_density_ratio: null,
    familiarity: expect.closeTo(sigmoid(familiarity![0]!), 5),
    label: asked === null ? null : ['alpha', 'beta', 'gamma'][asked],
    label_probability: asked === null ? null : expect.closeTo(Math.exp(classes![asked]!), 5),
    label_matches: asked === null ? null : classes![asked] === Math.max(...classes!),
    error: null,
  };
}

describe.each([
  ['in this process', () => []],
  ['of a server', () => ['--server', server.url]],
] as const)('score by a fitted scorer, %s,', (_, way) => {
  const rows = ({ out }: { readonly out: string }) =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('needs no class', async () => {
    const done = await score(join(folder, 'pictures'), '--model', 'judged-letters', '--jsonl', ...way());
    expect(done.status).toBe(0);
    expect(rows(done)).toEqual([...pictures.keys()].map((file) => rowOf(file, null)));
  });

  it('says of the class of each folder whether the picture is of it, beside one that cannot be read', async () => {
    const broken = join(folder, 'pictures/alpha/1 broken.png');
    await writeFile(broken, 'nothing');
    const args = ['--model', 'judged-letters', '--class-by-folder', '--jsonl', ...way()];
    const done = await score(join(folder, 'pictures'), ...args);
    await rm(broken);
    const [one, two] = [...pictures.keys()] as [string, string];
    expect(done.status).toBe(1);
    const [unread, ...read] = rows(done);
    expect(unread).toMatchObject({ file: broken, familiarity: null, label_matches: null });
    expect(unread.error).toMatch(/^INVALID_IMAGE/);
    expect(read).toEqual([rowOf(one, 0), rowOf(two, 2)]);
  });

  it('writes the same as CSV', async () => {
    const [file] = pictures.keys();
    const { out } = await score(file!, '--model', 'judged-letters', '--class', 'beta', ...way());
    const [head, row] = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    const wanted = rowOf(file!, 1);
    expect(head).toEqual(Object.keys(wanted));
    expect(row![head!.indexOf('label')]).toBe('beta');
    expect(row![head!.indexOf('label_matches')]).toBe(String(wanted['label_matches']));
    expect(Number(row![head!.indexOf('familiarity')])).toEqual(wanted['familiarity']);
  });

  it('leaves the new columns empty for a model that has only what its game left', async () => {
    const [file] = pictures.keys();
    const done = await score(file!, '--model', 'tiny', '--jsonl', ...way());
    const { logit } = rows(done)[0];
    expect(logit).toBeCloseTo(tinyLogit(pictures.get(file!)!), 4);
    expect(rows(done)[0]).toMatchObject({
      familiarity: null,
      label: null,
      label_probability: null,
      label_matches: null,
    });
  });
});
