// The commands about data sets of a server.

import type { Command } from 'commander';
import type { ServerAddress } from '../client/client.js';
import type { CreateDatasetOptions, DatasetFacts } from '../client/datasets.js';
import { rowsBelow } from './columns.js';
import { printable } from './live-area.js';
import { ofServer } from './of-server.js';
import { presenter } from './present.js';
import { STOPPED, stoppable } from './run.js';

interface Told extends ServerAddress {
  readonly json?: true;
}

export function addDatasets(program: Command): void {
  const datasets = program
    .command('datasets')
    .description('data sets of a server: make them of files that are sent there or of what it has');
  addCreate(datasets);
  addLooks(datasets);
  ofServer(datasets.command('delete').description('delete a data set that no job needs').argument('<name>')).action(
    async (name: string, options: Told) => {
      const { deleteDataset } = await import('../client/datasets.js');
      await deleteDataset(options, name);
      print(options, { deleted: name }, [`${name} is deleted.`]);
    },
  );
}

function addCreate(datasets: Command): void {
  ofServer(datasets.command('create').description('give data a name; files are sent, and go on where they broke off'))
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .argument('[data...]', 'a zip or another file, several that belong together, or builtin:<name>')
    .option('--on-server <path>', 'data that lies on the machine of the server, instead')
    .option('--settings <list>', 'what to do with it, such as resize=64x64,channels=1')
    .action(
      async (name: string, data: string[], options: Told & Pick<CreateDatasetOptions, 'onServer' | 'settings'>) => {
        const { createDataset } = await import('../client/datasets.js');
        const onEvent = presenter(process.stderr);
        const made = await stoppable((signal) => createDataset({ ...options, name, data }, { signal, onEvent }));
        if (made) print(options, made, detailsOf(made));
        else process.exitCode = STOPPED;
      },
    );
}

function addLooks(datasets: Command): void {
  ofServer(datasets.command('list').description('list data sets by name')).action(async (options: Told) => {
    const { listDatasets } = await import('../client/datasets.js');
    const found = await listDatasets(options);
    print(options, found, found.length === 0 ? ['No data sets yet.'] : tableOf(found));
  });
  ofServer(datasets.command('show').description('all about a data set').argument('<name>')).action(
    async (name: string, options: Told) => {
      const { showDataset } = await import('../client/datasets.js');
      const found = await showDataset(options, name);
      print(options, found, detailsOf(found));
    },
  );
}

function print({ json }: Told, value: object, lines: readonly string[]): void {
  const text = json ? JSON.stringify(value) : lines.map(printable).join('\n');
  process.stdout.write(`${text}\n`);
}

function tableOf(found: readonly DatasetFacts[]): string[] {
  const rows = found.map((one) => [
    one.name,
    whole(one.examples),
    sizeOf(one),
    `${one.classCount}`,
    mb(one),
    one.source,
  ]);
  return rowsBelow(['name', 'examples', 'size', 'classes', 'MB', 'source'], rows);
}

function detailsOf(one: DatasetFacts): string[] {
  const { name, source, digest, examples, classCount, classes, rejectedCount, rejected, preview } = one;
  return [
    `name      ${name}`,
    `source    ${source}`,
    `examples  ${whole(examples)} of ${sizeOf(one)}`,
    `sha256    ${digest}`,
    `classes   ${classCount === 0 ? 'none' : classCount}`,
    ...classes.map((of) => `          ${of.name}: ${whole(of.count)}`),
    ...(rejectedCount > 0 ? [`left out  ${whole(rejectedCount)}`] : []),
    ...rejected.map((file) => `          ${file.name}: ${file.reason}`),
    `preview   ${preview}`,
  ];
}

function sizeOf({ shape }: DatasetFacts): string {
  const [channels, height, width] = shape;
  return shape.length === 3
    ? `${width}×${height} ${channels === 1 ? 'grey' : channels === 4 ? 'colour with alpha' : 'colour'}`
    : `${channels} numbers`;
}

function mb({ bytes }: DatasetFacts): string {
  return (bytes / 1e6).toFixed(1);
}

function whole(count: number): string {
  return count.toLocaleString('en-US');
}
