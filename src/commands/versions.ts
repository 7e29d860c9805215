// The commands `versions` and `activate`: which versions a model has, which of them answers, and choosing another.
import { basename, dirname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkpointFolders } from '../config.js';
import type { ModelVersions } from '../models/activate.js';
import type { Active } from '../models/active.js';

interface Folders {
  readonly checkpoints?: string;
}

export function addVersions(program: Command): void {
  program
    .command('versions')
    .description('list the versions of a model, and say which is active')
    .argument('<model>', 'name of the model')
    .addOption(folders())
    .action(async (model: string, { checkpoints }: Folders) => {
      const { versionsOf } = await import('../models/activate.js');
      process.stdout.write(`${sentence(await versionsOf(checkpointFolders(checkpoints), model))}\n`);
    });
  program
    .command('activate')
    .description('choose the version of a model that answers where a request names none')
    .argument('<model>', 'name of the model')
    .argument('<version>', 'its number; or "latest": the newest, from now on', version)
    .addOption(folders())
    .action(async (model: string, active: Active, { checkpoints }: Folders) => {
      const { activate } = await import('../models/activate.js');
      process.stdout.write(`${sentence(await activate(checkpointFolders(checkpoints), model, active))}\n`);
      process.stdout.write('A server that runs takes notice on SIGHUP.\n');
    });
}

/**
 * The same model in the other folders that are served, which count where its next version is numbered: those of
 * CHECKPOINTS if the folder of `modelDirectory` is one of them.
 */
export function besides(modelDirectory: string): string[] {
  const own = resolve(modelDirectory);
  return foldersOf(own).filter((folder) => folder !== own);
}

/** Where the next version of a model goes whose version this is: the first of its folders, which is the one written. */
export function nextPlace(checkpoint: string): { readonly out: string; readonly beside: readonly string[] } {
  const [out, ...beside] = foldersOf(dirname(resolve(checkpoint)));
  return { out: out!, beside };
}

/** All folders of a model, if they are served with the one that is named. */
function foldersOf(modelDirectory: string): string[] {
  const all = checkpointFolders(process.env['CHECKPOINTS']).map((folder) => resolve(folder));
  if (!all.includes(dirname(modelDirectory))) return [modelDirectory];
  return all.map((folder) => join(folder, basename(modelDirectory)));
}

function sentence({ name, versions, active, isLatest }: ModelVersions): string {
  const list = versions.map((each) => (each === active ? `${each} (active)` : `${each}`)).join(', ');
  return `${name}: ${list}. ${isLatest ? 'The latest is active.' : `Version ${active} stays active when another is published.`}`;
}

function folders(): Option {
  return new Option('--checkpoints <dirs>', 'folders of the models, as the server has them').env('CHECKPOINTS');
}

function version(text: string): Active {
  if (text === 'latest') return text;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected the number of a version, from 1, or "latest".');
}
