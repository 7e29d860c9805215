// The commands about jobs of a server: asking for them, looking at them, watching one, stopping them, and which version
// answers. Status 0: done; 1: refused, or the job that was watched failed or was cancelled; 130: Ctrl-C, which leaves
// the job running.

import type { Command } from 'commander';
import type { Change } from '../client/jobs.js';
import { integer } from './integer.js';
import { addStart } from './job-start.js';
import { detailsOf, listOf } from './job-text.js';
import {
  asking,
  type JobsOptions,
  ofServer,
  patience,
  print,
  printJob,
  type WatchOptions,
  watch,
} from './of-server.js';

const CHANGES: Readonly<Record<Change, string>> = {
  pause: 'save a job and free its device, until resume',
  resume: 'let a paused job go on where it was',
  cancel: 'end a job; what it saved stays, for retry',
  retry: 'let a job that failed or was cancelled go on from what it saved last',
};

export function addJobs(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('train through a server: start, watch and stop jobs, roll out versions');
  addStart(jobs);
  addLooks(jobs);
  addWatch(jobs);
  for (const [how, description] of Object.entries(CHANGES) as [Change, string][]) {
    ofServer(jobs.command(how).description(description).argument('<id>', 'of the job')).action(
      (id: string, options: JobsOptions) =>
        asking(options, async (client) => printJob(await client.change(id, how), options)),
    );
  }
  addRollout(jobs);
}

function addLooks(jobs: Command): void {
  ofServer(jobs.command('list').description('list jobs, newest first'))
    .option('--state <states...>', 'in one of these states, such as running')
    .option('--model <name>', 'of this model')
    .option('--limit <n>', 'at most so many', integer(1), 20)
    .action((options: JobsOptions & { state?: readonly string[]; model?: string; limit: number }) =>
      asking(options, async (client) => {
        const { state, model, limit, json } = options;
        const states = state?.map((one) => one.toUpperCase());
        const found = await client.list({ ...(states && { states }), ...(model !== undefined && { model }) }, limit);
        print(
          json
            ? [JSON.stringify(found)]
            : listOf(found, process.stdout.columns ?? Number.POSITIVE_INFINITY, Date.now()),
        );
      }),
    );
  ofServer(
    jobs.command('show').description('all about a job').argument('[id]', 'of the job (default: the newest)'),
  ).action((id: string | undefined, options: JobsOptions) =>
    asking(options, async (client) => {
      const job = await client.show(id ?? (await client.newest()).id);
      print(options.json ? [JSON.stringify(job)] : detailsOf(job, Date.now()));
    }),
  );
}

function addWatch(jobs: Command): void {
  ofServer(jobs.command('watch').description('watch a job until it is over; Ctrl-C leaves it running'))
    .argument('[id]', 'of the job (default: the newest)')
    .option('--from <seq>', 'leave out events up to this number', integer(0))
    .addOption(patience())
    .action((id: string | undefined, options: WatchOptions) =>
      asking(options, async (client) => watch(id ?? (await client.newest()).id, options)),
    );
}

function addRollout(jobs: Command): void {
  ofServer(jobs.command('promote').description('make a version the one that answers'))
    .argument('<model>', 'name of the model')
    .argument('<version>', 'its number', integer(1))
    .action((model: string, version: number, options: JobsOptions) =>
      asking(options, async (client) => printActive(await client.promote(model, version), options)),
    );
  ofServer(jobs.command('rollback').description('let the version answer that was active before'))
    .argument('<model>', 'name of the model')
    .action((model: string, options: JobsOptions) =>
      asking(options, async (client) => printActive(await client.rollback(model), options)),
    );
}

function printActive(active: { readonly model: string; readonly version: number }, { json }: JobsOptions): void {
  print([json ? JSON.stringify(active) : `Version ${active.version} of ${active.model} answers.`]);
}
