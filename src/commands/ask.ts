// The commands that ask a model, of a server or in this process. Options are named
// as in StyleGAN's tools where those have them.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Asking, Tally } from '../client/asking.js';
import type { ClassifyOptions } from '../client/classify.js';
import type { PictureOptions } from '../client/each-picture.js';
import type { EncodeOptions } from '../client/encode.js';
import type { InpaintOptions } from '../client/inpaint.js';
import type { InterpolateOptions } from '../client/interpolate.js';
import type { MixStylesOptions } from '../client/mix-styles.js';
import type { SampleOptions } from '../client/sample.js';
import type { ScoreOptions } from '../client/score.js';
import type { Work } from '../work.js';
import { integer } from './integer.js';
import type { Output } from './live-area.js';
import { presenter } from './present.js';
import { STOPPED, stoppable } from './run.js';

export function addAsking(program: Command): void {
  addSample(program);
  addInterpolate(program);
  addMixStyles(program);
  addScore(program);
  addClassify(program);
  addEncode(program);
  addInpaint(program);
}

function addSample(program: Command): void {
  asking(program, 'sample', 'write the picture of each seed as a file')
    .addOption(seeds('seeds of the pictures, such as 0,1,5-10'))
    .requiredOption('--outdir <dir>', 'folder for the pictures, seed0000.png and so on')
    .addOption(truncation())
    .option('--class <label>', 'class of all pictures, for a conditional model (default: drawn from each seed)')
    .addOption(
      new Option('--format <name>', 'of the files')
        .choices(['png', 'webp', 'jpeg', 'avif', 'npy', 'f32'])
        .default('png'),
    )
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

function addMixStyles(program: Command): void {
  asking(program, 'mix-styles', 'write each of some seeds mixed with each of others, layer by layer, as one picture')
    .addOption(
      numbers('--rows <list>', 'seeds whose styles the other layers have, such as 1,2,5-7').makeOptionMandatory(),
    )
    .addOption(numbers('--cols <list>', 'seeds whose styles the layers of --styles have').makeOptionMandatory())
    .addOption(numbers('--styles <list>', 'layers from 0, the coarsest, such as 0-2 (default: the first half)'))
    .requiredOption('--out <file>', 'picture to write, such as mixes.png')
    .addOption(truncation('truncation, from 0, the mean style, to 1, styles as they are'))
    .option('--class <label>', 'class of all, for a conditional model (default: drawn from each seed)')
    .option('--size <pixels>', 'height of the picture (default: as generated)', integer(1))
    .action((options: MixStylesOptions) =>
      run(async () => (await import('../client/mix-styles.js')).mixStyles, options),
    );
}

function addScore(program: Command): void {
  classed(
    ofPictures(
      program,
      'score',
      'say of each picture how likely it is to be real, and of the class that it is taken for',
    ),
  ).action((pictures: readonly string[], options: Given<ScoreOptions>) =>
    tabulate(async () => (await import('../client/score.js')).score, pictures, options),
  );
}

function addClassify(program: Command): void {
  ofPictures(program, 'classify', 'say of each picture which class it is taken for')
    .option('--top <n>', 'how many of the likeliest classes', integer(1), 1)
    .action((pictures: readonly string[], options: Given<ClassifyOptions>) =>
      tabulate(async () => (await import('../client/classify.js')).classify, pictures, options),
    );
}

function addEncode(program: Command): void {
  classed(ofPictures(program, 'encode', 'find a latent from which the model makes each picture'))
    .option('--npy <file>', 'write the latents, a row for each picture, NaN where there is none')
    .option('--outdir <dir>', 'write what the model makes of them, 00000.png and so on')
    .option('--refine <steps>', 'go on by so many steps along the gradient of the generator', integer(1))
    .action((pictures: readonly string[], options: Given<EncodeOptions>) =>
      tabulate(async () => (await import('../client/encode.js')).encode, pictures, options),
    );
}

function addInpaint(program: Command): void {
  asking(program, 'inpaint', 'complete pictures of which a part is hidden')
    .argument('<pictures...>', 'files, folders, zips; - reads names of files from stdin')
    .requiredOption(
      '--mask <what>',
      'hidden: left, right, top or bottom; x,y,width,height; or where a picture is white',
    )
    .requiredOption('--outdir <dir>', 'folder for the completions, <name>-seed0000.png and so on')
    .option('--count <n>', 'completions of each picture', integer(1), 1)
    .option('--seed <n>', 'seed of the first of them', integer(0), 0)
    .option('--class <label>', 'class of all, if the inpainter is told of classes (default: drawn from each seed)')
    .option('--size <pixels>', 'height of a completion (default: as the model makes it)', integer(1))
    .action((pictures: readonly string[], options: Omit<InpaintOptions, 'pictures'>) =>
      run(async () => (await import('../client/inpaint.js')).inpaint, { ...options, pictures }),
    );
}

/** Options as they come from the command line: the table is named by --csv or --jsonl. */
type Given<Options extends PictureOptions> = Omit<Options, 'pictures' | 'format' | 'to'> & {
  readonly csv?: string | true;
  readonly jsonl?: string | true;
};

function ofPictures(program: Command, name: string, description: string): Command {
  return asking(program, name, `${description}, as a table`)
    .argument('<pictures...>', 'files, folders, zips; - reads names of files from stdin')
    .option('--csv [file]', 'write CSV, to stdout unless a file is named (the default)')
    .addOption(new Option('--jsonl [file]', 'write a JSON object a line instead').conflicts('csv'));
}

function classed(command: Command): Command {
  return command
    .option('--class <label>', 'class that all are taken for, for a conditional model')
    .addOption(
      new Option('--class-by-folder', 'take each picture for the class that its folder is named after').conflicts(
        'class',
      ),
    );
}

function tabulate<Options extends PictureOptions>(
  load: () => Promise<Work<Options, Tally | null>>,
  pictures: readonly string[],
  { csv, jsonl, ...options }: Given<Options>,
): Promise<void> {
  const file = jsonl ?? csv ?? true;
  const to = file === true ? '-' : file;
  const format = jsonl === undefined ? 'csv' : 'jsonl';
  return run(load, { ...options, pictures, format, to } as unknown as Options, to);
}

function asking(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(`${description}; of a server, or without one`)
    .requiredOption('--model <name>', 'the model, such as mnist')
    .option('--model-version <n>', 'a version of it (default: the active one)', integer(1))
    .option('--server <url>', 'ask this server, such as http://localhost:4000 (default: load the model here)')
    .addOption(keyOption())
    .addOption(
      new Option(
        '--checkpoints <dir>',
        'folder of the models, without --server (default: CHECKPOINTS, or those shipped)',
      ).conflicts('server'),
    )
    .hook('preAction', (_, command) => {
      // One from the environment is there for whichever command asks a server.
      if (command.getOptionValueSource('key') !== 'cli' || command.opts()['server'] !== undefined) return;
      command.error("error: option '--key <key>' is for a server: give '--server <url>', or leave it out");
    });
}

/** In the environment no list of processes shows it. */
export function keyOption(): Option {
  return new Option('--key <key>', 'key of that server, or a token; better kept in the variable').env('GANYMEDE_KEY');
}

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
  if (!tally) process.exitCode ??= STOPPED;
  else if (tally.failed > 0) process.exitCode = 1;
}

function truncation(description = 'truncation, from 0, the mean of the prior, to 1, all of it'): Option {
  return new Option('--trunc <psi>', description).argParser(Number).default(1);
}

function seeds(description: string): Option {
  return numbers('--seeds <list>', description).makeOptionMandatory();
}

function numbers(flags: string, description: string): Option {
  return new Option(flags, description).argParser(seedList);
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
      throw new InvalidArgumentError('Expected numbers and ranges of them, such as 0,1,5-10.');
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
