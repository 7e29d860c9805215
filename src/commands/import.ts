// The command `import`: options in, one work, its decisions out as lines.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ImportOptions } from '../import/import-model.js';
import { integer } from './integer.js';
import { runs } from './run.js';
import { besides } from './versions.js';

export function addImport(program: Command): void {
  program
    .command('import')
    .description('serve a generator that was trained elsewhere: ONNX graphs as the next version of a model')
    .requiredOption('--generator <onnx>', 'the generator; weights in a file of their own lie beside it')
    .requiredOption('--out <dir>', 'directory of the model, such as checkpoints/faces')
    .option('--license <name>', 'under which licence it may be used')
    .option('--title <text>', 'title of the model (default: its name)')
    .option('--discriminator <onnx>', 'its discriminator, which then scores')
    .option('--encoder <onnx>', 'its encoder, from examples to latents')
    .option('--prior <prior>', 'what its latents are drawn from: normal, or uniform:-1,1 (default: normal)', prior)
    .option('--labels <n|file>', 'how many classes it has, or a file with their names, one a line')
    .option('--set <input=value>', 'an input that is always the same, as truncation_psi=0.7; may be repeated', setting)
    .option('--image <WxHxC>', 'what its output is where that cannot be told: 64x64x3, or point', image)
    .option('--range <low,high>', 'the values of black and white (default: found out)', range)
    .option('--output <name>', 'which of its outputs is the image (default: the largest)')
    .addOption(new Option('--layout <order>', 'order of the numbers where that cannot be told').choices(['CHW', 'HWC']))
    .option('--latent <input>', 'which input is the latent')
    .option('--label <input>', 'which input is the class')
    .option('--truncation <input>', 'which input takes the truncation, which requests then say')
    .option('--latent-size <n>', 'numbers of the latent where the graph leaves that open', integer(1))
    .addOption(
      new Option('--score <kind>', 'what the discriminator gives (default: found out)').choices([
        ...['logit', 'probability', 'critic'],
      ]),
    )
    .addOption(new Option('--real <side>', 'where it puts what is real').choices(['high', 'low']))
    .option('--d-range <low,high>', 'the values of black and white that it was trained on', range)
    .option('--examples <data>', 'real examples, as a folder, by which that is checked (docs/datasets.md)')
    .option('--d-output <name>', 'which of its outputs is the score')
    .option('--encoder-output <name>', 'which output of the encoder is the latent')
    .option('--trainable', 'rebuild it as networks that can be trained further, equal within 10⁻⁵, or refuse it')
    .option('--sheet <png>', 'where to draw 64 samples (default: samples.png of the version)')
    .option('--dry-run', 'say what would be decided, draw the samples, and write no version')
    .action((options: ImportOptions) => {
      const work = runs(async () => (await import('../import/import-model.js')).importModel);
      return work({ ...options, beside: besides(options.out) });
    });
}

function prior(text: string): NonNullable<ImportOptions['prior']> {
  if (text === 'normal') return { kind: 'normal' };
  const [low, high] = text.startsWith('uniform:') ? range(text.slice('uniform:'.length)) : [];
  if (low !== undefined && high !== undefined) return { kind: 'uniform', low, high };
  throw new InvalidArgumentError('Expected normal, or uniform:LOW,HIGH as in uniform:-1,1.');
}

function range(text: string): readonly [number, number] {
  const [low = Number.NaN, high = Number.NaN, ...more] = text.split(',').map(number);
  if (low < high && more.length === 0) return [low, high];
  throw new InvalidArgumentError('Expected two numbers, the lower one first, as in -1,1.');
}

function image(text: string): NonNullable<ImportOptions['image']> {
  if (text === 'point') return text;
  const [, width, height, channels] = /^(\d{1,5})x(\d{1,5})x([134])$/.exec(text) ?? [];
  if (Number(width) > 0 && Number(height) > 0) {
    return { width: Number(width), height: Number(height), channels: Number(channels) as 1 | 3 | 4 };
  }
  throw new InvalidArgumentError('Expected width, height and 1, 3 or 4 channels, as in 64x64x3, or point.');
}

function setting(text: string, others: Readonly<Record<string, number>> = {}): Record<string, number> {
  const at = text.lastIndexOf('=');
  const word = text.slice(at + 1);
  const value = word === 'true' ? 1 : word === 'false' ? 0 : number(word);
  if (at > 0 && Number.isFinite(value)) return { ...others, [text.slice(0, at)]: value };
  throw new InvalidArgumentError('Expected an input and a number, true or false, as in truncation_psi=0.7.');
}

/** Not a number for what is none, an empty text among them. */
function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
