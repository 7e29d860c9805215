// What the commands about jobs of a server have in common: whom they ask and as whom, how refusals are told, and
// watching a job.

import { type Command, Option } from 'commander';
import type { ServerAddress } from '../client/client.js';
import type { JobFacts, JobsClient } from '../client/jobs.js';
import { GanymedeError } from '../errors.js';
import { keyOption } from './ask.js';
import { glyphsHere } from './glyphs.js';
import { integer } from './integer.js';
import { type JobScreen, jsonScreen, LiveScreen, plainScreen } from './job-screen.js';
import { refusalText, wordOf } from './job-text.js';
import { printable } from './live-area.js';
import { STOPPED, stoppable } from './run.js';

/** What every command about jobs may be told. */
export interface JobsOptions extends ServerAddress {
  /** Print JSON. */
  readonly json?: true;
}

export interface WatchOptions extends JobsOptions {
  readonly from?: number;
  readonly patience: number;
}

/** Options of every such command. */
export function ofServer(command: Command): Command {
  return command
    .addOption(new Option('--server <url>', 'the server').env('GANYMEDE_SERVER').default('http://localhost:4000'))
    .addOption(keyOption())
    .option('--json', 'print JSON');
}

export function patience(): Option {
  const option = new Option('--patience <seconds>', 'how long a server that is gone is waited for');
  return option.argParser(integer(0)).default(300);
}

/** Refusals are printed with all that they say. */
export async function asking(options: JobsOptions, work: (client: JobsClient) => Promise<void>): Promise<void> {
  const { JobsClient, Refusals } = await import('../client/jobs.js');
  try {
    await work(new JobsClient(options));
  } catch (error) {
    const refused = error instanceof Refusals ? error.errors : error instanceof GanymedeError ? [error] : undefined;
    if (!refused) throw error;
    const errors = refused.map(({ code, message, details }) => ({ code, message, details }));
    const text = options.json ? JSON.stringify({ errors }) : refused.map(refusalText).map(printable).join('\n');
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}

export async function watch(id: string, options: WatchOptions): Promise<void> {
  const { watchJob } = await import('../client/watch.js');
  const screen = screenFor(options);
  const job = await stoppable(async (signal) => {
    let newest: JobFacts | undefined;
    const onLost = () => screen.say('The connection broke. Trying again…');
    try {
      for await (const update of watchJob({ ...options, id, signal, onLost })) {
        screen.show(update);
        newest = update.job;
      }
    } finally {
      screen.end();
    }
    return signal.aborted ? undefined : newest;
  });
  if (!job) {
    process.stderr.write(
      `The job goes on. Watch it: npx ganymede jobs watch ${id}; end it: npx ganymede jobs cancel ${id}\n`,
    );
    process.exitCode ??= STOPPED;
  } else if (job.state !== 'SUCCEEDED') process.exitCode = 1;
}

function screenFor({ json }: JobsOptions): JobScreen {
  const { stdout } = process;
  if (json) return jsonScreen(stdout);
  return stdout.isTTY ? new LiveScreen(stdout, glyphsHere()) : plainScreen(stdout);
}

export function printJob(job: JobFacts, { json }: JobsOptions): void {
  print([json ? JSON.stringify(job) : `${wordOf(job.kind)} ${job.id} of ${job.model} is ${wordOf(job.state)}.`]);
}

export function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
}
