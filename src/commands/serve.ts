// The command `serve`: the settings of the server as options. Each stands for an environment variable of the same
// meaning, which src/config.ts reads and checks; an option wins over its variable.
import { delimiter } from 'node:path';
import { type Command, Option } from 'commander';

/** What workers heed, too. */
export const JOB_SETTINGS: readonly Option[] = [
  setting(
    '--checkpoints <dirs>',
    'CHECKPOINTS',
    `folders of models, divided by "${delimiter}"; the first is written, all are read (default: those that come with Ganymede)`,
  ),
  setting('--data <dir>', 'DATA', 'the folder of jobs: their database, runs and data (default: ganymede-data)'),
  setting('--redis-url <url>', 'REDIS_URL', 'the Redis from which workers take jobs (default: none, jobs run here)'),
  setting(
    '--lease-seconds <n>',
    'LEASE_SECONDS',
    'a worker that is not heard from so long loses its job (default: 30)',
  ),
  setting('--job-memory-mib <n>', 'JOB_MEMORY_MIB', 'memory of a job (default: three quarters of what there is)'),
  setting('--job-minutes <n>', 'JOB_MINUTES', 'how long a job may run (default: as long as it takes)'),
  setting('--job-disk-mib <n>', 'JOB_DISK_MIB', 'what a job may save on its way (default: 10240)'),
  setting('--disk-reserve-mib <n>', 'DISK_RESERVE_MIB', 'what jobs leave free on the disk (default: 256)'),
];

const SETTINGS: readonly Option[] = [
  setting('--host <address>', 'HOST', 'the address to listen on (default: 127.0.0.1)'),
  setting('--port <n>', 'PORT', 'the port to listen on; 0 takes any free one (default: 4000)'),
  setting('--public-url <url>', 'PUBLIC_URL', 'the start of every image address, behind a proxy'),
  setting('--cors-origin <list>', 'CORS_ORIGIN', 'origins whose pages may read answers, with commas between them'),
  setting('--uploads <dir>', 'UPLOADS', 'the folder of images that clients send ahead (default: a temporary one)'),
  setting(
    '--persisted-documents <file>',
    'PERSISTED_DOCUMENTS',
    'documents that clients may name, as JSON of id and text',
  ),
  setting('--persisted-only <on|off>', 'PERSISTED_ONLY', 'whether these are all that is run (default: off)'),
  setting('--data-roots <dirs>', 'DATA_ROOTS', `folders under which jobs may read data, divided by "${delimiter}"`),
  ...JOB_SETTINGS,
  setting('--small-jobs <n>', 'SMALL_JOBS', 'trainings that take little and run beside another job (default: 4)'),
  setting('--data-upload-mib <n>', 'DATA_UPLOAD_MIB', 'the most of one file of data that is sent (default: 4096)'),
  setting('--data-uploads-mib <n>', 'DATA_UPLOADS_MIB', 'of all that wait to become a data set (default: 16384)'),
  setting(
    '--auth <who>',
    'AUTH',
    'who may ask without a key: keys (nobody), view or none (default: whoever is on this machine, until there is a key)',
  ),
  setting('--jwks <url>', 'JWKS', 'address or file of the public keys of an identity provider'),
  setting('--rate-limit <list>', 'RATE_LIMIT', 'points a minute by role, such as anonymous=600,admin=none; or none'),
  setting(
    '--engine <address>',
    'ENGINE',
    'the server that runs the graphs, such as kserve://localhost:8000 (default: none, they run here)',
  ),
  setting('--device <name>', 'DEVICE', 'what the graphs run on: cpu, webgpu or cuda (default: cpu)'),
  setting('--cluster <n>', 'CLUSTER', 'server processes on one port (default: 1)'),
  setting('--workers <n>', 'WORKERS', 'how many batches run at once (default: 1)'),
  setting('--threads <n>', 'THREADS', 'threads of one worker (default: the cores but one, shared among workers)'),
  setting('--log-level <level>', 'LOG_LEVEL', 'from trace to fatal, or silent (default: warn)'),
];

/** `start` is the server's program, which takes its settings from `process.env`. */
export function addServe(program: Command, start: () => Promise<unknown>): void {
  const serve = program.command('serve').description('serve the models until Ctrl-C');
  for (const option of SETTINGS) serve.addOption(option);
  serve.action(async (options: Readonly<Record<string, string>>) => {
    intoEnvironment(options, SETTINGS);
    await start();
  });
}

/** An option wins over its variable. */
export function intoEnvironment(options: Readonly<Record<string, string>>, settings: readonly Option[]): void {
  for (const option of settings) {
    const value = options[option.attributeName()];
    if (value !== undefined) process.env[option.envVar as string] = value;
  }
}

/** Help names the variable, too. */
export function setting(flags: string, variable: string, description: string): Option {
  return new Option(flags, description).env(variable);
}
