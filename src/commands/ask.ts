// The commands that ask a model: `sample`, `interpolate` and `score`, of a server or in this process. Options are named
// as in StyleGAN's tools where those have them.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Asking, Tally } from '../client/asking.js';
import type { InterpolateOptions } from '../client/interpolate.js';
import type { SampleOptions } from '../client/sample.js';
import type { ScoreOptions } from '../client/score.js';
import type { Work } from '../work.js';
import { integer } from './integer.js';
import { type Output, presenter } from './present.js';
import { stoppable } from './run.js';

export function addAsking(program: Command): void {
  addSample(program);
  addInterpolate(program);
  addScore(program);
}

function addSample(program: Command): void {
  asking(program, 'sample', 'write the picture of each seed as a file')
    .addOption(seeds('seeds of the pictures, such as 0,1,5-10'))
    .requiredOption('--outdir <dir>', 'folder for the pictures, seed0000.png and so on')
    .addOption(truncation())
    .option('--class <label>', 'class of all pictures, for a conditional model (default: drawn from each seed)')
    .addOption(new Option('--format <name>', 'of the files').choices(['png', 'webp', 'jpeg', 'avif']).default('png'))
    .option('--size <pixels>', 'height of a picture; the width follows (default: as generated)', integer(1))
    .option('--grid <columns>x<rows>', 'one picture of all seeds, which follow each other', grid)
    .action((options: SampleOptions) => run(async () => (await import('../client/sample.js')).sample, options));
}

function addInterpolate(program: Command): void {
  asking(program, 'interpolate', 'write a path through the latents of seeds as an animation')
    .addOption(seeds('the seeds that it passes, such as 1,2,3'))
    .requiredOption('--out <file>', 'animation to write, such as morph.webp or morph.gif')
    .addOption(truncation())
    .option('--class <label>', 'class of the whole path, for a conditional model (default: drawn from the first seed)')
    .option('--steps <n>', 'frames in all', integer(2), 60)
    .option('--fps <n>', 'frames a second', integer(1), 12)
    .addOption(new Option('--method <name>', 'how latents between two seeds are found').default('slerp'))
    .option('--loop', 'return to the first seed, and play for ever')
    .option('--size <pixels>', 'height of a frame (default: as generated)', integer(1))
    .action((options: InterpolateOptions) =>
      run(async () => (await import('../client/interpolate.js')).interpolate, options),
    );
}

interface Tables {
  readonly csv?: string | true;
  readonly jsonl?: string | true;
}

function addScore(program: Command): void {
  asking(program, 'score', 'say of each picture how likely the discriminator takes it to be real, as a table')
    .argument('<pictures...>', 'files, folders, zips; - reads names of files from stdin')
    .option('--csv [file]', 'write CSV, to stdout unless a file is named (the default)')
    .option('--jsonl [file]', 'write a JSON object a line instead')
    .option('--class <label>', 'class that all are taken for, for a conditional model')
    .option('--class-by-folder', 'take each picture for the class that its folder is named after')
    .action((pictures: readonly string[], { csv, jsonl, ...options }: Omit<ScoreOptions, 'pictures'> & Tables) => {
      if (csv !== undefined && jsonl !== undefined)
        throw new InvalidArgumentError('Expected --csv or --jsonl, not both.');
      const file = jsonl ?? csv ?? true;
      const [format, to] = [jsonl === undefined ? ('csv' as const) : ('jsonl' as const), file === true ? '-' : file];
      return run(async () => (await import('../client/score.js')).score, { ...options, pictures, format, to }, to);
    });
}

function asking(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(`${description}; of a server, or without one`)
    .requiredOption('--model <name>', 'the model, such as mnist')
    .option('--model-version <n>', 'a version of it (default: the active one)', integer(1))
    .option('--server <url>', 'ask this server, such as http://localhost:4000 (default: load the model here)')
    .option('--checkpoints <dir>', 'folder of the models, without --server (default: CHECKPOINTS, or those shipped)');
}

const STOPPED = 130; // as a shell reports Ctrl-C

/**
 * Lines go to stderr, because stdout may carry the table, and in a terminal that shows the table there is no live line.
 * Status 1 if anything failed.
 */
async function run<Options extends Asking>(
  load: () => Promise<Work<Options, Tally | null>>,
  options: Options,
  to?: string,
): Promise<void> {
  const { stderr } = process;
  const shared = to === '-' && process.stdout.isTTY;
  const output: Output = shared ? { write: (text) => stderr.write(text) } : stderr;
  const tally = await stoppable(async (signal) => (await load())(options, { signal, onEvent: presenter(output) }));
  if (!tally) process.exitCode = STOPPED;
  else if (tally.failed > 0) process.exitCode = 1;
}

function truncation(): Option {
  const option = new Option('--trunc <psi>', 'truncation, from 0, the mean of the prior, to 1, all of it');
  return option.argParser(Number).default(1);
}

function seeds(description: string): Option {
  return new Option('--seeds <list>', description).argParser(seedList).makeOptionMandatory();
}

/** A million pictures are a long day's work; more are a slip. */
const MOST_SEEDS = 1_000_000;

/** "0,1,5-7" → 0, 1, 5, 6, 7. */
export function seedList(text: string): number[] {
  const list: number[] = [];
  for (const part of text.split(',')) {
    const [, from, to = from] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === undefined || last < first || !Number.isSafeInteger(last)) {
      throw new InvalidArgumentError('Expected seeds and ranges of them, such as 0,1,5-10.');
    }
    if (list.length + last - first >= MOST_SEEDS) {
      throw new InvalidArgumentError(`Expected at most ${MOST_SEEDS.toLocaleString('en-US')} seeds.`);
    }
    for (let seed = first; seed <= last; seed++) list.push(seed);
  }
  return list;
}

function grid(text: string): { columns: number; rows: number } {
  const [, columns, rows] = /^(\d+)x(\d+)$/i.exec(text) ?? [];
  if (columns === undefined) throw new InvalidArgumentError('Expected columns and rows, such as 6x6.');
  return { columns: Number(columns), rows: Number(rows) };
}
