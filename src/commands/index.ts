// The subcommands that work on data and models: names, options and help. What they do are works of training, evaluation
// and datasets; a command is their options in and their events out.
import { type Command, Option } from 'commander';
import type { Overrides } from '../recipes/overrides.js';
import type { FitOptions } from '../training/fit/fitting.js';
import type { PublishOptions } from '../training/publish.js';
import type { TrainModelOptions } from '../training/train-model.js';
import { addAsking } from './ask.js';
import { addDatasets } from './datasets.js';
import { addExport } from './export.js';
import { addImport } from './import.js';
import { integer, positive } from './integer.js';
import { addJobs } from './jobs.js';
import { changes, overrides } from './overrides.js';
import { runs } from './run.js';
import { besides, nextPlace } from './versions.js';

/** Each is loaded when it is called. */
export function addCommands(program: Command): void {
  addAsking(program);
  addJobs(program);
  addTrain(program);
  addRecipes(program);
  addCurves(program);
  addEvaluate(program);
  addIndex(program);
  addFeatureNet(program);
  addPublish(program);
  addImport(program);
  addExport(program);
  const fit = program
    .command('fit')
    .description('add a scorer, an encoder, a classifier or an inpainter to a trained model, as its next version');
  addEncoder(fit);
  addClassifier(fit);
  addInpainter(fit);
  addScorer(fit);
  const dataset = program.command('dataset').description('download well-known data, or look at data of any kind');
  addGet(dataset);
  addInfo(dataset);
  addConvert(dataset);
  addDatasets(program);
}

function addTrain(program: Command): void {
  program
    .command('train')
    .description('train a model on a dataset, or go on with a run')
    .requiredOption('--data <data>', 'path of a folder or file, or builtin:<name>; docs/datasets.md lists the formats')
    .option(
      '--config <recipe>',
      'name of a recipe (see recipes), or the path of a JSON file; what is left out is chosen for the data',
    )
    .requiredOption(
      '--out <dir>',
      'directory of the model, such as checkpoints/mnist; the finished run becomes its next version',
    )
    .addOption(overrides())
    .option('--title <text>', 'what the model is called')
    .option('--description <text>', 'what the model says of itself')
    .option('--license <name>', 'licence of what the model makes, which follows from that of the data')
    .option('--run <dir>', 'directory of the run: state, stats.jsonl, previews (default: runs/<model>)')
    .option('--steps <n>', 'stop after so many steps in all', integer(1))
    .option('--epochs <n>', 'stop after so many epochs in all', positive)
    .option('--seed <n>', 'seed of weights, noise and the order of the data (default: 1)', integer(0))
    .option('--index', 'write the training images beside the version, for the query neighbours (see index)')
    .option('--resume', 'go on with the run, with its own recipe and seed')
    .addOption(changes())
    .option('--from <path>', 'begin with the weights of a run, a state file or a checkpoint, by its recipe')
    .addOption(log())
    .addOption(threads())
    .addOption(device())
    .action(({ set, ...options }: TrainModelOptions & { set?: Overrides }) => {
      const work = runs(async () => (await import('../training/train-model.js')).trainModel);
      return work({ ...options, beside: besides(options.out), ...(set ? { overrides: set } : {}) });
    });
}

function addRecipes(program: Command): void {
  program
    .command('recipes')
    .description('list the recipes that come with Ganymede: what for, from how many examples, how many steps')
    .action(async () => {
      const { recipeTable } = await import('./recipes.js');
      process.stdout.write(`${(await recipeTable()).join('\n')}\n`);
    });
}

function addCurves(program: Command): void {
  program
    .command('curves')
    .description('draw figures of the reports of one or more runs against their steps, as a PNG file')
    .argument('<runs...>', 'directories of runs, such as runs/mnist')
    .option(
      '--figures <name,name,…>',
      'which figures; docs/objectives.md explains each (default: accuracy,divergence,pull,diversity)',
      (text: string) => text.split(','),
    )
    .requiredOption('--out <png>', 'the file to write')
    .action(async (runs: string[], { figures, out }: { figures?: string[]; out: string }) => {
      const { USUAL, writeCurves } = await import('../training/curves.js');
      await writeCurves({ runs, figures: figures ?? USUAL, out });
      process.stdout.write(`Written to ${out}\n`);
    });
}

function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure a checkpoint by published protocols and write the results beside it')
    .addOption(checkpoint())
    .requiredOption(
      '--data <path>',
      'the data it was trained on; its test split, or what the recipe held out, is compared with',
    )
    .option(
      '--protocol <name>',
      'parzen, parzen-folds, frechet, kernel, prdc, neighbours, memorisation, conditional, stacked-mnist, modes, rejection, calibration, scorer, or all that apply (default: parzen)',
    )
    .option('--features <onnx>', 'feature net, with its JSON beside it (default: the shipped classifier of MNIST)')
    .option('--picture <png>', 'where neighbours draws each sample beside its nearest training image')
    .addOption(
      new Option(
        '--picture-as <form>',
        'pairs, or rows of five samples and the image nearest to the last (default: pairs)',
      ).choices(['pairs', 'rows']),
    )
    .addOption(
      new Option(
        '--split <part>',
        'compare with what it was trained on, what its recipe held out, or the test split (default: the last of these that there is)',
      ).choices(['train', 'validation', 'test']),
    )
    .option('--samples <n>', 'instead of the number that the protocol prescribes', integer(1))
    .option('--no-rivals', 'measure a scorer without the classifiers that it is compared with, which take minutes')
    .option('--seed <n>', 'seed of the first sample (default: 0)', integer(0))
    .addOption(threads())
    .action(runs(async () => (await import('../training/rivals/evaluate.js')).evaluateAmongRivals));
}

function addIndex(program: Command): void {
  program
    .command('index')
    .description('write the training images beside a version, so that the nearest to an image can be asked for')
    .addOption(checkpoint())
    .requiredOption('--data <path>', 'the data it was trained on; what its recipe held out is left out')
    .option('--in <space>', 'compare in pixels, or in the features of its own graph (default: pixels)')
    .option('--max <n>', 'at most so many images, at equal distances through the data (default: all)', integer(1))
    .addOption(threads())
    .action(runs(async () => (await import('../evaluation/index-neighbours.js')).indexNeighbours));
}

function addFeatureNet(program: Command): void {
  program
    .command('feature-net')
    .description('train a classifier whose last hidden layer is a feature space to evaluate generators in')
    .requiredOption('--data <path>', 'labelled images')
    .requiredOption('--out <onnx>', 'file to write, such as feature-nets/mnist.onnx; its JSON goes beside it')
    .requiredOption('--license <name>', 'licence of the weights, which follows from that of the data')
    .option('--epochs <n>', 'passes over the data (default: 5)', integer(1))
    .option('--validation <n>', 'images at the end that measure it (default: 10000)', integer(1))
    .option('--seed <n>', 'seed of weights and of the order of the data (default: 1)', integer(0))
    .addOption(run())
    .addOption(resume())
    .addOption(threads())
    .addOption(device())
    .action(runs(async () => (await import('../training/fit/feature-net.js')).trainFeatureNet));
}

function addPublish(program: Command): void {
  program
    .command('publish')
    .description('make the state of a run, finished or not, the next version of a model')
    .requiredOption('--run <dir>', 'directory of the run')
    .requiredOption('--out <dir>', 'directory of the model, such as checkpoints/mnist')
    .option('--float16', 'store weights in half precision: half the bytes')
    .option('--raw', "the generator's newest weights instead of their average")
    .action(async (options: PublishOptions) => {
      const { publishRun } = await import('../training/publish.js');
      const { path, recipe, step } = await publishRun({ ...options, beside: besides(options.out) });
      process.stdout.write(`Step ${step.toLocaleString('en-US')} of ${recipe} is now ${path}\n`);
    });
}

function addEncoder(fit: Command): void {
  fit
    .command('encoder')
    .description('train a network that predicts z from an example, for the generator as it is')
    .addOption(checkpoint())
    .requiredOption('--data <data>', 'the data it was trained on; what its recipe held out measures the encoder')
    .option('--steps <n>', 'steps of training (default: 2000)', integer(1))
    .option('--refine <n>', 'steps of refinement of z to measure, or 0 (default: 200)', integer(0))
    .option('--seed <n>', 'seed of weights, noise and the order of the data (default: 1)', integer(0))
    .addOption(run())
    .addOption(resume())
    .addOption(log())
    .addOption(threads())
    .addOption(device())
    .action(besideIts(runs(async () => (await import('../training/fit/fit-encoder.js')).fitEncoder)));
}

function addClassifier(fit: Command): void {
  fit
    .command('classifier')
    .description(
      'read classes off the features of a trained network with few labels, and compare with the same on pixels',
    )
    .addOption(checkpoint())
    .requiredOption('--data <data>', 'labelled data; what the recipe held out measures the classifier')
    .addOption(
      new Option('--on <network>', 'whose last hidden layer')
        .choices(['discriminator', 'encoder', 'both'])
        .default('discriminator'),
    )
    .option('--layer <n>', 'another hidden layer of the discriminator, from 1; of an MLP only', integer(1))
    .option('--labels <n,n,…>', 'how many labels (default: 10,50,100,1000); the most are for the graph', integers)
    .option('--draws <n>', 'draws of the labels (default: 5)', integer(1))
    .option('--seed <n>', 'seed of the draws (default: 1)', integer(0))
    .addOption(run())
    .addOption(resume())
    .addOption(threads())
    .action(besideIts(runs(async () => (await import('../training/fit/fit-classifier.js')).fitClassifier)));
}

function addInpainter(fit: Command): void {
  fit
    .command('inpainter')
    .description('train a pair of networks that completes images of which any part is known')
    .addOption(checkpoint())
    .option('--from <dir>', 'begin with the inpainter of a version, such as checkpoints/mnist-conditional/6')
    .requiredOption('--data <data>', 'the data it was trained on; what its recipe held out measures the completions')
    .option('--steps <n>', 'steps of training (default: 4000)', integer(1))
    .option('--picture <png>', 'where to draw held-out images, what is known of them, and completions')
    .option(
      '--features <onnx>',
      'classifier of the same classes that says what completions are read as (default: the shipped one, of digits)',
    )
    .option('--seed <n>', 'seed of weights, noise, masks and the order of the data (default: 1)', integer(0))
    .addOption(run())
    .addOption(resume())
    .addOption(log())
    .addOption(threads())
    .addOption(device())
    .action(besideIts(runs(async () => (await import('../training/fit/fit-inpainter.js')).fitInpainter)));
}

function addScorer(fit: Command): void {
  fit
    .command('scorer')
    .description('fit a network that tells data from samples of the generator as it is, and both from what is neither')
    .addOption(checkpoint())
    .requiredOption('--data <data>', 'the data it was trained on; what its recipe held out measures the scorer')
    .option('--steps <n>', 'steps of training (default: 3000)', integer(1))
    .option('--network <network>', "recipe, for that of the recipe's discriminator, or a JSON file of one")
    .option('--validation <n>', 'examples at the end to measure on, instead of those held out', integer(1))
    .option('--seed <n>', 'seed of weights, noise and the order of the data (default: 1)', integer(0))
    .addOption(run())
    .addOption(resume())
    .addOption(log())
    .addOption(threads())
    .addOption(device())
    .action(besideIts(runs(async () => (await import('../training/fit/fit-scorer.js')).fitScorer)));
}

function addGet(dataset: Command): void {
  dataset
    .command('get')
    .description('download mnist, fashion-mnist or cifar10 from where it is published; an interrupted download goes on')
    .argument('<name>', 'mnist, fashion-mnist or cifar10')
    .requiredOption('--out <dir>', 'directory for the files, such as data/mnist')
    .option(
      '--from <url>',
      'another address that has the same files; their published checksums are asked for all the same',
    )
    .action((name: string, options: { out: string; from?: string }) =>
      runs(async () => (await import('../datasets/get.js')).getDataset)({ name, ...options }),
    );
}

function addInfo(dataset: Command): void {
  dataset
    .command('info')
    .description('say how many examples of what the data holds, in which classes')
    .argument('<data>', 'path or builtin:<name>, with settings as in photos.zip,resize=64x64 (docs/datasets.md)')
    .option('--preview <png>', 'write a picture of the data')
    .option('--sheet <png>', 'write a contact sheet: examples of each class beside its name')
    .action((data: string, options: { preview?: string; sheet?: string }) =>
      runs(async () => (await import('../datasets/describe.js')).describeDataset)({ data, ...options }),
    );
}

function addConvert(dataset: Command): void {
  dataset
    .command('convert')
    .description('write images as a zip of PNG files with dataset.json, in the layout of StyleGAN’s dataset_tool.py')
    .argument('<data>', 'path or builtin:<name>, with settings as in photos.zip,resize=64x64,alpha=white')
    .requiredOption('--out <zip>', 'the zip to write')
    .option('--overwrite', 'replace it where it is there already')
    .action((data: string, options: { out: string; overwrite?: true }) =>
      runs(async () => (await import('../datasets/convert.js')).convertDataset)({ data, ...options }),
    );
}

/** The next version of a checkpoint's model goes where the server's settings write, and counts what they read. */
function besideIts<Options extends FitOptions>(work: (options: Options) => Promise<void>) {
  return (options: Options) => work({ ...options, ...nextPlace(options.checkpoint) });
}

function threads(): Option {
  return new Option('--threads <n>', 'threads of the engine (default: all cores)').argParser(integer(1));
}

function device(): Option {
  const option = new Option('--device <name>', 'what the steps run on, if not the processor');
  return option.choices(['cpu', 'webgpu', 'cuda', 'tfjs-node', 'tfjs-node-gpu']);
}

function checkpoint(): Option {
  const option = new Option('--checkpoint <dir>', 'directory of one version, such as checkpoints/mnist/7');
  return option.makeOptionMandatory();
}

function run(): Option {
  return new Option('--run <dir>', 'directory for what a stopped training goes on from (default: runs/<its name>)');
}

function resume(): Option {
  return new Option('--resume', 'go on with the run that was stopped, with the same options');
}

function log(): Option {
  const option = new Option('--log <program>', 'write reports and previews into the run for this program, too');
  return option.choices(['tensorboard']);
}

function integers(text: string): number[] {
  return text.split(',').map(integer(1));
}
