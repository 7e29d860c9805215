// The command `export`: a version of a model, as other programs take it.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkpointFolders } from '../config.js';
import type { ExportOptions, Form } from '../export/export-model.js';
import { runs } from './run.js';

/** Those of export-model.ts, which loads the engine. */
const FORMS = Object.keys({ onnx: true, python: true, tfjs: true, triton: true } satisfies Record<Form, true>);

interface Given {
  readonly for: Form;
  readonly out: string;
  readonly graphs?: readonly string[];
  readonly checkpoints?: string;
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write the graphs of a model so that other programs serve and run them')
    .argument(
      '<model[@version]>',
      'name of the model, such as mnist, or mnist@2 (default: its active version)',
      address,
    )
    .addOption(new Option('--for <form>', 'who is to take it').choices(FORMS).makeOptionMandatory())
    .option('--graphs <list>', 'some of its graphs, such as generate,score (default: all)', (text: string) =>
      text.split(','),
    )
    .requiredOption('--out <dir>', 'folder to write; of triton a repository, to which it is added')
    .addOption(new Option('--checkpoints <dirs>', 'folders of the models, as the server has them').env('CHECKPOINTS'))
    .action((model: Address, { checkpoints, ...options }: Given) => {
      const work = runs(async () => (await import('../export/export-model.js')).exportModel);
      return work({ ...model, ...options, checkpoints: checkpointFolders(checkpoints) });
    });
}

type Address = Pick<ExportOptions, 'model' | 'version'>;

function address(text: string): Address {
  const [, model, version] = /^([^@]+)(?:@([1-9]\d{0,9}))?$/.exec(text) ?? [];
  if (model === undefined) {
    throw new InvalidArgumentError('Expected a model, or a model and a version from 1, as in mnist@2.');
  }
  return { model, ...(version === undefined ? {} : { version: Number(version) }) };
}
