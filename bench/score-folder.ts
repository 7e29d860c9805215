// `ganymede score` of 10,000 files against the loop that somebody would write in Python with ONNX Runtime and Pillow,
// bench/peers/score_folder.py: MNIST as PNG, and CIFAR-10 as JPEG with a class each. They take turns. PYTHON names an
// interpreter that has numpy, pillow and onnxruntime; its threads sleep while it is our turn.

import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ScoreOptions } from 'ganymede/client/score.js';
import { type Row, row, spreadRow } from './report.js';
import { served } from './served.js';
import { shippedFolder } from './shipped.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const DATA = process.env['GANYMEDE_DATA'] ?? here('../../../shared/data');
const PEER = here('../../bench/peers/score_folder.py');
const PYTHON = process.env['PYTHON'] ?? 'python3';
const PASSIVE = { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' };

const PICTURES = 10_000;
const ROUNDS = 7;

/** The least share of the Python loop's rate that we want. */
const WANTED = 0.7;

interface Case {
  readonly what: string;
  readonly folder: string;
  readonly model: string;
  readonly classByFolder: boolean;
}

const CASES: readonly Case[] = [
  { what: '28×28 PNG', folder: 'png', model: 'mnist', classByFolder: false },
  { what: '32×32 JPEG', folder: 'jpg', model: 'cifar10', classByFolder: true },
];

export async function scoreFolderRows(): Promise<Row[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'score-folder-'));
  const server = await served();
  try {
    await promisify(execFile)(PYTHON, [PEER, 'write', DATA, scratch, String(PICTURES)]);
    const rows: Row[] = [];
    for (const one of CASES) rows.push(...(await compared(one, scratch, `http://127.0.0.1:${server.port}`)));
    return rows;
  } finally {
    await server.stop();
    await rm(scratch, { recursive: true });
  }
}

async function compared({ what, folder, model, classByFolder }: Case, scratch: string, server: string): Promise<Row[]> {
  const pictures = join(scratch, folder);
  const checkpoint = shippedFolder(model);
  const out = join(scratch, 'scores.csv');
  const options: ScoreOptions = { pictures: [pictures], model, classByFolder, format: 'csv', to: out };
  const python = await PythonLoop.start(pictures, checkpoint);
  const times: Record<'python' | 'embedded' | 'http' | 'pythonAll' | 'embeddedAll', number[]> = {
    python: [],
    embedded: [],
    http: [],
    pythonAll: [],
    embeddedAll: [],
  };
  for (let round = 0; round < ROUNDS; round++) {
    times.python.push(await python.msPerPicture(out));
    const embedded = await scored(options);
    times.embedded.push(embedded.loop);
    times.embeddedAll.push(embedded.all);
    times.http.push((await scored({ ...options, server })).loop);
    times.pythonAll.push(await wall(() => promisify(execFile)(PYTHON, [PEER, 'loop', pictures, checkpoint, '--once'])));
  }
  python.stop();
  const ratios = (theirs: readonly number[], ours: readonly number[]) => theirs.map((ms, i) => ms / ours[i]!);
  const perSecond = (list: readonly number[]) => list.map((ms) => 1000 / ms);
  return [
    spreadRow(`${what}, Python loop`, perSecond(times.python), 'pictures/s'),
    spreadRow(`${what}, score in this process`, perSecond(times.embedded), 'pictures/s'),
    spreadRow(`${what}, score in this process against the loop`, ratios(times.python, times.embedded), '×', WANTED),
    spreadRow(`${what}, score by HTTP against the loop`, ratios(times.python, times.http), '×', WANTED),
    spreadRow(`${what}, whole programs with their start`, ratios(times.pythonAll, times.embeddedAll), '×'),
    row(
      `${what}, start of ganymede score`,
      median(times.embeddedAll.map((ms, i) => (ms - times.embedded[i]!) * PICTURES)),
      'ms',
    ),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Milliseconds a picture, of the scoring alone and of the whole process. */
async function scored(options: ScoreOptions): Promise<{ loop: number; all: number }> {
  let loop = Number.NaN;
  const all = await wall(async () => {
    const child = fork(here('./score-process.js'), [JSON.stringify(options)], { stdio: 'inherit', env: PASSIVE });
    child.once('message', ({ ms, pictures }: { ms: number; pictures: number }) => {
      loop = ms / pictures;
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`Expected ganymede score to end with 0 but received ${code}.`);
  });
  return { loop, all };
}

/** Milliseconds a picture. */
async function wall(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / PICTURES;
}

class PythonLoop {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static async start(pictures: string, checkpoint: string): Promise<PythonLoop> {
    const child = spawn(PYTHON, [PEER, 'loop', pictures, checkpoint], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: PASSIVE,
    });
    const loop = new PythonLoop(child);
    console.log(`Python with ${await loop.#line()}`);
    return loop;
  }

  async msPerPicture(out: string): Promise<number> {
    this.#child.stdin!.write(`${out}\n`);
    return Number(await this.#line());
  }

  stop(): void {
    this.#child.stdin!.end();
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`Expected ${PEER} to run: does ${PYTHON} have numpy, pillow and onnxruntime?`);
    return value;
  }
}
